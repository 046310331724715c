"""Which segment each subscriber falls into: the profile goes to science, drafts come back.

Pure but for `segment_audience`, which computes between a reading and a writing unit, so that
labelling a million contacts never holds the write lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from drumbeat.marketing.audience.model import Criterion, DraftSegment, Profile, Segment
from drumbeat.marketing.audience.rules import read_criterion

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from drumbeat.science.segmentation import Segmentation

MOST_VALUES = 30
"""An attribute with more values than this keeps its largest and one segment of all others."""


class Segmenting(Protocol):
    """The part of AudienceService that `segment_audience` needs in each unit."""

    def read_profile(self, *, attribute: str = ...) -> Profile: ...

    def save_segments(self, drafts: Sequence[DraftSegment]) -> list[Segment]: ...


def segment_audience(
    look: Callable[[], AbstractContextManager[Segmenting]],
    begin: Callable[[], AbstractContextManager[Segmenting]],
    criterion: str,
    *,
    attribute: str = "country",
) -> list[Segment]:
    """Segment all subscribers by a criterion: read in one unit, label in none, keep in another."""
    wanted = read_criterion(criterion)
    with look() as audience:
        profile = audience.read_profile(attribute=attribute)
    drafts = label_profile(profile, wanted)
    with begin() as audience:
        return audience.save_segments(drafts)


def label_profile(profile: Profile, criterion: Criterion) -> list[DraftSegment]:
    """Every segment that somebody is in, in the order of the rules; everybody is in exactly one."""
    if not len(profile.contact_nos):
        return []
    if criterion is Criterion.demographic:
        return list(_by_attribute(profile))
    return list(_by_rules(profile, _SEGMENTATIONS[criterion](profile)))


def _rfm(profile: Profile) -> Segmentation:
    from drumbeat.science.segmentation import (
        LEAST_BUYERS,
        rfm_scores,
        rfm_segments,
        too_few_to_score,
    )

    if 0 < (profile.orders > 0).sum() < LEAST_BUYERS:
        return too_few_to_score(profile.orders)
    return rfm_segments(rfm_scores(profile.bought_days, profile.orders, profile.spent_minor))


def _engagement(profile: Profile) -> Segmentation:
    from drumbeat.science.segmentation import engagement_score, engagement_segments

    return engagement_segments(engagement_score(profile.points))


def _lifecycle(profile: Profile) -> Segmentation:
    from drumbeat.science.segmentation import lifecycle_segments

    return lifecycle_segments(profile.known_days, profile.active_days)


def _behavior(profile: Profile) -> Segmentation:
    from drumbeat.science.segmentation import Deeds, behavior_segments

    return behavior_segments(
        Deeds(
            mailed=profile.sent,
            opened=profile.opened,
            clicked=profile.clicked,
            viewed=profile.viewed,
            purchased=profile.orders,
        )
    )


_SEGMENTATIONS: dict[Criterion, Callable[[Profile], Segmentation]] = {
    Criterion.engagement: _engagement,
    Criterion.rfm: _rfm,
    Criterion.lifecycle_stage: _lifecycle,
    Criterion.behavioral: _behavior,
}


def _by_rules(profile: Profile, found: Segmentation) -> Iterator[DraftSegment]:
    for name in found.names:
        members = found.members(name)
        if members.any():
            yield _draft(profile, name, Criterion(found.criterion), found.rules[name], members)


def _by_attribute(profile: Profile) -> Iterator[DraftSegment]:
    import numpy as np

    values = np.array([value.strip()[:120] for value in profile.values], dtype=object)
    sizes = Counter(value for value in values if value)
    kept = [value for value, _ in sorted(sizes.items(), key=lambda each: (-each[1], each[0]))]
    kept, others = kept[:MOST_VALUES], kept[MOST_VALUES:]
    named, criterion = profile.attribute, Criterion.demographic
    for value in kept:
        sentence = f"{named} is {value}"
        yield _draft(profile, value, criterion, sentence, values == value)
    if others:
        sentence = f"{named} is none of the {MOST_VALUES} most frequent"
        members = np.isin(values, others)
        yield _draft(profile, f"{named}: other", criterion, sentence, members)
    if (values == "").any():
        sentence = f"{named} is not known"
        yield _draft(profile, f"{named}: unknown", criterion, sentence, values == "")


def _draft(
    profile: Profile, name: str, criterion: Criterion, rule: str, members: NDArray[np.bool_]
) -> DraftSegment:
    """`engaged` counts members who ever opened, clicked or replied; None before any mail event."""
    engaged = (profile.opened + profile.clicked + profile.replied) > 0
    measured = bool(engaged.any() or profile.sent.any())
    return DraftSegment(
        name=name,
        criterion=criterion.value,
        rule=rule,
        contact_nos=profile.contact_nos[members],
        engaged=int((engaged & members).sum()) if measured else None,
    )
