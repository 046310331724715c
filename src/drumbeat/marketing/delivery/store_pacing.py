"""Reads and writes how far the turns of every limit are given out, for all engines alike."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Float, String, Table, select, update

from drumbeat.kit.errors import Conflict
from drumbeat.marketing.delivery.pacing import Limit
from drumbeat.storage.database import Connection, held, metadata, upsert

pace = Table(
    "pace",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("next_turn", Float, nullable=False),
)


@dataclass(frozen=True)
class PaceStore:
    connection: Connection

    def get(self, rates: Mapping[str, float], now: float) -> list[Limit]:
        """Each limit as it stands, a new one free from now; held until this unit ends."""
        if not rates:
            return []
        found = self._turns(sorted(rates))
        missing = [{"name": name, "next_turn": now} for name in sorted(rates.keys() - found)]
        if missing:
            self.connection.execute(upsert(pace).on_conflict_do_nothing(), missing)
            found = self._turns(sorted(rates))
        return [Limit(name, rate, found[name]) for name, rate in rates.items()]

    def _turns(self, names: Sequence[str]) -> dict[str, float]:
        """In one order, so that two engines never wait for each other's."""
        query = select(pace).where(pace.c.name.in_(names)).order_by(pace.c.name)
        rows = self.connection.execute(held(self.connection, query))
        return {row.name: row.next_turn for row in rows}

    def save(self, moved: Iterable[Limit]) -> None:
        """Raises Conflict if anybody took a turn of one since it was read."""
        for limit in moved:
            here, unchanged = pace.c.name == limit.name, pace.c.next_turn == limit.was
            values = {"next_turn": limit.next_turn}
            done = self.connection.execute(update(pace).where(here, unchanged).values(values))
            if done.rowcount != 1:
                raise Conflict(f"Turns of {limit.name} were given out by somebody else meanwhile.")
