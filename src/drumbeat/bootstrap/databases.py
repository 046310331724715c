"""Which database is opened, and whether this key file is the one that it belongs to."""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from drumbeat.bootstrap.settings import Settings
from drumbeat.kit.clock import Clock, utc_now
from drumbeat.kit.errors import Conflict, DrumbeatError
from drumbeat.storage import sqlite
from drumbeat.storage.database import Database
from drumbeat.storage.folder_lock import alone, share
from drumbeat.storage.migrations import NEWEST, refuse_unknown, revision_of, upgrade
from drumbeat.storage.moving import Told, untold
from drumbeat.storage.secrets import KeyRing, create_key, load_key

if TYPE_CHECKING:
    from drumbeat.storage.checking import Finding

DATABASE_FILE = "drumbeat.db"


def is_postgresql(settings: Settings) -> bool:
    url = settings.database_url
    return url is not None and not url.startswith("sqlite")


def holds_house(settings: Settings) -> bool:
    """Whether the database that the settings name has been opened by Drumbeat before."""
    if not is_postgresql(settings):
        return (settings.home / DATABASE_FILE).is_file()
    from drumbeat.storage.postgresql import connect
    from drumbeat.storage.sealing import holds_data

    with closing(connect(settings.database_url or "")) as database:
        return holds_data(database)


def open_database(settings: Settings) -> tuple[Database, KeyRing]:
    """The migrated database that the settings name, and its key.

    A new one gets a key; one with data never gets a new key, for it would be unreadable.
    Raises Conflict or InvalidInput saying what stands in the way.
    """
    if not is_postgresql(settings) and not (settings.home / DATABASE_FILE).exists():
        _refuse_to_found(settings)
    database, keys = _share(settings)
    try:
        if is_postgresql(settings) and revision_of(database) is None:
            _refuse_to_found(settings)
    except BaseException:
        database.close()
        raise
    return _migrated(database, keys, settings)


def open_alone(settings: Settings) -> tuple[Database, KeyRing]:
    """The same for whoever has the data folder alone (`folder_lock.alone`)."""
    return _migrated(*_connect(settings), settings)


def _migrated(database: Database, keys: KeyRing, settings: Settings) -> tuple[Database, KeyRing]:
    try:
        upgrade(database)
        if is_postgresql(settings):
            from drumbeat.storage.sealing import prove_key

            prove_key(database, keys)
    except BaseException:
        database.close()
        raise
    return database, keys


def open_existing(settings: Settings) -> tuple[Database, KeyRing]:
    """The same as it stands: nothing is made or upgraded. Raises Conflict if there is none."""
    file = settings.home / DATABASE_FILE
    if not is_postgresql(settings) and not file.is_file():
        raise Conflict(f"There is no database yet: {file} does not exist.")
    keys = load_key(settings.key_file)
    database, _ = _share(settings)
    try:
        if is_postgresql(settings):
            from drumbeat.storage.sealing import refuse_other_key

            refuse_other_key(database, keys)
    except BaseException:
        database.close()
        raise
    return database, keys


def upgrade_database(settings: Settings) -> tuple[str | None, Path | None]:
    """Bring the tables to this Drumbeat's schema; safe to repeat, and by several at once.

    Answers the schema found, and the copy that was made of an SQLite file before it changed.
    """
    database, keys = open_existing(settings)
    with closing(database):
        found = revision_of(database)
        refuse_unknown(found)
        changes = found not in (None, NEWEST) and not is_postgresql(settings)
        copy = copy_before(settings, keys) if changes else None
        upgrade(database)
    return found, copy


def copy_before(settings: Settings, keys: KeyRing) -> Path:
    """The SQLite file as it is now, under the same key, whole or not at all."""
    copy = settings.home / f"{DATABASE_FILE}.before-{NEWEST}"
    fresh = copy.with_name(f".{copy.name}.{os.urandom(4).hex()}.new")
    file, key = settings.home / DATABASE_FILE, keys.derive("database")
    try:
        sqlite.copy_file(file, key, fresh, lambda done, total: None)
        fresh.replace(copy)
    finally:
        fresh.unlink(missing_ok=True)
    return copy


