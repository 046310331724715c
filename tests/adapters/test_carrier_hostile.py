"""Input meant to do harm: garbage from the server, commands hidden in addresses and mail."""

import pytest

from drumbeat.marketing.delivery.ports import Accepted, Deferred, Refused, Unknown
from tests.adapters.post import Post, carried, carrier_to, healthy, meet, parcel, run
from tests.fault_server import FaultServer, Peer

GARBAGE = {
    "no code": b"hello there\r\n",
    "binary": bytes(range(128, 256)) + b"\r\n",
    "a code that changes": b"250-yes\r\n550 no\r\n",
    "no space": b"250ok\r\n",
    "ten megabytes without an end": b"2" * 10_000_000,
    "ten megabytes in one line": b"250 " + b"x" * 10_000_000 + b"\r\n",
    "lines without end": b"250-more\r\n" * 10_000,
}


@pytest.mark.parametrize("noise", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_before_the_body_defers(noise: bytes) -> None:
    async def mad(peer: Peer) -> None:
        await peer.welcome()
        await peer.hear()
        await peer.write(noise)
        await peer.hang()

    post, server = meet(mad, healthy, count=2)
    first, second = post.outcomes
    assert isinstance(first, Deferred)
    assert first.scope == "transport"
    assert f"127.0.0.1:{server.port} sent" in first.reason
    assert len(first.reason) < 300
    assert isinstance(second, Accepted)


@pytest.mark.parametrize("noise", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_after_the_body_is_unknown(noise: bytes) -> None:
    async def mad(peer: Peer) -> None:
        await peer.welcome()
        await peer.envelope()
        await peer.hear_body()
        await peer.write(noise)
        await peer.hang()

    post, _ = meet(mad, healthy, count=2)
    assert [type(outcome) for outcome in post.outcomes] == [Unknown, Accepted]


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\r\nRCPT TO:<thief@evil.example>",
        "a@b.example>\r\nDATA",
        "a\n@b.example",
        "a\r@b.example",
        "a@b.example\x00",
        "a b@c.example",
        "<a@b.example>",
        "a" * 300 + "@b.example",
        "\ud800@b.example",
        "nobody",
        "@b.example",
        "a@",
    ],
)
def test_a_dangerous_address_is_refused_and_never_written(address: str) -> None:
    async def main() -> tuple[Post, FaultServer]:
        async with FaultServer(healthy) as server:
            waiting = [
                parcel(0, to=address),
                parcel(1, sender=address) if address != "nobody" else parcel(1, to=address),
                parcel(2),
            ]
            return await carried(carrier_to(server.port), waiting), server

    post, server = run(main)
    first, second, third = post.outcomes
    for refused in (first, second):
        assert isinstance(refused, Refused)
        assert refused.permanent
        assert refused.code == 0
    assert isinstance(third, Accepted)
    assert [line for line in server.heard if line.startswith(("MAIL", "RCPT"))] == [
        "MAIL FROM:<news@shop.example>",
        "RCPT TO:<reader2@home.example>",
    ]


@pytest.mark.parametrize("end", [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\r"])
def test_a_message_with_other_line_ends_than_crlf_is_refused(end: bytes) -> None:
    async def main() -> tuple[Post, FaultServer]:
        smuggled = b"Subject: x\r\n\r\nbody" + end + b"MAIL FROM:<thief@evil.example>\r\n"
        async with FaultServer(healthy) as server:
            return await carried(carrier_to(server.port), [parcel(message=smuggled)]), server

    post, server = run(main)
    assert [type(outcome) for outcome in post.outcomes] == [Refused]
    assert not server.bodies
