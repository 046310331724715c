"""The public pages in a real browser: axe finds nothing, a phone is wide enough, keys suffice."""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.public import choosing_app
from drumbeat.kit.signing import Recipient
from tests.engine.test_asks import form_of, mails, recipient_of, sign_up, why, work
from tests.interfaces.chromium import IN_CHROMIUM
from tests.interfaces.public.test_choosing import token
from tests.interfaces.serving import Served, serving
from tests.interfaces.web.test_accessible import LOOKS, looked_at

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

pytestmark = IN_CHROMIUM


@pytest.fixture
def served(house: Drumbeat) -> Iterator[Served]:
    with serving(choosing_app(house)) as server:
        yield server


@pytest.fixture
def asked(house: Drumbeat) -> tuple[str, Recipient]:
    """A form's path, and whom a confirmation was sent to."""
    form = form_of(house, ["marketing", "garden-tips"])
    sign_up(house, form, topics=["garden-tips"])
    in_a_thread(house)
    return f"/s/{form.id}", recipient_of(house, mails(house)[0])


def in_a_thread(house: Drumbeat) -> None:
    """What an engine does, where no other event loop runs: a browser keeps one in this thread."""
    working = threading.Thread(target=work, args=(house,))
    working.start()
    working.join()


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_public_page_can_be_used_by_everybody(
    chromium: "Chromium",
    house: Drumbeat,
    served: Served,
    asked: tuple[str, Recipient],
    scheme: str,
    width: int,
) -> None:
    form, recipient = asked
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    problems = []
    for path in (form, f"/confirm/{token(house, recipient)}", f"/p/{token(house, recipient)}"):
        found = looked_at(page, f"http://127.0.0.1:{served.port}{path}")
        problems += [f"{path} {each['id']}: {each['help']}" for each in found["violations"]]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            problems.append(f"{path} is wider than {width} px")
    context.close()
    assert not problems, "\n".join(problems)
    assert not [text for text in said if "Content Security Policy" in text]


def test_somebody_signs_up_by_keyboard_and_their_browser_does_the_work(
    chromium: "Chromium", house: Drumbeat, served: Served
) -> None:
    form = form_of(house, ["marketing", "garden-tips"])
    page = chromium.new_page()
    page.goto(f"http://127.0.0.1:{served.port}/s/{form.id}")
    page.keyboard.press("Tab")
    page.keyboard.type("kay@example.com")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Look into your mailbox").wait_for()
    in_a_thread(house)
    link = f"/confirm/{token(house, recipient_of(house, mails(house)[0]))}"
    page.goto(f"http://127.0.0.1:{served.port}{link}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you").wait_for()
    page.close()
    assert why(house, "kay@example.com") == ""
