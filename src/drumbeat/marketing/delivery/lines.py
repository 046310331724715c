"""What a row of the ledger says to a person: one of the states that are shown, and the reason."""

from drumbeat.kit.clock import from_epoch
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import MailingNo
from drumbeat.marketing.audience import contact_id_of
from drumbeat.marketing.delivery.message_ids import message_id_of
from drumbeat.marketing.delivery.model import LedgerLine, LedgerRow, Mailing, Place, State
from drumbeat.marketing.delivery.rules import open_to
from drumbeat.storage.secrets import KeyRing


def shown(state: State) -> str:
    """Its name in `SHOWN`: who waits for another try is planned."""
    return State.planned.name if state is State.deferred else state.name


def place_after(mailing_no: MailingNo, after: str) -> Place:
    """The place that a line's `after` names. Raises InvalidInput(field="cursor")."""
    lane_no, _, place = after.partition(".")
    if not (lane_no.isdecimal() and place.isdecimal() and len(after) < 20):
        raise InvalidInput(f"{after[:40]!r} is not the end of a page.", field="cursor")
    return Place(mailing_no, int(lane_no), int(place))


def line_of(row: LedgerRow, mailing: Mailing, email: str, why: str, keys: KeyRing) -> LedgerLine:
    """`why` is the text of the row's reason: of a sent one, who carried it; then what is odd."""
    sent, over = row.state is State.sent, row.state >= State.sent
    carrier, _, odd = why.partition("; ") if sent else ("", "", why)
    domain = mailing.sender_email.rpartition("@")[2]
    return LedgerLine(
        contact_no=row.contact_no,
        contact_id=contact_id_of(row.contact_no, keys),
        email=email,
        mailing_no=mailing.mailing_no,
        step=mailing.step,
        state=shown(row.state),
        reason=odd,
        message_id=message_id_of(mailing.mailing_no, row.contact_no, row.occasion, keys, domain),
        arm_no=row.arm_no,
        variant="" if row.arm_no < 0 else chr(ord("A") + row.arm_no),
        planned_at=from_epoch(row.due) if row.due else None,
        sent_at=from_epoch(row.done) if sent and row.done is not None else None,
        provider=carrier,
        after=f"{row.place.lane_no}.{row.place.place}",
        ended_at=from_epoch(row.done) if row.done is not None and over else None,
        open_to=open_to(row.state, why),
    )
