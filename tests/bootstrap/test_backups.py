"""A backup takes the sealed facts that its copy of the database names, or says which is missing."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drumbeat.bootstrap import Settings, open_folder
from drumbeat.bootstrap.backups import back_up, restore
from drumbeat.bootstrap.databases import check_database
from drumbeat.kit.actor import NOBODY, SYSTEM_FACTS
from drumbeat.kit.errors import Conflict
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.accounts import Newcomer, Role
from drumbeat.marketing.events import Fact, Kind
from drumbeat.storage.folder_lock import LOCK_FILE
from drumbeat.storage.secrets import create_key
from tests.conftest import MONDAY_9
from tests.marketing.events.archiving import archive, count_facts, fold_all
from tests.postgresql import Server

PURCHASE = Fact(
    Kind.purchased, MONDAY_9, ContactNo(1), MailingNo(1), value_minor=250, source="shop"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A folder whose two facts lie in one sealed file, and a third that nobody has folded."""
    made = Settings(tmp_path / "home", tmp_path / "key")
    house = open_folder(made.home, made.key_file)
    for facts in ([PURCHASE, PURCHASE], [PURCHASE]):
        with house.begin(SYSTEM_FACTS) as department:
            department.events.record(facts)
        if len(facts) == 2:
            fold_all(house)
            archive(house)
    house.close()
    return made


def sealed(settings: Settings) -> list[Path]:
    return list((settings.home / "facts").rglob("*.parquet"))


def test_every_fact_comes_back_and_the_folder_keeps_its_own(
    settings: Settings, tmp_path: Path
) -> None:
    back_up(settings, tmp_path / "house.backup")
    [file] = sealed(settings)
    assert file.stat().st_nlink == 1, "what was linked for the backup is let go"
    elsewhere = replace(settings, home=tmp_path / "elsewhere")
    restore(elsewhere, tmp_path / "house.backup")
    house = open_folder(elsewhere.home, elsewhere.key_file)
    assert count_facts(house) == (3, 750)
    house.close()
    assert all(each.ok for each in check_database(elsewhere))


def test_a_missing_fact_file_is_told_by_backup_and_check(
    settings: Settings, tmp_path: Path
) -> None:
    [file] = sealed(settings)
    file.unlink()
    with pytest.raises(Conflict, match="drumbeat db check"):
        back_up(settings, tmp_path / "house.backup")
    assert not (tmp_path / "house.backup").exists()
    wrong = [each for each in check_database(settings) if not each.ok]
    assert [each.check for each in wrong] == ["facts"]
    assert file.name in wrong[0].detail


def test_a_newer_backup_takes_the_place_of_an_older_one(settings: Settings, tmp_path: Path) -> None:
    target = tmp_path / "house.backup"
    first, second = back_up(settings, target), back_up(settings, target)
    assert first.made_at < second.made_at
    assert restore(replace(settings, home=tmp_path / "new"), target).contents == second
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "home",
        "house.backup",
        "key",
        "new",
    ]


def test_another_house_s_backup_is_not_overwritten(settings: Settings, tmp_path: Path) -> None:
    target = tmp_path / "house.backup"
    back_up(settings, target)
    before = target.read_bytes()
    create_key(tmp_path / "other")
    other = Settings(tmp_path / "elsewhere", tmp_path / "other")
    open_folder(other.home, other.key_file).close()
    with pytest.raises(Conflict, match=r"another key file.*not overwritten"):
        back_up(other, target)
    assert target.read_bytes() == before


def test_what_a_killed_backup_or_restore_left_stops_nobody(
    settings: Settings, tmp_path: Path
) -> None:
    pid = os.getpid()
    for left in (settings.home / f".backup-{pid}-x", tmp_path / f"new.restoring-{pid}"):
        left.mkdir()
        (left / LOCK_FILE).touch()
    (tmp_path / f".house.backup.{pid}.new").touch()
    back_up(settings, tmp_path / "house.backup")
    restore(replace(settings, home=tmp_path / "new"), tmp_path / "house.backup")
    assert list(settings.home.glob(".backup-*")) == []
    assert list(tmp_path.glob("new.*")) == []


def test_nobody_is_signed_in_after_a_restore_and_programs_are(
    settings: Settings, tmp_path: Path
) -> None:
    house = open_folder(settings.home, settings.key_file)
    with house.begin(house.owner()) as department:
        _, invitation = department.people.add(Newcomer("ada@example.com", Role.MARKETER))
        link = department.accounts.issue_sign_in_link()
        unspent = department.accounts.issue_sign_in_link()
        key = department.accounts.issue_key("shop")
        session = department.accounts.redeem_link(link) or ""
    house.close()
    back_up(settings, tmp_path / "house.backup")
    done = restore(settings, tmp_path / "house.backup", replace_folder=True)
    assert done.ended == 3
    house = open_folder(settings.home, settings.key_file)
    with house.begin(NOBODY) as department:
        assert department.accounts.actor_for_session(session) is None
        assert department.accounts.redeem_link(unspent) is None
        assert department.signing_in.invited(invitation) is None
        assert department.accounts.actor_for_key(key) is not None
    house.close()


@pytest.fixture
def url(postgresql: Server) -> Iterator[str]:
    with postgresql.database(empty=True) as made:
        yield made


@pytest.mark.slow
def test_a_folder_that_cannot_be_moved_aside_leaves_the_server_empty(
    settings: Settings, tmp_path: Path, url: str
) -> None:
    back_up(settings, tmp_path / "house.backup")
    # The name it would have aside is longer than a file system takes.
    fixed = replace(settings, home=tmp_path / ("h" * 230), database_url=url)
    fixed.home.mkdir()
    (fixed.home / "note").touch()
    with pytest.raises(Conflict, match="cannot be moved aside"):
        restore(fixed, tmp_path / "house.backup", replace_folder=True)
    assert (fixed.home / "note").exists()
    elsewhere = replace(fixed, home=tmp_path / "elsewhere")
    restore(elsewhere, tmp_path / "house.backup")
    house = open_folder(elsewhere.home, elsewhere.key_file, database_url=url)
    assert count_facts(house) == (3, 750)
    house.close()


@pytest.mark.slow
def test_a_server_with_rows_leaves_the_folder_under_its_name(
    settings: Settings, tmp_path: Path, url: str
) -> None:
    back_up(settings, tmp_path / "house.backup")
    theirs = replace(settings, home=tmp_path / "theirs", database_url=url)
    house = open_folder(theirs.home, theirs.key_file, database_url=url)
    house.owner()
    house.close()
    (theirs.home / "note").touch()
    before = sorted(theirs.home.rglob("*"))
    with pytest.raises(Conflict, match="not empty"):
        restore(theirs, tmp_path / "house.backup", replace_folder=True)
    assert sorted(theirs.home.rglob("*")) == before
    assert [each.name for each in tmp_path.glob("theirs*")] == ["theirs"]
