"""Writing many rows at the price of the driver: SQLAlchemy's parameters cost more than the rows.

Names come from Table objects only, never from outside. PostgreSQL is given rows by COPY.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table

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
    connection.exec_driver_sql(statement, [tuple(row) for row in rows])


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


def _place(connection: Connection) -> str:
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"
