"""The key: made once, for its owner only, never replaced."""

import multiprocessing
from pathlib import Path

import pytest

from drumbeat.kit.errors import Conflict
from drumbeat.storage.secrets import KeyRing, create_key, load_key

FORK = multiprocessing.get_context("spawn")


def test_a_key_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "config" / "key"
    ring = create_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert len(ring.master) == 32
    assert [each.name for each in path.parent.iterdir()] == ["key"]


def test_a_key_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "key"
    first = create_key(path)
    text = path.read_bytes()
    assert create_key(path) == first == load_key(path)
    assert path.read_bytes() == text


def make_key(path: Path, made: Path) -> None:
    made.write_bytes(create_key(path).master)


def test_processes_that_make_it_at_once_agree(tmp_path: Path) -> None:
    path = tmp_path / "key"
    made = [tmp_path / f"made{n}" for n in range(4)]
    makers = [FORK.Process(target=make_key, args=(path, each)) for each in made]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert {each.read_bytes() for each in made} == {load_key(path).master}


@pytest.mark.parametrize("text", [b"", b"secret", b"ab" * 31, b"ab" * 33, b"\xff" * 64, b"z" * 64])
def test_a_file_that_is_no_key_is_named_and_left_alone(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(text)
    for open_key in (load_key, create_key):
        with pytest.raises(Conflict, match=str(path)):
            open_key(path)
    assert path.read_bytes() == text


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match=str(tmp_path / "key")):
        load_key(tmp_path / "key")


def test_purposes_and_rings_do_not_share_keys() -> None:
    ring, other = KeyRing(bytes(32)), KeyRing(bytes([1]) * 32)
    keys = [each.derive(purpose) for each in (ring, other) for purpose in ("database", "files")]
    assert len({*keys, ring.master, other.master}) == 6
    assert ring.derive("files") == KeyRing(bytes(32)).derive("files")


def test_equal_addresses_meet_under_one_key_and_nowhere_else() -> None:
    ring, other = KeyRing(bytes(32)), KeyRing(bytes([1]) * 32)
    assert ring.address_key("ada@example.com") == ring.address_key("ada@example.com")
    assert ring.address_key("ada@example.com") != ring.address_key("eve@example.com")
    assert ring.address_key("ada@example.com") != other.address_key("ada@example.com")
