"""Writes a picture of every page into docs/screenshots: light, dark, and as wide as a phone.

    make screenshots        needs Chromium; takes about two minutes

The pages are those of `drumbeat serve` on the demo's simulated market, with its clock and its seed,
so that the same code draws the same pictures. Only the data folder's name is replaced in them.
"""

import base64
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from drumbeat.interfaces.demo.request import REQUEST
from drumbeat.interfaces.demo.story import POLL, STEP, Stage, run_campaign, stage
from drumbeat.interfaces.demo.telling import Telling
from drumbeat.interfaces.sdk.client import JsonObject
from drumbeat.interfaces.serve import free_port
from drumbeat.kit.ids import CampaignId

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Page

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
SHOWN_AS = "/srv/drumbeat"
SEED, CONTACTS = 7, 3_000
WIDTH, PHONE, HEIGHT, TALLEST = 1280, 360, 800, 2600
QUALITY = 68
OWNER = {"name": "Ada Marin", "email": "ada@cornershop.example"}
PASSWORD = "seven quiet drums at noon"
UNDERWAY = ".live[data-pause='1500'], [data-later] a[href$='?whole=1']"
PATIENCE = 120_000.0
LOOKS = (("light", "light", WIDTH), ("dark", "dark", WIDTH), ("phone", "light", PHONE))
NO_PICTURE = {
    "/campaigns/new/preview": "the form of a new campaign again",
    "/campaigns/{campaign_id}/edit/preview": "the form of a change again",
    "/campaigns/drafts/{key}": "a mail by itself, as the form frames it",
    "/campaigns/{campaign_id}/preview": "a mail by itself, as the campaign's page frames it",
    "/campaigns/{campaign_id}/figures": "a part of the campaign's page",
    "/campaigns/{campaign_id}/live": "a part of the campaign's page",
    "/campaigns/{campaign_id}/checks": "a part of the campaign's page",
    "/campaigns/{campaign_id}/tests": "a part of the campaign's page",
    "/audience/export": "a file",
    "/audience/contacts/{contact_id}/everything": "a file",
    "/audience/contacts/{contact_id}/deeds": "a part of the page of a contact",
    "/audience/segments/live": "a part of the page of segments",
    "/audience/connect/{key}": "like the page of an import",
    "/audience/import/{key}/live": "a part of the page of an import",
    "/audience/import/{key}/rejected": "a file",
    "/audience/import/{key}": "pictured as import-check, after its form was sent",
    "/sandbox/{number}/html": "a mail by itself, as the sandbox frames it",
    "/settings/senders/check": "the page of senders again",
}
LIST = """Email,First name,City,Status,Shoe size
mia@home.example,Mia,Ghent,subscribed,38
noah@home.example,Noah,Lyon,subscribed,44
not an address,Zoe,Porto,subscribed,39
lena@home.example,Lena,Graz,unsubscribed,40
omar@home.example,Omar,Turin,subscribed,43
"""


@dataclass(frozen=True)
class Studio:
    """The running server, and one signed-in browser of each look."""

    on: Stage
    pages: dict[str, "Page"]

    @property
    def base(self) -> str:
        return self.on.settings.public_url or ""

    def take(self, name: str, path: str, *, then: str = "") -> None:
        """One picture a look; `then` is a selector to open, such as a fold's summary."""
        for look, page in self.pages.items():
            page.goto(self.base + path)
            if then:
                page.click(then)
            # What is worked out beside the page appears by itself; a panel with a pause of its own
            # that only keeps counts fresh never ends.
            page.wait_for_selector(f"main:not(:has({UNDERWAY}))", timeout=PATIENCE)
            if page.query_selector("script[src$='writing.js']"):  # it asks for the preview itself
                page.wait_for_selector(".look:not(.busy) #seen iframe")
            self._keep(page, f"{name}-{look}")

    def _keep(self, page: "Page", name: str) -> None:
        folder = str(self.on.settings.home.parent)
        page.evaluate(_RENAME, [folder, SHOWN_AS])
        page.evaluate("document.fonts.ready")
        width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
        # The whole page in view: a frame that is outside of it is not painted.
        page.set_viewport_size({"width": width, "height": min(height, TALLEST)})
        wire = page.context.new_cdp_session(page)
        answer = wire.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
        (FOLDER / f"{name}.webp").write_bytes(base64.b64decode(answer["data"]))
        wire.detach()
        page.set_viewport_size({"width": width, "height": HEIGHT})


