"""Counts over the facts, asked in DuckDB. What they mean is said in `metrics.py`."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.analytics import store_queries as sql
from drumbeat.marketing.analytics.metrics import ATTRIBUTION_DAYS, Counts
from drumbeat.marketing.analytics.model import (
    ArmCounts,
    HourCount,
    LeftOut,
)
from drumbeat.marketing.analytics.store_contact import ContactStore
from drumbeat.marketing.analytics.store_figures import Counted, Figures, FigureStore, Revision
from drumbeat.marketing.analytics.tally import Revenue, Tally, choose_currency
from drumbeat.marketing.events import WHY, Kind, Reason
from drumbeat.storage.fact_marks import FactMarks
from drumbeat.storage.kept import Answer, Kept
from drumbeat.storage.warehouse import FactReader

if TYPE_CHECKING:
    import duckdb

FACTS_A_PART = 2_000_000
"""What fits the reader's memory at once; nothing may spill to the disk in plain."""

_HOUR = 3_600
_UTC_HOURS = sql.HOURS_OF_DAY.format(local="", zones="")


@dataclass(frozen=True)
class AnalyticsStore:
    """What was counted of a mailing is kept until its own facts change: a page asks often.

    `as_counted` answers what the engine counted last, as of when it did, where it ever did; else
    every answer is of this moment, counted now unless nothing has changed since.
    """

    facts: FactReader
    marks: FactMarks
    kept: Kept = field(default_factory=Kept)
    facts_a_part: int = FACTS_A_PART
    as_counted: bool = False

    @property
    def figures(self) -> FigureStore:
        return FigureStore(self.facts.connection)

    def count_mailing(self, mailing_no: MailingNo) -> Counts:
        counted = self._counted(mailing_no)
        return counted.tally.counts(counted.refused)

    def count_left_out(self, mailing_no: MailingNo) -> tuple[LeftOut, ...]:
        """Machines' opens and clicks by reason: opens first, the most frequent first."""
        if not mailing_no:
            return ()  # nothing was sent, so nothing is left out of it
        counted = self._counted(mailing_no).tally.left_out
        order = sorted(counted, key=lambda each: (each[0], -counted[each], each[1]))
        return tuple(_left_out(*each, counted[each]) for each in order)

    def count_arms(self, mailing_no: MailingNo) -> tuple[ArmCounts, ...]:
        return self._counted(mailing_no).tally.arm_counts()

    def revision_of(self, mailing_no: MailingNo) -> Hashable | None:
        """None in a writing unit."""
        found = self._found(mailing_no)
        if found is not None:
            return found.revision
        return self._revision(mailing_no, self._counted(mailing_no))

    def find_counted_at(self, mailing_no: MailingNo) -> datetime | None:
        """Since when the answers about the mailing may be wrong; None while they are of now."""
        found = self._found(mailing_no)
        if found is None or self._revision(mailing_no, found.counted) == found.revision:
            return None
        return from_epoch(found.as_of)

    def recount(self, mailing_no: MailingNo, now: datetime) -> Figures:
        """What the mailing's facts add up to in this reading unit, to be saved in another one."""
        counted = self._counted(mailing_no)
        revision = self._revision(mailing_no, counted)
        if revision is None:
            raise ValueError("Figures are counted in a reading unit.")
        return Figures(mailing_no, counted, revision, epoch(now))

    def count_hours(
        self, mailing_no: MailingNo, zones: Mapping[ContactNo, str] | None
    ) -> tuple[tuple[HourCount, ...], ...]:
        """First human opens and clicks by hour after the send, of the UTC and the local day."""
        after_send, of_day = self._counted(mailing_no).hours
        return after_send, of_day, self._local_hours(mailing_no, zones) if zones else ()

    def _local_hours(
        self, mailing_no: MailingNo, zones: Mapping[ContactNo, str]
    ) -> tuple[HourCount, ...]:
        hours, query = _Hours(), sql.HOURS_OF_DAY.format(**sql.LOCAL)
        with self.facts.open() as duck:
            duck.register("zone", _zone_table(zones))
            for _ in self._parts(duck, mailing_no):
                hours.add(duck.execute(query).fetchall())
        return hours.hours()

    def count_all(self) -> tuple[int, int, Revenue]:
        """Mailings, messages, and what mailings earned."""
        return self._kept("all", self._count_all)

    def _count_all(self) -> tuple[int, int, Revenue]:
        with self.facts.open() as duck:
            [(mailings, messages)] = duck.execute(sql.SENT_ALTOGETHER).fetchall()
            how = {**self._how(duck), "named": "facts", "near": ""}
            duck.execute(sql.PURCHASES.format(**how), sql.EVERY_MAILING)
            paid = dict(duck.execute(sql.REVENUE_BY_CURRENCY).fetchall())
        return mailings, messages, choose_currency({code: int(n) for code, n in paid.items()})

    @property
    def contacts(self) -> ContactStore:
        return ContactStore(self.facts, self.kept)

    def _kept(self, question: Hashable, count: Callable[[], Answer]) -> Answer:
        return self.kept.get(question, self.facts.revision, count)

    def _counted(self, mailing_no: MailingNo) -> Counted:
        found = self._found(mailing_no)
        if found is not None:
            return found.counted
        return self.kept.get_while(
            ("tally", mailing_no),
            lambda counted: self._revision(mailing_no, counted),
            lambda: self._current(mailing_no) or self.count_facts(mailing_no),
        )

    def _found(self, mailing_no: MailingNo) -> Figures | None:
        """What the engine counted last, for whom that is enough."""
        return self.figures.find(mailing_no) if self.as_counted else None

    def _current(self, mailing_no: MailingNo) -> Counted | None:
        """What the engine counted, if nothing it was counted from has changed."""
        found = self.figures.find(mailing_no)
        if found is None or self._revision(mailing_no, found.counted) != found.revision:
            return None
        return found.counted

    def _revision(self, mailing_no: MailingNo, counted: Counted) -> Revision | None:
        """Facts of other mailings matter only where they say whose a purchase is."""
        own = self.marks.revision_of(mailing_no)
        return None if own is None else (own, *self.marks.revision_between(*counted.reach))

    def count_facts(self, mailing_no: MailingNo) -> Counted:
        """Everything that is told of one mailing, from its facts alone; dear."""
        tally, refused = Tally(), 0
        after_send, of_day = _Hours(), _Hours()
        clicked: list[tuple[datetime, datetime, datetime]] = []
        with self.facts.open() as duck:
            how = self._how(duck)
            for _ in self._parts(duck, mailing_no):
                clicked.append(_find_purchases(duck, mailing_no, how))
                tally.add_arms(duck.execute(sql.COUNT_BY_ARM).fetchall())
                tally.add_buyers(duck.execute(sql.BUYERS_BY_ARM).fetchall())
                tally.add_left_out(duck.execute(sql.LEFT_OUT).fetchall())
                [(here,)] = duck.execute(sql.REFUSED).fetchall()
                refused += here
                after_send.add(duck.execute(sql.HOURS_AFTER_SEND).fetchall())
                of_day.add(duck.execute(_UTC_HOURS).fetchall())
        firsts, lasts, bought = zip(*clicked, strict=True)
        end = max(lasts) + timedelta(days=ATTRIBUTION_DAYS)
        reach = (_hour(min(firsts)), _hour(end), _hour(max(bought)))
        return Counted(tally, refused, reach, (after_send.hours(), of_day.hours()))

    def _parts(self, duck: "duckdb.DuckDBPyConnection", mailing_no: MailingNo) -> Iterator[int]:
        """Fill `mine` and `recipient` with one share of the contacts after the other."""
        [(n,)] = duck.execute(sql.SIZE, {"mailing_no": mailing_no}).fetchall()
        parts, mine = 1 + n // self.facts_a_part, sql.MINE.format(**self._how(duck))
        for part in range(parts):
            named = {"mailing_no": mailing_no, "part": part, "parts": parts}
            duck.execute(mine, named)
            duck.execute(sql.RECIPIENTS)
            yield part

    def _how(self, duck: "duckdb.DuckDBPyConnection") -> Mapping[str, str]:
        """Which words the questions are asked with: by number where that means the person."""
        if not self.facts.has_merged:
            return sql.BY_NUMBER
        duck.execute(sql.FACTS_BY_PERSON)
        return sql.BY_PERSON


