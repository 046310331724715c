"""Use cases of delivery for engines: exchange receipts for due messages, and recover dead claims.

One exchange is one unit of work for one mailing: it records what came back, asks permission for
the next rows, and claims those that pass. A claim is small, so a pause or an unsubscribe bites.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch, from_epoch
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.audience import AudienceService
from drumbeat.marketing.delivery.lanes import LANE_NAMES
from drumbeat.marketing.delivery.model import (
    SHOWN,
    Accepted,
    Change,
    Claimed,
    Ending,
    EngineName,
    Exchange,
    Lane,
    LedgerRow,
    Mailing,
    MailingState,
    Outlook,
    Place,
    Pulse,
    ReasonKind,
    Receipt,
    Refused,
    Released,
    State,
    Traces,
    Unknown,
)
from drumbeat.marketing.delivery.pacing import Limits, Pacing
from drumbeat.marketing.delivery.rules import (
    CLAIM_ROWS,
    UNKNOWN_CONTACT,
    bounce_reason,
    conclude,
    sending_order,
    taken_by,
)
from drumbeat.marketing.delivery.store import MailingStore
from drumbeat.marketing.delivery.store_ledger import LedgerStore
from drumbeat.marketing.delivery.store_pacing import PaceStore
from drumbeat.marketing.events import EventsService, Fact, Kind

SOURCE = "delivery"
LOG_LOST = "the engine's log was lost with it"


@dataclass(frozen=True)
class SendingService:
    actor: Actor
    mailings: MailingStore
    ledgers: LedgerStore
    paces: PaceStore
    audience: AudienceService
    events: EventsService
    clock: Clock

    def look_around(self) -> Outlook:
        """What is being sent, and what of it has messages due now, transactional mail first."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        now = epoch(self.clock())
        sending = self.mailings.list_(state=MailingState.sending)
        due = [mailing for mailing in sending if self._is_due(mailing, now)]
        numbers = frozenset(mailing.mailing_no for mailing in sending)
        return Outlook(numbers, tuple(sorted(due, key=sending_order)))

    def _is_due(self, mailing: Mailing, now: int) -> bool:
        due = self.mailings.next_due(mailing.mailing_no)
        return due is not None and due <= now

    def pulse(self) -> Pulse:
        """How sending stands, from kept counts alone: as cheap at a million rows as at ten."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        now, states = epoch(self.clock()), dict.fromkeys(SHOWN, 0)
        for state, n in self.ledgers.count_states().items():
            shown = State.planned if state == State.deferred else State(state)
            states[shown.name] += n
        sending = self.mailings.list_(state=MailingState.sending)
        found = [self.mailings.next_due(mailing.mailing_no) for mailing in sending]
        oldest = min((due for due in found if due is not None and due <= now), default=None)
        since = None if oldest is None else from_epoch(oldest)
        return Pulse(states, self.mailings.count_due_lanes(now), since)

    def exchange(
        self,
        mailing_no: MailingNo,
        engine: EngineName,
        receipts: Sequence[Receipt],
        budget: int,
        pacing: Pacing | None = None,
    ) -> Exchange:
        """Record `receipts` of this mailing and claim at most `budget` messages that are due.

        With `pacing` each gets its turn, and none is claimed much more than a second before it.
        Raises NotPermitted, recording nothing, if the person who decided may not send any more.
        """
        self.actor.require(Scope.CAMPAIGNS_SEND)
        mailing = self.mailings.get(mailing_no)
        recorded = self._record(mailing, engine.carrier, receipts)
        if mailing.state is not MailingState.sending or budget <= 0:
            return Exchange(recorded, 0, ())
        limits = self._limits(mailing, pacing)
        wanted = min(budget, CLAIM_ROWS)
        rows = self._due_rows(mailing_no, limits.room(wanted), limits.lane_rooms())
        claimed = self._claim(rows, engine, mailing.topic_no)
        if limits.any:
            turns, moved = limits.take([each.place.lane_no for each in claimed])
            self.paces.save(moved)
            claimed = [each._replace(turn=turn) for each, turn in zip(claimed, turns, strict=True)]
        paced = limits.any and len(rows) < wanted and self._is_due(mailing, epoch(self.clock()))
        return Exchange(recorded, len(rows) - len(claimed), tuple(claimed), paced)

    def _limits(self, mailing: Mailing, pacing: Pacing | None) -> Limits:
        """What this mailing's next messages must keep to, as far as turns are given out."""
        if pacing is None:
            return Limits()
        whole = {}
        if pacing.rate is not None:
            whole[pacing.provider] = pacing.rate
        if mailing.pace is not None:
            whole[f"mailing {mailing.mailing_no}"] = mailing.pace
        lanes = {f"{pacing.provider} {LANE_NAMES[no]}": no for no in pacing.lanes}
        rates = whole | {name: pacing.lanes[no] for name, no in lanes.items()}
        found = {limit.name: limit for limit in self.paces.get(rates, pacing.now)}
        return Limits(
            pacing.now,
            tuple(found[name] for name in whole),
            {no: found[name] for name, no in lanes.items()},
        )

    def record(self, mailing_no: MailingNo, carrier: str, receipts: Sequence[Receipt]) -> int:
        """Only record: what happened is kept even when nobody may send any more."""
        self.actor.require(Scope.UPKEEP)
        return self._record(self.mailings.get(mailing_no), carrier, receipts)

    def note_trouble(self, mailing_nos: Sequence[int], trouble: str) -> None:
        """Keep for people what stands in the way; cleared by the next accepted message."""
        self.actor.require(Scope.UPKEEP)
        for number in mailing_nos:
            mailing = self.mailings.get(MailingNo(number))
            if mailing.state is MailingState.sending and mailing.trouble != trouble:
                self.mailings.save(mailing, trouble=trouble)

    def halt(self, mailing_no: MailingNo, trouble: str) -> None:
        """Pause a mailing that nobody answers for any more."""
        self.actor.require(Scope.UPKEEP)
        mailing = self.mailings.get(mailing_no)
        if mailing.state is MailingState.sending:
            self.mailings.save(mailing, state=MailingState.paused, trouble=trouble)

    def list_claimants(self) -> list[str]:
        """Engines that hold claims, dead or alive."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.mailings.list_claimants()

    def recover(self, dead: EngineName, traces: Traces | None) -> int:
        """Decide about every row a dead engine held; answers how many there were.

        A reply in its wire log is recorded; a body without reply is uncertain; neither means it is
        planned again. Without a log, or after another boot, a row without reply is uncertain.
        """
        self.actor.require(Scope.UPKEEP)
        boots = self.mailings.list_claims(dead.name)
        by_mailing: dict[int, list[Receipt]] = {}
        for row in self.ledgers.list_held(boots):
            claim_no = row.claim_no or 0
            trusted = traces is not None and traces.boot == boots[claim_no] == dead.boot
            ending = _ending_of(row.place, claim_no, traces, trusted=trusted)
            receipts = by_mailing.setdefault(row.place.mailing_no, [])
            receipts.append(Receipt(row.place, claim_no, ending))
        for number, receipts in by_mailing.items():
            self._record(self.mailings.get(MailingNo(number)), dead.carrier, receipts)
        self.mailings.remove_empty_claims(list(boots))
        return sum(map(len, by_mailing.values()))

    # recording ------------------------------------------------------------------------------

    def _record(self, mailing: Mailing, carrier: str, receipts: Sequence[Receipt]) -> int:
        """Raises Conflict if a row is not as its claimer believes; what is read is skipped then."""
        if not receipts:
            return 0
        over = mailing.state is MailingState.cancelled
        now = self.clock()
        changes, facts = list[Change](), list[Fact]()
        sent: dict[tuple[int, str], list[LedgerRow]] = {}
        pairs = self._rows_of(receipts)
        waited = self.ledgers.reason_texts({row.reason_no for _, row in pairs if row.reason_no})
        for receipt, row in pairs:
            ending, why = receipt.ending, waited.get(row.reason_no, "")
            if isinstance(ending, Accepted):
                sent.setdefault((row.arm_no, taken_by(carrier, why)), []).append(row)
                continue
            changes.append(conclude(row, ending, carrier, now, why=why, over=over))
            if isinstance(ending, Refused):
                facts += self._bounce(row, ending)
        for (arm_no, by), rows in sorted(sent.items()):
            self._save_sent(mailing.mailing_no, arm_no, rows, by)
        self.ledgers.save(changes, now=epoch(now))
        self.mailings.remove_empty_claims(sorted({receipt.claim_no for receipt in receipts}))
        if facts:
            self.events.record(facts)
        if sent and mailing.trouble:
            self.mailings.save(mailing, trouble="")
        return len(changes) + sum(map(len, sent.values()))

    def _save_sent(
        self, mailing_no: MailingNo, arm_no: int, rows: Sequence[LedgerRow], carrier: str
    ) -> None:
        """What `conclude` makes of accepted ones, all at once."""
        why, now = (ReasonKind.carrier, carrier), epoch(self.clock())
        self.ledgers.save_alike(rows, State.sent, why, now=now)
        contact_nos = [row.contact_no for row in rows]
        fact = self._fact(mailing_no, contact_nos[0], arm_no, Kind.sent)
        self.events.record_alike(fact, contact_nos)

    def _rows_of(self, receipts: Sequence[Receipt]) -> list[tuple[Receipt, LedgerRow]]:
        """As the claimer knows them, or read; what was recorded before is left out."""
        known = [(receipt, receipt.row) for receipt in receipts if receipt.row is not None]
        if len(known) == len(receipts):
            return known
        rows = self.ledgers.list_held({receipt.claim_no for receipt in receipts})
        held = {(row.place, row.claim_no): row for row in rows}
        found = [(each, held.pop((each.place, each.claim_no), None)) for each in receipts]
        return [(receipt, row) for receipt, row in found if row is not None]

    def _bounce(self, row: LedgerRow, refused: Refused) -> list[Fact]:
        if not refused.permanent or refused.code < 500:
            return []
        number = MailingNo(row.place.mailing_no)
        return [self._fact(number, row.contact_no, row.arm_no, Kind.bounced, refused)]

    def _fact(
        self,
        mailing_no: MailingNo,
        contact_no: ContactNo,
        arm_no: int,
        kind: Kind,
        refused: Refused | None = None,
    ) -> Fact:
        """Without an id: the row ends once, and the fact is written in the same unit."""
        return Fact(
            kind=kind,
            occurred_at=self.clock(),
            contact_no=contact_no,
            mailing_no=mailing_no,
            arm_no=arm_no,
            source=SOURCE,
            reason=bounce_reason(refused),
        )

    # claiming -------------------------------------------------------------------------------

    def _due_rows(
        self, mailing_no: MailingNo, budget: int, rooms: Mapping[int, int]
    ) -> list[LedgerRow]:
        """What may leave now: second tries first, then every lane its share.

        `rooms` is the most that a lane with a pace of its own may give, so that it holds up none.
        """
        if budget <= 0:
            return []
        now, left = epoch(self.clock()), dict(rooms)
        rows = self._second_tries(mailing_no, budget, left, now)
        while len(rows) < budget:
            lanes = self.mailings.list_open_lanes(mailing_no)
            lanes = [each for each in lanes if each.next_due <= now and left.get(each.lane_no, 1)]
            if not lanes:
                break
            lanes.sort(key=lambda lane: lane.lane_no not in left)  # who can take little comes first
            for turn, lane in enumerate(lanes):
                share = -(-(budget - len(rows)) // (len(lanes) - turn))
                share = min(share, left.get(lane.lane_no, share))
                taken = self._take(lane, now, share) if share else []
                if lane.lane_no in left:
                    left[lane.lane_no] -= len(taken)
                rows += taken
        return rows

    def _second_tries(
        self, mailing_no: MailingNo, budget: int, left: dict[int, int], now: int
    ) -> list[LedgerRow]:
        rows: list[LedgerRow] = []
        for lane_no, room in left.items():
            most = min(room, budget - len(rows))
            if most > 0:
                found = self.ledgers.list_deferred(mailing_no, most, now, lane_nos=[lane_no])
                left[lane_no] -= len(found)
                rows += found
        most = budget - len(rows)
        return rows + self.ledgers.list_deferred(mailing_no, most, now, but=left.keys())

    def _take(self, lane: Lane, now: int, limit: int) -> list[LedgerRow]:
        """The lane's next rows that are due, and its cursor behind them: all before it moved on."""
        end = min(lane.next_place + limit, lane.end_place)
        rows = self.ledgers.list_window(lane.mailing_no, lane.lane_no, lane.next_place, end + 1)
        for count, row in enumerate(rows):
            if row.place.place >= end or row.due > now:
                self.mailings.move_lane(lane, row.place.place, row.due)
                return rows[:count]
        self.mailings.move_lane(lane, lane.end_place, lane.next_due)
        return rows

    def _claim(self, rows: Sequence[LedgerRow], engine: EngineName, topic_no: int) -> list[Claimed]:
        if not rows:
            return []
        contacts = [row.contact_no for row in rows]
        # Read first: a permission that changes after this is asked for again before the wire.
        revision = self.audience.permission_revision()
        permissions = self.audience.permissions(contacts, topic_no)
        people = {person.contact_no: person for person in self.audience.recipients(contacts)}
        changes, taken, claimed = list[Change](), list[LedgerRow](), list[Claimed]()
        now, claim_no = epoch(self.clock()), self.mailings.add_claim(engine, epoch(self.clock()))
        for row in rows:
            permission, person = permissions.get(row.contact_no), people.get(row.contact_no)
            if permission is None or person is None or not permission.may_mail:
                reason = UNKNOWN_CONTACT if permission is None else permission.reason
                why = (ReasonKind.suppressed, reason or UNKNOWN_CONTACT)
                changes.append(Change(row, State.suppressed, why))
                continue
            taken.append(row)
            held = _held(row, claim_no)
            claimed.append(Claimed(held, person.address, person.fields, revision))
        self.ledgers.save(changes, now=now)
        self.ledgers.save_alike(taken, State.claimed, now=now, claim_no=claim_no)
        if not claimed:
            self.mailings.remove_empty_claims([claim_no])
        return claimed


def _held(row: LedgerRow, claim_no: int) -> LedgerRow:
    """The row as it stands once it is claimed."""
    place, contact_no, occasion, arm_no, _, due, done, attempts, reason_no, _ = row
    held = (State.claimed, due, done, attempts, reason_no, claim_no)
    return LedgerRow(place, contact_no, occasion, arm_no, *held)


def _ending_of(place: Place, claim_no: int, traces: Traces | None, *, trusted: bool) -> Ending:
    reply = traces.replies.get((place, claim_no)) if traces is not None else None
    if reply is not None:
        return reply
    if trusted and traces is not None and (place, claim_no) not in traces.begun:
        return Released()
    return Unknown("the engine was stopped before the server answered" if trusted else LOG_LOST)