_RENAME = """([was, now]) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(was, now);
}"""


@contextmanager
def studio(on: Stage) -> Iterator[Studio]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        chromium = started.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield Studio(on, {look: _page(chromium, scheme, width) for look, scheme, width in LOOKS})
        chromium.close()


def _page(chromium: "Browser", scheme: str, width: int) -> "Page":
    return chromium.new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        locale="en-GB",
    ).new_page()


def first_day(at: Studio) -> None:
    """What a newcomer sees: the way in, and every page before there is anything on it."""
    at.take("first-run", "/first-run")
    first = next(iter(at.pages.values()))
    first.goto(f"{at.base}/first-run")
    for field, value in (OWNER | {"password": PASSWORD, "again": PASSWORD}).items():
        first.fill(f"[name={field}]", value)
    first.click("main button")
    first.wait_for_url("**/dashboard")
    at.pages["light"].context.clear_cookies()
    at.take("sign-in", "/sign-in")
    sign_in(at)
    for name, path in (
        ("home-empty", "/dashboard"),
        ("campaigns-empty", "/campaigns"),
        ("audience-empty", "/audience"),
        ("customers-empty", "/audience/customers"),
        ("segments-empty", "/audience/segments"),
        ("topics-empty", "/audience/topics"),
        ("sign-up-forms-empty", "/audience/forms"),
        ("sandbox-empty", "/sandbox"),
        ("import", "/audience/import"),
        ("connect", "/audience/connect"),
    ):
        at.take(name, path)


def sign_in(at: Studio) -> None:
    for page in at.pages.values():
        page.context.clear_cookies()
        page.goto(f"{at.base}/sign-in")
        page.fill("[name=email]", OWNER["email"])
        page.fill("[name=password]", PASSWORD)
        page.click("main form button")
        page.wait_for_url("**/dashboard")


def import_a_list(at: Studio) -> None:
    page = at.pages["light"]
    page.goto(f"{at.base}/audience/import")
    file: FilePayload = {
        "name": "market-day.csv",
        "mimeType": "text/csv",
        "buffer": LIST.encode(),
    }
    page.set_input_files("#file", file)
    page.check("[value=column]")
    page.fill("#column", "Status")
    page.click("main form button")
    page.wait_for_selector("#means")
    at.take("import-check", page.url.removeprefix(at.base))


def write(on: Stage, **changes: object) -> CampaignId:
    request: JsonObject = {**REQUEST, **changes}
    campaign = on.client.post("/workflows/email", request)["campaign"]
    assert isinstance(campaign, dict)
    return CampaignId(str(campaign["campaign_id"]))


def launch(on: Stage, campaign_id: CampaignId, **later: float) -> None:
    """Approved, launched, and sent as far as the clock then allows."""
    on.client.post(f"/campaigns/{campaign_id}/approve")
    on.client.post(f"/campaigns/{campaign_id}/launch", {})
    end = on.clock() + timedelta(**later)
    while True:
        if on.client.get("/engine")["due_now"]:
            time.sleep(POLL)
        elif on.clock() < end:
            on.clock.set(min(end, on.clock() + STEP))
        else:
            break


def campaigns_under_way(at: Studio) -> None:
    on = at.on
    waiting = write(
        on,
        name="Spring preview",
        subject_line="Spring, two weeks early",
        alt_subject_line="مرحبا {{ first_name | default: 'بكم' }}، الربيع وصل",
    )
    at.take("campaign-approval", f"/campaigns/{waiting}")
    at.take("campaign-edit", f"/campaigns/{waiting}/edit")
    spread = {"timing": {"mode": "now", "window": 6}, "launch": "now"}
    under_way = write(on, name="Pan of the month", subject_line="It outlives us", **spread)
    launch(on, under_way, hours=2)
    at.take("campaign-sending", f"/campaigns/{under_way}")
    on.client.post(f"/campaigns/{under_way}/pause")
    at.take("campaign-paused", f"/campaigns/{under_way}")


def finished(at: Studio, campaign_id: CampaignId) -> None:
    at.take("campaign-results", f"/campaigns/{campaign_id}")
    at.take("campaign-what-is-sent", f"/campaigns/{campaign_id}/plan")
    at.take("recipients", f"/campaigns/{campaign_id}/recipients")
    at.take("recipients-suppressed", f"/campaigns/{campaign_id}/recipients?state=suppressed")


