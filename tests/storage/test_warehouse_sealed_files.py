"""Sealed Parquet: every range comes back, and nothing is read or changed without the key."""

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.kit.errors import Conflict, NotFound
from drumbeat.storage.sealed_parquet import BLOCK, SealedHandle, SealedParquet

KEY = bytes(range(32))
PLAIN = bytes(i * 31 % 251 for i in range(3 * BLOCK + 1234))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> SealedParquet:
    made = SealedParquet(tmp_path_factory.mktemp("facts"), KEY)
    made.write("sent/202611/a.parquet", PLAIN)
    return made


@settings(max_examples=60, deadline=None)
@given(start=st.integers(0, len(PLAIN) + 10), size=st.integers(0, 2 * BLOCK))
def test_any_range_reads_what_was_written(files: SealedParquet, start: int, size: int) -> None:
    file = files.open("sent/202611/a.parquet")
    assert file.read_at(start, size) == PLAIN[start : start + size]
    file.close()


def test_a_handle_seeks_and_reads_like_a_file(files: SealedParquet) -> None:
    file = files.open("sent/202611/a.parquet")
    handle = SealedHandle(file)
    assert handle.seek(-4, os.SEEK_END) == len(PLAIN) - 4
    assert handle.read() == PLAIN[-4:]
    assert handle.read() == b""
    handle.seek(10)
    handle.seek(5, os.SEEK_CUR)
    assert (handle.read(3), handle.tell()) == (PLAIN[15:18], 18)
    file.close()


def test_threads_that_share_a_handle_do_not_disturb_each_other(files: SealedParquet) -> None:
    file = files.open("sent/202611/a.parquet")
    handle = SealedHandle(file)
    wrong: list[int] = []

    def read(offset: int) -> None:
        for step in range(400):
            start = (offset * 7919 + step * 4099) % (len(PLAIN) - 500)
            handle.seek(start)
            if handle.read(500) != PLAIN[start : start + 500]:
                wrong.append(start)

    threads = [threading.Thread(target=read, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file.close()
    assert not wrong


def test_nothing_of_the_content_lies_on_the_disk(files: SealedParquet) -> None:
    raw = (files.folder / "sent/202611/a.parquet").read_bytes()
    assert PLAIN[:64] not in raw
    assert PLAIN[BLOCK : BLOCK + 64] not in raw


@pytest.mark.parametrize("damage", ["flip", "cut", "swap", "rename", "header"])
def test_a_changed_file_is_refused_by_name(tmp_path: Path, damage: str) -> None:
    files = SealedParquet(tmp_path, KEY)
    files.write("a.parquet", PLAIN)
    path = tmp_path / "a.parquet"
    raw = bytearray(path.read_bytes())
    block = BLOCK + 16
    if damage == "flip":
        raw[100] ^= 1
    elif damage == "cut":
        del raw[-20:]
    elif damage == "swap":
        raw[32 : 32 + block], raw[32 + block : 32 + 2 * block] = (
            raw[32 + block : 32 + 2 * block],
            raw[32 : 32 + block],
        )
    elif damage == "header":
        raw[0] ^= 1
    path.write_bytes(raw)
    name = "a.parquet"
    if damage == "rename":
        name = "b.parquet"
        path.rename(tmp_path / name)
    with pytest.raises(Conflict, match=name):
        _read_all(files, name)


def test_another_key_reads_nothing(tmp_path: Path) -> None:
    SealedParquet(tmp_path, KEY).write("a.parquet", PLAIN)
    with pytest.raises(Conflict, match="another key"):
        _read_all(SealedParquet(tmp_path, bytes(32)), "a.parquet")


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"gone\.parquet"):
        SealedParquet(tmp_path, KEY).open("gone.parquet")


def test_an_open_file_stays_readable_when_it_is_removed(tmp_path: Path) -> None:
    files = SealedParquet(tmp_path, KEY)
    files.write("a.parquet", PLAIN)
    file = files.open("a.parquet")
    files.remove("a.parquet")
    assert file.read_at(0, len(PLAIN)) == PLAIN
    file.close()
    assert files.list_() == []


def _read_all(files: SealedParquet, name: str) -> bytes:
    file = files.open(name)
    try:
        return file.read_at(0, file.size)
    finally:
        file.close()
