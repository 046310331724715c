"""The schema's history: every database, the tests' too, is built by running it."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from drumbeat.storage.database import Database, take_turn

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "0001"
"""A test holds it equal to the last script's revision."""


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision; one that is there already changes nothing."""
    with database.look() as connection:
        if _revision(connection) == NEWEST:
            return  # alembic takes longer to import than a command should take to start
    from alembic import command

    with database.begin() as connection:
        take_turn(connection, "migrations")
        configuration = config()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")


def config() -> "Config":
    """Alembic's configuration of these scripts."""
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    return configuration


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