def the_house(at: Studio) -> None:
    on = at.on
    for email, role in (("bo@cornershop.example", "marketer"), ("cy@cornershop.example", "viewer")):
        on.client.post("/accounts/people", {"email": email, "role": role})
    on.client.post("/segments", {"by": "rfm"})
    at.take("home", "/dashboard")
    the_audience(at)
    at.take("campaigns", "/campaigns")
    at.take("campaign-new", "/campaigns/new")
    at.take("sandbox", "/sandbox")
    at.take("sandbox-mail", "/sandbox/1")
    at.take("settings", "/settings")
    at.take("senders", "/settings/senders")
    at.take("people-and-keys", "/settings/people")
    at.take("trail", "/settings/trail")
    at.take("api-reference", "/docs")
    at.take("error", "/campaigns/cmp_that_is_not_here")


def the_audience(at: Studio) -> None:
    on = at.on
    on.client.post("/topics", {"name": "Garden tips", "description": "What to sow and when."})
    form: JsonObject = {
        "name": "The letter",
        "topics": ["marketing"],
        "wording": "Yes, write to me.",
    }
    form_id = on.client.post("/forms", form)["form_id"]
    on.client.post("/segments", {"name": "Keen", "rule": "clicked and mailable"})
    building = "/audience/segments/new"
    for name, path in (
        ("audience", "/audience"),
        ("contact", a_buyer(on)),
        ("customers", "/audience/customers"),
        ("customers-journey", "/audience/customers/journey"),
        ("customers-groups", "/audience/customers/groups"),
        ("customers-likely", "/audience/customers/likely?deed=click&horizon=30"),
        ("segments", "/audience/segments"),
        ("segment-new", f"{building}?words=clicked+and+mailable"),
        ("segments-compare", "/audience/segments/compare"),
        ("duplicates", "/audience/duplicates"),
        ("segment", "/audience/segments/Keen"),
        ("topics", "/audience/topics"),
        ("sign-up-forms", "/audience/forms"),
        ("sign-up", f"/s/{form_id}"),
    ):
        at.take(name, path)


def a_buyer(on: Stage) -> str:
    """The page of somebody who opened, clicked and bought."""
    from drumbeat.kit.ids import ContactNo, public_id

    sql = (
        "SELECT contact_no FROM facts WHERE mailing_no = 1 GROUP BY contact_no "
        "ORDER BY count(DISTINCT kind) DESC, contact_no LIMIT 1"
    )
    with on.drumbeat.look(on.drumbeat.owner()) as department, department.facts.open() as duck:
        [(number,)] = duck.execute(sql).fetchall()
    key = on.drumbeat.office.keys.derive("ids")
    return f"/audience/contacts/{public_id('con', ContactNo(number), key)}"


def write_index() -> None:
    """A page that shows them all, for whoever looks through the repository."""
    names = sorted({path.stem.rpartition("-")[0] for path in FOLDER.glob("*.webp")})
    rows = [
        f"| {name} | " + " | ".join(f"[{look}]({name}-{look}.webp)" for look, _, _ in LOOKS) + " |"
        for name in names
    ]
    head = (
        "# Every page, in pictures\n\n"
        "Written by `make screenshots` from the demo's simulated market; do not edit by hand.\n\n"
        "| Page | Light | Dark | 360 px |\n| --- | --- | --- | --- |\n"
    )
    (FOLDER / "README.md").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    before = {path: path.stat().st_mtime_ns for path in FOLDER.glob("*.webp")}
    with stage(free_port("127.0.0.1", 8000), SEED) as on, studio(on) as at:
        at.on.await_server()
        first_day(at)
        telling = Telling.to_stderr(quiet=True)
        answer = run_campaign(on, contacts=CONTACTS, seed=SEED, tell=telling)
        campaign = answer["campaign"]
        assert isinstance(campaign, dict)
        sign_in(at)
        finished(at, CampaignId(str(campaign["campaign_id"])))
        campaigns_under_way(at)
        import_a_list(at)
        the_house(at)
    for path, written in before.items():
        if path.stat().st_mtime_ns == written:
            path.unlink()  # of a page that is no more
    write_index()
    size = sum(path.stat().st_size for path in FOLDER.glob("*.webp"))
    sys.stderr.write(f"{len(list(FOLDER.glob('*.webp')))} pictures, {size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
