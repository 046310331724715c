"""The migrations and the stores describe one schema."""

import importlib
import pkgutil
from types import ModuleType

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import drumbeat.marketing
import drumbeat.storage
from drumbeat.bootstrap import Drumbeat
from drumbeat.storage.database import metadata
from tests.architecture.tree import SOURCE


def _import_all(package: ModuleType) -> None:
    """Every table is declared where its SQL is; importing all of them fills the metadata."""
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)


def test_a_migrated_database_is_what_the_stores_declare(house: Drumbeat) -> None:
    _import_all(drumbeat.marketing)
    _import_all(drumbeat.storage)
    with house.database.look() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    assert not differences, "Write a migration: CONTRIBUTING.md has the recipe."


def test_the_history_of_the_schema_is_one_line() -> None:
    config = Config()
    config.set_main_option("script_location", str(SOURCE / "storage" / "migrations"))
    script = ScriptDirectory.from_config(config)
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_the_newest_revision_is_the_last_script() -> None:
    from alembic.script import ScriptDirectory

    from drumbeat.storage.migrations import NEWEST, config

    assert ScriptDirectory.from_config(config()).get_current_head() == NEWEST
