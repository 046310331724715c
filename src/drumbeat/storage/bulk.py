"""Writing many rows at the price of the driver: SQLAlchemy's parameters cost more than the rows.

Names come from Table objects only, never from outside. PostgreSQL is given rows by COPY.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Table,
    any_,
    func,
    literal,
    select,
)

_KEYS_A_STATEMENT = 400


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows of values in the order of `columns`; values are what the driver takes."""
    if not rows:
        return
    names = ", ".join(f'"{table.c[name].name}"' for name in columns)
    if connection.dialect.name == "postgresql":
        raw: Any = connection.connection.driver_connection
        with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    places = ", ".join([_place(connection)] * len(columns))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({places})"
    connection.exec_driver_sql(statement, list(map(tuple, rows)))


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


def among(
    connection: Connection, column: ColumnElement[Any], numbers: Sequence[int]
) -> ColumnElement[bool]:
    """Whether the column is one of these integers: one parameter, however many there are."""
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(numbers), ARRAY(BigInteger)))
    listed = func.json_each(f"[{','.join(map(str, map(int, numbers)))}]").table_valued("value")
    return column.in_(select(listed.c.value))


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
    select = f"SELECT {key.name}, {wanted.name} FROM {key.table} WHERE {key.name}"
    found: dict[bytes, Any] = {}
    for start in range(0, len(keys), _KEYS_A_STATEMENT):
        chunk = tuple(keys[start : start + _KEYS_A_STATEMENT])
        places = ", ".join([_place(connection)] * len(chunk))
        rows = connection.exec_driver_sql(f"{select} IN ({places})", chunk)
        found.update((row[0], row[1]) for row in rows)
    return found


def _place(connection: Connection) -> str:
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"
