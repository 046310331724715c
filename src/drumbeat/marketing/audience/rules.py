"""Who may be mailed, what names an audience, and how a misspelt name is answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.model import (
    ANSWER_TOPIC,
    MARKETING_TOPIC,
    AudienceArrays,
    Consent,
    Criterion,
    Permission,
    Segment,
    SuppressionReason,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EVERYONE = "all"
EARLIEST = date(1900, 1, 1)
CUT_AGAIN_AFTER = 30
"""Seconds: people and facts may change every moment, and each cut reads them all."""
CUT_LATEST_AFTER = 3_600
"""Seconds: time alone moves somebody from lately to long ago."""
ALLOWED = Permission(True)
NO_CONSENT = Permission(False, "no_consent")
UNSUBSCRIBED = Permission(False, "unsubscribed")
UNSUBSCRIBED_TOPIC = Permission(False, "unsubscribed_topic")
PAUSED = Permission(False, "paused")
GONE = Permission(False, "suppressed:erased")
_NO_ANSWER = frozenset((SuppressionReason.complained, SuppressionReason.bounced))
_SUPPRESSED = {
    reason: UNSUBSCRIBED
    if reason is SuppressionReason.unsubscribed
    else Permission(False, f"suppressed:{reason.name}")
    for reason in SuppressionReason
}

CRITERIA = {
    "engagement": Criterion.engagement,
    "engagement_level": Criterion.engagement,
    "rfm": Criterion.rfm,
    "purchase_history": Criterion.rfm,
    "purchases": Criterion.rfm,
    "value": Criterion.rfm,
    "lifecycle": Criterion.lifecycle_stage,
    "lifecycle_stage": Criterion.lifecycle_stage,
    "behavior": Criterion.behavioral,
    "behaviour": Criterion.behavioral,
    "behavioral": Criterion.behavioral,
    "behavioural": Criterion.behavioral,
    "demographic": Criterion.demographic,
    "demographics": Criterion.demographic,
    "demography": Criterion.demographic,
    "country": Criterion.demographic,
}


@cache
def permission(state: int | None, reason: int | None) -> Permission:
    """From the marketing consent and the suppression of one contact; None means none recorded."""
    if state == Consent.unsubscribed:
        return UNSUBSCRIBED
    if reason is not None:
        return _SUPPRESSED[SuppressionReason(reason)]
    return ALLOWED if state == Consent.subscribed else NO_CONSENT


def topic_permission(reason: int | None, chosen: int | None, *, paused: bool = False) -> Permission:
    """The same for one topic. A no to all mail is in the suppression, so it holds for each; a yes
    or a no to mail in general says nothing about any other topic."""
    if reason is not None:
        return _SUPPRESSED[SuppressionReason(reason)]
    if chosen == Consent.unsubscribed:
        return UNSUBSCRIBED_TOPIC
    if paused:
        return PAUSED
    return ALLOWED if chosen == Consent.subscribed else NO_CONSENT


def answer_permission(reason: int | None) -> Permission:
    """Whether somebody may get the answer to what they asked for: not where mail is unwelcome to
    the mailbox itself."""
    found = None if reason is None else SuppressionReason(reason)
    return _SUPPRESSED[found] if found in _NO_ANSWER else ALLOWED


Choice = tuple[ContactNo, int | None, int | None, int | None, bool]
"""A contact, their general consent, their suppression, their consent to a topic, paused."""


def permissions(
    numbers: Sequence[ContactNo], choices: Iterable[Choice], topic_no: int
) -> dict[ContactNo, Permission]:
    """Whether contacts may be mailed about a topic; one without a choice is gone."""
    found = dict.fromkeys(numbers, GONE)
    for number, general, reason, chosen, paused in choices:
        if topic_no == ANSWER_TOPIC:
            found[number] = answer_permission(reason)
        elif topic_no == MARKETING_TOPIC and general == Consent.unsubscribed:
            found[number] = UNSUBSCRIBED
        else:
            found[number] = topic_permission(reason, chosen, paused=paused)
    return found


def day_of(as_of: date | None, now: datetime) -> date:
    """The last day (UTC) that counts; None is today. Raises InvalidInput for a day to come."""
    today = now.date()
    day = today if as_of is None else as_of
    if not EARLIEST <= day <= today:
        message = f"{day} is not a day between {EARLIEST} and today, {today}."
        raise InvalidInput(message, field="as_of")
    return day


def read_criterion(text: str) -> Criterion:
    """The criterion a person means; raises InvalidInput naming those there are."""
    found = CRITERIA.get(text.strip().casefold().replace(" ", "_").replace("-", "_"))
    if found is None:
        known = ", ".join(criterion.value for criterion in Criterion)
        message = f"segment_by: {text[:40]!r} is not a way to segment; use one of {known}."
        raise InvalidInput(message, field="segment_by")
    return found


def spelling(name: str) -> str:
    """What two names of one segment have in common: case, spaces and dashes do not matter."""
    return " ".join(name.replace("_", " ").replace("-", " ").casefold().split())


def choose_segment(
    name: str, segments: Sequence[Segment], among: Criterion | None, *, field: str
) -> Segment:
    """The segment a name means: exactly as written, else whatever the spelling.

    Raises InvalidInput for `field` naming the nearest ones, or those it could mean.
    """
    left, colon, right = name.partition(":")
    if colon and left.strip().casefold() == "rule":
        segments, name = [each for each in segments if each.criterion == "rule"], right.strip()
    elif colon and left.strip().casefold() in CRITERIA:
        name, among = right.strip(), read_criterion(left)
    known = [each for each in segments if among is None or each.criterion == among]
    for fits in (
        [each for each in known if name in (each.name, each.id)],
        [each for each in known if spelling(each.name) == spelling(name)],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            choices = " or ".join(f"'{each.criterion}:{each.name}'" for each in fits)
            message = f"{name[:60]!r} names more than one segment: write {choices}."
            raise InvalidInput(message, field=field)
    raise InvalidInput(_unknown_segment(name, [each.name for each in known]), field=field)


def _unknown_segment(name: str, known: Sequence[str]) -> str:
    message = f"There is no segment {name[:60]!r}."
    plain = {spelling(each): each for each in [*known, EVERYONE]}
    near = get_close_matches(spelling(name), list(plain), n=3, cutoff=0.5)
    if near:
        return f"{message} Did you mean {' or '.join(repr(plain[each]) for each in near)}?"
    if known:
        return f"{message} There are: {', '.join(sorted(known)[:12])}; or 'all' for everyone."
    return f"{message} No segment exists yet; use 'all' for everyone."


def numbers_after(members: NDArray[np.bool_], after: int, limit: int) -> list[ContactNo]:
    """Up to `limit` contact numbers of a membership, the next behind `after`."""
    import numpy as np

    start = min(max(after + 1, 0), len(members))
    return [ContactNo(start + at) for at in np.flatnonzero(members[start:])[:limit].tolist()]


def audience_arrays(
    places: Iterable[tuple[int, str, str]], members: NDArray[np.bool_] | None
) -> AudienceArrays:
    """Columns of (contact_no, zone, domain) rows in order, of all or of `members[contact_no]`."""
    import numpy as np

    numbers: list[int] = []
    zones: list[int] = []
    domains: list[int] = []
    zone_names: dict[str, int] = {"": 0}
    domain_names: dict[str, int] = {}
    bound = 0 if members is None else len(members)
    for number, zone, domain in places:
        if members is not None and (number >= bound or not members[number]):
            continue
        numbers.append(number)
        zones.append(zone_names.setdefault(zone, len(zone_names)))
        domains.append(domain_names.setdefault(domain, len(domain_names)))
    return AudienceArrays(
        np.array(numbers, np.int32),
        np.array(zones, np.int16),
        tuple(zone_names),
        np.array(domains, np.int32),
        tuple(domain_names),
    )


def choose_cut(cuts: Iterable[tuple[str, str, int]], known: str, now: int) -> str | None:
    """Of (criterion, what its cut knew, when it was) the oldest that should be cut anew."""
    due = [
        (at, criterion)
        for criterion, of, at in cuts
        if now - at >= (CUT_LATEST_AFTER if of == known else CUT_AGAIN_AFTER)
    ]
    return min(due)[1] if due else None
