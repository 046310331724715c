"""Who got it, who did not, and why: one row a recipient, found by address or by state."""

from dataclasses import dataclass

from starlette.responses import Response

from drumbeat.interfaces.web.forms import text
from drumbeat.interfaces.web.result_page import LEDGER_STATES, result_page
from drumbeat.interfaces.web.review import reason_in_words
from drumbeat.interfaces.web.source import get_outline
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.campaigns.row_decisions import WhichRows, decide_rows
from drumbeat.marketing.delivery import KNOWN_BY, Decision, LedgerLine
from drumbeat.marketing.department import Department

PAGE_ROWS = 30


@dataclass(frozen=True)
class Row:
    email: str
    state: str
    reason: str
    variant: str
    planned_at: object
    sent_at: object
    taken: str
    contact_id: str
    ended_at: object
    open_to: tuple[Decision, ...]


def list_recipients(visit: Visit) -> Response:
    campaign_id = CampaignId(visit.path("campaign_id"))
    address, state = visit.query("address"), visit.query("state")
    with visit.look() as department:
        result = get_outline(department, campaign_id)
        lines, following = _found(department, campaign_id, visit)
    shown = result_page(result)
    return visit.page(
        "recipients.html",
        result=shown,
        frozen=shown.ledger is not None,
        rows=[_row(line) for line in lines],
        following=following,
        address=address,
        state=state,
        states=LEDGER_STATES,
        deciding=visit.may(Scope.CAMPAIGNS_SEND),
        first=not visit.query("after"),
    )


def decide_recipient(visit: Visit) -> Response:
    """What a person knows about one message, or that it is to be sent once more."""
    form, campaign_id = visit.form(), CampaignId(visit.path("campaign_id"))
    decision = text(form, "decision")
    if decision not in tuple(Decision):
        raise InvalidInput("Choose what became of the message.", field="decision")
    which = WhichRows(contact_ids=(text(form, "contact_id"),))
    with visit.begin() as department:
        decide_rows(department, campaign_id, Decision(decision), which)
    return visit.go(f"/campaigns/{campaign_id}/recipients", f"decided-{decision}")


def _found(
    department: Department, campaign_id: CampaignId, visit: Visit
) -> tuple[list[LedgerLine], str]:
    """A page of rows, and where the next one begins; "" when this is the last."""
    number = department.campaigns.get(campaign_id).plan.mailing_no
    if number is None:
        return [], ""
    state, address = visit.query("state"), visit.query("address")
    lines = department.delivery.ledger_rows(
        number, state=state, email=address, after=visit.query("after"), limit=PAGE_ROWS + 1
    )
    following = lines[PAGE_ROWS - 1].after if len(lines) > PAGE_ROWS else ""
    return lines[:PAGE_ROWS], following


def _row(line: LedgerLine) -> Row:
    return Row(
        email=line.email or line.contact_id,
        state=line.state,
        reason=reason_in_words(line.reason) if line.reason else "",
        variant=line.variant,
        planned_at=line.planned_at,
        sent_at=line.sent_at,
        taken=_taken(line.provider),
        contact_id=line.contact_id,
        ended_at=line.ended_at,
        open_to=line.open_to,
    )


def _taken(provider: str) -> str:
    if provider in KNOWN_BY:
        return f"known by {provider}"
    return f"taken by {provider}" if provider else ""
