"""How a delivery goes at this moment: how many, how fast, how long still.

The pace is measured between two looks: a look's address carries the sample the next one is
measured against, so nothing is kept between them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup

from drumbeat.interfaces.web import charts
from drumbeat.interfaces.web.dossier import Dossier
from drumbeat.interfaces.web.glance import share_done
from drumbeat.interfaces.web.result_page import LEDGER_STATES
from drumbeat.interfaces.web.wording import count, instant, percent
from drumbeat.marketing.campaigns import State

SAMPLE_SECONDS = 20
MOVING = (State.SCHEDULED, State.SENDING)
_SECONDS = 1.0


@dataclass(frozen=True)
class Sample:
    """How many had ended at a moment (wall clock, epoch seconds)."""

    ended: int
    at: float

    @property
    def query(self) -> str:
        return f"ended={self.ended}&at={self.at:.2f}"


@dataclass(frozen=True)
class Delivery:
    """`next_query` is for the next look; "" when nothing moves any more."""

    headline: str
    detail: str
    trouble: str
    share: str
    drawing: Markup
    states: Sequence[tuple[str, int]]
    facts: Sequence[tuple[str, str]]
    next_query: str


def delivery_of(
    dossier: Dossier, *, pace: float | None, before: Sample | None, at: float
) -> Delivery | None:
    """None before anything was frozen or asked to leave. `pace` is the limit that is set."""
    counts, state = dossier.counts, dossier.campaign.state
    if counts is None:
        return _not_frozen(dossier, at) if state is State.SCHEDULED else None
    states = [(name, counts.states[name]) for name in LEDGER_STATES]
    moved = sum(counts.states.values())
    ended = moved - counts.open
    now = Sample(ended, at)
    rate = _rate(before, now)
    drawing = charts.stack(
        [(name, float(n)) for name, n in states],
        ", ".join(f"{count(n)} {name}" for name, n in states if n),
    )
    kept = before if before is not None and at - before.at < SAMPLE_SECONDS else now
    headline, detail = _headline(dossier, counts.open)
    trouble = dossier.view.get("trouble")
    return Delivery(
        headline=headline,
        detail=detail,
        trouble=str(trouble) if trouble else "",
        share=percent(share_done(counts), 0),
        drawing=drawing,
        states=states,
        facts=_facts(dossier, counts.open, rate, pace),
        next_query=kept.query if state in MOVING else "",
    )


def _not_frozen(dossier: Dossier, at: float) -> Delivery:
    """Asked to leave a moment ago: the audience is being frozen, and the page follows."""
    mailable = dossier.campaign.plan.mailable or 0
    headline, detail = _headline(dossier, mailable)
    return Delivery(
        headline=headline,
        detail=detail or "The audience is being frozen; the first message leaves after that.",
        trouble=str(dossier.view.get("trouble") or ""),
        share=percent(0.0, 0),
        drawing=charts.stack([], "nothing has left yet"),
        states=(),
        facts=_facts(dossier, mailable, None, None),
        next_query=Sample(0, at).query,
    )


def read_sample(ended: str, at: str) -> Sample | None:
    """What the address of a look carried; None for anything that no page of ours wrote."""
    if not (ended.isascii() and ended.isdigit() and len(ended) < 12 and len(at) < 20):
        return None
    seconds, _, parts = at.partition(".")
    if not (seconds.isascii() and (seconds + (parts or "0")).isdigit()):
        return None
    return Sample(int(ended), float(at))


def _rate(before: Sample | None, now: Sample) -> float | None:
    if before is None or now.at - before.at < _SECONDS or now.ended < before.ended:
        return None
    return (now.ended - before.ended) / (now.at - before.at)


def _headline(dossier: Dossier, waiting: int) -> tuple[str, str]:
    state = dossier.campaign.state
    if state is State.SCHEDULED:
        due = dossier.view.get("next_due")
        return "Approved and scheduled", f"The first message leaves {instant(due)}." if due else ""
    if state is State.PAUSED:
        return "Paused", f"{count(waiting)} have not left, and stay where they are."
    if state is State.CANCELLED:
        return "Cancelled", "What had not left will never be sent."
    if state is State.SENDING:
        return "Delivery so far", ""
    return "Delivered", "Every recipient has ended somewhere; nobody is unaccounted for."


def _facts(
    dossier: Dossier, waiting: int, rate: float | None, pace: float | None
) -> list[tuple[str, str]]:
    facts = [("Waiting", count(waiting))]
    if dossier.campaign.state is not State.SENDING:
        return facts
    limit = f" of at most {pace:g}" if pace else ""
    facts.append(("Messages a second", "measuring …" if rate is None else f"{rate:.0f}{limit}"))
    due = dossier.next_due
    if due is not None and due > dossier.now and not rate:
        facts.append(("Next message", instant(due)))
    elif rate and waiting:
        facts.append(("Time left", duration(waiting / rate)))
    return facts


def duration(seconds: float) -> str:
    """ "40 seconds", "12 minutes", "3.5 hours": as exact as a guess deserves."""
    span = timedelta(seconds=seconds)
    if span < timedelta(seconds=90):
        return f"{max(round(seconds), 1)} seconds"
    if span < timedelta(minutes=90):
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours" if span < timedelta(hours=36) else f"{span.days} days"
