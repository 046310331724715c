"""A page hears of what moves on one stream, for as long as its person is signed in."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPResponse

import pytest
from starlette.applications import Starlette

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web import Streams, create_web
from drumbeat.interfaces.web.streams import MOST_OF_A_PERSON, MOST_STREAMS
from drumbeat.kit.ids import CampaignId
from drumbeat.kit.result import Again
from drumbeat.marketing.campaigns.pipeline import advance, proceed
from tests.interfaces.serving import serving
from tests.interfaces.web.browser import Browser
from tests.interfaces.web.conftest import add_campaign


@pytest.fixture
def streams() -> Streams:
    return Streams()


@pytest.fixture
def owner(house: Drumbeat, streams: Streams) -> Iterator[Browser]:
    with house.begin(house.owner()) as department:
        link = department.accounts.issue_sign_in_link()
    with serving(Starlette(routes=create_web(house, streams=streams).routes)) as served:
        browser = Browser(served)
        assert browser.get(f"/sign-in?link={link}").status == 303
        yield browser
        streams.ending = lambda: True


@pytest.fixture
def running(peopled: Drumbeat) -> CampaignId:
    campaign_id = add_campaign(peopled)
    with peopled.begin(peopled.owner()) as department:
        department.campaigns.approve(campaign_id)
        department.campaigns.ask_launch(campaign_id)
    proceed(peopled, campaign_id)
    while advance(peopled, campaign_id) == Again():
        pass
    return campaign_id


@contextmanager
def listening(owner: Browser, path: str) -> Iterator[HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", owner.served.port, timeout=60)
    jar = "; ".join(f"{name}={value}" for name, value in owner.cookies.items())
    try:
        connection.request("GET", path, headers={"Cookie": jar})
        yield connection.getresponse()
    finally:
        connection.close()


def heard(stream: HTTPResponse) -> str:
    """What the next event says; "" once the stream has ended."""
    said = []
    while line := stream.readline().decode():
        if line.startswith("data: "):
            said.append(line.removeprefix("data: "))
        elif line == "\n" and said:
            break
    return "".join(said)


def test_a_delivery_is_told_as_it_changes_and_ends_when_nothing_moves(
    peopled: Drumbeat, owner: Browser, running: CampaignId
) -> None:
    with listening(owner, f"/campaigns/{running}/live/stream") as stream:
        assert stream.status == 200
        assert stream.getheader("content-type") == "text/event-stream; charset=utf-8"
        first = heard(stream)
        assert "Delivery so far" in first
        assert f'data-stream="/campaigns/{running}/live/stream?ended=' in first
        with peopled.begin(peopled.owner()) as department:
            department.campaigns.pause(running)
        said = heard(stream)
        while "Paused" not in said:  # its pace was measured meanwhile
            assert said
            said = heard(stream)
        assert "data-stream" not in said
        assert heard(stream) == ""


def test_whoever_is_signed_out_hears_no_more(
    peopled: Drumbeat, owner: Browser, running: CampaignId
) -> None:
    with listening(owner, f"/campaigns/{running}/live/stream") as stream:
        assert heard(stream)
        with peopled.begin(peopled.owner()) as department:
            for session in department.accounts.list_sessions():
                department.accounts.end_session(session.id)
        while heard(stream):
            pass
    with listening(owner, f"/campaigns/{running}/live/stream") as stream:
        assert stream.status == 401


def test_streams_end_when_the_process_is_asked_to(
    peopled: Drumbeat, owner: Browser, running: CampaignId, streams: Streams
) -> None:
    with listening(owner, f"/campaigns/{running}/live/stream") as stream:
        assert heard(stream)
        assert streams.open == 1
        streams.ending = lambda: True
        while heard(stream):
            pass
    with listening(owner, f"/campaigns/{running}/live/stream") as stream:
        assert stream.status == 503


def test_there_are_only_so_many_and_a_page_then_asks_instead(
    peopled: Drumbeat, owner: Browser, running: CampaignId, streams: Streams
) -> None:
    streams.open = MOST_STREAMS
    with listening(owner, f"/campaigns/{running}/live/stream") as stream:
        assert stream.status == 503
    assert owner.get(f"/campaigns/{running}/live").status == 200


def test_a_person_has_only_so_many_and_others_have_theirs(
    peopled: Drumbeat, owner: Browser, running: CampaignId, streams: Streams
) -> None:
    path = f"/campaigns/{running}/live/stream"
    with ExitStack() as listeners:
        for _ in range(MOST_OF_A_PERSON):
            stream = listeners.enter_context(listening(owner, path))
            assert heard(stream)
        refused = listeners.enter_context(listening(owner, path))
        assert refused.status == 503
        assert not streams.full("somebody else")
    assert owner.get(f"/campaigns/{running}/live").status == 200


def test_what_was_refused_takes_no_place(
    peopled: Drumbeat, owner: Browser, streams: Streams
) -> None:
    for _ in range(MOST_OF_A_PERSON + 1):
        with listening(owner, "/campaigns/cmp_0/live/stream") as stream:
            assert stream.status == 404
    assert (streams.open, dict(streams.by_person)) == (0, {})


@pytest.mark.parametrize("path", ["/campaigns/cmp_0/live/stream", "/audience/import/x/stream"])
def test_what_is_not_there_has_no_stream(peopled: Drumbeat, owner: Browser, path: str) -> None:
    with listening(owner, path) as stream:
        assert stream.status == 404


def test_figures_that_nobody_adds_to_are_told_once(
    peopled: Drumbeat, owner: Browser, running: CampaignId
) -> None:
    """Nothing was sent yet: the panel of the delivery, which is inside, has a stream of its own."""
    with listening(owner, f"/campaigns/{running}/figures/stream") as stream:
        assert f'data-stream="/campaigns/{running}/live/stream?ended=' in heard(stream)
        assert heard(stream) == ""
