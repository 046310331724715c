"""Every page in a real browser: no finding of axe (WCAG 2.2 AA), nothing wider than a phone.

axe-core is vendored beside this file, under its own licence.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from drumbeat.adapters.messengers.sandbox import open_mail_folder
from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.result import Again
from drumbeat.marketing.campaigns.pipeline import advance, proceed
from drumbeat.storage.mail_folder import NewMail
from tests.conftest import MONDAY_9
from tests.interfaces.api.test_connectors import SHOPIFY
from tests.interfaces.chromium import IN_CHROMIUM
from tests.interfaces.web.browser import Browser
from tests.interfaces.web.conftest import add_campaign
from tests.interfaces.web.shop import fill_shop
from tests.interfaces.web.test_audience_pages import CSV, page_of, settled, upload
from tests.interfaces.web.test_house_pages import RAW

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page

AXE = Path(__file__).parent / "axe" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)]

pytestmark = IN_CHROMIUM


@pytest.fixture
def pages(peopled: Drumbeat, owner: Browser) -> list[str]:
    """One address of every kind of page, with something on it."""
    waiting, running = add_campaign(peopled, "Waiting"), add_campaign(peopled, "Running")
    with peopled.begin(peopled.owner()) as department:
        department.campaigns.approve(running)
        department.campaigns.ask_launch(running)
    proceed(peopled, running)
    while advance(peopled, running) == Again():
        pass
    folder = open_mail_folder(peopled.home, peopled.office.keys.derive("sandbox"))
    folder.add([NewMail(MONDAY_9, "a@b.example", "ada@example.com", "Hello", "<1@x>", RAW)])
    folder.close()
    segments = "/audience/segments"
    owner.send(segments, segments, by="rfm")
    owner.send("/audience/topics", "/audience/topics", name="Garden tips")
    told = {"name": "The letter", "topics": "marketing", "wording": "Yes.", "double": "1"}
    owner.send("/audience/forms", "/audience/forms", **told)
    building = f"{segments}/new"
    kept = owner.send(building, building, do="save", name="Keen", words="clicked and mailable")
    one = kept.headers["location"].partition("?")[0]
    imported = upload(owner, CSV, consent="column", column="Status").headers["location"]
    settled(owner, imported)
    owner.send(imported, imported)
    settled(owner, imported)
    brought = upload(owner, SHOPIFY.decode(), at="/audience/connect").headers["location"]
    settled(owner, brought)
    return [
        "/dashboard",
        "/campaigns",
        "/campaigns/new",
        f"/campaigns/{waiting}",
        f"/campaigns/{waiting}/edit",
        f"/campaigns/{running}",
        f"/campaigns/{running}/plan",
        f"/campaigns/{running}/recipients",
        "/audience",
        page_of(owner, "ada@example.com"),
        segments,
        "/audience/topics",
        "/audience/forms",
        building,
        f"{segments}/compare",
        f"{building}?segment=Keen",
        f"{one}?why=ada@example.com",
        "/audience/import",
        "/audience/connect",
        brought,
        imported,
        "/sandbox",
        "/sandbox/1",
        "/settings",
        "/docs",
    ]


def looked_at(page: "Page", address: str) -> dict[str, Any]:
    """What axe finds, and how wide the page is."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, address
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, iframes: false})", RULES
    )
    return found


def troubles(
    chromium: "Chromium", of: Browser, pages: list[str], scheme: str, width: int
) -> list[str]:
    """What axe finds on these pages, what is wider than the window, and what the policy blocked."""
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    url = of.base
    context.add_cookies([{"name": n, "value": v, "url": url} for n, v in of.cookies.items()])
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    problems = []
    for path in pages:
        found = looked_at(page, url + path)
        for each in found["violations"]:
            targets = [node["target"] for node in each["nodes"]][:3]
            problems.append(f"{path} {each['id']}: {each['help']} {targets}")
        if page.evaluate("document.documentElement.scrollWidth") > width:
            problems.append(f"{path} is wider than {width} px")
    context.close()
    return problems + [text for text in said if "Content Security Policy" in text]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_page_can_be_used_by_everybody(
    chromium: "Chromium", owner: Browser, pages: list[str], scheme: str, width: int
) -> None:
    found = troubles(chromium, owner, pages, scheme, width)
    assert not found, "\n".join(found)


def test_what_is_looked_at_more_than_read_can_be_used_by_everybody(
    chromium: "Chromium", house: Drumbeat, analyst: Browser
) -> None:
    fill_shop(house)
    at = "/audience/customers"
    shown = [at, f"{at}/journey", f"{at}/groups", f"{at}/likely", f"{at}/likely?deed=click"]
    for scheme, width in LOOKS:
        found = troubles(chromium, analyst, shown, scheme, width)
        assert not found, "\n".join(found)


def test_the_campaign_is_approved_by_keyboard_alone(
    chromium: "Chromium", peopled: Drumbeat, owner: Browser
) -> None:
    campaign_id = add_campaign(peopled)
    context = chromium.new_context()
    context.add_cookies(
        [{"name": n, "value": v, "url": owner.base} for n, v in owner.cookies.items()]
    )
    page = context.new_page()
    page.goto(f"{owner.base}/campaigns/{campaign_id}")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Approve and send":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**said=launched")
    assert "on its way" in page.inner_text(".notice")
    context.close()
