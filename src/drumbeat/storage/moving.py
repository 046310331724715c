"""Every row of one database into another, empty one: moving to PostgreSQL, backups and restores.

Values are copied as they are stored; only personal columns are opened and sealed anew. The source
is read in one moment, so whoever goes on writing to it writes what is not copied. The target is
written in one unit and compared before it ends: it has all rows or none.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    JSON,
    Integer,
    MetaData,
    Table,
    Text,
    cast,
    column,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy import table as lightweight
from sqlalchemy.dialects.postgresql import REGCLASS

from drumbeat.kit.errors import Conflict
from drumbeat.storage.bulk import insert_rows
from drumbeat.storage.database import Connection, Database
from drumbeat.storage.sealing import PERSONAL_COLUMNS, RowSeal, seal_of
from drumbeat.storage.secrets import KeyRing

ROWS_A_PAGE = 2_000
_OWN = ("alembic_version", "key_proof")
_COUNTERS = lightweight("sqlite_sequence", column("name"), column("seq"))
"""SQLite's own: the last number of every table whose numbers are never given twice."""

Told = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and how much there is (0: unknown)."""


def untold(what: str, done: int, total: int) -> None:
    """For whom nobody watches."""


@dataclass
class Sum:
    """How many rows, and a checksum that does not depend on their order."""

    rows: int = 0
    check: int = 0

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            said = repr([_comparable(value) for value in row]).encode("utf-8", "surrogatepass")
            digest = blake2b(said, digest_size=8).digest()
            self.check = (self.check + int.from_bytes(digest, "big")) % (1 << 64)
        self.rows += len(rows)


@dataclass(frozen=True)
class _Side:
    """One table in one database, its rows in plain words: JSON as text, personal columns opened."""

    connection: Connection
    table: Table
    names: tuple[str, ...]
    seal: RowSeal

    def rows(self) -> Iterator[list[list[Any]]]:
        """Page by page, in no order."""
        query = select(*map(self._column, self.names)).select_from(lightweight(self.table.name))
        query = query.execution_options(yield_per=ROWS_A_PAGE)
        for page in self.connection.execute(query).partitions():
            yield [self._changed(list(row), self._opened) for row in page]

    def write(self, rows: Sequence[list[Any]]) -> None:
        stored = [self._changed(list(row), self._sealed) for row in rows]
        insert_rows(self.connection, self.table, self.names, stored)

    def _column(self, name: str) -> Any:
        as_text = isinstance(self.table.c[name].type, JSON)
        raw: Any = column(name)
        return cast(raw, Text) if as_text and self.seal.cipher is not None else raw

    def _changed(self, row: list[Any], change: Callable[[bytes, str, bool, Any], Any]) -> list[Any]:
        row_key, personal = PERSONAL_COLUMNS.get(self.table.name, ("", {}))
        for name, is_json in personal.items():
            place = self.names.index(name)
            named = bytes(row[self.names.index(row_key)])
            row[place] = change(named, name, is_json, row[place])
        return row

    def _opened(self, row: bytes, name: str, is_json: bool, stored: Any) -> Any:
        value = self.seal.open(row, name, stored)
        sealed_here = self.seal.cipher is not None
        return json.loads(value) if is_json and value is not None and not sealed_here else value

    def _sealed(self, row: bytes, name: str, is_json: bool, value: Any) -> Any:
        if self.seal.cipher is None and is_json and value is not None:
            return json.dumps(value)
        return self.seal.seal(row, name, value)


def copy_all(
    source: Database, target: Database, keys: KeyRing, told: Told = untold
) -> dict[str, int]:
    """Rows copied by table, once both databases were counted and compared.

    Raises Conflict, leaving the target as it was, if the target, migrated and of this key, has
    rows, or does not hold afterwards what the source held.
    """
    tables = _tables(target)
    copied: dict[str, int] = {}
    with source.look() as reading, target.begin() as writing:
        for each in tables:
            if writing.execute(select(each).limit(1)).first() is not None:
                raise Conflict(f"The new database is not empty: its table {each.name} has rows.")
        for each in tables:
            copied[each.name] = _copy(_side(reading, each, keys), _side(writing, each, keys), told)
            _go_on_counting(writing, each, _last_given(reading, each))
    return copied


def move_all(
    source: Database, target: Database, keys: KeyRing, told: Told = untold
) -> dict[str, int]:
    """The same while nobody can write to the source: what is copied stays all there is."""
    with source.begin():
        return copy_all(source, target, keys, told)


def _tables(database: Database) -> list[Table]:
    """Those that others point at come first."""
    found = MetaData()
    with database.look() as connection:
        found.reflect(connection)
    return [each for each in found.sorted_tables if each.name not in _OWN]


def _side(connection: Connection, table: Table, keys: KeyRing) -> _Side:
    here = Table(table.name, MetaData(), autoload_with=connection)
    if set(here.columns.keys()) != set(table.columns.keys()):
        raise Conflict(f"The table {table.name} differs in the two databases: upgrade both first.")
    names = tuple(table.columns.keys())
    return _Side(connection, here, names, seal_of(connection, keys, table.name))


def _copy(source: _Side, target: _Side, told: Told) -> int:
    name = target.table.name
    counting = select(func.count()).select_from(lightweight(name))
    total, taken, kept = source.connection.scalar(counting) or 0, Sum(), Sum()
    for rows in source.rows():
        target.write(rows)
        taken.add(rows)
        told(name, taken.rows, total)
    for rows in target.rows():
        kept.add(rows)
    if taken != kept:
        raise Conflict(
            f"The table {name} does not hold what was copied: of {taken.rows:,} rows {kept.rows:,} "
            "are there, or with another content. Nothing was changed."
        )
    return taken.rows


def _comparable(value: Any) -> Any:
    """The same value is spelt alike, whichever driver read it."""
    if isinstance(value, bool):
        return int(value)
    return bytes(value) if isinstance(value, bytearray | memoryview) else value


def _last_given(reading: Connection, table: Table) -> int:
    """The greatest number that the table ever gave out, also to a row that is gone."""
    if reading.dialect.name == "postgresql":
        counters = [func.pg_get_serial_sequence(table.name, key.name) for key in _numbers(table)]
        asked = [func.pg_sequence_last_value(cast(name, REGCLASS)) for name in counters]
        return max((reading.scalar(select(last)) or 0 for last in asked), default=0)
    if not inspect(reading).has_table("sqlite_sequence"):
        return 0
    given = select(_COUNTERS.c.seq).where(_COUNTERS.c.name == table.name)
    return reading.scalar(given) or 0


def _go_on_counting(writing: Connection, table: Table, given: int) -> None:
    """The next number is behind every one that was given."""
    if writing.dialect.name == "sqlite":
        mine = update(_COUNTERS).where(_COUNTERS.c.name == table.name).values(seq=given)
        if given and writing.execute(mine).rowcount == 0:
            writing.execute(insert(_COUNTERS).values(name=table.name, seq=given))
        return
    for key in _numbers(table):
        counter = func.pg_get_serial_sequence(table.name, key.name)
        last = max(given, writing.scalar(select(func.max(key))) or 0)
        if last and writing.scalar(select(counter)) is not None:
            writing.execute(select(func.setval(counter, last)))


def _numbers(table: Table) -> list[Any]:
    return [key for key in table.primary_key if isinstance(key.type, Integer)]
