"""Reads and writes hour counts. The only module of `timing` that knows SQL."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import Column, Integer, SmallInteger, String, Table, select

from drumbeat.storage.database import Connection, metadata, upsert

HOURS = 24

habit = Table(
    "habit",
    metadata,
    Column("zone", String(64), primary_key=True),
    Column("hour", SmallInteger, primary_key=True, autoincrement=False),
    Column("engaged", Integer, nullable=False),
    sqlite_with_rowid=False,
)


@dataclass(frozen=True)
class TimingStore:
    connection: Connection

    def add_engaged(self, counts: Mapping[tuple[str, int], int]) -> None:
        """Add to the counts by (zone, local hour)."""
        rows = [
            {"zone": zone, "hour": hour, "engaged": engaged}
            for (zone, hour), engaged in sorted(counts.items())  # two writers never cross
        ]
        if rows:
            statement = upsert(habit)
            self.connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[habit.c.zone, habit.c.hour],
                    set_={"engaged": habit.c.engaged + statement.excluded.engaged},
                ),
                rows,
            )

    def list_hours(self) -> dict[str, npt.NDArray[np.int64]]:
        """Zone → 24 counts by local hour."""
        hours: dict[str, npt.NDArray[np.int64]] = {}
        for row in self.connection.execute(select(habit)):
            hours.setdefault(row.zone, np.zeros(HOURS, dtype=np.int64))[row.hour] = row.engaged
        return hours
