"""Against servers written by others: aiosmtpd, and postfix's smtp-sink where it is installed."""

import asyncio
import os
import shutil
import socket

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from drumbeat.adapters.messengers.smtp import SmtpCarrier, SmtpServer
from drumbeat.marketing.delivery.ports import Accepted, Deferred, Outcome, Refused, Unknown
from tests.adapters.post import MESSAGE, NEVER, Post, carried, parcel, parcels, run

SINK = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


class Box:
    """An aiosmtpd handler that keeps mail and knows one wrong address."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 5.1.1 Not here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert envelope.original_content is not None
        self.kept[envelope.rcpt_tos[0]] = envelope.original_content
        return f"250 2.0.0 Ok: queued as A{len(self.kept)}"


def test_aiosmtpd_gets_every_byte_and_its_refusals_are_understood() -> None:
    message = MESSAGE + b".\r\n..\r\n.dotted\r\n\r\n" + "häß\r\n".encode()
    letters = [parcel(no, message=message) for no in range(20)]
    letters.insert(7, parcel(99, to="nobody@home.example"))
    letters.append(parcel(100, to="jörg@bücher.example"))
    box = Box()

    async def main() -> Post:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(box, hostname="box.example", enable_SMTPUTF8=True, loop=loop),
            "127.0.0.1",
            0,
        )
        async with server:
            port = server.sockets[0].getsockname()[1]
            address = SmtpServer("127.0.0.1", port, connections=3, timeouts=NEVER)
            return await carried(SmtpCarrier(address), letters)

    post = run(main)
    refused = [o for o in post.outcomes if not isinstance(o, Accepted)]
    assert refused == [Refused("550 5.1.1 Not here", True, 550)]
    assert len(box.kept) == 21
    assert set(box.kept.values()) == {message, MESSAGE}
    assert "jörg@bücher.example" in box.kept


async def to_sink(*options: str, count: int, connections: int) -> Post:
    assert SINK is not None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    user = ["-u", "root"] if os.geteuid() == 0 else []
    sink = await asyncio.create_subprocess_exec(SINK, *user, *options, f"127.0.0.1:{port}", "100")
    try:
        server = SmtpServer("127.0.0.1", port, connections=connections, timeouts=NEVER)
        return await carried(SmtpCarrier(server, pauses=(0.1,) * 50), parcels(count))
    finally:
        sink.terminate()
        await sink.wait()


needs_sink = pytest.mark.skipif(SINK is None, reason="smtp-sink (Debian: postfix) is not installed")


@needs_sink
@pytest.mark.parametrize("options", [[], ["-p"], ["-8"], ["-e"]], ids=" ".join)
def test_postfixs_sink_takes_everything_with_and_without_extensions(options: list[str]) -> None:
    post = run(lambda: to_sink(*options, count=200, connections=4))
    assert len(post.outcomes) == 200
    assert all(isinstance(outcome, Accepted) for outcome in post.outcomes)


@needs_sink
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-f", "rcpt"], [Refused] * 9),
        (["-f", "data"], [Refused] * 9),
        (["-f", "."], [Refused] * 9),
        (["-r", "rcpt"], [Deferred] * 9),
        (["-p", "-r", "rcpt"], [Deferred] * 9),
        (["-f", "mail"], [Deferred] * 3),
        (["-q", "data"], [Deferred] * 3),
        (["-q", "."], [Unknown] * 3),
    ],
    ids=str,
)
def test_postfixs_sink_refuses_or_hangs_up_and_is_understood(
    options: list[str], expected: list[type[Outcome]]
) -> None:
    post = run(lambda: to_sink(*options, count=9, connections=1))
    assert [type(outcome) for outcome in post.outcomes] == expected
