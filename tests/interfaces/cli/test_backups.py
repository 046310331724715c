"""drumbeat backup, restore and db: on the folder itself, and in words when they refuse."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from drumbeat.bootstrap import read_settings
from drumbeat.bootstrap.databases import copy_before
from drumbeat.engine.sending.wire_log import WireLog, boot_id
from drumbeat.storage.migrations import NEWEST
from drumbeat.storage.secrets import load_key
from drumbeat.storage.sqlite import faults_of
from tests.full_disk import no_file_longer_than
from tests.interfaces.cli.conftest import Shell


def contacts(shell: Shell) -> object:
    return shell.done("status", "--json").json()["total_contacts"]


def key_of(shell: Shell) -> Path:
    return Path(shell.environment["DRUMBEAT_KEY_FILE"])


def test_a_folder_that_was_lost_is_restored(people: Shell) -> None:
    campaign = people.campaign()
    people.done("campaigns", "approve", campaign)
    people.done("campaigns", "launch", campaign)
    (people.home / ".env").write_text("DRUMBEAT_SENDER_NAME=The Shop\n")
    told = people.done("backup", "house.backup", "--json").json()
    assert told["key_file"] == str(key_of(people))
    assert b"SQLite format" not in Path("house.backup").read_bytes()
    shutil.rmtree(people.home)

    answer = people.done("restore", "house.backup", "--json").json()
    assert answer["held"] == [
        {"campaign_id": campaign, "name": "Spring letter", "status": "paused"}
    ]
    assert contacts(people) == 3
    shown = people.done("campaigns", "show", campaign, "--json").json()
    assert "restored from a backup" in str(shown["trouble"])
    assert people.done("db", "check").code == 0
    people.done("campaigns", "resume", campaign)
    assert people.done("campaigns", "show", campaign, "--json").json()["status"] == "scheduled"


def test_what_is_there_is_moved_aside_only_when_asked_and_settings_stay(people: Shell) -> None:
    people.done("backup", "house.backup")
    people.write("more.csv", "Email,Status\nnew@example.com,subscribed\n")
    people.done("audience", "import", "more.csv", "--consent", "Status")
    (people.home / "drumbeat.toml").write_text('sender_name = "The Shop"\n')
    refused = people.run("restore", "house.backup")
    assert refused.code == 1
    assert "not empty" in refused.err
    assert contacts(people) == 4
    answer = people.done("restore", "house.backup", "--replace", "--json").json()
    assert contacts(people) == 3
    assert (people.home / "drumbeat.toml").read_text() == 'sender_name = "The Shop"\n'
    assert (Path(str(answer["aside"])) / "drumbeat.db").is_file()


def _other_key(shell: Shell) -> str:
    key_of(shell).write_text("ab" * 32 + "\n")
    return "another key file"


def _no_key(shell: Shell) -> str:
    key_of(shell).unlink()
    return "missing"


def _cut(shell: Shell) -> str:
    whole = Path("house.backup").read_bytes()
    Path("house.backup").write_bytes(whole[: len(whole) // 2])
    return "cut short"


def _no_backup(shell: Shell) -> str:
    Path("house.backup").write_bytes(b"PK\x03\x04 something else" * 100)
    return "no backup of Drumbeat"


def _running_worker(shell: Shell) -> str:
    WireLog(shell.home / "wire" / "engine-1.wire", boot_id())
    return "A worker runs"


@pytest.mark.parametrize("spoil", [_other_key, _no_key, _cut, _no_backup, _running_worker])
def test_a_restore_that_cannot_be_leaves_everything_as_it_was(
    people: Shell, spoil: Callable[[Shell], str]
) -> None:
    people.done("backup", "house.backup")
    said = spoil(people)
    before = sorted(people.home.rglob("*"))
    refused = people.run("restore", "house.backup", "--replace")
    assert refused.code == 1
    assert said in refused.err
    assert "Traceback" not in refused.err
    assert sorted(people.home.rglob("*")) == before
    assert [each.name for each in people.home.parent.glob("home.*")] == []


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("contacts.csv", "is no backup"),
        ("missing/house.backup", "no folder"),
        (".", "is a folder"),
        ("../home/house.backup", "lies in the data folder"),
    ],
)
def test_a_backup_goes_only_where_it_harms_nothing(people: Shell, file: str, said: str) -> None:
    refused = people.run("backup", file)
    assert refused.code == 1
    assert said in refused.err
    assert not list(people.home.glob(".backup-*"))


def test_there_must_be_something_to_back_up(shell: Shell) -> None:
    refused = shell.run("backup", "house.backup")
    assert "no database yet" in refused.err
    assert not shell.home.exists()


def test_a_full_disk_is_told_in_words_and_leaves_no_file(people: Shell) -> None:
    with no_file_longer_than(40_000):
        refused = people.run("backup", "house.backup")
    assert refused.code == 1
    assert "full" in refused.err
    assert "Traceback" not in refused.err
    assert [each.name for each in Path().iterdir() if "house" in each.name] == []
    assert not list(people.home.glob(".backup-*"))


def test_a_disk_that_fills_up_while_restoring_leaves_nothing_behind(people: Shell) -> None:
    people.done("backup", "house.backup")
    shutil.rmtree(people.home)
    with no_file_longer_than(40_000):
        refused = people.run("restore", "house.backup")
    assert refused.code == 1
    assert "full" in refused.err
    assert [each.name for each in people.home.parent.glob("home*")] == []


def test_check_says_which_file_is_damaged(people: Shell) -> None:
    path = people.home / "drumbeat.db"
    content = bytearray(path.read_bytes())
    content[40_000] ^= 1
    path.write_bytes(content)
    found = people.run("db", "check")
    assert found.code == 1
    assert f"FAIL  integrity  {path} is damaged" in found.err


def test_check_names_a_schema_that_is_not_ours(people: Shell) -> None:
    set_revision(people, "9999")
    found = people.run("db", "check", "--json")
    assert found.code == 1
    schema = found.json()["checks"]
    assert isinstance(schema, list)
    assert "install the newer one that made it" in schema[1]["detail"]
    refused = people.run("status")
    assert "which this Drumbeat" in refused.err


def test_check_needs_a_folder(shell: Shell) -> None:
    found = shell.run("db", "check")
    assert found.code == 1
    assert "no database yet" in found.err


def test_upgrading_twice_changes_nothing(people: Shell) -> None:
    for _ in range(2):
        done = people.done("db", "upgrade", "--json").json()
        assert done == {"was": NEWEST, "schema": NEWEST, "copy": None}


def test_an_unknown_schema_is_refused_before_anything_is_copied(people: Shell) -> None:
    set_revision(people, "0000")
    refused = people.run("db", "upgrade")
    assert refused.code == 1
    assert "the schema 0000, which this Drumbeat" in refused.err
    assert not list(people.home.glob("*.before-*"))


def test_the_copy_before_an_upgrade_opens_with_the_same_key(people: Shell) -> None:
    keys = load_key(key_of(people))
    copy = copy_before(read_settings(), keys)
    assert faults_of(copy, keys.derive("database")) == []
    copy.replace(people.home / "drumbeat.db")
    assert contacts(people) == 3


def set_revision(shell: Shell, revision: str) -> None:
    key = load_key(key_of(shell)).derive("database")
    raw = sqlcipher.connect(str(shell.home / "drumbeat.db"), isolation_level=None)
    raw.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    raw.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    raw.close()


def test_moving_needs_to_know_where_to(people: Shell) -> None:
    assert "set DRUMBEAT_DATABASE_URL" in people.run("db", "move").err
    refused = people.run("db", "move", "--to", "postgresql://nobody@127.0.0.1:1/none")
    assert refused.code == 1
    assert "cannot be reached" in refused.err
    assert contacts(people) == 3
    assert os.environ.get("DRUMBEAT_DATABASE_URL") is None
