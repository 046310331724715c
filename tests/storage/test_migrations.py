"""An older house is brought along with everything in it, and only after it was copied."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text

from drumbeat.bootstrap import Settings, open_folder
from drumbeat.bootstrap.databases import check_database, upgrade_database
from drumbeat.engine import figures
from drumbeat.kit.actor import SYSTEM_FACTS, SYSTEM_UPKEEP
from drumbeat.kit.ids import MailingNo
from drumbeat.marketing.audience import Consent, ContactRow
from drumbeat.storage import sqlite
from drumbeat.storage.database import Database
from drumbeat.storage.migrations import NEWEST, config, revision_of
from drumbeat.storage.postgresql import connect
from drumbeat.storage.secrets import create_key
from tests.conftest import MARIA
from tests.postgresql import Server

SINCE = {
    "0001": {"kept_request", "saved_setting", "fact_mark", "mailing_figures", "audience_counts"},
    "0002": {"mailing_figures", "audience_counts"},
}
"""The tables that a house of each released schema lacks."""
FOUNDED = text(
    "INSERT INTO person (id, email, name, role, created_at)"
    " VALUES ('per_1', 'ada@example.com', 'Ada', 'owner', 1)"
)


def build(database: Database, revision: str) -> None:
    """A house as the release of that schema made it, with somebody in it."""
    bring(database, revision)
    with database.begin() as connection:
        connection.execute(FOUNDED)


def bring(database: Database, revision: str) -> None:
    with database.begin() as connection:
        configuration = config()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, revision)


def tables(database: Database) -> set[str]:
    with database.look() as connection:
        return set(inspect(connection).get_table_names())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A folder at 0001."""
    made = Settings(tmp_path / "home", tmp_path / "key")
    made.home.mkdir()
    key = create_key(made.key_file).derive("database")
    database = sqlite.connect(made.home / "drumbeat.db", key)
    build(database, "0001")
    assert not tables(database) & SINCE["0001"]
    database.close()
    return made


def test_an_older_folder_opens_with_what_is_in_it(settings: Settings) -> None:
    house = open_folder(settings.home, settings.key_file)
    assert house.owner().name == "Ada"
    with house.begin(MARIA) as department:
        department.audience.merge_contacts(
            [ContactRow("new@example.com", consent=Consent.subscribed)]
        )
    with house.look(SYSTEM_UPKEEP) as department:
        assert department.connections.saved() is not None
    assert tables(house.database) >= SINCE["0001"]
    house.close()


def test_check_says_where_an_upgrade_leads_and_upgrade_copies_first(settings: Settings) -> None:
    told = {each.check: each for each in check_database(settings)}
    assert not told["schema"].ok
    assert f"0001 → {NEWEST}" in told["schema"].detail
    found, copy = upgrade_database(settings)
    assert found == "0001"
    assert copy is not None
    key = create_key(settings.key_file).derive("database")
    before = sqlite.connect(copy, key)
    assert revision_of(before) == "0001"
    before.close()
    assert all(each.ok for each in check_database(settings))
    assert upgrade_database(settings) == (NEWEST, None)


def test_a_house_built_between_two_releases_keeps_its_tables(settings: Settings) -> None:
    key = create_key(settings.key_file).derive("database")
    database = sqlite.connect(settings.home / "drumbeat.db", key)
    bring(database, "0002")
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        connection.execute(text("INSERT INTO saved_setting VALUES ('sender_name', x'00', 1)"))
    database.close()
    assert upgrade_database(settings)[0] == "0001"
    database = sqlite.connect(settings.home / "drumbeat.db", key)
    with database.look() as connection:
        assert connection.scalar(text("SELECT count(*) FROM saved_setting")) == 1
    database.close()


MAILED = (
    "INSERT INTO mailing (mailing_no, kind, step, sender_name, sender_email, piece_no,"
    " piece_revision, decided_by, state, frozen, trouble, revision)"
    " VALUES (1, 'campaign', 'email', '', '', 1, 1, 1, 'settled', 1, '', 1)",
    "INSERT INTO event (kind, occurred_at, contact_no, mailing_no, arm_no, link_no, verdict,"
    " reason, value_minor, currency, order_key, source)"
    " VALUES (1, 100, 1, 1, 0, -1, 1, 0, 0, '', 0, 'x'),"
    " (4, 200, 1, 1, 0, -1, 1, 0, 0, '', 0, 'x')",
)


@pytest.mark.parametrize("revision", SINCE)
def test_the_figures_of_an_older_house_are_counted_from_the_facts_it_has(
    tmp_path: Path, revision: str
) -> None:
    """Its mailing has facts and no mark, as one that was sent before marks were kept."""
    made = Settings(tmp_path / "home", tmp_path / "key")
    made.home.mkdir()
    database = sqlite.connect(
        made.home / "drumbeat.db", create_key(made.key_file).derive("database")
    )
    build(database, revision)
    with database.begin() as connection:
        for statement in MAILED:
            connection.execute(text(statement))
    database.close()
    house = open_folder(made.home, made.key_file)
    while figures.count(house):
        pass
    with house.look(SYSTEM_FACTS) as department:
        counts = department.waiting_for_nothing().analytics.store.count_mailing(MailingNo(1))
    assert (counts.sent, counts.opens) == (1, 1)
    house.close()


@pytest.mark.slow
def test_an_older_postgresql_database_is_brought_along(postgresql: Server, tmp_path: Path) -> None:
    with postgresql.database(empty=True) as url:
        database = connect(url)
        build(database, "0001")
        database.close()
        create_key(tmp_path / "key")
        house = open_folder(tmp_path / "home", tmp_path / "key", database_url=url)
        assert house.owner().name == "Ada"
        assert tables(house.database) >= SINCE["0001"]
        assert revision_of(house.database) == NEWEST
        house.close()
