"""Which database is opened, and whether this key file is the one that it belongs to."""

from dataclasses import replace

from drumbeat.bootstrap.settings import Settings
from drumbeat.storage import sqlite
from drumbeat.storage.database import Database
from drumbeat.storage.migrations import upgrade
from drumbeat.storage.secrets import KeyRing, create_key, load_key


def open_database(settings: Settings) -> tuple[Database, KeyRing]:
    """The migrated database that the settings name, and its key.

    A new one gets a key; one with data never gets a new key, for it would be unreadable.
    Raises Conflict or InvalidInput saying what stands in the way.
    """
    home, url = settings.home, settings.database_url
    if url is None or url.startswith("sqlite"):
        path = home / "drumbeat.db"
        keys = _keys(settings, holds_data=path.exists())
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = sqlite.connect(path, keys.derive("database"))
        upgrade(database)
        return database, keys
    return _open_postgresql(settings, url)


def move_to_postgresql(settings: Settings, url: str) -> dict[str, int]:
    """Copy the folder's tables into the empty PostgreSQL database; answers rows by table.

    The folder stays as it was. From then on the setting decides which of the two is used.
    """
    from drumbeat.storage.moving import copy_all

    source, keys = open_database(replace(settings, database_url=None))
    try:
        target, _ = open_database(replace(settings, database_url=url))
        try:
            return copy_all(source, target, keys)
        finally:
            target.close()
    finally:
        source.close()


def _open_postgresql(settings: Settings, url: str) -> tuple[Database, KeyRing]:
    from drumbeat.storage.postgresql import connect
    from drumbeat.storage.sealing import holds_data, prove_key

    database = connect(url)
    try:
        keys = _keys(settings, holds_data=holds_data(database))
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        upgrade(database)
        prove_key(database, keys)
    except BaseException:
        database.close()
        raise
    return database, keys


def _keys(settings: Settings, *, holds_data: bool) -> KeyRing:
    return load_key(settings.key_file) if holds_data else create_key(settings.key_file)
