"""Contacts that a program tells: read by the rules of an import and merged in bounded units.

Somebody is named by their address or, once they are known, by their external id. A row that cannot
be read or merged says which of its fields is at fault; the others are merged all the same.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from decimal import Decimal

from drumbeat.kit.delimited import Row
from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.audience.columns import map_told
from drumbeat.marketing.audience.contact_rows import ContactReader, Unreadable
from drumbeat.marketing.audience.import_run import BREATH_SECONDS
from drumbeat.marketing.audience.merging import SeenContacts
from drumbeat.marketing.audience.model import Attribute, Consent, ContactRow
from drumbeat.marketing.audience.service import AudienceService
from drumbeat.marketing.audience.units import UnitSize
from drumbeat.marketing.audience.zones import read_zone

BATCH_ROWS = 250  # fewer than a file's 500: looking up who an external id means costs as much again

Told = Attribute | None


@dataclass(frozen=True, slots=True)
class ToldContact:
    """One contact of a request, `index` being its place there.

    `fields` are named as in an import (email, external_id, first_name, timezone, consent, …);
    what is None or "" there or in `attributes` says nothing.
    """

    index: int
    fields: Mapping[str, Told]
    attributes: Mapping[str, Told] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PutProblem:
    """Why one row was not merged."""

    index: int
    field: str
    reason: str


@dataclass
class PutReport:
    """`added`, `updated`, `unchanged` and the `problems` are as many as the request has rows."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[PutProblem] = field(default_factory=list)


def put_contacts(
    begin: Callable[[], AbstractContextManager[AudienceService]],
    told: Sequence[ToldContact],
    *,
    source: str,
    real: Callable[[], float] = time.perf_counter,
) -> PutReport:
    """Add or update everybody told of; `begin` opens a unit. Repeating it changes nothing.

    `real` measures how long each one takes, so that the next is not larger than it should be.

    Who is told of twice keeps what the first row says; later rows fill gaps, as in a file.
    """
    run, size, start = _Run(_Reader(source), source), UnitSize(BATCH_ROWS), 0
    while start < max(len(told), 1):
        if start:
            time.sleep(BREATH_SECONDS)
        batch = [(each, run.reader.read(each)) for each in told[start : start + size.rows]]
        start += size.rows
        with begin() as audience:
            began = real()
            run.merge(audience, batch)
        size.learn(len(batch), real() - began)
    run.report.problems.sort(key=lambda problem: problem.index)
    return run.report


@dataclass(frozen=True)
class _Nameless:
    """Read, but for the address that belongs to this external id."""

    row: ContactRow
    external_id: str


@dataclass
class _Run:
    reader: "_Reader"
    source: str
    report: PutReport = field(default_factory=PutReport)
    seen: SeenContacts = field(default_factory=SeenContacts)

    def merge(
        self,
        audience: AudienceService,
        batch: Sequence[tuple[ToldContact, ContactRow | _Nameless | Unreadable]],
    ) -> None:
        named = self._named(audience, batch)
        counts = audience.merge_contacts([row for _, row in named], seen=self.seen)
        for refusal in counts.refused:
            index = named[refusal.index][0]
            self.report.problems.append(PutProblem(index, refusal.field, refusal.reason))
        self.report.added += counts.added
        self.report.updated += counts.updated
        self.report.unchanged += counts.unchanged
        if counts.added or counts.updated:
            changed = {"added": counts.added, "updated": counts.updated}
            audience.note_import("put", self.source, changed)

    def _named(
        self,
        audience: AudienceService,
        batch: Sequence[tuple[ToldContact, ContactRow | _Nameless | Unreadable]],
    ) -> list[tuple[int, ContactRow]]:
        """Every readable row with its address; the others become problems."""
        wanted = [row.external_id for _, row in batch if isinstance(row, _Nameless)]
        addresses = audience.addresses_of(wanted)
        named: list[tuple[int, ContactRow]] = []
        for told, found in batch:
            if isinstance(found, _Nameless):
                found = _addressed(found, addresses)
            if isinstance(found, Unreadable):
                self.report.problems.append(PutProblem(told.index, found.field, found.reason))
                continue
            if found.external_id is not None:  # a later row may name them by it alone
                addresses.setdefault(found.external_id, found.address)
            named.append((told.index, found))
        return named


def _addressed(found: _Nameless, addresses: Mapping[str, str]) -> ContactRow | Unreadable:
    address = addresses.get(found.external_id)
    if address is None:
        shown = found.external_id[:60]
        reason = f"no contact has {shown!r}, and a new one needs an email"
        return Unreadable("external_id", reason)
    return replace(found.row, address=address)


@dataclass
class _Reader:
    """Reads rows as an import does; rows of one shape share one ContactReader."""

    source: str
    _readers: dict[tuple[tuple[str, ...], tuple[str, ...]], ContactReader | Unreadable] = field(
        default_factory=dict
    )

    def read(self, told: ToldContact) -> ContactRow | _Nameless | Unreadable:
        cells = [_cell(name, value) for name, value in told.fields.items()]
        cells += [_cell(_shown(name), value) for name, value in told.attributes.items()]
        unreadable = next((each for each in cells if isinstance(each, Unreadable)), None)
        reader = unreadable or self._reader(told)
        if isinstance(reader, Unreadable):
            return reader
        said = Row(told.index, [str(each) for each in cells])
        zone = str(told.fields.get("timezone") or "")
        if zone and not read_zone(zone):
            return Unreadable("timezone", f"{zone[:60]!r} is no time zone such as Europe/Paris")
        if told.fields.get("email"):
            return reader.read(said)
        found = reader.read_rest(said, address="")
        if isinstance(found, Unreadable):
            return found
        if found.external_id is None:
            return Unreadable("email", "the address is missing, and no external_id says who it is")
        return _Nameless(found, found.external_id)

    def _reader(self, told: ToldContact) -> ContactReader | Unreadable:
        shape = (tuple(told.fields), tuple(told.attributes))
        found = self._readers.get(shape)
        if found is None:
            found = self._readers[shape] = self._new_reader(*shape)
        return found

    def _new_reader(
        self, fields: tuple[str, ...], attributes: tuple[str, ...]
    ) -> ContactReader | Unreadable:
        try:
            columns = map_told(fields, attributes)
        except InvalidInput as mistake:
            return Unreadable(mistake.field, str(mistake))
        header = [*fields, *(_shown(name) for name in attributes)]
        return ContactReader(header, columns, Consent.unconfirmed, self.source)


def _shown(attribute: str) -> str:
    """Its field in a report: half a character has no place in one."""
    return f"attributes.{attribute[:60]}".encode("utf-8", "backslashreplace").decode()


def _cell(name: str, value: Told) -> str | Unreadable:
    """A value as a file would write it, so that both ways in read it alike."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return Unreadable(name, f"{value} is no number")
        return format(Decimal(repr(value)), "f")
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        return Unreadable(name, "holds half a character")
    return str(value)
