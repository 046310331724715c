"""What one contact did: the facts that are folded are asked once, those that just came are added.

DuckDB is asked again only when facts were folded: what came since is little, and at hand.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from drumbeat.kit.clock import from_epoch
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.analytics import store_queries as sql
from drumbeat.marketing.analytics.model import ContactFigures, Happening
from drumbeat.marketing.analytics.timeline import Row, TimelinePlace, in_order, key_of
from drumbeat.marketing.events import WHY, Kind, Reason, Verdict
from drumbeat.storage.kept import Kept
from drumbeat.storage.warehouse import FactReader

AT_ONCE = 201
"""The newest happenings that are read together with the figures, which a page shows together; one
more than it shows, so that it knows whether there are earlier ones."""

_JUDGED = (Kind.opened, Kind.clicked)
_COUNTED = (*_JUDGED, Kind.purchased)


@dataclass
class Deeds:
    """Human deeds of one kind in one currency. Orders without a key are counted by `loose`."""

    count: int = 0
    last: datetime | None = None
    minor: int = 0
    loose: int = 0
    orders: set[int] = field(default_factory=set)

    def add(self, at: datetime, value_minor: int, order_key: int) -> None:
        self.count += 1
        self.last = at if self.last is None else max(self.last, at)
        self.minor += value_minor
        if order_key:
            self.orders.add(order_key)
        else:
            self.loose += 1


DeedsByKind = dict[tuple[int, str], Deeds]


@dataclass(frozen=True)
class ContactStore:
    facts: FactReader
    kept: Kept

    def list_rows(
        self, contact_no: ContactNo, limit: int, before: TimelinePlace | None = None
    ) -> list[Row]:
        """What they did and were sent, newest first, behind the place `before`."""
        pending = [_row_of(row) for row in self._pending(contact_no)]
        if before is None:
            settled, _ = self._settled(contact_no, max(limit, AT_ONCE))
            return in_order([*pending, *settled])[:limit]
        behind = limit + before.shown
        earlier = self._earlier(contact_no, before, behind)
        found = in_order([*(row for row in pending if key_of(row) <= before.key), *earlier])
        return found[before.shown : behind]

    def count(self, contact_no: ContactNo) -> ContactFigures:
        """What they did in all."""
        _, settled = self._settled(contact_no, AT_ONCE)
        return _figures(_added(settled, self._pending(contact_no)))

    def _pending(self, contact_no: ContactNo) -> list[tuple[Any, ...]]:
        asked = ("pending of contact", contact_no)
        return self.kept.get(
            asked, self.facts.revision, lambda: self.facts.list_pending(contact_no)
        )

    def _settled(
        self, contact_no: ContactNo, limit: int
    ) -> tuple[list[Row], list[tuple[Any, ...]]]:
        asked, revision = ("settled", contact_no, limit), self.facts.settled_revision
        return self.kept.get(asked, revision, lambda: self._ask(contact_no, limit))

    def _ask(self, contact_no: ContactNo, limit: int) -> tuple[list[Row], list[tuple[Any, ...]]]:
        with self.facts.open(settled=True) as duck:
            duck.execute(sql.OF_CONTACT, {"contact_no": contact_no})
            newest = duck.execute(sql.NEWEST_OF_CONTACT, {"limit": limit}).fetchall()
            deeds = duck.execute(sql.DEEDS_OF_CONTACT).fetchall()
        return newest, deeds

    def _earlier(self, contact_no: ContactNo, before: TimelinePlace, limit: int) -> list[Row]:
        """Of those that are folded."""
        at, kind, mailing_no, link_no = before.key
        named = {"at": from_epoch(at).replace(tzinfo=None), "kind": kind}
        named |= {"mailing": mailing_no, "link": link_no, "limit": limit}
        with self.facts.open(settled=True) as duck:
            duck.execute(sql.OF_CONTACT, {"contact_no": contact_no})
            return duck.execute(sql.EARLIER_OF_CONTACT, named).fetchall()


def _added(settled: Iterable[tuple[Any, ...]], pending: Iterable[tuple[Any, ...]]) -> DeedsByKind:
    deeds = {
        (kind, currency): Deeds(count, last.replace(tzinfo=UTC), minor, loose, set(orders))
        for kind, currency, count, last, minor, loose, orders in settled
    }
    for kind, at, _, _, _, _, verdict, _, value_minor, currency, order_key, _, _ in pending:
        if kind in _COUNTED and verdict != Verdict.machine:
            each = deeds.setdefault((kind, currency), Deeds())
            each.add(from_epoch(at), value_minor, order_key)
    return deeds


def _figures(deeds: DeedsByKind) -> ContactFigures:
    def of(wanted: Kind) -> list[tuple[str, Deeds]]:
        return [(currency, each) for (kind, currency), each in deeds.items() if kind == wanted]

    def last(wanted: Kind) -> datetime | None:
        return max((each.last for _, each in of(wanted) if each.last), default=None)

    bought = sorted(of(Kind.purchased), key=lambda each: (-each[1].count, each[0]))
    return ContactFigures(
        opens=sum(each.count for _, each in of(Kind.opened)),
        clicks=sum(each.count for _, each in of(Kind.clicked)),
        purchases=sum(each.loose + len(each.orders) for _, each in bought),
        last_open=last(Kind.opened),
        last_click=last(Kind.clicked),
        last_purchase=last(Kind.purchased),
        spent=tuple((currency, each.minor) for currency, each in bought if currency),
    )


def happening_of(row: Row) -> Happening:
    at, kind, verdict, reason, mailing_no, link_no, value_minor, currency, source = row
    return Happening(
        at=at.replace(tzinfo=UTC),
        kind=Kind(kind).name,
        mailing_no=MailingNo(mailing_no),
        link_no=link_no,
        by_machine=verdict == Verdict.machine,
        verdict=Verdict(verdict).name if kind in _JUDGED else "",
        value_minor=value_minor,
        currency=currency or "",
        source=source or "",
        why=WHY.get(Reason(reason), ""),
    )


def _row_of(row: tuple[Any, ...]) -> Row:
    """Of a fact in the order of COLUMNS."""
    kind, at, _, mailing_no, _, link_no, verdict, reason, value_minor, currency, _, source, _ = row
    when = from_epoch(at).replace(tzinfo=None)
    return when, kind, verdict, reason, mailing_no, link_no, value_minor, currency, source
