"""The archive of a data folder: every byte of it is as it was signed, or it is refused."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drumbeat.kit.errors import Conflict
from drumbeat.storage.archive import Contents, Member, measure, pack, read_contents, unpack
from drumbeat.storage.secrets import KeyRing
from tests.full_disk import no_file_longer_than

KEYS, OTHERS = KeyRing(b"k" * 32), KeyRing(b"o" * 32)
FILES = {"drumbeat.db": b"rows" * 700, "facts/sent/202611/ab.parquet": b"", "files/x": b"\0\1"}
SOON = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    return packed(folder, folder / "house.backup")


def packed(folder: Path, path: Path) -> Path:
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    members = tuple(measure(folder, name) for name in FILES)
    pack(path, contents_of(members), folder, KEYS)
    return path


def contents_of(members: tuple[Member, ...]) -> Contents:
    return Contents("2026-11-02T09:00:00+00:00", "0.1.0", "0001", "sqlite", members)


def test_what_comes_out_is_what_went_in(archive: Path, tmp_path: Path) -> None:
    contents = unpack(archive, KEYS, tmp_path)
    assert {each.name: (tmp_path / each.name).read_bytes() for each in contents.members} == FILES
    assert read_contents(archive, KEYS) == contents
    assert archive.stat().st_mode & 0o777 == 0o600


def test_another_key_is_told_from_damage(archive: Path) -> None:
    with pytest.raises(Conflict, match="another key file"):
        read_contents(archive, OTHERS)


@SOON
@given(data=st.data())
def test_a_changed_byte_is_refused_or_was_padding(
    archive: Path, tmp_path: Path, data: st.DataObject
) -> None:
    whole = archive.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = bytes([whole[place] ^ data.draw(st.integers(1, 255))])
    copy = tmp_path / "changed"
    copy.write_bytes(whole[:place] + changed + whole[place + 1 :])
    try:
        unpack(copy, KEYS, tmp_path / "out")
    except Conflict:
        return
    names = {name: (tmp_path / "out" / name).read_bytes() for name in FILES}
    assert names == FILES, "a byte of nobody's: behind a member, or a header's time"


@SOON
@given(length=st.integers(0, 8_000))
def test_a_cut_archive_is_refused(archive: Path, tmp_path: Path, length: int) -> None:
    whole = archive.read_bytes()
    needed = whole.rindex(FILES["files/x"]) + len(FILES["files/x"])
    copy = tmp_path / "cut"
    copy.write_bytes(whole[: min(length, needed - 1)])
    with pytest.raises(Conflict, match="cut"):
        unpack(copy, KEYS)


def _link(tar: tarfile.TarInfo) -> None:
    tar.type, tar.linkname, tar.size = tarfile.SYMTYPE, "/etc/passwd", 0


def _elsewhere(tar: tarfile.TarInfo) -> None:
    tar.name = "../../outside"


def _device(tar: tarfile.TarInfo) -> None:
    tar.type = tarfile.CHRTYPE


@pytest.mark.parametrize("spoil", [_link, _elsewhere, _device])
def test_a_member_that_is_no_plain_file_of_its_name_is_refused(
    archive: Path, tmp_path: Path, spoil: Callable[[tarfile.TarInfo], None]
) -> None:
    copy = tmp_path / "spoilt"
    with tarfile.open(archive) as whole, tarfile.open(copy, "w") as made:
        for member in whole:
            data = whole.extractfile(member)
            content = b"" if data is None else data.read()
            if member.name == "files/x":
                spoil(member)
            made.addfile(member, io.BytesIO(content))
    with pytest.raises(Conflict, match="files/x"):
        unpack(copy, KEYS, tmp_path / "out")
    assert not (tmp_path / "outside").exists()
    assert not (tmp_path / "out" / "files" / "x").exists()


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "facts/../../x", "a//b", ".env"])
def test_even_a_signed_name_stays_inside(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").write_bytes(b"x")
    member = Member(name, 1, measure(tmp_path, "in").sha256)
    path = tmp_path / "made"
    (tmp_path / "below").mkdir()
    with pytest.raises((Conflict, OSError)):
        pack(path, contents_of((member,)), tmp_path / "below", KEYS)
    assert [each.name for each in tmp_path.iterdir() if "made" in each.name] == []


def test_a_member_behind_the_list_is_refused(archive: Path, tmp_path: Path) -> None:
    copy = tmp_path / "more"
    copy.write_bytes(archive.read_bytes())
    with tarfile.open(copy, "a") as more:
        more.addfile(tarfile.TarInfo("also"), io.BytesIO())
    with pytest.raises(Conflict, match="more than its list"):
        unpack(copy, KEYS)


def test_a_full_disk_leaves_nothing_of_a_new_archive_and_the_old_one_as_it_was(
    tmp_path: Path,
) -> None:
    path = packed(tmp_path, tmp_path / "house.backup")
    before = path.read_bytes()
    with no_file_longer_than(4_000), pytest.raises(OSError, match="too large"):
        packed(tmp_path, path)
    assert path.read_bytes() == before
    assert not [each.name for each in tmp_path.iterdir() if each.name.endswith(".new")]
