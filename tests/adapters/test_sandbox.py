"""The sandbox over a real socket: what is sent is what is read back, and 250 means committed."""

import asyncio
import os
import signal
import smtplib
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.adapters.messengers.sandbox import SandboxCarrier, SandboxInbox, open_mail_folder
from drumbeat.adapters.messengers.sandbox_server import (
    REFUSING_DOMAINS,
    SandboxServer,
    header,
    refusal_of,
)
from drumbeat.adapters.messengers.smtp import SmtpCarrier, SmtpServer
from drumbeat.kit.errors import NotFound
from drumbeat.marketing.delivery.ports import Accepted, Carrier, Deferred, Refused
from drumbeat.marketing.delivery.ports import SandboxInbox as InboxPort
from drumbeat.storage.mail_folder import MailFolder
from tests.adapters.post import MESSAGE, carried, parcel, parcels, run
from tests.conftest import MONDAY_9, HandClock

KEY = b"k" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[MailFolder]:
    opened = open_mail_folder(tmp_path, KEY)
    yield opened
    opened.close()


def test_mail_goes_out_over_smtp_and_lies_in_the_inbox(
    folder: MailFolder, clock: HandClock
) -> None:
    carrier: Carrier = SandboxCarrier(folder, clock)
    inbox: InboxPort = SandboxInbox(folder)
    message = (
        b"From: news@shop.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?q?_an_dich?="
        b"\r\nMessage-ID: <m7@shop.example>\r\n\r\nHi.\r\n.\r\n..\r\n"
    )
    post = run(lambda: carried(carrier, [parcel(7, message=message)]))
    assert post.outcomes == [Accepted("1")]
    mail = inbox.get(1)
    assert inbox.list_(10) == [mail]
    assert (mail.sender, mail.recipient) == ("news@shop.example", "reader7@home.example")
    assert (mail.subject, mail.message_id) == ("Grüße an dich", "<m7@shop.example>")
    assert mail.received_at == MONDAY_9
    assert mail.raw == message


def test_every_parcel_of_many_arrives_once(folder: MailFolder) -> None:
    post = run(lambda: carried(SandboxCarrier(folder), parcels(700)))
    assert all(isinstance(outcome, Accepted) for outcome in post.outcomes)
    arrived = [mail.recipient for mail in SandboxInbox(folder).list_(1000)]
    assert sorted(arrived) == sorted(each.recipient for each in post.pulled)
    assert len(post.written) == 700


def test_the_inbox_is_listed_from_the_newest_by_pages_and_by_reader(folder: MailFolder) -> None:
    run(lambda: carried(SandboxCarrier(folder, connections=1), parcels(5)))
    inbox = SandboxInbox(folder)
    assert inbox.count() == 5
    assert [mail.no for mail in inbox.list_(2)] == [5, 4]
    assert [mail.no for mail in inbox.list_(2, before_no=4)] == [3, 2]
    assert [mail.no for mail in inbox.list_(9, to="Reader2@HOME.example")] == [3]
    assert [mail.no for mail in inbox.arrivals(3, 9)] == [4, 5]
    with pytest.raises(NotFound, match="no mail number 6"):
        inbox.get(6)


def test_recipients_at_the_refusing_domains_bounce_and_nothing_is_kept(
    folder: MailFolder,
) -> None:
    letters = [parcel(no, to=f"a@{domain}") for no, domain in enumerate(REFUSING_DOMAINS)]
    letters += [parcel(8, to="a@mail.Bounce.example"), parcel(9)]
    post = run(lambda: carried(SandboxCarrier(folder, connections=1), letters))
    no_box = Refused("550 5.1.1 There is no such mailbox here", True, 550)
    assert post.outcomes == [
        no_box,
        Refused("550 5.7.1 Mail from this sender is not wanted here", True, 550),
        Deferred("452 4.2.2 The mailbox is full", "recipient"),
        no_box,
        Accepted("1"),
    ]
    assert folder.count() == 1


def test_a_refusing_domain_is_not_guessed_from_its_ending() -> None:
    assert refusal_of("a@trampoline-bounce.example") is None
    assert refusal_of("bounce.example@home.example") is None


BODIES = st.lists(
    st.sampled_from([b".", b"..", b"\r\n", b"a", b" ", b"\x00", b"\xe4", b"x" * 990]), max_size=30
).map(lambda parts: b"Subject: x\r\n\r\n" + b"".join(parts) + b"\r\n")
RAW = st.lists(st.sampled_from([b".", b"\r\n", b"a"]), max_size=8).map(
    lambda parts: b"".join(parts) + b"\r\n"
)


