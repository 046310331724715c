"""One carrying: exchanges run beside the carrier until nothing that is due is left.

Every exchange is an ordinary unit of work, in a thread, as the person who decided about its
mailing; if that person is gone or may not send any more, the mailing pauses and says so.
"""

import asyncio
import gc
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.sending.handover import Handover
from drumbeat.engine.sending.pacing import CLAIM_SECONDS, TICK, clock_ahead
from drumbeat.kit.actor import SYSTEM_SENDING, Actor
from drumbeat.kit.errors import Conflict, DrumbeatError, NotFound, NotPermitted
from drumbeat.marketing.delivery import (
    CLAIM_ROWS,
    TRANSACTIONAL,
    Claimed,
    EngineName,
    Exchange,
    Mailing,
    Outlook,
    Pacing,
    Receipt,
)
from drumbeat.marketing.delivery.ports import Carrier

ActorFor = Callable[[Mailing], Actor]
"""The person who decided, with today's scopes. Raises NotFound if that person is gone."""

LOG_BYTES = 8_000_000
"""A longer wire log ends the session, because it can only be emptied while nothing is held."""

_LEAST_HELD = 50  # enough for every connection, however slow the first answers are
_TURN_SECONDS = 0.2  # between two exchanges, so that each one records many receipts
_LOT = 20_000  # objects made and kept until the collector looks at them
_LOOK_SECONDS = 0.2  # between two looks at pauses and new mailings while the carrier is busy
_URGENT_ROOM = 50  # mail that somebody waits for is claimed however much else is held
_PROBE = 1  # what is tried with a provider that was out


