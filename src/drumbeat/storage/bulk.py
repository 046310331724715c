"""Writing many rows at the price of the driver: SQLAlchemy's parameters cost more than the rows.

Names come from Table objects only, never from outside. PostgreSQL is given rows by COPY.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    func,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

_KEYS_A_STATEMENT = 400
_ROWS_A_STATEMENT = 50  # a statement costs SQLite as much again as a row of it


def insert_rows(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    same: Mapping[str, int] = MappingProxyType({}),
    *,
    skip: bool = False,
) -> int:
    """Insert rows of values in the order of `columns`; values are what the driver takes.

    `same` are whole numbers that all rows have in further columns. `skip` (on SQLite) leaves out a
    row that is like another in what must be unique. Answers how many were inserted.
    """
    if not rows:
        return 0
    names = ", ".join(f'"{table.c[name].name}"' for name in [*columns, *same])
    if connection.dialect.name == "postgresql":
        raw: Any = connection.connection.driver_connection
        told = tuple(same.values())
        with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row((*row, *told))
        return len(rows)
    places = ", ".join([*[_place(connection)] * len(columns), *(f"{n:d}" for n in same.values())])
    statement, ending = f"INSERT INTO {table.name} ({names}) VALUES ", ""
    if skip:
        ending = " ON CONFLICT DO NOTHING"
    many, inserted = len(rows) - len(rows) % _ROWS_A_STATEMENT, 0
    if many:
        flat = [
            tuple(chain.from_iterable(rows[at : at + _ROWS_A_STATEMENT]))
            for at in range(0, many, _ROWS_A_STATEMENT)
        ]
        whole = ", ".join([f"({places})"] * _ROWS_A_STATEMENT)
        inserted = connection.exec_driver_sql(f"{statement}{whole}{ending}", flat).rowcount
    if many < len(rows):
        rest = list(map(tuple, rows[many:]))
        inserted += connection.exec_driver_sql(f"{statement}({places}){ending}", rest).rowcount
    return inserted


def insert_alike(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    row: Sequence[Any],
    along: str,
    numbers: Sequence[int],
) -> None:
    """`insert_rows` of the same row for each of these integers in its column `along`, in order.

    One statement on SQLite, whose driver takes as long for each row's values as for a statement.
    """
    at = columns.index(along)
    before, after = tuple(row[:at]), tuple(row[at + 1 :])
    if connection.dialect.name == "postgresql":
        rows = [(*before, number, *after) for number in numbers]
        insert_rows(connection, table, columns, rows)
        return
    names = ", ".join(f'"{table.c[name].name}"' for name in columns)
    places = ", ".join("each.value" if name == along else "?" for name in columns)
    statement = f"INSERT INTO {table.name} ({names}) SELECT {places} FROM json_each(?) AS each"
    listed = _listed(list(map(int, numbers)))
    connection.exec_driver_sql(statement, (*before, *after, listed))


def insert_between(
    connection: Connection,
    table: Table,
    same: Mapping[str, str | int],
    along: Column[int],
    first: int,
    last: int,
) -> None:
    """For each row of another table whose number `along` is from `first` to `last`, one here.

    It has that number under the same name, and these values.
    """
    place = _place(connection)
    names = ", ".join(f'"{table.c[name].name}"' for name in [along.name, *same])
    places = ", ".join(f"CAST({place} AS {_cast(connection, table.c[name])})" for name in same)
    statement = (
        f"INSERT INTO {table.name} ({names}) SELECT {along.name}, {places} FROM {along.table}"
        f" WHERE {along.name} BETWEEN {place} AND {place} ORDER BY {along.name}"
    )
    connection.exec_driver_sql(statement, (*same.values(), first, last))


def _cast(connection: Connection, column: Column[Any]) -> str:
    return column.type.compile(dialect=connection.dialect)


def change_rows(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    where: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> int:
    """Set `columns` of the rows that are as `where` says; answers how many were.

    Each row holds the values of `columns`, then those of `where`, where None means NULL.
    """
    if not rows:
        return 0
    place = _place(connection)
    same = "IS" if connection.dialect.name == "sqlite" else "IS NOT DISTINCT FROM"
    # An index serves "=", not "IS": only what may be NULL is compared by it.
    tests = [f"{name} {same if table.c[name].nullable else '='} {place}" for name in where]
    settings = ", ".join(f"{name} = {place}" for name in columns)
    statement = f"UPDATE {table.name} SET {settings} WHERE {' AND '.join(tests)}"
    return connection.exec_driver_sql(statement, [tuple(row) for row in rows]).rowcount


def change_neighbours(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    where: Sequence[str],
    along: str,
    rows: Sequence[Sequence[Any]],
) -> int:
    """`change_rows` for all rows between two values of the column `along`, both of them included.

    Each row holds the values of `columns`, those of `where`, the first and the last.
    """
    if not rows:
        return 0
    place = _place(connection)
    same = "IS" if connection.dialect.name == "sqlite" else "IS NOT DISTINCT FROM"
    tests = [f"{name} {same if table.c[name].nullable else '='} {place}" for name in where]
    tests += [f"{along} >= {place}", f"{along} <= {place}"]
    settings = ", ".join(f"{name} = {place}" for name in columns)
    statement = f"UPDATE {table.name} SET {settings} WHERE {' AND '.join(tests)}"
    return connection.exec_driver_sql(statement, [tuple(row) for row in rows]).rowcount


class Numbers(TypeDecorator[Sequence[int]]):
    """Any number of integers as one value: an array, or the JSON of one."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = ARRAY(BigInteger) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> Any:
        numbers = list(map(int, value or ()))
        return numbers if dialect.name == "postgresql" else _listed(numbers)


