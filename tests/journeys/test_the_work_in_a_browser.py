"""From the first run to a result by hand: every step is a page, every page is the real server's."""

import http.client
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.journeys.browsing import Front, chromium, sent_to, served, with_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, with_chromium]

SUBJECTS = ("Winter is coming", "Three things for winter")
PEOPLE = ("mia", "noah", "omar", "lena", "ida", "jan")
BODY = """<p>Hello {{ first_name | default: "there" }}</p>
<p><a href="https://shop.example/winter">See the list</a></p>"""
AGENT = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
LOOKS = 60


def contacts() -> bytes:
    """Six who said yes, one who left, and a row that is no person."""
    rows = [f"{name}@home.example,{name.capitalize()},subscribed" for name in PEOPLE]
    rows += ["eve@home.example,Eve,unsubscribed", "no address,Nobody,subscribed"]
    return "\n".join(["Email,First name,Status", *rows]).encode()


def test_a_newcomer_gets_from_the_first_run_to_a_result(tmp_path: Path) -> None:
    with served(tmp_path / "house") as front, chromium() as browser:
        page = browser.new_page()
        become_owner(page, front)
        import_contacts(page, front)
        write_campaign(page, front)
        look_at_it_as_a_reader(page)
        approve_and_send(page)
        letters = read_the_mail(front)
        front.household.clock.set(front.household.clock() + timedelta(hours=2))
        opened, clicked = react(letters)
        see_the_result(page, opened, clicked)


def become_owner(page: "Page", front: Front) -> None:
    page.goto(front.base)
    page.get_by_role("link", name="Choose address and password").click()
    words = "seven quiet drums at noon"
    for name, value in (
        ("name", "Ada Marin"),
        ("email", "ada@shop.example"),
        ("password", words),
        ("again", words),
    ):
        page.fill(f"[name={name}]", value)
    sent_to(page, "Start")
    assert page.url.endswith("/dashboard")
    assert "three steps away" in page.inner_text("main")


def import_contacts(page: "Page", front: Front) -> None:
    page.get_by_role("link", name="Import contacts").click()
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": contacts()}
    page.set_input_files("#file", [file])  # type: ignore[arg-type]  # its own TypedDict
    page.check("[value=column]")
    page.fill("#column", "Status")
    sent_to(page, "Upload and check")
    page.wait_for_selector("#means")
    shown = page.inner_text("main")
    assert "Nothing has changed yet" in shown
    assert "Row 9" in shown
    sent_to(page, f"Import {len(PEOPLE) + 1} people")
    page.get_by_role("link", name="See the audience").click()
    rows = page.locator("tbody tr")
    assert rows.count() == len(PEOPLE) + 1
    assert "unsubscribed" in rows.filter(has_text="eve@home.example").inner_text()


def write_campaign(page: "Page", front: Front) -> None:
    page.goto(f"{front.base}/campaigns/new")
    page.fill("#name", "Winter letter")
    page.fill("#subject_line", SUBJECTS[0])
    page.fill("#alt_subject_line", SUBJECTS[1])
    page.fill("#content_html", BODY)
    page.fill("#as", "omar@home.example")
    page.frame_locator("#seen .page").get_by_text("Hello Omar").wait_for()
    page.check("[name=mode][value=now]")
    sent_to(page, "Save and plan")
    assert "Waiting for your approval" in page.inner_text("main")


def look_at_it_as_a_reader(page: "Page") -> None:
    """Both subjects, the exclusions by reason, and the mail as somebody in particular gets it."""
    shown = page.inner_text("main")
    assert all(subject in shown for subject in SUBJECTS)
    assert re.search(r"unsubscribed\s+1\b", shown)
    page.fill("[name=as]", "omar@home.example")
    page.select_option("[name=variant]", "1")
    sent_to(page, "Show")
    mail = page.frame_locator(".mail-frame:not(.short)")
    assert mail.get_by_text("Hello Omar").is_visible()


def approve_and_send(page: "Page") -> None:
    """The panel of the delivery follows by itself until everything is sent."""
    sent_to(page, "Approve and send")
    assert "on its way" in page.inner_text(".notice")
    page.wait_for_selector(".figures")
    assert re.search(rf"Sent\s+{len(PEOPLE)}\b", page.inner_text(".figures"))


def read_the_mail(front: Front) -> list[str]:
    """The HTML of everybody's mail, as it lies in the sandbox; both subjects are among them."""
    with front.household.inside() as inside:
        assert sorted(inside.mailed()) == sorted(f"{name}@home.example" for name in PEOPLE)
        arrived = inside.drumbeat.sandbox.arrivals(0, 100)
    assert {mail.subject for mail in arrived} <= set(SUBJECTS)
    from drumbeat.interfaces.web.mail_parts import read_part

    return [read_part(mail.raw, "html") for mail in arrived]


def react(letters: list[str]) -> tuple[int, int]:
    """Four open and two of them click, over HTTP, as their browsers would."""
    for html in letters[:4]:
        assert asked(html, r'src="([^"]+/o/[^"]+)"') == 200
    for html in letters[:2]:
        assert asked(html, r'href="([^"]+/c/\d+/[^"]+)"') in (302, 303, 307)
    return 4, 2


def asked(html: str, what: str) -> int:
    found = re.search(what, html)
    assert found is not None, html
    address = urlsplit(found[1])
    connection = http.client.HTTPConnection(address.netloc)
    connection.request("GET", address.path, headers=AGENT)
    status = connection.getresponse().status
    connection.close()
    return status


def see_the_result(page: "Page", opened: int, clicked: int) -> None:
    """What the front heard is written in batches: it is looked for until it is there."""
    for _ in range(LOOKS):
        page.reload()
        funnel = page.locator("#funnel").locator("..").inner_text()
        steps = {name: int(n) for name, n in re.findall(r"(Opened|Clicked)\s+(\d+)", funnel)}
        if steps == {"Opened": opened, "Clicked": clicked}:
            break
    assert steps == {"Opened": opened, "Clicked": clicked}
    shown = page.inner_text("main")
    assert "too early to name a winner" in shown
    assert "Open rate" in shown
    page.get_by_role("link", name="Recipients").click()
    page.fill("[name=address]", "eve@home.example")
    sent_to(page, "Find")
    row = page.locator("tbody tr").inner_text()
    assert "suppressed" in row
    assert "unsubscribed" in row
