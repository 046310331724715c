"""How often the facts of a mailing changed: what its figures, once counted, stay valid for.

A change adds a row and waits for nobody; the fold adds rows up. Of two snapshots one sees all that
the other sees, so where the sums are equal the same changes were made. A fact that counts for
mailings it does not name is marked by its hour: see `HOURLY`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    Select,
    Table,
    delete,
    func,
    select,
    tuple_,
)

from drumbeat.storage.bulk import insert_rows
from drumbeat.storage.database import NUMBER, Connection, is_reading, metadata, once

LOOSE_PURCHASE = 0
ANY_CLICK = -1
HOURLY = (LOOSE_PURCHASE, ANY_CLICK)
"""In the place of a mailing: a purchase that names none, and a person's click on any mailing."""

_PAIRS_A_STATEMENT = 400

fact_mark = Table(
    "fact_mark",
    metadata,
    Column("mark_no", NUMBER, primary_key=True),
    Column("mailing_no", Integer, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("n", BigInteger, nullable=False),
    Index(None, "mailing_no", "hour"),
)

_MARK = fact_mark.c


class Mark(NamedTuple):
    """`hour` counts from 1970 where `mailing_no` is one of HOURLY, else it is 0."""

    mailing_no: int
    hour: int = 0


@dataclass(frozen=True)
class FactMarks:
    connection: Connection

    def add(self, marks: Collection[Mark]) -> None:
        """The facts of these changed in this unit."""
        self._insert([(*mark, 1) for mark in sorted(marks)])

    def gather(self, marks: Collection[Mark]) -> None:
        """Make one row of each one's rows, in the warehouse's turn; no sum changes."""
        every = sorted(marks)
        for start in range(0, len(every), _PAIRS_A_STATEMENT):
            these = tuple_(_MARK.mailing_no, _MARK.hour).in_(
                every[start : start + _PAIRS_A_STATEMENT]
            )
            gone = delete(fact_mark).where(these).returning(_MARK.mailing_no, _MARK.hour, _MARK.n)
            sums: dict[Mark, int] = {}
            for mailing_no, hour, n in self.connection.execute(gone):
                sums[Mark(mailing_no, hour)] = sums.get(Mark(mailing_no, hour), 0) + n
            self._insert([(*mark, n) for mark, n in sums.items()])

    def revision_of(self, mailing_no: int) -> int | None:
        """Equal for two reading units that see the same facts of it; None in a writing one."""
        if not is_reading(self.connection):
            return None

        def read() -> int:
            return int(self.connection.execute(_sum(mailing_no, 0, 0)).scalar_one() or 0)

        return once(self.connection, (fact_mark.name, mailing_no), read)

    def revision_between(self, first: int, last: int, bought: int) -> tuple[int, int]:
        """Of purchases that name no mailing, between two hours; of clicks before the last one."""

        def read() -> tuple[int, int]:
            purchases = _sum(LOOSE_PURCHASE, first, last).scalar_subquery()
            clicks = _sum(ANY_CLICK, first, bought).scalar_subquery()
            [found] = self.connection.execute(select(purchases, clicks))
            return int(found[0] or 0), int(found[1] or 0)

        return once(self.connection, (fact_mark.name, first, last, bought), read)

    def _insert(self, rows: list[tuple[int, int, int]]) -> None:
        insert_rows(self.connection, fact_mark, ("mailing_no", "hour", "n"), rows)


def _sum(mailing_no: int, first: int, last: int) -> Select[Any]:
    return select(func.sum(_MARK.n)).where(
        _MARK.mailing_no == mailing_no, _MARK.hour.between(first, last)
    )
