"""The bounce receiver takes mail for our return paths alone, and says 250 after it is kept."""

import asyncio
import smtplib
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from drumbeat.adapters.mailboxes import receiver
from drumbeat.adapters.mailboxes.receiver import Address, Receiver, parse_listen
from drumbeat.kit.errors import Conflict, InvalidInput

OURS = "bounces+token@mail.shop.example"
MAIL = b"From: MAILER-DAEMON@mx.example.com\r\nSubject: failure notice\r\n\r\nGone.\r\n"


class Keeper:
    """Keeps what it is given, unless it is told to fail or to wait."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self.batches: list[int] = []
        self.broken = False
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def __call__(self, raws: Sequence[bytes]) -> None:
        self.entered.set()
        self.gate.wait(30)
        if self.broken:
            raise OSError("No space left on device")
        self.kept += raws
        self.batches.append(len(raws))


def running(keeper: Keeper) -> Receiver:
    def accepts(address: str) -> bool:
        return address.lower() == OURS

    return Receiver(Address("127.0.0.1", 0), accepts, keeper)


@contextmanager
def receiving(keeper: Keeper) -> Iterator[int]:
    with running(keeper) as server:
        yield server.port


def deliver(port: int, mail: bytes = MAIL, *, sender: str = "", to: str = OURS) -> int:
    """The reply's code to the whole mail, or to what was refused before it."""
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.ehlo()
        client.mail(sender)
        code, _ = client.rcpt(to)
        return code if code != 250 else client.data(mail)[0]


def test_a_bounce_is_kept_with_its_envelope_before_it_is_acknowledged() -> None:
    keeper = Keeper()
    with receiving(keeper) as port:
        assert deliver(port) == 250
        trace = f"Return-Path: <>\r\nDelivered-To: {OURS}\r\n".encode()
        assert keeper.kept == [trace + MAIL]
        assert deliver(port, to=OURS.upper()) == 250


@pytest.mark.parametrize(
    "to", ["postmaster@mail.shop.example", "bounces@mail.shop.example", "x@elsewhere.example"]
)
def test_it_takes_nothing_for_anybody_else(to: str) -> None:
    keeper = Keeper()
    with receiving(keeper) as port:
        assert deliver(port, to=to) == 550
    assert keeper.kept == []


def test_what_cannot_be_kept_is_tried_again_by_its_sender() -> None:
    keeper = Keeper()
    keeper.broken = True
    with receiving(keeper) as port:
        assert deliver(port) == 451
        keeper.broken = False
        assert deliver(port) == 250
    assert len(keeper.kept) == 1


class Crowd(list[tuple[bytes, "asyncio.Future[bool]"]]):
    """A queue that tells when `size` mails wait in it."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size, self.complete = size, threading.Event()

    def append(self, mail: tuple[bytes, "asyncio.Future[bool]"]) -> None:
        super().append(mail)
        if len(self) == self.size:
            self.complete.set()


def test_mails_that_wait_share_a_commit() -> None:
    keeper, crowd = Keeper(), Crowd(7)
    keeper.gate.clear()
    with running(keeper) as server, ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(deliver, server.port)]
        assert keeper.entered.wait(30)  # the first is being committed, and nothing waits
        server.waiting = crowd
        sent += [pool.submit(deliver, server.port) for _ in range(7)]
        assert crowd.complete.wait(30)
        keeper.gate.set()
        assert {each.result() for each in sent} == {250}
    assert keeper.batches == [1, 7]


def test_a_commit_takes_so_many_bytes_and_a_mail_only_its_first_megabyte(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keeper = Keeper()
    with receiving(keeper) as port:
        assert deliver(port, mail=MAIL + b"x" * 70 + (b"\r\n" + b"y" * 70) * 20_000) == 250
    assert [len(raw) for raw in keeper.kept] == [1 << 20]
    assert [receiver._fitting(sizes) for sizes in ([1 << 20] * 50, [9 << 20], [100] * 50)] == [
        2,
        1,
        50,
    ]


def test_more_than_can_wait_are_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "MOST_WAITING", 0)
    keeper = Keeper()
    with receiving(keeper) as port:
        assert deliver(port) == 451
    assert keeper.kept == []


def test_too_many_connections_are_told_to_come_back() -> None:
    with receiving(Keeper()) as port:
        held = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(21)]
        try:
            greetings = [each.recv(3) for each in held]
        finally:
            for each in held:
                each.close()
        assert greetings.count(b"421") == 1
        assert deliver(port) in (250, 421)


def test_a_mail_that_is_too_big_is_refused_and_the_next_one_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receiver, "MOST_BYTES", 10_000)
    keeper = Keeper()
    with receiving(keeper) as port:
        assert deliver(port, MAIL + b"x" * 900 + b"\r\n" * 20_000) == 552
        assert deliver(port) == 250
    assert len(keeper.kept) == 1


def test_a_client_that_vanishes_leaves_nothing_behind() -> None:
    keeper = Keeper()
    with receiving(keeper) as port:
        with socket.create_connection(("127.0.0.1", port), 10) as client:
            client.recv(100)
            client.sendall(b"EHLO x\r\n")
            client.recv(1000)
            client.sendall(f"MAIL FROM:<>\r\nRCPT TO:<{OURS}>\r\nDATA\r\n".encode() + MAIL)
        assert deliver(port) == 250
    assert len(keeper.kept) == 1


def test_a_port_that_is_taken_is_told() -> None:
    with receiving(Keeper()) as port, pytest.raises(Conflict, match=str(port)):
        Receiver(Address("127.0.0.1", port), lambda _: True, Keeper()).__enter__()


@pytest.mark.parametrize("text", ["2526", "host:", "host:port", ":25", "host:99999", ""])
def test_a_setting_that_names_no_port_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="DRUMBEAT_BOUNCE_LISTEN"):
        parse_listen(text)
    assert parse_listen("[::1]:2526") == Address("::1", 2526)
