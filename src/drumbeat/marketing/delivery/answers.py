"""Mail that somebody waits for, one by one: appended to mailings that stay open for more.

Each is a row of the ledger as any other, so it leaves once and is never lost; transactional
mailings go first. One is full after a few hundred rows, so that recounting it stays cheap.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.delivery.lanes import lane_of
from drumbeat.marketing.delivery.model import Mailing, MailingState, NewMailing, State
from drumbeat.marketing.delivery.rules import TRANSACTIONAL
from drumbeat.marketing.delivery.store import MailingStore
from drumbeat.marketing.delivery.store_ledger import LedgerStore

MOST_ROWS = 500
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class AnswersService:
    actor: Actor
    mailings: MailingStore
    ledgers: LedgerStore
    clock: Clock

    def append(
        self, new: NewMailing, readers: Sequence[tuple[ContactNo, str]]
    ) -> list[tuple[MailingNo, int]]:
        """One message to each (contact, domain of their address), due now.

        Answers where each lies: its mailing and its occasion. In the caller's unit, so that what
        asked for it can note that in the same breath.
        """
        self.actor.require(Scope.CAMPAIGNS_SEND)
        if new.kind != TRANSACTIONAL or new.campaign_no is not None:
            raise InvalidInput("Only what answers a reader is appended.", field="kind")
        if not 0 < len(readers) <= MOST_AT_ONCE:
            raise InvalidInput(f"Append 1 to {MOST_AT_ONCE} at once.", field="readers")
        mailing = self._open_one(new, len(readers))
        number, now = mailing.mailing_no, epoch(self.clock())
        contacts = {contact_no for contact_no, _ in readers}
        before = self.ledgers.list_among(number, contacts)
        occasions = Counter(row.contact_no for row in before)
        ends = self.mailings.lane_ends(number)
        rows: list[dict[str, int | None]] = []
        placed: list[tuple[MailingNo, int]] = []
        for contact_no, domain in readers:
            lane_no = lane_of(domain)
            place, occasion = ends.get(lane_no, 0), occasions[contact_no]
            ends[lane_no] = place + 1
            occasions[contact_no] += 1
            row: dict[str, int | None] = {"mailing_no": number, "occasion": occasion}
            row |= {"lane_no": lane_no, "place": place, "contact_no": contact_no, "arm_no": -1}
            row |= {"state": State.planned, "due": now, "attempts": 0, "reason_no": 0}
            rows.append(row)
            placed.append((number, occasion))
        self.mailings.extend_lanes(number, ends, now)
        self.ledgers.add_rows(rows)
        self.ledgers.move_tallies(number, Counter({(-1, State.planned, 0): len(rows)}))
        return placed

    def _open_one(self, new: NewMailing, more: int) -> Mailing:
        """The mailing these go into, being sent: a fresh one where the last is full."""
        number = self.mailings.find_answers(new, MOST_ROWS - more)
        mailing = self.mailings.get(self.mailings.add(new) if number is None else number)
        frozen = mailing.frozen + more
        return self.mailings.save(mailing, state=MailingState.sending, frozen=frozen, trouble="")
