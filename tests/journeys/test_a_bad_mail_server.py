"""A mail server that refuses, hangs, drops or is not there: named at once, and nothing is lost."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.fault_server import FaultServer, Peer, Script
from tests.journeys.household import SENDER, Household
from tests.journeys.postbox import Postbox, free_port, listening

pytestmark = pytest.mark.slow

PEOPLE = ["ada@example.com", "bob@example.com", "eve@example.com"]


async def refuses(peer: Peer) -> None:
    await peer.say("554 5.7.1 no service for you")
    await peer.hear_all()


async def hangs(peer: Peer) -> None:
    await peer.hang()


async def drops(peer: Peer) -> None:
    peer.cut()


@pytest.fixture
def household(home: Household) -> Household:
    port = free_port()
    home.settings |= SENDER
    home.settings["DRUMBEAT_SMTP_URL"] = f"smtp://127.0.0.1:{port}?timeout=0.3&connections=2"
    with home.inside() as inside:
        inside.invite(PEOPLE)
    return home


@pytest.mark.parametrize("script", [refuses, hangs, drops, None])
def test_it_is_named_nothing_is_lost_and_a_later_run_sends_the_rest(
    household: Household, script: Script | None
) -> None:
    with household.inside() as inside:
        campaign = inside.launch()
        assert inside.drumbeat.mail_server is not None
        server = inside.drumbeat.mail_server.address
    with broken(script, port_of(server)):
        ran = household.run("worker", "--until-idle", code=1)
    [said] = ran.stderr.splitlines()
    assert server in said
    with household.inside() as inside:
        assert inside.ledger(campaign)["planned"] == len(PEOPLE)
        assert server in str(inside.show(campaign)["trouble"])
    postbox = Postbox()
    with listening(postbox, port_of(server)):
        household.run("worker", "--until-idle")
    assert sorted(postbox.order) == PEOPLE
    with household.inside() as inside:
        assert inside.ledger(campaign)["sent"] == len(PEOPLE)
        assert inside.show(campaign)["trouble"] is None


def test_waiting_for_the_workflow_fails_with_it_and_what_is_cancelled_then_is_countable(
    household: Household,
) -> None:
    request = household.request(approve=True)
    ran = household.run("workflow", "email", request, "--wait", "--json", code=1)
    assert ran.stdout == ""
    assert "127.0.0.1" in ran.stderr
    with household.inside() as inside:
        drumbeat = inside.drumbeat
        with drumbeat.begin(drumbeat.owner()) as department:
            [campaign] = department.campaigns.list_()
            department.campaigns.cancel(campaign.id)
    household.run("worker", "--until-idle")
    answer = household.ask("campaigns", "ledger", campaign.id)
    assert answer["reasons"] == {"cancelled": len(PEOPLE)}


def port_of(server: str) -> int:
    return int(server.rpartition(":")[2])


@contextmanager
def broken(script: Script | None, port: int) -> Iterator[None]:
    """A server that misbehaves, in a thread of its own; None: nobody listens there."""
    if script is None:
        yield
        return
    loop, server = asyncio.new_event_loop(), FaultServer(script)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.listen(port), loop).result(10)
        yield
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
