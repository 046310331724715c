"""What `drumbeat db check` finds on PostgreSQL, and that two upgrades at once agree."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from drumbeat.bootstrap import Settings, open_folder
from drumbeat.bootstrap.databases import check_database, open_existing, upgrade_database
from drumbeat.kit.clock import utc_now
from drumbeat.storage import sqlite
from drumbeat.storage.migrations import NEWEST, revision_of
from drumbeat.storage.secrets import create_key
from tests.postgresql import Server


@pytest.fixture
def settings(postgresql: Server, tmp_path: Path) -> Iterator[Settings]:
    with postgresql.database(empty=True) as url:
        made = Settings(tmp_path / "home", tmp_path / "key", database_url=url)
        open_folder(made.home, made.key_file, database_url=url).close()
        yield made


def wrong(settings: Settings) -> dict[str, str]:
    return {each.check: each.detail for each in check_database(settings) if not each.ok}


@pytest.mark.slow
def test_a_sound_database_is_found_sound_and_a_clock_that_is_off_is_told(
    settings: Settings,
) -> None:
    assert wrong(settings) == {}
    late = list(check_database(settings, lambda: utc_now() - timedelta(minutes=3)))
    assert [each.check for each in late if not each.ok] == ["clock"]
    create_key(settings.key_file.with_name("other"))
    other = replace(settings, key_file=settings.key_file.with_name("other"))
    assert "another key file" in wrong(other)["open"]


@pytest.mark.slow
def test_a_user_without_rights_is_told_which(settings: Settings, postgresql: Server) -> None:
    address = make_url(settings.database_url or "")
    inside = Server(address.render_as_string(hide_password=False))
    user = f"guest_{address.database}"
    inside.run(f"CREATE ROLE {user} LOGIN")
    try:
        inside.run(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {user}")
        inside.run(f"REVOKE INSERT ON approval FROM {user}")
        guest = address.set(username=user).render_as_string(hide_password=False)
        found = wrong(replace(settings, database_url=guest))
        assert found == {"rights": "this user may not read and write approval"}
    finally:
        inside.run(f"DROP OWNED BY {user}")
        inside.run(f"DROP ROLE {user}")


def test_two_upgrades_of_a_new_file_at_once_agree(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home", tmp_path / "key")
    settings.home.mkdir()
    keys = create_key(settings.key_file)
    sqlite.connect(settings.home / "drumbeat.db", keys.derive("database")).close()
    with ThreadPoolExecutor(2) as both:
        done = list(both.map(upgrade_database, [settings, settings]))
    assert {found for found, _ in done} <= {None, NEWEST}
    database, _ = open_existing(settings)
    assert revision_of(database) == NEWEST
    database.close()
