"""A campaign as somebody writes it: form fields to a brief and back, and errors to their fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from starlette.datastructures import FormData

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.campaigns import Brief, ExperimentWish, Kind, Launch, TimingWish

FIELDS = (
    "name", "kind", "subject_line", "alt_subject_line", "preheader", "content_html", "audience",
    "topic", "sender_name", "mode", "at", "zone", "window",
)  # fmt: skip
_MOST = {
    "name": 200, "subject_line": 500, "alt_subject_line": 500, "preheader": 500, "sender_name": 200,
}  # fmt: skip
_SHOWN_AT = {
    "timing.at": "at",
    "timing.window": "window",
    "timing": "mode",
    "test.variants": "alt_subject_line",
    "test.element": "alt_subject_line",
    "test.metric": "alt_subject_line",
    "type": "kind",
    "arms": "subject_line",
    "subject": "subject_line",
    "html": "content_html",
}
STARTER = """<h1>Hello {{ first_name | default: "there" }}</h1>
<p>Say one thing, and say why it matters to them.</p>
<p><a href="https://example.com/">Have a look</a></p>
"""


@dataclass(frozen=True)
class Draft:
    """Every field as text; `audience` may name several segments."""

    values: Mapping[str, str]
    audience: tuple[str, ...]

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


EMPTY = Draft(
    {
        "kind": Kind.NEWSLETTER.value,
        "mode": Launch.BEST.value,
        "zone": "UTC",
        "content_html": STARTER,
    },
    ("all",),
)


def draft_of_form(form: FormData) -> Draft:
    values = {name: _one(form, name) for name in FIELDS if name != "audience"}
    named = [str(value) for value in form.getlist("audience") if isinstance(value, str)]
    return Draft(values, tuple(dict.fromkeys(filter(None, named))))


def draft_of_brief(brief: Brief) -> Draft:
    wish, test = brief.timing, brief.test
    others = [] if test is None else [v for v in test.variants if v != brief.subject_line]
    values = {
        "name": brief.name,
        "kind": brief.kind.value,
        "subject_line": brief.subject_line,
        "alt_subject_line": others[0] if others else "",
        "preheader": brief.preheader,
        "content_html": brief.content_html,
        "sender_name": brief.sender_name or "",
        "topic": brief.topic,
        "mode": wish.mode.value,
        "at": "" if wish.at is None else f"{wish.at.astimezone(UTC):%Y-%m-%dT%H:%M}",
        "zone": "UTC",
        "window": "" if wish.window_hours is None else f"{wish.window_hours:g}",
    }
    return Draft(values, brief.audience)


def is_formed(brief: Brief) -> bool:
    """Whether the form can say all of it; what it cannot would be lost by saving."""
    test = brief.test
    plain = test is None or (test.element == "subject_line" and len(test.variants) == 2)
    if brief.content_text is not None or brief.timing.pace is not None:
        return False
    return plain and brief.sender_email is None


def brief_of(draft: Draft, *, segment_by: str = "engagement") -> Brief:
    """Raises InvalidInput naming the field of the form."""
    _check_lengths(draft)
    if not draft.audience:
        raise InvalidInput("Choose everyone, or at least one segment.", field="audience")
    if "all" in draft.audience and len(draft.audience) > 1:
        message = "Choose everyone or segments, not both: it is unclear who is meant."
        raise InvalidInput(message, field="audience")
    subject, other = draft["subject_line"], draft["alt_subject_line"]
    if other and other == subject:
        message = "The second subject is the same as the first: there is nothing to compare."
        raise InvalidInput(message, field="alt_subject_line")
    return Brief(
        name=draft["name"],
        kind=_kind(draft["kind"]),
        subject_line=subject,
        content_html=draft["content_html"],
        preheader=draft["preheader"],
        sender_name=draft["sender_name"] or None,
        audience=draft.audience,
        segment_by=segment_by,
        topic=draft["topic"],
        test=ExperimentWish("subject_line", (subject, other)) if other else None,
        timing=_timing(draft),
    )


def words_of(draft: Draft) -> Brief:
    """Only what the mail says, of a draft whose other fields nobody has filled in yet.

    Raises InvalidInput naming the field of the form.
    """
    _check_lengths(draft)
    subject, other = draft["subject_line"], draft["alt_subject_line"]
    return Brief(
        name="",
        kind=Kind.NEWSLETTER,
        subject_line=subject,
        content_html=draft["content_html"],
        preheader=draft["preheader"],
        sender_name=draft["sender_name"] or None,
        test=ExperimentWish("subject_line", (subject, other)) if other else None,
    )


def _check_lengths(draft: Draft) -> None:
    for name, most in _MOST.items():
        if len(draft[name]) > most:
            raise InvalidInput(f"At most {most} characters fit here.", field=name)


@cache
def known_zones() -> frozenset[str]:
    """The names of this machine's time zone data, which a listing of its folder gives: slow."""
    return frozenset(available_timezones())


def shown_at(error: InvalidInput) -> str:
    """The field of the form that an error is about; "" when it is about all of it."""
    field = _SHOWN_AT.get(error.field, error.field)
    return field if field in FIELDS else ""


def said_at(error: InvalidInput) -> str:
    """The message as it reads beside its field, which need not be named again."""
    message = str(error)
    for start in (f"{error.field}, ", f"{error.field}: "):
        message = message.removeprefix(start)
    return message[:1].upper() + message[1:]


def _one(form: FormData, name: str) -> str:
    value = form.get(name)
    if not isinstance(value, str):
        return ""
    return value.replace("\r\n", "\n") if name == "content_html" else " ".join(value.split())


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        raise InvalidInput("Choose one of the kinds.", field="kind") from None


def _timing(draft: Draft) -> TimingWish:
    try:
        mode = Launch(draft["mode"])
    except ValueError:
        raise InvalidInput("Choose when it leaves.", field="mode") from None
    at = _at(draft) if mode is Launch.AT else None
    return TimingWish(mode, at, _window(draft["window"]))


def _window(text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text.replace(",", "."))
    except ValueError:
        message = "Hours as a number, such as 3 or 0.5; empty sends as fast as it may."
        raise InvalidInput(message, field="window") from None


def _at(draft: Draft) -> datetime:
    zone = draft["zone"] or "UTC"
    if zone not in known_zones():
        raise InvalidInput(f"{zone[:60]!r} is no time zone such as Europe/Berlin.", field="zone")
    try:
        local = datetime.fromisoformat(draft["at"])
    except ValueError:
        raise InvalidInput("Say the day and the time it leaves.", field="at") from None
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