def check_database(settings: Settings, clock: Clock = utc_now) -> Iterator["Finding"]:
    """Everything that can be told of the database without changing it; reads all of it."""
    from drumbeat.storage import checking
    from drumbeat.storage.sealed_parquet import SealedParquet

    try:
        database, keys = open_existing(settings)
    except DrumbeatError as error:
        yield checking.Finding("open", False, str(error))
        return
    with closing(database):
        yield checking.Finding("open", True, "it answers, and this key file is its own")
        schema = checking.check_schema(database)
        yield schema
        if is_postgresql(settings):
            yield from checking.check_server(database, clock)
        else:
            file, key = settings.home / DATABASE_FILE, keys.derive("database")
            yield checking.check_file(file, key)
        if schema.ok:
            sealed = SealedParquet(settings.home / "facts", keys.derive("facts"))
            yield checking.check_facts(database, sealed)


def move_to_postgresql(settings: Settings, url: str, told: Told = untold) -> dict[str, int]:
    """Copy the folder's tables into the empty PostgreSQL database; answers rows by table.

    All of them or none, counted and compared. Nobody can write to the folder meanwhile, and its
    file is renamed at the end: two houses that both send would mail everybody twice.
    """
    from drumbeat.storage.moving import move_all

    file = settings.home / DATABASE_FILE
    open_existing(replace(settings, database_url=None))[0].close()
    with alone(settings.home, "move its tables"):
        source, keys = open_alone(replace(settings, database_url=None))
        with closing(source):
            target, _ = open_alone(replace(settings, database_url=url))
            with closing(target):
                copied = move_all(source, target, keys, told)
        file.rename(moved_file(settings))
    return copied


def moved_file(settings: Settings) -> Path:
    """What the SQLite file is called once its rows are in PostgreSQL."""
    return settings.home / f"{DATABASE_FILE}.moved"


def _refuse_to_found(settings: Settings) -> None:
    """Raises Conflict where another house's data lies: a new one would sweep its files away."""
    home = settings.home
    if (home / DATABASE_FILE).exists():
        raise Conflict(
            f"The database is empty, and the house of {home} lives in {DATABASE_FILE} there: "
            "`drumbeat db move` brings it over, or let DRUMBEAT_HOME name an empty folder."
        )
    if moved_file(settings).exists():
        raise Conflict(
            f"The house of {home} was moved to PostgreSQL: let DRUMBEAT_DATABASE_URL name its "
            "database, or DRUMBEAT_HOME an empty folder."
        )
    if any((home / "facts").rglob("*.parquet")):
        raise Conflict(
            f"{home} holds facts of a house whose database is not there: bring that back, or let "
            "DRUMBEAT_HOME name an empty folder."
        )


def _share(settings: Settings) -> tuple[Database, KeyRing]:
    """Opened beside everybody else who works on the folder; its share ends with the database."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = share(settings.home)
    try:
        database, keys = _connect(settings)
    except BaseException:
        lock.close()
        raise
    return replace(database, lock=lock), keys


def _connect(settings: Settings) -> tuple[Database, KeyRing]:
    if not is_postgresql(settings):
        path = settings.home / DATABASE_FILE
        keys = _keys(settings, holds_data=path.exists())
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        return sqlite.connect(path, keys.derive("database")), keys
    from drumbeat.storage.postgresql import connect
    from drumbeat.storage.sealing import holds_data

    database = connect(settings.database_url or "")
    try:
        keys = _keys(settings, holds_data=holds_data(database))
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except BaseException:
        database.close()
        raise
    return database, keys


def _keys(settings: Settings, *, holds_data: bool) -> KeyRing:
    return load_key(settings.key_file) if holds_data else create_key(settings.key_file)
