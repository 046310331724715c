"""What nobody may do from a browser: act beyond a role, with a spent key, for another site."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from drumbeat.kit.actor import Scope
from drumbeat.marketing.accounts import Newcomer, Role
from tests.journeys.browsing import Front, chromium, sent_to, served, with_chromium
from tests.journeys.household import LETTER, id_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, with_chromium]

REST = "/api/v2/marketing"
SCRIPTED = (
    "<p id='mark'>as written</p>"
    "<script>document.getElementById('mark').textContent = 'the script ran'</script>"
    "<p onclick=\"document.title = 'ran'\">Hello</p>"
)
POSTING = """async ([path, fields]) => {
  const answer = await fetch(path, {method: "POST", body: new URLSearchParams(fields)});
  return answer.status;
}"""


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with served(tmp_path_factory.mktemp("refusals")) as opened:
        with opened.household.inside() as inside:
            inside.invite(["mia@home.example"])
        yield opened


@pytest.fixture(scope="module")
def page(front: Front) -> Iterator["Page"]:
    with chromium() as browser:
        yield browser.new_page()


def status_of(front: Front, path: str, key: str, body: object = None) -> int:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        with urlopen(Request(front.base + REST + path, data, headers)) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def waiting_campaign(front: Front, html: str = "<p>Hello</p>") -> str:
    """Written by REST with a key that may."""
    with front.household.inside() as inside, inside.drumbeat.begin(inside.drumbeat.owner()) as unit:
        key = unit.accounts.issue_key("writing", None)
    request = {**LETTER, "content_html": html}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = json.dumps(request).encode()
    with urlopen(Request(front.base + REST + "/workflows/email", data, headers)) as answer:
        return str(id_of(json.load(answer)))


def state_of(front: Front, campaign_id: str) -> object:
    with front.household.inside() as inside, inside.drumbeat.look(inside.drumbeat.owner()) as unit:
        return next(c.state.value for c in unit.campaigns.list_() if c.id == campaign_id)


def as_(front: Front, page: "Page", role: Role) -> None:
    """Signed in by an invitation, as somebody of this role."""
    page.context.clear_cookies()
    with front.household.inside() as inside, inside.drumbeat.begin(inside.drumbeat.owner()) as unit:
        count = len(unit.people.list_())
        _, secret = unit.people.add(Newcomer(f"p{count}@shop.example", role, f"Person {count}"))
    page.goto(f"{front.base}/welcome?invitation={secret}")
    page.fill("[name=password]", "seven quiet drums at noon")
    page.fill("[name=again]", "seven quiet drums at noon")
    sent_to(page, "Come in")


def test_a_viewer_sees_a_campaign_and_cannot_send_it(front: Front, page: "Page") -> None:
    campaign_id = waiting_campaign(front)
    as_(front, page, Role.VIEWER)
    page.goto(f"{front.base}/campaigns/{campaign_id}")
    assert "Waiting for your approval" in page.inner_text("main")
    assert page.get_by_role("button", name="Approve and send").count() == 0
    token = page.get_attribute("[name=csrf]", "value")
    fields = {"csrf": token, "answer": "launch", "approval": "any"}
    path = f"/campaigns/{campaign_id}"
    assert page.evaluate(POSTING, [f"{path}/decide", fields]) == 403
    assert page.evaluate(POSTING, [f"{path}/launch", {"csrf": token}]) == 403
    assert state_of(front, campaign_id) == "awaiting_approval"


def test_a_form_without_this_browsers_token_is_refused(front: Front, page: "Page") -> None:
    campaign_id = waiting_campaign(front)
    as_(front, page, Role.OWNER)
    page.goto(f"{front.base}/campaigns/{campaign_id}")
    approval = page.get_attribute("[name=approval]", "value")
    path, fields = f"/campaigns/{campaign_id}/decide", {"answer": "launch", "approval": approval}
    assert page.evaluate(POSTING, [path, fields]) == 403
    assert page.evaluate(POSTING, [path, {**fields, "csrf": "0" * 64}]) == 403
    assert state_of(front, campaign_id) == "awaiting_approval"
    page.goto("data:text/html,<p>elsewhere</p>")
    page.set_content(
        f"<form method=post action='{front.base}{path}'>"
        f"<input name=answer value=launch><button>Win</button></form>"
    )
    sent_to(page, "Win")
    assert "This is not yours to do" in page.inner_text("main") or "/sign-in" in page.content()
    assert state_of(front, campaign_id) == "awaiting_approval"


def test_a_key_stops_working_when_it_expires(front: Front) -> None:
    clock = front.household.clock
    with front.household.inside() as inside, inside.drumbeat.begin(inside.drumbeat.owner()) as unit:
        ends = clock() + timedelta(hours=1)
        key = unit.accounts.issue_key("short", frozenset({Scope.CAMPAIGNS_READ}), ends)
    assert status_of(front, "/campaigns", key) == 200
    assert status_of(front, "/workflows/email", key, dict(LETTER)) == 403
    clock.set(ends + timedelta(seconds=1))
    assert status_of(front, "/campaigns", key) == 401


def test_a_script_in_a_mail_runs_nowhere(front: Front, page: "Page") -> None:
    """Neither in the frame of the preview, nor when the frame's address is opened by itself."""
    campaign_id = waiting_campaign(front, SCRIPTED)
    as_(front, page, Role.OWNER)
    page.goto(f"{front.base}/campaigns/{campaign_id}")
    frame = page.frame_locator(".mail-frame:not(.short)")
    assert frame.locator("#mark").inner_text() == "as written"
    page.goto(f"{front.base}/campaigns/{campaign_id}/preview?as=mia@home.example")
    assert page.inner_text("#mark") == "as written"
    page.get_by_text("Hello").click()
    assert page.title() != "ran"


def test_an_address_that_nobody_knows_is_a_page_with_a_way_home(front: Front, page: "Page") -> None:
    answer = page.goto(front.base + "/no/such/page")
    assert answer is not None
    assert answer.status == 404
    assert page.get_by_role("heading", name="There is no such page").is_visible()
    assert page.get_by_role("link", name="Home").first.is_visible()
