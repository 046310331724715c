"""A backup takes the sealed facts that its copy of the database names, or says which is missing."""

from dataclasses import replace
from pathlib import Path

import pytest

from drumbeat.bootstrap import Settings, open_folder
from drumbeat.bootstrap.backups import back_up, restore
from drumbeat.bootstrap.databases import check_database
from drumbeat.kit.actor import SYSTEM_FACTS
from drumbeat.kit.errors import Conflict
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.events import Fact, Kind
from tests.conftest import MONDAY_9
from tests.marketing.events.archiving import archive, count_facts, fold_all

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