def _left_out(kind: int, reason: int, recipients: int) -> LeftOut:
    because = Reason(reason)
    return LeftOut(Kind(kind).name, because.name, WHY.get(because, ""), recipients)


class _Hours:
    def __init__(self) -> None:
        self._opens: Counter[int] = Counter()
        self._clicks: Counter[int] = Counter()

    def add(self, rows: list[tuple[int, int, int]]) -> None:
        for hour, opens, clicks in rows:
            self._opens[hour] += opens
            self._clicks[hour] += clicks

    def hours(self) -> tuple[HourCount, ...]:
        return tuple(HourCount(h, self._opens[h], self._clicks[h]) for h in sorted(self._opens))


def _find_purchases(
    duck: "duckdb.DuckDBPyConnection", mailing_no: MailingNo, how: Mapping[str, str]
) -> tuple[datetime, datetime, datetime]:
    """Fill `purchase`; answers when the mailing was first and last clicked, and when one of those
    who clicked last bought without naming a mailing; 1970 if never."""
    duck.execute(sql.CLICKERS.format(**how))
    [(first_at, last_at)] = duck.execute(sql.CLICKED_BETWEEN).fetchall()
    named = {"mailing_no": mailing_no, "last_mailing": mailing_no}
    named |= {"first_at": first_at, "last_at": last_at}
    purchases = sql.PURCHASES.format(**how, near=sql.NEAR.format(**how))
    duck.execute(purchases, named)
    near = {"first_at": first_at, "last_at": last_at}
    [(bought_at,)] = duck.execute(sql.LAST_LOOSE_PURCHASE.format(**how), near).fetchall()
    return first_at, last_at, bought_at


def _hour(at: datetime) -> int:
    return int(at.replace(tzinfo=UTC).timestamp()) // _HOUR


def _zone_table(zones: Mapping[ContactNo, str]) -> object:
    import pyarrow as pa  # type: ignore[import-untyped]

    numbers = pa.array(list(zones), pa.int32())
    return pa.table({"contact_no": numbers, "zone": pa.array(list(zones.values()), pa.string())})
