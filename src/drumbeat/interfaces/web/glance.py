"""Campaigns at a glance: what waits for a person, what runs, and one line for each in a list.

Answered from rows and tallies alone, so that a list costs the same with ten million recipients.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from drumbeat.interfaces.web import charts
from drumbeat.interfaces.web.result_page import LEDGER_STATES
from drumbeat.interfaces.web.wording import count, percent
from drumbeat.kit.actor import Scope
from drumbeat.marketing.campaigns import Campaign, State
from drumbeat.marketing.campaigns.answer import campaign_line
from drumbeat.marketing.delivery import LedgerCounts
from drumbeat.marketing.department import Department

RUNNING = (State.SCHEDULED, State.SENDING, State.PAUSED)
_PEOPLE = {
    "approval": (Scope.CAMPAIGNS_APPROVE, "waits for a yes or no"),
    "launch": (Scope.CAMPAIGNS_SEND, "is approved and waits for its launch"),
    "resume": (Scope.CAMPAIGNS_SEND, "is paused until somebody resumes it"),
}


@dataclass(frozen=True)
class Line:
    """`wants` is what a person has to do, "" when nothing; `trouble` what stands in the way.

    `yours`: whoever looks may do something about one of them.
    """

    id: str
    name: str
    kind: str
    status: str
    subject: str
    created_at: datetime
    wants: str
    yours: bool
    effect: str
    trouble: str
    next_due: str
    people: str
    done: str
    progress: Markup | None


def line_of(department: Department, campaign: Campaign) -> Line:
    view = campaign_line(department, campaign)
    waits, trouble, due = view["waiting_for"], view["trouble"], view["next_due"]
    scopes = department.actor.scopes
    scope, wants = _PEOPLE.get(str(waits), (None, ""))
    asked = scope in scopes
    progress, done, frozen = _progress(department, campaign)
    people = frozen if frozen is not None else campaign.plan.mailable
    return Line(
        id=campaign.id,
        name=campaign.brief.name,
        kind=campaign.brief.kind.value,
        status=campaign.state.value,
        subject=campaign.brief.subject_line,
        created_at=campaign.created_at,
        wants="waits for your yes or no" if asked and waits == "approval" else wants,
        yours=asked or bool(trouble and Scope.CAMPAIGNS_WRITE in scopes),
        effect=str(view.get("approval_effect") or ""),
        trouble=str(trouble or ""),
        next_due=str(due or ""),
        people=count(people),
        done=done,
        progress=progress,
    )


def list_lines(department: Department, campaigns: Sequence[Campaign]) -> list[Line]:
    department.campaigns.read_ahead(campaigns)
    return [line_of(department, campaign) for campaign in campaigns]


def share_done(counts: LedgerCounts) -> float:
    """What part of those who may be mailed has been dealt with; all of nobody is all."""
    ended = sum(counts.states[state] for state in ("sent", "failed", "uncertain"))
    return ended / (ended + counts.open) if ended + counts.open else 1.0


def _progress(department: Department, campaign: Campaign) -> tuple[Markup | None, str, int | None]:
    """A bar of states, how many of all have ended, and the frozen audience."""
    if campaign.plan.mailing_no is None:
        return None, "", None
    counts = department.delivery.ledger(campaign.plan.mailing_no)
    if not counts.frozen:
        return None, "", None
    shown = [(state, float(counts.states[state])) for state in LEDGER_STATES]
    said = ", ".join(f"{count(n)} {state}" for state, n in shown if n)
    return charts.stack(shown, said), percent(share_done(counts), 0), counts.frozen
