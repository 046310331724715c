"""The schema's history: every database, the tests' too, is built by running it."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from drumbeat.kit.errors import Conflict
from drumbeat.storage.database import Database, take_turn

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "0013"
"""A test holds it equal to the last script's revision."""


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision; one that is there already changes nothing.

    All or nothing, and whoever comes second waits. Raises Conflict for a newer schema.
    """
    found = revision_of(database)
    if found == NEWEST:
        return  # alembic takes longer to import than a command should take to start
    refuse_unknown(found)
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


def revision_of(database: Database) -> str | None:
    """The schema that the database has; None before its first table."""
    with database.look() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def refuse_unknown(revision: str | None) -> None:
    """Raises Conflict for a schema that no script here leads on from."""
    scripts = (Path(__file__).parent / "versions").glob("*.py")
    if revision is None or any(script.name.startswith(f"{revision}_") for script in scripts):
        return
    raise Conflict(
        f"The database has the schema {revision}, which this Drumbeat, at {NEWEST}, does not know: "
        "install the newer one that made it."
    )
