"""The mirror beside the contacts it copies: what changed since, and which sealed file has it.

A process holds one in memory and brings it up to date from the rows that changed; the file only
saves the next process the long way. Lost, or of another database, it is made anew.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    String,
    Table,
    delete,
    func,
    select,
)

from drumbeat.kit.errors import Conflict, NotFound
from drumbeat.marketing.audience.mirror import Mirror, MirrorDraft, MirrorRow, empty_mirror
from drumbeat.marketing.audience.mirror_file import from_parquet, to_parquet
from drumbeat.marketing.audience.store import contact
from drumbeat.storage.bulk import among
from drumbeat.storage.database import Connection, metadata, upsert
from drumbeat.storage.held import Held
from drumbeat.storage.number_columns import read_numbers
from drumbeat.storage.sealed_parquet import SealedHandle, SealedParquet
from drumbeat.storage.sealing import seal_of
from drumbeat.storage.secrets import KeyRing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

attribute_mirror = Table(
    "attribute_mirror",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("name", String, nullable=False),
    Column("checked_at", BigInteger, nullable=False),
    Column("people", Integer, nullable=False),
    Column("revisions", BigInteger, nullable=False),
)

_ONLY = 1
SETTLED_SECONDS = 60
"""A unit that began earlier than this has ended: nothing is committed with an older instant."""
COMPARED_EVERY = 3_600
"""Seconds: clocks may have been set back, so all revisions are compared now and then."""
PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Filed:
    """`people` and the sum of their `revisions` as the file has them."""

    checked_at: int
    people: int
    revisions: int


@dataclass(frozen=True)
class Changes:
    """Who is to be copied anew and who is gone; `size` is the highest contact number and one."""

    size: int
    changed: NDArray[np.int64]
    gone: NDArray[np.int64]
    checked_at: int
    compared_at: int

    def __len__(self) -> int:
        return len(self.changed) + len(self.gone)


@dataclass(frozen=True)
class MirrorStore:
    connection: Connection
    keys: KeyRing
    files: SealedParquet
    held: Held

    def newest(self) -> Mirror:
        """What this process holds, else what the file has, else an empty one: behind at most."""
        held = cast("Mirror | None", self.held.get())
        if held is not None:
            return held
        name = self.file_name()
        if name is None:
            return empty_mirror()
        try:
            file = self.files.open(name)
        except (NotFound, Conflict):
            return empty_mirror()
        try:
            found = from_parquet(cast(BinaryIO, SealedHandle(file)))
        except Conflict:
            return empty_mirror()
        finally:
            file.close()
        self.held.put(found, found.checked_at)
        return found

    def changes(self, mirror: Mirror, now: int) -> Changes:
        """What a mirror does not have yet, in a reading unit."""
        import numpy as np

        compared = mirror.compared_at
        people, newest = self.connection.execute(
            select(func.count(), func.max(contact.c.contact_no)).select_from(contact)
        ).one()
        size = max(newest or 0, len(mirror.revisions) - 1) + 1
        lately = contact.c.changed_at >= mirror.checked_at - SETTLED_SECONDS
        numbers, revisions = self._revisions(lately)
        known = np.zeros(size, np.int32)
        known[: len(mirror.revisions)] = mirror.revisions
        came = int(np.count_nonzero(known[numbers] == 0))
        gone = np.empty(0, np.int64)
        late = now - compared >= COMPARED_EVERY and len(numbers) < people
        if late or mirror.people + came != people:
            numbers, revisions = self._revisions()
            there = np.zeros(size, np.bool_)
            there[numbers] = True
            gone = np.flatnonzero((known > 0) & ~there)
            compared = now
        if len(numbers) == people:
            compared = now
        changed = numbers[known[numbers] != revisions]
        return Changes(size, changed, gone, now, compared)

    def rows(self, contact_nos: Sequence[int]) -> list[MirrorRow]:
        """A page of contacts as they are now; who is gone meanwhile is absent."""
        seal = seal_of(self.connection, self.keys, contact.name)
        c = contact.c
        wanted = select(c.contact_no, c.revision, c.address_key, c.attributes, c.domain, c.zone)
        asked = wanted.where(among(c.contact_no, "numbers"))
        found = self.connection.execute(asked, {"numbers": list(contact_nos)})
        return [
            MirrorRow(no, revision, told_of(seal.open(key, "attributes", said), domain, zone))
            for no, revision, key, said, domain, zone in found
        ]

    def caught_up(self, now: int, *, at_most: int) -> Mirror:
        """The newest with what changed since; as it was, if more than `at_most` did.

        A house that has none yet is copied whole.
        """
        mirror = self.newest()
        changes = self.changes(mirror, now)
        if len(changes) > at_most and mirror.people:
            return mirror
        if not len(changes):
            fresh = Mirror(mirror.revisions, now, changes.compared_at, mirror.columns)
            self.held.put(fresh, now)
            return fresh
        draft = MirrorDraft(mirror, changes.size)
        draft.forget(changes.gone)
        for start in range(0, len(changes.changed), PAGE):
            draft.put(self.rows(changes.changed[start : start + PAGE].tolist()))
        fresh = draft.done(changes.checked_at, changes.compared_at)
        self.held.put(fresh, now)
        return fresh

    def file_name(self) -> str | None:
        return self.connection.scalar(select(attribute_mirror.c.name))

    def filed(self) -> Filed | None:
        """What the file that is named has; None if there is none, or it is lost."""
        row = self.connection.execute(select(attribute_mirror)).one_or_none()
        if row is None or not self.files.exists(row.name):
            return None
        return Filed(row.checked_at, row.people, row.revisions)

    def write(self, mirror: Mirror) -> str:
        """A sealed file, between two units; it counts once `save` names it."""
        name = f"attributes-{secrets.token_hex(8)}"
        self.files.write(name, to_parquet(mirror))
        return name

    def save(self, name: str, mirror: Mirror) -> None:
        """Name the file instead of the one before; others are swept."""
        people, revisions = mirror.mark
        values: dict[str, object] = {"name": name, "checked_at": mirror.checked_at}
        values |= {"people": people, "revisions": revisions}
        named = upsert(attribute_mirror).values(only=_ONLY, **values)
        self.connection.execute(named.on_conflict_do_update(index_elements=["only"], set_=values))

    def unname(self) -> None:
        """No file counts any more; whoever holds the copy in memory writes a new one."""
        self.connection.execute(delete(attribute_mirror))

    def sweep(self) -> None:
        """Remove the files that are not named, in a reading unit behind `save`'s."""
        name = self.file_name()
        for each in self.files.list_():
            if each != name:
                self.files.remove(each)

    def _revisions(
        self, *where: ColumnElement[bool]
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        import numpy as np

        columns = [contact.c.contact_no, contact.c.revision]
        numbers, revisions = read_numbers(self.connection, columns, contact, *where)
        return numbers, revisions.astype(np.int32)


def told_of(attributes: dict[str, object], domain: str, zone: str) -> dict[str, object]:
    """What rules may ask of a contact: their attributes, and what the house knows beside them."""
    return {"email_domain": domain, "time_zone": zone, **attributes}
