"""Against a server that misbehaves: each parcel pulled is settled, rightly, and only once."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from drumbeat.marketing.delivery.ports import Accepted, Deferred, Parcel, Refused, Unknown
from tests.adapters.post import Post, carried, carrier_to, healthy, meet, parcel, parcels, run
from tests.fault_server import FaultServer, Peer


def test_mail_to_a_healthy_server_is_accepted_under_its_queue_id() -> None:
    post, server = meet(healthy, count=3)
    assert post.outcomes == [Accepted("F1"), Accepted("F2"), Accepted("F3")]
    assert post.written == [each.place for each in post.pulled]
    assert server.heard[-1] == "QUIT"
    assert len(server.peers) == 1


def test_a_refused_connection_costs_one_parcel_and_names_the_server() -> None:
    with socket.socket() as taken:  # bound, never listening: connecting is refused
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        post = run(lambda: carried(carrier_to(port), parcels(500)))
    reason = f"127.0.0.1:{port} refused the connection"
    assert post.outcomes == [Deferred(reason, "transport")]


def test_a_server_that_never_greets_is_given_up() -> None:
    post, server = meet(Peer.hang, count=500, soon=True)
    assert [type(outcome) for outcome in post.outcomes] == [Deferred]
    (outcome,) = post.outcomes
    assert isinstance(outcome, Deferred)
    assert outcome.scope == "transport"
    assert f"127.0.0.1:{server.port} did not answer within" in outcome.reason
    assert not post.written


@pytest.mark.parametrize("greeting", ["554 5.3.2 go away", "421 4.3.2 too busy"])
def test_a_server_that_turns_us_away_is_a_provider_deferral(greeting: str) -> None:
    async def unfriendly(peer: Peer) -> None:
        await peer.say(greeting)
        await peer.hang()

    post, server = meet(unfriendly, count=500)
    expected = f"127.0.0.1:{server.port} turned us away: {greeting}"
    assert post.outcomes == [Deferred(expected, "provider")]


def test_a_recalled_message_is_not_written_and_the_next_one_leaves() -> None:
    waiting = parcels(2)

    async def main() -> tuple[Post, FaultServer]:
        async with FaultServer(healthy, healthy) as server:
            post = Post(waiting, recalled=frozenset({waiting[0].place}))
            await carrier_to(server.port).carry(post.parcels(), post)
            return post, server

    post, server = run(main)
    first, second = post.outcomes
    assert isinstance(first, Deferred)
    assert first.scope == "recipient"
    assert isinstance(second, Accepted)
    assert post.written == [waiting[1].place]
    assert len(server.peers) == 2


def test_a_server_that_hangs_after_the_body_leaves_it_unknown() -> None:
    async def silent(peer: Peer) -> None:
        await peer.welcome()
        await peer.envelope()
        await peer.hear_body()
        await peer.hang()

    post, _ = meet(silent, healthy, count=2, soon=True)
    first, second = post.outcomes
    assert isinstance(first, Unknown)
    assert "did not answer within" in first.reason
    assert isinstance(second, Accepted)


def test_a_connection_cut_after_the_body_leaves_it_unknown() -> None:
    async def cutting(peer: Peer) -> None:
        await peer.welcome()
        await peer.envelope()
        await peer.hear_body()
        peer.cut()

    post, _ = meet(cutting, healthy, count=2)
    assert [type(outcome) for outcome in post.outcomes] == [Unknown, Accepted]


def test_a_reply_cut_in_the_middle_is_no_reply() -> None:
    async def stammering(peer: Peer) -> None:
        await peer.welcome()
        await peer.envelope()
        await peer.hear_body()
        await peer.write(b"250 2.0.0 O")

    post, _ = meet(stammering, healthy, count=2)
    first, _second = post.outcomes
    assert isinstance(first, Unknown)
    assert "in the middle of a reply" in first.reason


def test_a_connection_cut_before_the_body_may_be_tried_again() -> None:
    async def cutting(peer: Peer) -> None:
        await peer.welcome()
        await peer.envelope(data="")
        peer.cut()

    post, _ = meet(cutting, healthy, count=2)
    first, second = post.outcomes
    assert isinstance(first, Deferred)
    assert first.scope == "transport"
    assert isinstance(second, Accepted)
    assert post.written == [post.pulled[1].place]


def test_an_old_connection_that_died_is_replaced_without_a_deferral() -> None:
    async def one_only(peer: Peer) -> None:
        await peer.welcome()
        await peer.take()

    post, server = meet(one_only, count=5)
    assert [type(outcome) for outcome in post.outcomes] == [Accepted] * 5
    assert len(server.bodies) == 5


def test_a_connection_closed_while_waiting_for_work_is_replaced_without_a_deferral() -> None:
    async def main() -> Post:
        client_left = asyncio.Event()

        async def impatient(peer: Peer) -> None:
            await peer.welcome()
            await peer.say("421 4.4.2 Idle for too long")
            peer.shut_half()
            await peer.hang()
            client_left.set()

        post = Post([])

        async def late() -> AsyncIterator[Parcel]:
            await client_left.wait()
            post.pulled.append(parcel())
            yield parcel()

        async with FaultServer(impatient, healthy) as server:
            await carrier_to(server.port).carry(late(), post)
        return post

    assert run(main).outcomes == [Accepted("F1")]


def test_a_4xx_then_a_2xx_defers_one_and_delivers_the_next() -> None:
    async def greylisting(peer: Peer) -> None:
        await peer.welcome()
        await peer.envelope(rcpt="450 4.2.0 Greylisted", data="503 5.5.1 no recipients")
        assert await peer.hear() == "RSET"
        await peer.say("250 ok")
        await peer.take()

    post, _ = meet(greylisting, count=2)
    assert post.outcomes == [Deferred("450 4.2.0 Greylisted", "recipient"), Accepted("F1")]


def test_a_5xx_at_rcpt_is_refused_for_good_and_the_connection_lives_on() -> None:
    async def strict(peer: Peer) -> None:
        await peer.welcome()
        await peer.envelope(rcpt="550 5.1.1 No such user", data="354 go on anyway")
        assert await peer.hear() == "."
        await peer.say("554 5.5.1 No valid recipients")
        assert await peer.hear() == "RSET"
        await peer.say("250 ok")
        await peer.take()

    post, _ = meet(strict, count=2)
    assert post.outcomes == [Refused("550 5.1.1 No such user", True, 550), Accepted("F1")]


def test_a_5xx_after_the_body_is_refused_for_good() -> None:
    async def filtering(peer: Peer) -> None:
        await peer.welcome()
        await peer.take("554 5.7.1 Spam")
        await peer.go_on()

    post, _ = meet(filtering, count=2)
    assert post.outcomes == [Refused("554 5.7.1 Spam", True, 554), Accepted("F2")]


def test_a_421_at_rcpt_is_the_providers_doing() -> None:
    async def closing(peer: Peer) -> None:
        await peer.welcome()
        await peer.hear()
        await peer.say("250 ok", "421 4.7.0 Too many messages")

    post, server = meet(closing, healthy, count=2)
    said = f"127.0.0.1:{server.port} said: 421 4.7.0 Too many messages"
    first, second = post.outcomes
    assert first == Deferred(said, "provider")
    assert isinstance(second, Accepted)


def test_a_refused_sender_burns_three_parcels_and_not_the_list() -> None:
    async def picky(peer: Peer) -> None:
        await peer.welcome()
        while True:
            line = await peer.hear()
            await peer.say("250 ok" if line == "RSET" else "550 5.7.1 Sender not allowed")

    post, _ = meet(picky, count=500)
    assert len(post.outcomes) == 3
    assert all(isinstance(o, Deferred) and o.scope == "provider" for o in post.outcomes)
    assert not post.written


def test_a_server_that_cuts_every_message_makes_three_uncertain_and_not_the_list() -> None:
    async def cutting(peer: Peer) -> None:
        await peer.welcome()
        await peer.envelope()
        await peer.hear_body()
        peer.cut()

    post, _ = meet(cutting, count=500)
    assert [type(outcome) for outcome in post.outcomes] == [Unknown] * 3


def test_a_reply_nobody_asked_for_is_never_taken_for_the_next_messages() -> None:
    async def chatty(peer: Peer) -> None:
        await peer.welcome()
        await peer.envelope()
        await peer.hear_body()
        await peer.say("250 2.0.0 Ok: queued as F1", "250 2.0.0 Ok: queued as F2")
        await peer.hear_all()

    post, server = meet(chatty, healthy, count=2)
    assert [type(outcome) for outcome in post.outcomes] == [Accepted, Accepted]
    assert len(server.bodies) == 2


def test_an_answer_to_data_other_than_354_is_out_of_step() -> None:
    async def confused(peer: Peer) -> None:
        await peer.welcome()
        await peer.envelope(data="250 ok")
        await peer.hear_all()

    post, _ = meet(confused, healthy, count=2)
    first, _second = post.outcomes
    assert isinstance(first, Deferred)
    assert "out of step" in first.reason
    assert post.pulled[0].place not in post.written


def test_a_half_closed_socket_after_the_body_is_unknown_and_not_a_hang() -> None:
    async def half(peer: Peer) -> None:
        await peer.welcome()
        await peer.envelope()
        await peer.hear_body()
        peer.shut_half()
        await peer.hang()

    post, _ = meet(half, healthy, count=2)
    assert [type(outcome) for outcome in post.outcomes] == [Unknown, Accepted]


def test_a_half_closed_socket_right_after_250_counts_as_accepted() -> None:
    async def brisk(peer: Peer) -> None:
        await peer.welcome()
        await peer.take()
        peer.shut_half()
        await peer.hang()

    post, _ = meet(brisk, count=3)
    assert post.outcomes == [Accepted("F1")] * 3


def test_without_pipelining_commands_go_one_at_a_time() -> None:
    async def old(peer: Peer) -> None:
        await peer.welcome("8BITMIME")
        for answer in ("250 ok", "550 5.1.1 no", "250 ok", "250 ok", "250 ok", "354 go"):
            await peer.hear()
            assert not peer.more_waits()
            await peer.say(answer)
        await peer.hear_body()
        await peer.say("250 ok")

    post, server = meet(old, count=2)
    assert post.outcomes == [Refused("550 5.1.1 no", True, 550), Accepted("")]
    heard = [line.partition(" ")[0] for line in server.peers[0].heard]
    assert heard == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA"]


def test_a_message_of_twenty_megabytes_goes_through() -> None:
    async def main() -> Post:
        big = parcel(message=b"Subject: big\r\n\r\n" + b"x" * 20_000_000 + b"\r\n")
        async with FaultServer(healthy) as server:
            return await carried(carrier_to(server.port), [big])

    assert run(main).outcomes == [Accepted("F1")]


def test_cancelling_settles_what_was_begun_as_unknown() -> None:
    async def main() -> Post:
        begun = asyncio.Event()

        async def stalling(peer: Peer) -> None:
            await peer.welcome()
            await peer.envelope()
            await peer.hear_body()
            begun.set()
            await peer.hang()

        async with FaultServer(stalling) as server:
            post = Post(parcels(5))
            work = asyncio.create_task(carrier_to(server.port).carry(post.parcels(), post))
            await begun.wait()
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work
            return post

    post = run(main)
    assert [type(outcome) for outcome in post.outcomes] == [Unknown]


def test_an_iterator_that_fails_is_heard_after_the_rest_is_settled() -> None:
    class Broken(Exception):
        pass

    async def main() -> Post:
        async with FaultServer(healthy) as server:
            post = Post([])

            async def two_then_broken() -> AsyncIterator[Parcel]:
                for each in parcels(2):
                    post.pulled.append(each)
                    yield each
                raise Broken

            carrier = carrier_to(server.port, connections=2)
            with pytest.raises(Broken):
                await carrier.carry(two_then_broken(), post)
            return post

    assert [type(outcome) for outcome in run(main).outcomes] == [Accepted, Accepted]


def test_a_server_that_allows_fewer_connections_than_asked_for_is_used_as_it_allows() -> None:
    async def full(peer: Peer) -> None:
        await peer.say("421 4.7.0 Too many connections")

    async def main() -> Post:
        async with FaultServer(healthy, full) as server:
            return await carried(carrier_to(server.port, connections=8), parcels(40))

    assert all(isinstance(outcome, Accepted) for outcome in run(main).outcomes)
