"""Every row of one database into another, empty one: how a folder moves from SQLite to PostgreSQL.

Values are copied as they are stored; only personal columns are opened and sealed anew. The source
is read in one moment, so whoever still works on it should be stopped first.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, MetaData, Table, column, func, inspect, literal_column, select
from sqlalchemy import table as lightweight

from drumbeat.kit.errors import Conflict
from drumbeat.storage.bulk import insert_rows
from drumbeat.storage.database import Connection, Database
from drumbeat.storage.sealing import PERSONAL_COLUMNS, seal_of
from drumbeat.storage.secrets import KeyRing

ROWS_A_UNIT = 2_000
_OWN = ("alembic_version", "key_proof")


def copy_all(source: Database, target: Database, keys: KeyRing) -> dict[str, int]:
    """Rows copied by table. Raises Conflict if the target, migrated and of this key, has rows."""
    tables = _tables(target)
    with target.look() as connection:
        for each in tables:
            if connection.execute(select(each).limit(1)).first() is not None:
                raise Conflict(f"The new database is not empty: its table {each.name} has rows.")
    with source.look() as reading:
        copied = {each.name: _copy(reading, target, each, keys) for each in tables}
        given = _numbers_given(reading)
        with target.begin() as writing:
            for each in tables:
                _go_on_counting(writing, each, given.get(each.name, 0))
    return copied


def _tables(database: Database) -> list[Table]:
    """Those that others point at come first."""
    found = MetaData()
    with database.look() as connection:
        found.reflect(connection)
    return [each for each in found.sorted_tables if each.name not in _OWN]


def _copy(reading: Connection, target: Database, table: Table, keys: KeyRing) -> int:
    names = table.columns.keys()
    raw = lightweight(table.name, *(column(name) for name in names))
    order = [raw.c[key.name] for key in table.primary_key]
    copied = 0
    for page in reading.execute(select(raw).order_by(*order)).partitions(ROWS_A_UNIT):
        with target.begin() as writing:
            rows = _sealed(writing, table.name, names, page, keys)
            insert_rows(writing, table, names, rows)
        copied += len(page)
    return copied


def _sealed(
    writing: Connection, table: str, names: Sequence[str], page: Sequence[Any], keys: KeyRing
) -> Sequence[Sequence[Any]]:
    if table not in PERSONAL_COLUMNS:
        return page
    row_key, personal = PERSONAL_COLUMNS[table]
    seal = seal_of(writing, keys, table)
    rows: list[list[Any]] = []
    for stored in page:
        row = dict(zip(names, stored, strict=True))
        for name, is_json in personal.items():
            value = json.loads(row[name]) if is_json else row[name]
            row[name] = seal.seal(row[row_key], name, value)
        rows.append(list(row.values()))
    return rows


def _numbers_given(reading: Connection) -> dict[str, int]:
    """The greatest number that each table ever gave out, also to a row that is gone."""
    if not inspect(reading).has_table("sqlite_sequence"):
        return {}
    rows: Any = reading.execute(
        select(literal_column("name"), literal_column("seq")).select_from(
            lightweight("sqlite_sequence")
        )
    )
    return {name: int(seq) for name, seq in rows}


def _go_on_counting(writing: Connection, table: Table, given: int) -> None:
    """The next number is behind every one that was given."""
    for key in table.primary_key:
        counter = func.pg_get_serial_sequence(table.name, key.name)
        if not isinstance(key.type, Integer) or writing.scalar(select(counter)) is None:
            continue
        last = max(given, writing.scalar(select(func.max(key))) or 0)
        if last:
            writing.execute(select(func.setval(counter, last)))
