"""The sandbox's mail at rest: kept whole, unreadable without the key, shared between processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.kit.errors import Conflict, NotFound
from drumbeat.storage.mail_folder import MailFolder, NewMail
from tests.conftest import MONDAY_9

KEY = b"k" * 32


def mail(no: int = 0, raw: bytes = b"Subject: x\r\n\r\n") -> NewMail:
    to = f"reader{no}@home.example"
    return NewMail(MONDAY_9, "news@shop.example", to, f"Hello {no}", f"<m{no}@shop.example>", raw)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.binary(max_size=500), max_size=10))
def test_mail_is_read_back_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes]
) -> None:
    folder = MailFolder(tmp_path_factory.mktemp("mail") / "sandbox.db", KEY)
    numbers = folder.add([mail(no, raw) for no, raw in enumerate(bodies)])
    assert list(numbers) == list(range(1, len(bodies) + 1))
    assert [stored.raw for stored in folder.arrivals(0, 99)] == bodies
    assert folder.count() == len(bodies)
    folder.close()


def test_numbers_go_on_after_opening_again(tmp_path: Path) -> None:
    for expected in ([1, 2], [3, 4]):
        folder = MailFolder(tmp_path / "sandbox.db", KEY)
        assert list(folder.add([mail(1), mail(2)])) == expected
        folder.close()


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    MailFolder(tmp_path / "sandbox.db", KEY).close()
    with pytest.raises(Conflict, match="cannot be read with this key"):
        MailFolder(tmp_path / "sandbox.db", b"x" * 32)


def test_an_absent_mail_is_not_found(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path / "sandbox.db", KEY)
    with pytest.raises(NotFound):
        folder.get(1)
    folder.close()


def test_no_address_or_word_can_be_read_from_the_files(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path / "sandbox.db", KEY)
    body = b"Subject: Secret offer\r\n\r\nDear reader, " + b"hush " * 20_000
    folder.add([mail(no, body) for no in range(200)])
    before_checkpoint = b"".join(p.read_bytes() for p in sorted(tmp_path.iterdir()))
    folder.close()
    at_rest = b"".join(p.read_bytes() for p in sorted(tmp_path.iterdir()))
    for found in (before_checkpoint, at_rest):
        assert len(found) > 100_000
        for word in (b"reader", b"home.example", b"shop.example", b"Secret", b"SQLite format"):
            assert word not in found


READ = """
import sys
from pathlib import Path
from drumbeat.storage.mail_folder import MailFolder
folder = MailFolder(Path(sys.argv[1]), b"k" * 32)
print(folder.count(), folder.list_(1)[0].recipient)
"""


def test_two_other_processes_read_what_was_just_added(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    folder = MailFolder(path, KEY)
    folder.add([mail(1), mail(2)])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READ, str(path)], stdout=subprocess.PIPE, env=environment
        )
        for _ in range(2)
    ]
    for reader in readers:
        said, _ = reader.communicate()
        assert said.decode().split() == ["2", "reader2@home.example"]
    folder.close()
