"""The schema's history: every database, the tests' too, is built by running it."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from drumbeat.storage.database import Database


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision; one that is there already changes nothing."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
