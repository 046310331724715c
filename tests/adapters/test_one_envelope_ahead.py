"""Byte by byte: a body and the next envelope are one write, and every reply is read first."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable

import pytest

from drumbeat.marketing.delivery.ports import (
    Accepted,
    Deferred,
    Outcome,
    Parcel,
    Refused,
    Unknown,
)
from tests.adapters.post import Post, carrier_to, healthy, parcel, parcels, run
from tests.fault_server import FaultServer, Peer


class Stack(Post):
    """Parcels that are at hand; each one pulled is noted."""

    def __init__(self, waiting: Iterable[Parcel]) -> None:
        super().__init__(list(waiting))
        self._left = list(self.waiting)

    def __aiter__(self) -> AsyncIterator[Parcel]:
        return self

    async def __anext__(self) -> Parcel:
        found = self.at_hand()
        if found is None:
            raise StopAsyncIteration
        return found

    def at_hand(self) -> Parcel | None:
        if not self._left:
            return None
        self.pulled.append(self._left.pop(0))
        return self.pulled[-1]


def meet(
    *scripts: Callable[[Peer], object],
    count: int,
    spoil: Callable[[Stack], None] = lambda stack: None,
    connections: int = 1,
) -> tuple[Stack, FaultServer]:
    async def main() -> tuple[Stack, FaultServer]:
        stack = Stack(parcels(count))
        spoil(stack)
        async with FaultServer(*scripts) as server:  # type: ignore[arg-type]
            await carrier_to(server.port, connections=connections).carry(stack, stack)
            return stack, server

    return run(main)


def kinds(post: Post) -> list[type[Outcome]]:
    return [type(outcome) for outcome in post.outcomes]


async def take_ahead(peer: Peer, answer: str = "250 2.0.0 Ok: queued as F2") -> None:
    """A body, and the envelope that came with it, answered in one breath."""
    await peer.hear_body()
    for _ in range(3):
        await peer.hear()
    await peer.say(answer, "250 ok", "250 ok", "354 go")


async def proven(peer: Peer) -> None:
    """The first message of a connection, and the envelope of the second."""
    await peer.welcome()
    await peer.take("250 2.0.0 Ok: queued as F1")
    await peer.envelope()


def test_a_thousand_messages_cost_hardly_more_than_one_round_trip_each() -> None:
    rounds = 0

    async def counting(peer: Peer) -> None:
        """Answers only when the client has said all it has to say: each answer is a round."""
        nonlocal rounds
        await peer.welcome()
        rounds += 2
        answers: list[str] = []
        while True:
            verb = (await peer.hear())[:4]
            answers.append({"DATA": "354 go", "QUIT": "221 bye"}.get(verb, "250 ok"))
            if not peer.more_waits():
                await peer.say(*answers)
                answers.clear()
                rounds += 1
                if verb == "QUIT":
                    return
                if verb == "DATA":
                    await peer.hear_body()
                    answers.append("250 ok")
                    if not peer.more_waits():
                        await asyncio.sleep(0)  # what was written with it may still be on its way
                    if not peer.more_waits():
                        await peer.say(*answers)
                        answers.clear()
                        rounds += 1

    stack, server = meet(counting, count=1000)
    assert set(kinds(stack)) == {Accepted}
    assert len(server.bodies) == 1000
    assert rounds <= 1.05 * 1000


def test_the_body_and_the_next_envelope_arrive_together() -> None:
    async def watching(peer: Peer) -> None:
        await proven(peer)
        await take_ahead(peer)  # hears the third envelope although the second body is unanswered
        await peer.hear_body()
        assert not peer.more_waits()
        await peer.say("250 2.0.0 Ok: queued as F3")
        await peer.hear()

    stack, server = meet(watching, count=3)
    assert stack.outcomes == [Accepted("F1"), Accepted("F2"), Accepted("F3")]
    assert [line[:4] for line in server.heard] == ["EHLO", *["MAIL", "RCPT", "DATA"] * 3, "QUIT"]


def test_nothing_goes_ahead_before_a_connection_has_proven_itself() -> None:
    async def watching(peer: Peer) -> None:
        await peer.welcome()
        await peer.envelope()
        await peer.hear_body()
        assert not peer.more_waits()
        await peer.say("250 ok")
        await peer.go_on()

    stack, _ = meet(watching, count=3)
    assert kinds(stack) == [Accepted] * 3


def test_without_pipelining_nothing_goes_ahead() -> None:
    async def old(peer: Peer) -> None:
        await peer.welcome("8BITMIME")
        for _ in range(3):
            for answer in ("250 ok", "250 ok", "354 go"):
                await peer.hear()
                assert not peer.more_waits()
                await peer.say(answer)
            await peer.hear_body()
            assert not peer.more_waits()
            await peer.say("250 ok")
        await peer.hear()

    stack, _ = meet(old, count=3)
    assert kinds(stack) == [Accepted] * 3


def test_bdat_is_never_said_unasked() -> None:
    async def chunking(peer: Peer) -> None:
        await peer.welcome("PIPELINING", "CHUNKING")
        await peer.go_on()

    _, server = meet(chunking, count=5)
    assert not any(line.startswith("BDAT") for line in server.heard)
    assert len(server.bodies) == 5


@pytest.mark.parametrize("data", ["354 go on anyway", "503 5.5.1 no recipients"])
def test_a_refusal_of_an_envelope_sent_ahead_ends_with_an_empty_body(data: str) -> None:
    async def strict(peer: Peer) -> None:
        await proven(peer)
        await peer.hear_body()
        for _ in range(3):
            await peer.hear()
        await peer.say("250 2.0.0 Ok: queued as F2", "250 ok", "550 5.1.1 No such user", data)
        if data.startswith("354"):
            assert await peer.hear() == "."
            await peer.say("554 5.5.1 No valid recipients")
        assert await peer.hear() == "RSET"
        await peer.say("250 ok")
        await peer.go_on()

    stack, server = meet(strict, count=5)
    refused = Refused("550 5.1.1 No such user", True, 550)
    assert stack.outcomes[:3] == [Accepted("F1"), Accepted("F2"), refused]
    assert kinds(stack)[3:] == [Accepted, Accepted]
    assert stack.pulled[2].place not in stack.written
    assert len(server.bodies) == 4


def test_a_message_refused_after_its_body_leaves_the_envelope_behind_it_in_force() -> None:
    async def filtering(peer: Peer) -> None:
        await proven(peer)
        await take_ahead(peer, "554 5.7.1 Spam")
        await peer.hear_body()
        await peer.say("250 ok")
        await peer.go_on()

    stack, _ = meet(filtering, count=4)
    assert kinds(stack) == [Accepted, Refused, Accepted, Accepted]


def test_a_cut_after_the_body_makes_one_uncertain_and_the_one_ahead_leaves_elsewhere() -> None:
    async def cutting(peer: Peer) -> None:
        await proven(peer)
        await peer.hear_body()
        for _ in range(3):
            await peer.hear()
        peer.cut()

    stack, server = meet(cutting, healthy, count=4)
    assert kinds(stack) == [Accepted, Unknown, Accepted, Accepted]
    assert [place.place for place in stack.written] == [0, 1, 2, 3]
    assert len(server.peers) == 2


def test_a_cut_between_the_answer_and_the_envelope_costs_nobody_anything() -> None:
    async def cutting(peer: Peer) -> None:
        await proven(peer)
        await peer.hear_body()
        for _ in range(3):
            await peer.hear()
        await peer.say("250 ok", "250 ok")
        peer.shut_half()
        await peer.hang()

    stack, _ = meet(cutting, healthy, count=4)
    assert kinds(stack) == [Accepted] * 4


def test_a_recall_of_the_one_ahead_writes_nothing_of_it() -> None:
    def leave(stack: Stack) -> None:
        stack.recalled = frozenset({stack._left[2].place})

    async def watching(peer: Peer) -> None:
        await proven(peer)
        await take_ahead(peer)
        await peer.hear_all()

    stack, server = meet(watching, healthy, count=5, spoil=leave)
    assert kinds(stack) == [Accepted, Accepted, Deferred, Accepted, Accepted]
    assert [place.place for place in stack.written] == [0, 1, 3, 4]
    assert len(server.bodies) == 4
    assert len(server.peers) == 2


@pytest.mark.parametrize(
    "answers",
    [
        ("250 ok", "250 ok", "250 ok", "250 ok"),
        ("250 ok", "250 ok", "250 ok", "354 go", "250 more"),
        ("hello", "250 ok", "250 ok", "354 go"),
        ("354 go", "250 ok", "250 ok", "354 go"),
    ],
)
def test_a_server_out_of_step_is_left_before_another_body(answers: tuple[str, ...]) -> None:
    async def confused(peer: Peer) -> None:
        await proven(peer)
        await peer.hear_body()
        for _ in range(3):
            await peer.hear()
        await peer.say(*answers)
        await peer.hear_all()

    stack, server = meet(confused, healthy, count=4)
    assert len(server.peers[0].bodies) == 2
    assert kinds(stack)[0] is Accepted
    assert kinds(stack)[1] in (Accepted, Unknown)
    assert kinds(stack)[2:] == [Accepted, Accepted]


def test_after_a_setback_one_body_at_a_time_shows_whose_fault_it_is() -> None:
    async def cutting(peer: Peer) -> None:
        await proven(peer)
        await peer.hear_body()
        peer.cut()

    async def watching(peer: Peer) -> None:
        await peer.welcome()
        await peer.envelope()
        await peer.hear_body()
        peer.cut()

    stack, _ = meet(cutting, watching, count=500)
    assert kinds(stack) == [Accepted, Unknown, Unknown, Unknown]


def test_a_receipt_that_cannot_be_kept_ends_the_carrying_with_its_reason() -> None:
    class Full(Stack):
        def settle(self, place: object, outcome: Outcome) -> None:
            if len(self.settled) == 2:
                raise OSError("No space left on device")
            super().settle(place, outcome)  # type: ignore[arg-type]

    async def main() -> Full:
        stack = Full(parcels(9))
        async with FaultServer(healthy) as server:
            with pytest.raises(OSError, match="No space left"):
                await carrier_to(server.port).carry(stack, stack)
        return stack

    stack = run(main)
    assert len(stack.pulled) <= 4


def test_what_may_not_be_written_is_refused_while_the_others_go_ahead() -> None:
    def poison(stack: Stack) -> None:
        stack._left[2] = parcel(2, to="a@b.example>\r\nDATA")

    stack, server = meet(healthy, count=5, spoil=poison)
    assert sorted(k.__name__ for k in kinds(stack)) == ["Accepted"] * 4 + ["Refused"]
    assert len(server.bodies) == 4


def test_many_connections_settle_everything_once() -> None:
    stack, server = meet(healthy, count=300, connections=7)
    assert kinds(stack) == [Accepted] * 300
    assert len(server.bodies) == 300
