"""Figures as the engine counted them last, and which mailings' facts have changed since.

A row holds what it was counted from: the mailing's own marks, and those of the hours in which
facts that name other mailings, or none, may decide whose a purchase is. It is right as long as
their sums are what they were; see `storage/fact_marks.py`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    Integer,
    Row,
    Table,
    Text,
    func,
    or_,
    select,
)

from drumbeat.kit.ids import MailingNo
from drumbeat.marketing.analytics.model import HourCount
from drumbeat.marketing.analytics.tally import Tally
from drumbeat.storage.database import Connection, metadata, once, upsert
from drumbeat.storage.fact_marks import ANY_CLICK, LOOSE_PURCHASE, fact_mark

mailing_figures = Table(
    "mailing_figures",
    metadata,
    Column("mailing_no", Integer, primary_key=True, autoincrement=False),
    Column("own", BigInteger, nullable=False),
    Column("purchases", BigInteger, nullable=False),
    Column("clicks", BigInteger, nullable=False),
    Column("first_hour", Integer, nullable=False),
    Column("end_hour", Integer, nullable=False),
    Column("bought_hour", Integer, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("figures", Text, nullable=False),
)

_ROW, _MARK = mailing_figures.c, fact_mark.c

Hours = tuple[HourCount, ...]
Revision = tuple[int, int, int]
"""Sums of marks: the mailing's own, of loose purchases in its reach, of clicks in its reach."""


@dataclass(frozen=True)
class Counted:
    """`hours` are after the send and of the UTC day.

    `reach`, hours from 1970: of the first click, of the end of the time in which purchases may
    count for the mailing, and of the last purchase in it that names none and may be another's.
    """

    tally: Tally
    refused: int
    reach: tuple[int, int, int]
    hours: tuple[Hours, Hours]


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted, from which marks, and when (epoch seconds)."""

    mailing_no: MailingNo
    counted: Counted
    revision: Revision
    as_of: int


@dataclass(frozen=True)
class FigureStore:
    connection: Connection

    def find(self, mailing_no: MailingNo) -> Figures | None:
        asked = (mailing_figures.name, mailing_no)
        return once(self.connection, asked, lambda: self._find(mailing_no))

    def save(self, figures: Figures) -> None:
        """In place of what was counted before."""
        own, purchases, clicks = figures.revision
        first_hour, end_hour, bought_hour = figures.counted.reach
        values = {
            "own": own,
            "purchases": purchases,
            "clicks": clicks,
            "first_hour": first_hour,
            "end_hour": end_hour,
            "bought_hour": bought_hour,
            "as_of": figures.as_of,
            "figures": _text(figures.counted),
        }
        added = upsert(mailing_figures).values(mailing_no=figures.mailing_no, **values)
        self.connection.execute(
            added.on_conflict_do_update(index_elements=["mailing_no"], set_=values)
        )

    def find_outdated(self) -> MailingNo | None:
        """A mailing whose facts changed since it was counted: one never counted, or the oldest."""
        marked = (
            select(_MARK.mailing_no, func.sum(_MARK.n).label("own"))
            .where(_MARK.mailing_no > 0)
            .group_by(_MARK.mailing_no)
            .subquery()
        )
        joined = marked.outerjoin(mailing_figures, _ROW.mailing_no == marked.c.mailing_no)
        found = self.connection.execute(_outdated(marked, joined).limit(1)).first()
        return None if found is None else MailingNo(found.mailing_no)

    def _find(self, mailing_no: MailingNo) -> Figures | None:
        query = select(mailing_figures).where(_ROW.mailing_no == mailing_no)
        row = self.connection.execute(query).first()
        return None if row is None else _figures(row)


def _outdated(marked: Any, joined: FromClause) -> Any:
    changed = or_(
        _ROW.mailing_no.is_(None),
        _ROW.own != marked.c.own,
        _ROW.purchases != _sum_between(LOOSE_PURCHASE, _ROW.end_hour),
        _ROW.clicks != _sum_between(ANY_CLICK, _ROW.bought_hour),
    )
    oldest_first = func.coalesce(_ROW.as_of, 0), marked.c.mailing_no.desc()
    return select(marked.c.mailing_no).select_from(joined).where(changed).order_by(*oldest_first)


def _sum_between(whose: int, last: ColumnElement[int]) -> ColumnElement[int]:
    inside = _MARK.mailing_no == whose, _MARK.hour.between(_ROW.first_hour, last)
    total = select(func.sum(_MARK.n)).where(*inside).correlate(mailing_figures)
    return func.coalesce(total.scalar_subquery(), 0)


def _figures(row: Row[Any]) -> Figures:
    reach = (row.first_hour, row.end_hour, row.bought_hour)
    revision = (row.own, row.purchases, row.clicks)
    counted = _counted(json.loads(row.figures), reach)
    return Figures(MailingNo(row.mailing_no), counted, revision, row.as_of)


def _text(counted: Counted) -> str:
    tally, (after_send, of_day) = counted.tally, counted.hours
    told = {
        "arms": [[arm_no, dict(counts)] for arm_no, counts in sorted(tally.arms.items())],
        "conversions": sorted(tally.conversions.items()),
        "paid": [[*of, minor] for of, minor in sorted(tally.paid.items())],
        "squares": [[*of, squared] for of, squared in sorted(tally.squares.items())],
        "left_out": [[*of, contacts] for of, contacts in sorted(tally.left_out.items())],
        "refused": counted.refused,
        "after_send": _rows(after_send),
        "of_day": _rows(of_day),
    }
    return json.dumps(told, separators=(",", ":"))


def _counted(told: dict[str, Any], reach: tuple[int, int, int]) -> Counted:
    tally = Tally(
        arms={arm_no: Counter(counts) for arm_no, counts in told["arms"]},
        conversions=Counter(dict(told["conversions"])),
        paid=Counter({(arm_no, code): minor for arm_no, code, minor in told["paid"]}),
        squares={(arm_no, code): squared for arm_no, code, squared in told["squares"]},
        # Absent from what was counted before there were reasons.
        left_out=Counter({(kind, why): n for kind, why, n in told.get("left_out", ())}),
    )
    hours = _hours(told["after_send"]), _hours(told["of_day"])
    return Counted(tally, told["refused"], reach, hours)


def _rows(hours: Iterable[HourCount]) -> list[tuple[int, int, int]]:
    return [(each.hour, each.opens, each.clicks) for each in hours]


def _hours(rows: Iterable[Sequence[int]]) -> Hours:
    return tuple(HourCount(*row) for row in rows)
