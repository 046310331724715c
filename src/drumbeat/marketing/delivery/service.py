"""Use cases of delivery for people: freeze a mailing, start and stop it, read its ledger."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch, from_epoch
from drumbeat.kit.errors import Conflict, InvalidInput
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.audience import AudienceService
from drumbeat.marketing.delivery.lines import line_of, place_after, shown
from drumbeat.marketing.delivery.model import (
    SHOWN,
    Change,
    LedgerCounts,
    LedgerLine,
    LedgerRow,
    Mailing,
    MailingState,
    NewMailing,
    ReasonKind,
    Recount,
    State,
)
from drumbeat.marketing.delivery.plan import LedgerPlan
from drumbeat.marketing.delivery.rules import CANCELLED, check_transition
from drumbeat.marketing.delivery.service_bounces import with_bounces
from drumbeat.marketing.delivery.store import MailingStore
from drumbeat.marketing.delivery.store_bounces import BounceStore
from drumbeat.marketing.delivery.store_ledger import LedgerStore
from drumbeat.storage.secrets import KeyRing

UNIT_ROWS = 2000
_EVERY = 1_000_000
_BEFORE_START = (MailingState.draft, MailingState.freezing, MailingState.ready)


@dataclass(frozen=True)
class DeliveryService:
    actor: Actor
    mailings: MailingStore
    ledgers: LedgerStore
    audience: AudienceService
    clock: Clock
    keys: KeyRing
    bounces: BounceStore

    # before the start -----------------------------------------------------------------------

    def open_mailing(self, new: NewMailing) -> MailingNo:
        """A draft without recipients. Raises Conflict if the campaign's step has one already."""
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        if new.campaign_no is not None:
            for other in self.mailings.list_(campaign_no=new.campaign_no):
                if other.step == new.step:
                    raise Conflict(f"The step {new.step!r} has mailing {other.mailing_no} already.")
        return self.mailings.add(new)

    def discard(self, mailing_no: MailingNo) -> None:
        """Take a draft back, with its links, before anybody was chosen for it. Raises Conflict."""
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        mailing = self.mailings.get(mailing_no)
        if mailing.state is not MailingState.draft:
            raise Conflict(f"Mailing {mailing_no} is {mailing.state}: cancel it instead.")
        self.mailings.remove(mailing_no)

    def get(self, mailing_no: MailingNo) -> Mailing:
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.mailings.get(mailing_no)

    def save_links(self, mailing_no: MailingNo, urls: Sequence[str]) -> None:
        """Where the tracked links lead: link number i to `urls[i]`. Fixed once it is being sent."""
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        mailing = self.mailings.get(mailing_no)
        if mailing.state not in _BEFORE_START:
            raise Conflict(f"Mailing {mailing_no} is {mailing.state}: its links are out already.")
        self.mailings.save_links(mailing_no, urls)

    def link_target(self, mailing_no: MailingNo, link_no: int) -> str | None:
        """Where a tracked link leads; a recipient's token is all the permission it takes."""
        return self.mailings.find_link(mailing_no, link_no)

    def links(self, mailing_no: MailingNo) -> list[str]:
        """The tracked targets; a link's number is its place in the list."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.mailings.list_links(mailing_no)

    def accept_plan(
        self, mailing_no: MailingNo, plan_file: str, frozen: int, revision: int
    ) -> Mailing:
        """Fix the audience: the ledger will have exactly the `frozen` rows of `plan_file`.

        Raises Conflict if the mailing is not the draft of `revision` that was planned.
        """
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        mailing = self.mailings.get(mailing_no)
        check_transition(mailing, MailingState.freezing, "be frozen")
        if mailing.revision != revision:
            raise Conflict(f"Mailing {mailing_no} was changed while it was being planned.")
        return self.mailings.save(
            mailing, state=MailingState.freezing, plan_file=plan_file, frozen=frozen
        )

    def freeze_next(self, mailing_no: MailingNo, plan: LedgerPlan, limit: int = UNIT_ROWS) -> int:
        """Insert the next rows of the plan; answers how many are left.

        Goes on behind the rows that exist, so a killed freeze continues. With the last row the
        mailing becomes ready.
        """
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        mailing = self.mailings.get(mailing_no)
        if mailing.state is MailingState.ready:
            return 0
        if mailing.state is not MailingState.freezing or len(plan) != mailing.frozen:
            raise Conflict(f"Mailing {mailing_no} ({mailing.state}) is not frozen by this plan.")
        last = self.ledgers.find_last(mailing_no)
        if last is None:
            self.mailings.add_lanes(mailing_no, plan.lanes())
        start = 0 if last is None else plan.position(last.lane_no, last.place) + 1
        end = min(start + limit, len(plan))
        self._add_rows(mailing_no, plan, start, end)
        if end == len(plan):
            self.mailings.save(mailing, state=MailingState.ready)
        return len(plan) - end

    def _add_rows(self, mailing_no: MailingNo, plan: LedgerPlan, start: int, end: int) -> None:
        if start == end:
            return
        numbers = self.ledgers.reason_numbers((ReasonKind.suppressed, t) for t in plan.reasons)
        texts = [numbers[ReasonKind.suppressed, text] for text in plan.reasons]
        now = epoch(self.clock())
        rows: list[dict[str, int | None]] = []
        moved: Counter[tuple[int, int, int]] = Counter()
        for lane_no, place, contact_no, due, arm, barred in plan.rows(start, end):
            state = State.planned if barred < 0 else State.suppressed
            reason_no = 0 if barred < 0 else texts[barred]
            done = None if barred < 0 else now
            row: dict[str, int | None] = {"mailing_no": mailing_no, "occasion": 0, "attempts": 0}
            row |= {"lane_no": lane_no, "place": place, "contact_no": contact_no, "arm_no": arm}
            rows.append(row | {"state": state, "due": due, "done": done, "reason_no": reason_no})
            moved[arm, state, reason_no] += 1
        self.ledgers.add_rows(rows)
        self.ledgers.move_tallies(mailing_no, moved)

    # start and stop -------------------------------------------------------------------------

    def start(self, mailing_no: MailingNo) -> Mailing:
        """From now on engines send what is due. Asking again changes nothing."""
        self.actor.require(Scope.CAMPAIGNS_SEND)
        mailing = self.mailings.get(mailing_no)
        if mailing.state is MailingState.sending:
            return mailing
        if mailing.state is MailingState.paused:
            raise Conflict(f"Mailing {mailing_no} is paused: resume it.")
        check_transition(mailing, MailingState.sending, "be started")
        return self.mailings.save(mailing, state=MailingState.sending)

    def pause(self, mailing_no: MailingNo) -> Mailing:
        """Nothing more is claimed; what is on the wire ends. Before the start there is no need."""
        return self._switch(mailing_no, MailingState.paused, "be paused")

    def resume(self, mailing_no: MailingNo) -> Mailing:
        """Send on after a pause. Raises Conflict if it is not paused."""
        return self._switch(mailing_no, MailingState.sending, "be resumed")

    def _switch(self, mailing_no: MailingNo, wanted: MailingState, verb: str) -> Mailing:
        self.actor.require(Scope.CAMPAIGNS_SEND)
        mailing = self.mailings.get(mailing_no)
        if mailing.state is wanted or mailing.state in _BEFORE_START:
            return mailing
        check_transition(mailing, wanted, verb)
        return self.mailings.save(mailing, state=wanted, trouble="")

    def cancel(self, mailing_no: MailingNo) -> Mailing:
        """Send nothing more. `cancel_next` then turns every waiting row into suppressed.

        A mailing cancelled while it freezes keeps the rows it has: they are its audience.
        """
        self.actor.require(Scope.CAMPAIGNS_SEND)
        mailing = self.mailings.get(mailing_no)
        if mailing.state is MailingState.cancelled:
            return mailing
        check_transition(mailing, MailingState.cancelled, "be cancelled")
        frozen = sum(self.ledgers.tallies(mailing_no).values())
        return self.mailings.save(mailing, state=MailingState.cancelled, frozen=frozen, trouble="")

    def cancel_next(self, mailing_no: MailingNo, limit: int = UNIT_ROWS) -> int:
        """One bounded step of a cancelled mailing: waiting rows become suppressed(cancelled).

        Answers how many rows still wait for that; claimed ones end by their receipts. It only
        suppresses, so the house's own upkeep may do it once a person has decided.
        """
        if Scope.UPKEEP not in self.actor.scopes:
            self.actor.require(Scope.CAMPAIGNS_SEND)
        mailing = self.mailings.get(mailing_no)
        if mailing.state is not MailingState.cancelled:
            raise Conflict(f"Mailing {mailing_no} is {mailing.state}, not cancelled.")
        rows = self.ledgers.list_deferred(mailing_no, limit)
        for lane in self.mailings.list_open_lanes(mailing_no):
            end = min(lane.next_place + limit - len(rows), lane.end_place)
            window = self.ledgers.list_window(mailing_no, lane.lane_no, lane.next_place, end)
            rows += window
            self.mailings.move_lane(lane, end, lane.next_due)
        why = (ReasonKind.suppressed, CANCELLED)
        self.ledgers.save([Change(r, State.suppressed, why) for r in rows], now=epoch(self.clock()))
        tallies = self.ledgers.tallies(mailing_no).items()
        return sum(n for (_, state, _), n in tallies if state < State.claimed)

    def list_plan_files(self) -> frozenset[str]:
        """The files of every audience that was fixed: kept for ever, for they hold the chances."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.mailings.list_plan_files()

    # the end --------------------------------------------------------------------------------

    def list_exhausted(self) -> list[MailingNo]:
        """Mailings that are being sent and have no message left to send: to be settled."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.mailings.list_exhausted()

    def recount(self, mailing_no: MailingNo) -> Recount:
        """Count the rows themselves. Reads the whole mailing: outside a writing unit."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        mailing = self.mailings.get(mailing_no)
        return Recount(mailing_no, mailing.revision, self.ledgers.recount(mailing_no))

    def settle(self, recount: Recount) -> Mailing:
        """Close a mailing whose every row has ended, once Σ states = frozen was counted.

        Raises Conflict, naming the numbers, if rows are open, missing or not as tallied.
        """
        self.actor.require(Scope.UPKEEP)
        mailing = self.mailings.get(recount.mailing_no)
        check_transition(mailing, MailingState.settled, "be settled")
        waiting = sum(n for (_, state, _), n in recount.counts.items() if state < State.sent)
        tallied = self.ledgers.tallies(recount.mailing_no)
        if waiting or recount.rows != mailing.frozen or tallied != recount.counts:
            raise Conflict(
                f"Mailing {mailing.mailing_no} cannot be settled: of {mailing.frozen} frozen "
                f"recipients {recount.rows} have a row, {sum(tallied.values())} are tallied and "
                f"{waiting} wait."
            )
        return self.mailings.save(mailing, state=MailingState.settled, trouble="")

    # who got it, who did not, why -----------------------------------------------------------

    def ledger(self, mailing_no: MailingNo) -> LedgerCounts:
        """States and reasons of one mailing, answered from its tallies."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.count([mailing_no])

    def read_ahead(self, mailing_nos: Sequence[MailingNo]) -> None:
        """For a list: what `get` and `ledger` are asked about each mailing, read at once."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        if mailing_nos:
            self.mailings.read_ahead(mailing_nos)
            self.ledgers.read_ahead(mailing_nos)

    def count(self, mailing_nos: Iterable[MailingNo]) -> LedgerCounts:
        """Over several mailings of one campaign; answered from tallies, whatever their size."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        frozen, states, numbers = 0, dict.fromkeys(SHOWN, 0), Counter[int]()
        for mailing_no in mailing_nos:
            frozen += self.mailings.get(mailing_no).frozen
            for (_, state, reason_no), n in self.ledgers.tallies(mailing_no).items():
                states[shown(State(state))] += n
                if state >= State.failed:
                    numbers[reason_no] += n
        texts = self.ledgers.reason_texts(numbers)
        reasons: Counter[str] = Counter()
        for number, n in numbers.items():
            reasons[texts[number]] += n
        return LedgerCounts(frozen, states, dict(reasons))

    def count_arms(self, mailing_no: MailingNo) -> dict[int, dict[str, int]]:
        """The states of every arm, -1 being outside the test."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        arms: dict[int, dict[str, int]] = {}
        for (arm_no, state, _), n in self.ledgers.tallies(mailing_no).items():
            counts = arms.setdefault(arm_no, dict.fromkeys(SHOWN, 0))
            counts[shown(State(state))] += n
        return arms

    def ledger_rows(
        self,
        mailing_no: MailingNo,
        *,
        state: str = "",
        email: str = "",
        after: str = "",
        limit: int = 500,
    ) -> list[LedgerLine]:
        """A page of rows in sending order; `after` is the last line's, "" begins.

        `state` is one of `SHOWN`, "" all of them. The rows of one `email` come all at once: there
        is one an occasion. Raises InvalidInput.
        """
        self.actor.require(Scope.CAMPAIGNS_READ)
        if state and state not in SHOWN:
            message = f"{state[:40]!r} is no state; there are {', '.join(SHOWN)}."
            raise InvalidInput(message, field="state")
        if email:
            number = self.audience.contact_numbers([email]).get(email)
            numbers = [] if number is None else self.audience.numbers_of(number)
            rows = self.ledgers.list_among(mailing_no, numbers) if numbers else []
            return self._lines([row for row in rows if state in ("", shown(row.state))])
        states = [each for each in State if shown(each) == state]
        cursor = place_after(mailing_no, after) if after else None
        rows = self.ledgers.list_page(mailing_no, cursor, min(limit, UNIT_ROWS), states)
        return self._lines(rows)

    def history_of(self, contact_no: ContactNo, *, limit: int = 100) -> list[LedgerLine]:
        """What the last 1,000 mailings planned for one contact, newest first."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self._lines(self.ledgers.list_of_contact(contact_no, limit))

    def count_planned(self, contact_no: ContactNo) -> int:
        """Messages of the last 1,000 mailings that wait to be sent under one number."""
        self.actor.require(Scope.AUDIENCE_READ)
        rows = self.ledgers.list_of_contact(contact_no, _EVERY)
        return sum(row.state in (State.planned, State.deferred) for row in rows)

    def _lines(self, rows: Sequence[LedgerRow]) -> list[LedgerLine]:
        numbers = [MailingNo(no) for no in sorted({row.place.mailing_no for row in rows})]
        self.mailings.read_ahead(numbers)
        mailings = {number: self.mailings.get(number) for number in numbers}
        emails = self._addresses(rows)
        texts = self.ledgers.reason_texts({row.reason_no for row in rows})
        lines = [
            line_of(
                row,
                mailings[MailingNo(row.place.mailing_no)],
                emails.get(row.contact_no, ""),
                texts.get(row.reason_no, ""),
                self.keys,
            )
            for row in rows
        ]
        if Scope.AUDIENCE_READ not in self.actor.scopes:
            # Whoever knows a Message-ID can say that its reader complained.
            lines = [replace(line, message_id="") for line in lines]
        return with_bounces(lines, self.bounces)

    def _addresses(self, rows: Sequence[LedgerRow]) -> dict[ContactNo, str]:
        """Results are for everybody who reads campaigns, addresses for who reads contacts."""
        if Scope.AUDIENCE_READ not in self.actor.scopes:
            return {}
        people = self.audience.recipients([row.contact_no for row in rows])
        return {person.contact_no: person.address for person in people}

    # when to look ---------------------------------------------------------------------------

    def next_due(self) -> datetime | None:
        """When the next message of any mailing that is being sent is due, perhaps in the past."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        sending = self.mailings.list_(state=MailingState.sending)
        found = [self.mailings.next_due(mailing.mailing_no) for mailing in sending]
        return min((from_epoch(due) for due in found if due is not None), default=None)

    def next_due_of(self, mailing_no: MailingNo) -> datetime | None:
        """When one mailing next needs somebody: its next message, or now that all have ended.

        None before its start, while it is paused, and while engines hold all that is left.
        """
        self.actor.require(Scope.CAMPAIGNS_READ)
        mailing = self.mailings.get(mailing_no)
        if mailing.state is MailingState.settled:
            return self.clock()
        if mailing.state is not MailingState.sending:
            return None
        due = self.mailings.next_due(mailing_no)
        if due is not None:
            return from_epoch(due)
        return self.clock() if mailing_no in self.mailings.list_exhausted() else None
