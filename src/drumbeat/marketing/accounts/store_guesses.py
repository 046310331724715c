"""Counts wrong passwords by address and by place, in rows that outlive a restart.

A counter is a keyed hash: the table does not tell who was tried, or from where.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, delete, func, select, update

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.marketing.accounts.rules import Throttle
from drumbeat.storage.database import Connection, metadata, take_turn, upsert

guess = Table(
    "guess",
    metadata,
    Column("counter", LargeBinary(32), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("blocked_until", BigInteger, nullable=False),
    Column("counted_at", BigInteger, nullable=False, index=True),
)


@dataclass(frozen=True)
class GuessStore:
    connection: Connection

    def hold(self) -> None:
        """Guesses are counted one after the other: a hundred at once are a hundred."""
        take_turn(self.connection, "guesses")

    def blocked_until(self, counters: Sequence[bytes], now: datetime) -> datetime | None:
        """When the next guess counts; None when it may be made now."""
        query = select(func.max(guess.c.blocked_until)).where(guess.c.counter.in_(counters))
        until = self.connection.execute(query).scalar_one()
        return from_epoch(until) if until is not None and until > epoch(now) else None

    def count(self, counter: bytes, throttle: Throttle, now: datetime) -> None:
        """One more guess, and the wait that follows it."""
        at = epoch(now)
        first = upsert(guess).values(counter=counter, failures=1, blocked_until=0, counted_at=at)
        conflict = [guess.c.counter]
        again = {"failures": guess.c.failures + 1, "counted_at": at}
        self.connection.execute(first.on_conflict_do_update(index_elements=conflict, set_=again))
        mine = guess.c.counter == counter
        failures = self.connection.execute(select(guess.c.failures).where(mine)).scalar_one()
        wait = throttle.wait(failures)
        if wait:
            until = epoch(now + wait)
            self.connection.execute(update(guess).where(mine).values(blocked_until=until))

    def forget(self, counter: bytes) -> None:
        self.connection.execute(delete(guess).where(guess.c.counter == counter))

    def forgive(self, counter: bytes) -> None:
        """Take one guess back: it was right."""
        mine = (guess.c.counter == counter, guess.c.failures > 0)
        fewer = guess.c.failures - 1
        self.connection.execute(update(guess).where(*mine).values(failures=fewer, blocked_until=0))

    def sweep(self, now: datetime, age: timedelta) -> None:
        """Counters nobody touched for `age` start anew."""
        self.connection.execute(delete(guess).where(guess.c.counted_at < epoch(now - age)))
