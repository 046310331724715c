"""The short way of pixels and links leaves the server's own requests as they were."""

import re
from typing import Any

from starlette.types import Receive, Scope, Send

from drumbeat.interfaces.public.links import LinkTargets
from drumbeat.interfaces.public.quick import Quick, QuickProtocol, quick_protocol
from drumbeat.interfaces.public.tracking import Tracking
from drumbeat.marketing.events import HIDDEN_LINK
from tests.conftest import HandClock
from tests.interfaces.public.test_tracking import SIGNER, TOKEN, Desk
from tests.interfaces.serving import serving


def test_a_request_after_a_pixel_in_one_breath_takes_the_time_it_needs() -> None:
    """Paying the pixel begins the wait for a next request; that one is here already."""
    desk, clock, waits = Desk(silent=True), HandClock(), []
    targets = LinkTargets(desk.look_up, desk.fill, clock)
    app = Tracking(SIGNER, clock, "Tom & <Jerry>", desk.offer, targets, desk.withdraw)
    quick = Quick(app)

    def connection(**options: Any) -> QuickProtocol:
        made.append(QuickProtocol(quick, **options))
        return made[-1]

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            waits.append(made[-1].timeout_keep_alive_task)
        await app(scope, receive, send)

    made: list[QuickProtocol] = []
    one = f"GET /o/{TOKEN}.gif HTTP/1.1\r\nHost: x\r\n\r\n"
    other = "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with serving(slow, connection) as server:
        heard = server.say((one + other).encode())
    assert re.findall(rb"HTTP/1\.1 (\d+)", heard) == [b"200", b"404"]
    assert waits == [None]


def test_the_hidden_link_has_one_answer_whoever_gives_it_and_needs_no_application() -> None:
    desk, clock = Desk(), HandClock()
    targets = LinkTargets(desk.look_up, desk.fill, clock)
    app = Tracking(SIGNER, clock, "Tom & <Jerry>", desk.offer, targets, desk.withdraw)
    answers = []
    for whole, http in ((app, "auto"), (nobody, quick_protocol(app))):
        with serving(whole, http) as server:
            answers.append(server.ask("GET", f"/c/{HIDDEN_LINK}/{TOKEN}"))
    theirs, ours = answers
    assert (ours.status, ours.body) == (200, theirs.body)
    assert {**ours.headers, "date": ""} == {**theirs.headers, "date": ""}
    assert [hit.link_no for hit in desk.hits] == [HIDDEN_LINK, HIDDEN_LINK]


async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] != "http", "the application was asked"