@settings(max_examples=25, deadline=None)
@given(st.lists(BODIES | RAW, min_size=1, max_size=20))
def test_every_message_arrives_byte_for_byte(messages: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = open_mail_folder(Path(home), KEY)
        letters = [parcel(no, message=message) for no, message in enumerate(messages)]
        post = run(lambda: carried(SandboxCarrier(folder, connections=4), letters))
        assert all(isinstance(outcome, Accepted) for outcome in post.outcomes)
        by_reader = {mail.recipient: mail.raw for mail in folder.list_(100)}
        folder.close()
    assert [by_reader[each.recipient] for each in letters] == messages


def test_the_sandbox_understands_other_clients_too(folder: MailFolder, clock: HandClock) -> None:
    def stdlib(port: int) -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.helo("me")
            assert client.docmd("RCPT TO:<a@b.example>")[0] == 503
            assert client.docmd("DATA")[0] == 503
            assert client.docmd("MAIL FROM:oops")[0] == 501
            assert client.docmd("FLY", "away")[0] == 502
            client.ehlo()
            assert client.esmtp_features.keys() >= {"pipelining", "8bitmime", "smtputf8", "size"}
            to = ["a@home.example", "b@home.example", "c@bounce.example"]
            return client.sendmail("", to, "Subject: two\n\n.dot\n")

    async def main() -> dict[str, tuple[int, bytes]]:
        async with SandboxServer(folder, clock) as server:
            return await asyncio.to_thread(stdlib, server.port)

    refused = run(main)
    assert refused == {"c@bounce.example": (550, b"5.1.1 There is no such mailbox here")}
    first, second = folder.arrivals(0, 9)
    assert (first.recipient, second.recipient) == ("a@home.example", "b@home.example")
    assert first.raw == second.raw == b"Subject: two\r\n\r\n.dot\r\n"


def test_a_line_without_end_is_cut_off(folder: MailFolder, clock: HandClock) -> None:
    async def main() -> bytes:
        async with SandboxServer(folder, clock) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"EHLO " + b"x" * 10_000)
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            return answer

    assert b"500 5.5.6" in run(main)


def test_a_disk_that_fails_is_a_452_and_not_a_250(folder: MailFolder) -> None:
    class FullFolder(MailFolder):
        def __init__(self) -> None:
            pass

        def add(self, batch: object) -> list[int]:
            raise OSError(28, "No space left on device")

    post = run(lambda: carried(SandboxCarrier(FullFolder(), connections=1), parcels(50)))
    assert len(post.outcomes) == 3  # the provider's fault, three in a row: the rest stays unpulled
    for outcome in post.outcomes:
        assert isinstance(outcome, Deferred)
        assert outcome.scope == "provider"
        assert outcome.reason.endswith("452 4.3.1 The sandbox could not store that")


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from drumbeat.adapters.messengers.sandbox import SandboxCarrier, open_mail_folder
from drumbeat.marketing.delivery.ports import Accepted
from tests.adapters.post import Post, parcels

class Witness(Post):
    def settle(self, place, outcome):
        assert isinstance(outcome, Accepted)
        os.write(1, f"{place.place}\\n".encode())
        if place.place == 300:
            os.kill(os.getpid(), signal.SIGKILL)

post = Witness(parcels(5000))
carrier = SandboxCarrier(open_mail_folder(Path(sys.argv[1]), b"k" * 32))
asyncio.run(carrier.carry(post.parcels(), post))
"""


def test_every_accepted_mail_survives_kill_9(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    accepted = {f"reader{no}@home.example" for no in done.stdout.decode().split()}
    folder = open_mail_folder(tmp_path, KEY)
    kept = [mail.recipient for mail in folder.list_(10_000)]
    folder.close()
    assert len(accepted) >= 250
    assert accepted <= set(kept)
    assert len(kept) == len(set(kept))


def test_the_inbox_is_read_while_mail_is_coming_in(folder: MailFolder, tmp_path: Path) -> None:
    seen: list[int] = []
    stop = threading.Event()

    def watch() -> None:
        other = open_mail_folder(tmp_path, KEY)
        while not stop.is_set():
            seen.append(other.count())
        other.close()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        run(lambda: carried(SandboxCarrier(folder), parcels(300)))
    finally:
        stop.set()
        watcher.join()
    assert seen == sorted(seen)
    assert folder.count() == 300


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"Subject: plain\r\n\r\n", "plain"),
        (b"SUBJECT:\r\n folded\r\n\tagain\r\nTo: x\r\n\r\n", "folded\tagain"),
        (b"X-Subject: no\r\n\r\nSubject: body\r\n", ""),
        (b"Subject: =?utf-8?b?8J+lgQ==?= beat\r\n\r\n", "🥁 beat"),
        (b"Subject: =?no-such-charset?q?x?=\r\n\r\n", "=?no-such-charset?q?x?="),
        (b"Subject: =?utf-8?b?x?=\r\n\r\n", "=?utf-8?b?x?="),
        ("Subject: größer\r\n\r\n".encode(), "größer"),
        (b"Subject: \xff\r\n\r\n", "\ufffd"),
        (b"", ""),
        (b"\r\n", ""),
    ],
)
def test_a_subject_is_read_from_any_headers(raw: bytes, subject: str) -> None:
    assert header(raw, b"Subject") == subject


@given(st.binary(max_size=200))
def test_no_bytes_make_header_reading_fail(raw: bytes) -> None:
    assert isinstance(header(b"Subject: " + raw, b"Subject"), str)


def test_a_message_of_one_smtp_server_is_the_same_for_the_sandbox(
    folder: MailFolder, clock: HandClock
) -> None:
    """The sandbox's carrier is the ordinary one: it can be pointed at any server."""

    async def main() -> None:
        async with SandboxServer(folder, clock) as server:
            await carried(SmtpCarrier(SmtpServer("127.0.0.1", server.port)), parcels(20))

    run(main)
    assert {mail.raw for mail in folder.list_(99)} == {MESSAGE}
