"""One carrying: exchanges run beside the carrier until nothing that is due is left.

Every exchange is an ordinary unit of work, in a thread, as the person who decided about its
mailing; if that person is gone or may not send any more, the mailing pauses and says so.
"""

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.sending.handover import Handover
from drumbeat.engine.sending.pacing import CLAIM_SECONDS
from drumbeat.kit.actor import SYSTEM_SENDING, Actor
from drumbeat.kit.errors import Conflict, DrumbeatError, NotFound, NotPermitted
from drumbeat.marketing.delivery import (
    CLAIM_ROWS,
    TRANSACTIONAL,
    EngineName,
    Exchange,
    Mailing,
    Receipt,
)
from drumbeat.marketing.delivery.ports import Carrier

ActorFor = Callable[[Mailing], Actor]
"""The person who decided, with today's scopes. Raises NotFound if that person is gone."""

LOG_BYTES = 8_000_000
"""A longer wire log ends the session, because it can only be emptied while nothing is held."""

_LEAST_HELD = 50  # enough for every connection, however slow the first answers are
_TURN_SECONDS = 0.05  # between two exchanges, so that each one records many receipts
_LOOK_SECONDS = 0.2  # between two looks at pauses and new mailings while the carrier is busy


@dataclass(eq=False)
class Session:
    drumbeat: Drumbeat
    carrier: Carrier
    engine: EngineName
    handover: Handover
    actor_for: ActorFor
    pace: float | None
    real: Callable[[], float]
    stopping: Callable[[], bool]
    beat: Callable[[], None]

    def __post_init__(self) -> None:
        self.worked = 0
        self._rate = math.inf
        self._settled = 0
        self._measured = self.real()
        self._looked = -math.inf

    async def run(self) -> int:
        """Send what is due; answers how many rows of the ledger were moved."""
        if not await self._turn() or not self.handover.held:
            return self.worked
        carrying = asyncio.create_task(self.carrier.carry(self.handover, self.handover))
        try:
            while not carrying.done() and not self._must_end():
                await self._news(carrying)
                if not await self._turn() and not self.handover.held:
                    break
            if carrying.done():
                self.handover.note_desertion()
        finally:
            self.handover.close()
            await asyncio.wait({carrying})
            self.handover.note_failure()
            self.handover.abandon()
            await self._turn(claim=False)
        carrying.result()
        return self.worked

    def _must_end(self) -> bool:
        return self.handover.outage or self.stopping() or self.handover.log.size > LOG_BYTES

    async def _news(self, carrying: "asyncio.Task[None]") -> None:
        """Wait until there is much to record or little to send, or for a moment."""
        news = asyncio.create_task(self.handover.news.wait())
        await asyncio.wait(
            {news, carrying}, timeout=_TURN_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        news.cancel()
        self.handover.news.clear()

    async def _turn(self, *, claim: bool = True) -> int:
        """Record what came back, claim what there is room for; answers how many rows moved."""
        receipts = self.handover.take_receipts()
        now = self.real()
        rested = not self.handover.held or now - self._looked >= _LOOK_SECONDS
        if not receipts and not (claim and rested):
            return 0
        self._looked = now
        self._measure(len(receipts), now)
        try:
            exchanges = await asyncio.to_thread(self._exchange, receipts, self._room(claim=claim))
        except BaseException:
            self.handover.put_back(receipts)
            raise
        for exchange in exchanges:
            self.handover.add(exchange.claimed)
        moved = sum(each.recorded + each.barred + len(each.claimed) for each in exchanges)
        self.worked += moved
        return moved

    def _measure(self, settled: int, now: float) -> None:
        self._settled += settled
        elapsed = now - self._measured
        if elapsed >= _LOOK_SECONDS:
            self._rate, self._settled, self._measured = self._settled / elapsed, 0, now

    def _room(self, *, claim: bool) -> int:
        """How many more to claim: never more than a second's work is held."""
        if not claim or self._must_end():
            return 0
        if self.pace is None:
            target = min(CLAIM_ROWS, max(_LEAST_HELD, self._rate * CLAIM_SECONDS))
        else:
            target = min(CLAIM_ROWS, max(1, math.ceil(self.pace * CLAIM_SECONDS)))
        room = int(target) - self.handover.held
        return room if room * 4 >= target or not self.handover.queued else 0

    # in the thread that writes --------------------------------------------------------------

    def _exchange(self, receipts: Sequence[Receipt], room: int) -> list[Exchange]:
        self.beat()
        with self.drumbeat.look(SYSTEM_SENDING) as department:
            outlook = department.sending.look_around()
        self.handover.resting = set(self.handover.mailings) - outlook.sending
        came_back: dict[int, list[Receipt]] = defaultdict(list)
        for receipt in receipts:
            came_back[receipt.place.mailing_no].append(receipt)
        due = [mailing for mailing in outlook.due if room and self._may_leave(mailing)]
        exchanges = []
        for turn, mailing in enumerate(due):
            urgent = mailing.kind == TRANSACTIONAL
            share = room if urgent else -(-room // (len(due) - turn))
            mine = came_back.pop(mailing.mailing_no, [])
            exchanges.append(self._exchange_one(mailing, mine, share))
            room -= len(exchanges[-1].claimed)
        for mailing_no, rest in came_back.items():
            exchanges.append(self._exchange_one(self.handover.mailings[mailing_no], rest, 0))
        return exchanges

    def _exchange_one(self, mailing: Mailing, receipts: Sequence[Receipt], room: int) -> Exchange:
        try:
            return self._in_a_unit(mailing, receipts, room)
        except Conflict:  # recorded before, or somebody took us for dead and judged them
            unread = [replace(receipt, row=None) for receipt in receipts]
            return self._in_a_unit(mailing, unread, room)

    def _in_a_unit(self, mailing: Mailing, receipts: Sequence[Receipt], room: int) -> Exchange:
        try:
            actor = self.actor_for(mailing).through("engine")
            with self.drumbeat.begin(actor) as department:
                return department.sending.exchange(mailing.mailing_no, self.engine, receipts, room)
        except (NotFound, NotPermitted) as error:
            with self.drumbeat.begin(SYSTEM_SENDING) as department:
                recorded = department.sending.record(
                    mailing.mailing_no, self.engine.carrier, receipts
                )
                department.sending.halt(mailing.mailing_no, str(error))
            return Exchange(recorded, 0, ())

    def _may_leave(self, mailing: Mailing) -> bool:
        """Its letters are ready before anything is claimed; a mailing without pauses."""
        try:
            self.handover.letters.of(mailing)
        except DrumbeatError as error:
            with self.drumbeat.begin(SYSTEM_SENDING) as department:
                department.sending.halt(mailing.mailing_no, str(error))
            return False
        self.handover.mailings[mailing.mailing_no] = mailing
        return True
