"""Use cases about messages whose end nobody saw: a person decides, or evidence does.

An engine never sends one again by itself: it may have arrived. So may a person, knowingly; the row
is changed only from the state it was decided in, so that two decisions never send twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch
from drumbeat.kit.errors import Conflict
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.accounts import Record
from drumbeat.marketing.audience import contact_id_of
from drumbeat.marketing.delivery import rules
from drumbeat.marketing.delivery.model import (
    Change,
    Decided,
    Decision,
    LedgerRow,
    Mailing,
    MailingState,
    State,
)
from drumbeat.marketing.delivery.store import MailingStore
from drumbeat.marketing.delivery.store_ledger import LedgerStore
from drumbeat.marketing.events import EventsService
from drumbeat.storage.secrets import KeyRing

DECIDED_ROWS = 1_000
"""Most rows of one unit: each also writes a fact."""

SOURCE = "delivery"
_NAMED = 20
_UNCLEAR = (State.uncertain, State.deferred)


@dataclass(frozen=True)
class DecidingService:
    actor: Actor
    mailings: MailingStore
    ledgers: LedgerStore
    events: EventsService
    clock: Clock
    keys: KeyRing
    record: Record

    def decide(
        self, mailing_no: MailingNo, decision: Decision, contacts: Sequence[ContactNo], about: str
    ) -> Decided:
        """What became of the messages to these contacts, or that they are to be sent again.

        Raises Conflict naming the first one whose end is known, and then nothing is decided.
        `about` is what the trail says that it belongs to.
        """
        self.actor.require(Scope.CAMPAIGNS_SEND)
        mailing = self._open(mailing_no, decision)
        rows = self.ledgers.list_among(mailing_no, contacts)
        return self._decide(mailing, decision, rows, about)

    def decide_uncertain(self, mailing_no: MailingNo, decision: Decision, about: str) -> Decided:
        """The same for every message that may have arrived: a bounded step, again until 0 left."""
        self.actor.require(Scope.CAMPAIGNS_SEND)
        mailing = self._open(mailing_no, decision)
        rows = self.ledgers.list_page(mailing_no, None, DECIDED_ROWS, [State.uncertain])
        return self._decide(mailing, decision, rows, about)

    def retry_given_up(self, mailing_no: MailingNo, about: str) -> Decided:
        """Send again to everybody whose server said "later" until we gave up: a bounded step."""
        self.actor.require(Scope.CAMPAIGNS_SEND)
        mailing = self._open(mailing_no, Decision.send_again)
        rows = self.ledgers.list_failed(mailing_no, self._given_up(mailing_no), DECIDED_ROWS)
        return self._decide(mailing, Decision.send_again, rows, about)

    def take_evidence(self, seen: Iterable[tuple[MailingNo, ContactNo]]) -> int:
        """Who opened, clicked or bounced a message was sent it, whatever its server said.

        Answers how many messages that clears up: uncertain ones, and those to be sent again.
        """
        self.actor.require(Scope.FACTS_FOLD)
        people: dict[MailingNo, set[ContactNo]] = {}
        for mailing_no, contact_no in seen:
            people.setdefault(mailing_no, set()).add(contact_no)
        return sum(self._clear_up(number, people[number]) for number in sorted(people))

    # ----------------------------------------------------------------------------------------

    def _open(self, mailing_no: MailingNo, decision: Decision) -> Mailing:
        mailing = self.mailings.get(mailing_no)
        if decision is Decision.send_again and mailing.state is MailingState.cancelled:
            raise Conflict(f"Mailing {mailing_no} was cancelled: nothing of it is sent again.")
        return mailing

    def _decide(
        self, mailing: Mailing, decision: Decision, rows: Sequence[LedgerRow], about: str
    ) -> Decided:
        now = epoch(self.clock())
        texts = self.ledgers.reason_texts({row.reason_no for row in rows})
        changes = []
        for row in rows:
            reason = texts.get(row.reason_no, "")
            if decision not in rules.open_to(row.state, reason):
                raise Conflict(self._closed(row, decision))
            changes.append(rules.decide(row, decision, reason, now))
        self._save(changes, now)
        if changes and decision is Decision.send_again and mailing.state is MailingState.settled:
            self.mailings.save(mailing, state=MailingState.sending)
        if changes:
            named = [contact_id_of(row.contact_no, self.keys) for row in rows[:_NAMED]]
            detail = {"decision": decision.value, "rows": len(rows), "contacts": named}
            self.record("delivery.decided", about, detail)
        return Decided(len(changes), self._left(mailing.mailing_no, rows))

    def _closed(self, row: LedgerRow, decision: Decision) -> str:
        state = "planned" if row.state is State.deferred else row.state.name
        who = contact_id_of(row.contact_no, self.keys)
        return f"The message to {who} is {state}: {decision.value!r} is nothing to decide there."

    def _left(self, mailing_no: MailingNo, like: Sequence[LedgerRow]) -> int:
        """Of the state that these rows had, how many may still be decided."""
        tallies = self.ledgers.tallies(mailing_no)
        if any(row.state is State.failed for row in like):
            given_up = self._given_up(mailing_no)
            return sum(n for (_, _, reason), n in tallies.items() if reason in given_up)
        return sum(n for (_, state, _), n in tallies.items() if state == State.uncertain)

    def _given_up(self, mailing_no: MailingNo) -> set[int]:
        """The reasons of rows of this mailing that failed only because we gave up."""
        tallies = self.ledgers.tallies(mailing_no)
        failed = {reason for (_, state, reason) in tallies if state == State.failed}
        texts = self.ledgers.reason_texts(failed)
        return {number for number, text in texts.items() if text.startswith(rules.GAVE_UP)}

    def _clear_up(self, mailing_no: MailingNo, people: set[ContactNo]) -> int:
        tallies = self.ledgers.tallies(mailing_no)
        waits = {reason for (_, state, reason) in tallies if state in _UNCLEAR}
        texts = self.ledgers.reason_texts(waits)
        unclear = {
            (state, reason)
            for (_, state, reason) in tallies
            if state in _UNCLEAR and rules.may_have_arrived(State(state), texts.get(reason, ""))
        }
        if not unclear:  # nearly always: and then no row is read, and nobody is held up
            return 0
        self.mailings.get(mailing_no)
        rows = self.ledgers.list_among(mailing_no, people)
        changes = [
            rules.clear_up(row, rules.BY_EVIDENCE)
            for row in rows
            if (row.state, row.reason_no) in unclear
        ]
        self._save(changes, epoch(self.clock()))
        return len(changes)

    def _save(self, changes: Sequence[Change], now: int) -> None:
        """The rows, and for each that counts as sent the fact that its engine could not write."""
        self.ledgers.save(changes, now=now)
        sent = [
            rules.fact_of_sent(each.row, now, SOURCE)
            for each in changes
            if each.state is State.sent
        ]
        if sent:
            self.events.record(sent)