class _Among(FunctionElement[Any]):
    """Of no type: SQLite would have a Boolean compared with 1, which no index serves."""

    inherit_cache = True


@compiles(_Among, "sqlite")
def _among_on_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, numbers = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({numbers}))"


@compiles(_Among, "postgresql")
def _among_on_postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, numbers = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY({numbers})"


def among(column: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """Whether the column is one of the integers that are given as the value called `name`.

    One parameter, however many they are, so a statement can be made once for all of them.
    """
    return _Among(column, bindparam(name, type_=Numbers()))


def _listed(numbers: Sequence[int]) -> str:
    return f"[{','.join(map(str, numbers))}]"


class AtOnce:
    """A query whose rows come in no order and as one value: SQLite's driver gives way to other
    threads at every row, and two busy threads then hand each other the turn all the time.

    `packed` are its columns as JSON, where that is not what they are; no column may be bytes.
    """

    def __init__(self, query: Select[Any], packed: Sequence[ColumnElement[Any]] = ()) -> None:
        self._query = query
        row = func.json_array(*(packed or query.selected_columns))
        self._packed = query.with_only_columns(func.json_group_array(row))

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Sequence[Any]]:
        if connection.dialect.name == "postgresql":
            return [tuple(row) for row in connection.execute(self._query, values)]
        rows: list[Sequence[Any]] = json.loads(
            connection.execute(self._packed, values).scalar_one()
        )
        return rows


def insert_new(connection: Connection, column: Column[bytes], keys: Sequence[bytes]) -> set[bytes]:
    """Insert keys into a table of one column, skipping known ones; answers those that were new."""
    new: set[bytes] = set()
    for start in range(0, len(keys), _KEYS_A_STATEMENT):
        chunk = tuple(keys[start : start + _KEYS_A_STATEMENT])
        places = ", ".join([f"({_place(connection)})"] * len(chunk))
        statement = (
            f"INSERT INTO {column.table} ({column.name}) VALUES {places}"
            f" ON CONFLICT DO NOTHING RETURNING {column.name}"
        )
        new.update(row[0] for row in connection.exec_driver_sql(statement, chunk))
    return new


def find_by_key(
    connection: Connection, key: Column[bytes], wanted: Column[Any], keys: Sequence[bytes]
) -> dict[bytes, Any]:
    """`wanted` of the rows that have one of `keys`, each found by the key's own index."""
    return {row[0]: row[1] for row in find_rows(connection, key, wanted.name, keys)}


def find_rows(
    connection: Connection, key: Column[bytes], wanted: str, keys: Sequence[bytes]
) -> Iterator[Sequence[Any]]:
    """The key and what `wanted` selects of the rows that have one of `keys`."""
    select = f"SELECT {key.name}, {wanted} FROM {key.table} WHERE {key.name}"
    if connection.dialect.name == "postgresql":
        yield from connection.exec_driver_sql(f"{select} = ANY(%b)", (list(keys),))
        return
    for start in range(0, len(keys), _KEYS_A_STATEMENT):
        chunk = tuple(keys[start : start + _KEYS_A_STATEMENT])
        places = ", ".join([_place(connection)] * len(chunk))
        yield from connection.exec_driver_sql(f"{select} IN ({places})", chunk)


def _place(connection: Connection) -> str:
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"
