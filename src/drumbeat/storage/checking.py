"""What is wrong with a database, in words: its schema, its pages, its server, its fact files."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from drumbeat.kit.clock import Clock
from drumbeat.kit.errors import Conflict
from drumbeat.storage import sqlite
from drumbeat.storage.database import Database
from drumbeat.storage.migrations import NEWEST, refuse_unknown, revision_of
from drumbeat.storage.sealed_parquet import SealedParquet
from drumbeat.storage.warehouse import Warehouse

MOST_SKEW_SECONDS = 2.0
"""Leases are wall time: clocks further apart let two workers think a job is theirs."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `detail` is what was seen, or what is wrong.

    `mend` is what to do about it, where `detail` does not say so itself.
    """

    check: str
    ok: bool
    detail: str
    mend: str = ""


def check_schema(database: Database) -> Finding:
    """Whether the tables are the ones this Drumbeat works with."""
    found = revision_of(database)
    if found == NEWEST:
        return Finding("schema", True, f"{found}, the newest")
    if found is None:
        detail = f"there are no tables; `drumbeat db upgrade` makes schema {NEWEST}"
        return Finding("schema", False, detail)
    try:
        refuse_unknown(found)
    except Conflict as error:
        return Finding("schema", False, str(error))
    return Finding("schema", False, f"{found} → {NEWEST}: run `drumbeat db upgrade`")


def check_file(path: Path, key: bytes) -> Finding:
    """Every page of an SQLite file: sealed as written, sound inside, no reference into nothing."""
    faults = sqlite.faults_of(path, key)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return Finding("integrity", False, f"{path} is damaged: {faults[0]}{more}")
    return Finding("integrity", True, f"{path.stat().st_size >> 10:,} KB, every page is sound")


def check_facts(database: Database, files: SealedParquet) -> Finding:
    """Every fact file that the manifest names lies in the folder, with its length."""
    with database.look() as connection:
        named = Warehouse(connection, files).list_files()
    wrong = [each.name for each in named if _length(files.folder / each.name) != each.bytes]
    if wrong:
        detail = f"{len(wrong)} of {len(named)} are missing or cut short, such as {wrong[0]}"
        return Finding("facts", False, detail)
    return Finding("facts", True, f"{len(named):,} sealed files are there")


def check_server(database: Database, clock: Clock) -> Iterator[Finding]:
    """What PostgreSQL is asked for besides its tables: encoding, clock, rights."""
    with database.look() as connection:
        encoding = str(connection.scalar(text("SHOW server_encoding")))
        theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        ours = clock()
        barred = list(connection.scalars(text(_BARRED)))
        may_create = bool(connection.scalar(text(_MAY_CREATE)))
    sound = encoding == "UTF8"
    wanted = "" if sound else ": make the database anew with ENCODING 'UTF8'"
    yield Finding("encoding", sound, encoding + wanted)
    skew = abs((theirs - ours).total_seconds())
    apart = f"the server's clock is {skew:.1f} seconds off ours"
    yield Finding("clock", skew <= MOST_SKEW_SECONDS, apart)
    if barred:
        others = f", nor {len(barred) - 1} other tables" if len(barred) > 1 else ""
        detail = f"this user may not read and write {barred[0]}{others}"
    elif not may_create:
        detail = "this user may not create tables, so a newer Drumbeat cannot upgrade them"
    else:
        detail = "this user may read and write all tables, and create new ones"
    yield Finding("rights", may_create and not barred, detail)


def _length(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


_BARRED = """
SELECT format('%I', tablename) FROM pg_tables
WHERE schemaname = current_schema() AND NOT (
    has_table_privilege(format('%I.%I', schemaname, tablename), 'SELECT')
    AND has_table_privilege(format('%I.%I', schemaname, tablename), 'INSERT')
    AND has_table_privilege(format('%I.%I', schemaname, tablename), 'UPDATE')
    AND has_table_privilege(format('%I.%I', schemaname, tablename), 'DELETE'))
ORDER BY tablename
"""
_MAY_CREATE = "SELECT has_schema_privilege(current_schema(), 'CREATE')"
