"""Sealed files: whole or absent, unreadable without the key, and a change is noticed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.kit.errors import Conflict, NotFound
from drumbeat.storage.files import SealedFiles
from tests.full_disk import no_file_longer_than

KEY = bytes(range(32))
DIES = """
import os, pathlib, sys
from drumbeat.storage.files import SealedFiles
pathlib.Path.replace = lambda *_: os.kill(os.getpid(), 9)
SealedFiles(pathlib.Path(sys.argv[1]), bytes.fromhex(sys.argv[2])).write("plan", b"new")
"""
PLAN = b"send to ada@example.com at nine"


@pytest.fixture
def files(tmp_path: Path) -> SealedFiles:
    return SealedFiles(tmp_path / "files", KEY)


def test_what_was_written_is_read_and_nobody_else_can_read_it(files: SealedFiles) -> None:
    files.write("plans/7", PLAN)
    assert files.read("plans/7") == PLAN
    assert b"ada" not in (files.folder / "plans/7").read_bytes()
    with pytest.raises(Conflict, match="plans/7"):
        SealedFiles(files.folder, bytes(32)).read("plans/7")


def test_the_same_content_is_never_sealed_alike(files: SealedFiles) -> None:
    files.write("one", PLAN)
    files.write("two", PLAN)
    assert (files.folder / "one").read_bytes() != (files.folder / "two").read_bytes()


@given(st.data())
def test_any_changed_byte_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    files = SealedFiles(tmp_path_factory.mktemp("files"), KEY)
    files.write("plan", PLAN)
    path = files.folder / "plan"
    sealed = bytearray(path.read_bytes())
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(sealed)
    with pytest.raises(Conflict, match="damaged"):
        files.read("plan")


def test_any_truncated_file_is_noticed(files: SealedFiles) -> None:
    files.write("plan", PLAN)
    path = files.folder / "plan"
    sealed = path.read_bytes()
    for length in range(len(sealed)):
        path.write_bytes(sealed[:length])
        with pytest.raises(Conflict, match="damaged"):
            files.read("plan")


def test_a_file_under_another_name_is_noticed(files: SealedFiles) -> None:
    files.write("plans/7", PLAN)
    (files.folder / "plans/7").rename(files.folder / "plans/8")
    with pytest.raises(Conflict):
        files.read("plans/8")
    with pytest.raises(NotFound, match="plans/7"):
        files.read("plans/7")


def test_a_writer_killed_before_the_rename_leaves_the_old_file(files: SealedFiles) -> None:
    files.write("plan", b"old")
    killed = subprocess.run([sys.executable, "-c", DIES, str(files.folder), KEY.hex()], check=False)
    assert killed.returncode == -9
    assert files.read("plan") == b"old"
    files.write("plan", b"newer")
    assert files.read("plan") == b"newer"


def test_a_full_disk_leaves_the_old_file_and_no_rest(files: SealedFiles) -> None:
    files.write("plan", b"old")
    with no_file_longer_than(100), pytest.raises(OSError, match="too large"):
        files.write("plan", bytes(500))
    assert files.read("plan") == b"old"
    assert files.list_("") == ["plan"]


def test_the_folders_of_a_new_file_are_synced_too(
    files: SealedFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr("os.fsync", lambda handle: synced.append(os.readlink(f"/dev/fd/{handle}")))
    files.write("plans/7", PLAN)
    folders = [str(files.folder / "plans"), str(files.folder), str(files.folder.parent)]
    assert synced[1:] == folders


def test_files_are_listed_by_name_and_removed_once(files: SealedFiles) -> None:
    for name in ("plans/2", "plans/1", "other/3"):
        files.write(name, PLAN)
    assert files.list_("plans") == ["plans/1", "plans/2"]
    files.remove("plans/1")
    files.remove("plans/1")
    assert files.list_("plans") == ["plans/2"]
    assert files.list_("nowhere") == []