@dataclass(frozen=True)
class Provider:
    """Who is sent to, and how fast: `rate` in all, `lanes` by lane number; None is no limit."""

    name: str
    rate: float | None = None
    lanes: Mapping[int, float] = field(default_factory=dict)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """What was there before is left out of garbage collections: they took a quarter of a send.

    Messages and receipts hold no cycles; what does is collected as before, only in larger lots.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_LOT, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@dataclass(eq=False)
class Session:
    drumbeat: Drumbeat
    carrier: Carrier
    engine: EngineName
    handover: Handover
    actor_for: ActorFor
    provider: Provider
    real: Callable[[], float]
    stopping: Callable[[], bool]
    beat: Callable[[], None]

    def __post_init__(self) -> None:
        self.worked = 0
        self._rate = math.inf
        self._settled = 0
        self._measured = self.real()
        self._looked = -math.inf
        self._turns = 0
        self._paced = False
        self._ahead = 0.0
        self._told: tuple[str, float] | None = None

    async def run(self) -> int:
        """Send what is due; answers how many rows of the ledger were moved."""
        await self._turn()
        while self._paced and not self.handover.held and not self._must_end():
            await asyncio.sleep(_LOOK_SECONDS)
            await self._turn()
        if not self.handover.held:
            return self.worked
        carrying = asyncio.create_task(self.carrier.carry(self.handover, self.handover))
        with seldom_collecting():
            return await self._beside(carrying)

    async def _beside(self, carrying: "asyncio.Task[None]") -> int:
        """Exchanges, as long as the carrier carries."""
        try:
            while not carrying.done() and not self._must_end():
                await self._news(carrying)
                if not await self._turn() and not self.handover.held and not self._paced:
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
        idle = self._paced and not self.handover.held
        moment = _LOOK_SECONDS if idle else _TURN_SECONDS
        await asyncio.wait({news, carrying}, timeout=moment, return_when=asyncio.FIRST_COMPLETED)
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
        self._paced = any(each.paced for each in exchanges)
        for exchange in exchanges:
            self._hand_on(exchange.claimed)
        if self._told is not None:
            self.handover.breaker.rest(*self._told)
            self.handover.leave()
        moved = sum(each.recorded + each.barred + len(each.claimed) for each in exchanges)
        self.worked += moved
        return moved

    def _hand_on(self, claimed: Sequence[Claimed]) -> None:
        """All of one mailing."""
        if claimed:
            mailing = self.handover.mailings[claimed[0].place.mailing_no]
            self.handover.add(claimed, self._ahead, urgent=_is_urgent(mailing))

    def _measure(self, settled: int, now: float) -> None:
        self._settled += settled
        elapsed = now - self._measured
        if elapsed >= _LOOK_SECONDS:
            self._rate, self._settled, self._measured = self._settled / elapsed, 0, now

    def _room(self, *, claim: bool) -> int | None:
        """How many more to claim: never more than a second's work is held. None: claim nothing."""
        if not claim or self._must_end():
            return None
        pace = self.provider.rate
        if self.handover.breaker.probing:
            target: float = _PROBE
        elif pace is None:
            target = min(CLAIM_ROWS, max(_LEAST_HELD, self._rate * CLAIM_SECONDS))
        else:
            target = min(CLAIM_ROWS, math.ceil(pace * CLAIM_SECONDS) + 1)
        room = int(target) - self.handover.held
        enough = room * 4 >= target or not self.handover.queued
        return max(0, room) if enough else 0

    # in the thread that writes --------------------------------------------------------------

    def _exchange(self, receipts: Sequence[Receipt], room: int | None) -> list[Exchange]:
        self.beat()
        outlook = self._look()
        came_back: dict[int, list[Receipt]] = defaultdict(list)
        for receipt in receipts:
            came_back[receipt.place.mailing_no].append(receipt)
        exchanges: list[Exchange] = []
        claiming = room is not None and self._told is None
        for mailing, share in self._in_turn(outlook.due) if claiming else ():
            wanted = self._wanted(mailing, room or 0, share)
            if wanted and self._may_leave(mailing):
                mine = came_back.pop(mailing.mailing_no, [])
                exchanges.append(self._exchange_one(mailing, mine, wanted))
                room = max(0, (room or 0) - len(exchanges[-1].claimed))
        for mailing_no, rest in came_back.items():
            exchanges.append(self._exchange_one(self.handover.mailings[mailing_no], rest, 0))
        return exchanges

    def _look(self) -> Outlook:
        """What may leave, and whether another engine was told meanwhile that nothing may."""
        breaker, name = self.handover.breaker, self.provider.name
        if breaker.healed:
            breaker.healed = False
            with self.drumbeat.begin(SYSTEM_SENDING) as department:
                department.connections.end_outage(name)
        with self.drumbeat.look(SYSTEM_SENDING) as department:
            outlook = department.sending.look_around()
            outage = department.connections.find_outage(name)
        self.handover.resting = set(self.handover.mailings) - outlook.sending
        self._ahead = clock_ahead()
        if outage is not None and not breaker.open:
            seconds = outage.until - self.real() - self._ahead
            self._told = (outage.trouble, seconds) if seconds > TICK else None
        return outlook

    def _in_turn(self, due: Sequence[Mailing]) -> Iterator[tuple[Mailing, int]]:
        """Who is asked first, and into how many parts the room is shared from there on.

        Urgent mail first, then what has a pace of its own and can take little, then the others,
        another one first each time.
        """
        self._turns += 1
        first = self._turns % max(1, len(due))
        order = sorted([*due[first:], *due[:first]], key=lambda each: each.pace is None)
        order.sort(key=lambda mailing: not _is_urgent(mailing))
        for place, mailing in enumerate(order):
            yield mailing, len(order) - place

    def _wanted(self, mailing: Mailing, room: int, share: int) -> int:
        if not _is_urgent(mailing):
            return -(-room // share)
        return room if self.handover.breaker.probing else max(room, _URGENT_ROOM)

    def _exchange_one(self, mailing: Mailing, receipts: Sequence[Receipt], room: int) -> Exchange:
        try:
            return self._in_a_unit(mailing, receipts, room)
        except Conflict:  # recorded before, or somebody took us for dead and judged them
            unread = [receipt._replace(row=None) for receipt in receipts]
            return self._in_a_unit(mailing, unread, room)

    def _in_a_unit(self, mailing: Mailing, receipts: Sequence[Receipt], room: int) -> Exchange:
        try:
            actor = self.actor_for(mailing).through("engine")
            with self.drumbeat.begin(actor) as department:
                pacing = Pacing(
                    self.provider.name,
                    self.provider.rate,
                    self.provider.lanes,
                    self.real() + clock_ahead(),
                )
                sending = department.sending
                return sending.exchange(mailing.mailing_no, self.engine, receipts, room, pacing)
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


def _is_urgent(mailing: Mailing) -> bool:
    """Mail that somebody waits for."""
    return mailing.kind == TRANSACTIONAL
