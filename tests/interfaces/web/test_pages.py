"""The pages over real HTTP: who may see them, what they hold, what they may not load."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from drumbeat.bootstrap import Drumbeat, open_folder
from drumbeat.interfaces.web import Source, create_web
from drumbeat.kit.actor import SYSTEM_ACCOUNTS, Scope
from drumbeat.kit.errors import NotFound
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.department import Department
from tests.conftest import HandClock
from tests.interfaces.serving import Answer, Served, serving
from tests.interfaces.web.sample import sample_result, sample_unsent

CAMPAIGN = "cmp_0192f0c1d2e37a4b8c9d0e1f2a3b4c5d"
NASTY = '<script>alert("1")</script>'


class Shelf:
    """Results by hand, instead of a whole campaign's life."""

    def __init__(self) -> None:
        self.results: list[dict[str, Any]] = []

    def list_results(self, department: Department) -> Sequence[dict[str, Any]]:
        department.actor.require(Scope.CAMPAIGNS_READ)
        return self.results

    def get_result(self, department: Department, campaign_id: CampaignId) -> dict[str, Any]:
        for result in self.list_results(department):
            if result["campaign"]["campaign_id"] == campaign_id:
                return result
        raise NotFound(f"There is no campaign {campaign_id!r}.")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Drumbeat, Shelf]]:
    """One house and one server for the whole file; sessions and shelves are a test's own."""
    folder: Path = tmp_path_factory.mktemp("house")
    house, shelf = open_folder(folder / "home", folder / "keys" / "key", clock=HandClock()), Shelf()
    app = FastAPI()
    app.include_router(
        create_web(house, Source(shelf.list_results, shelf.get_result, lambda *_: None))
    )
    with serving(app) as served:
        yield served, house, shelf
    house.close()


@pytest.fixture
def served(office: tuple[Served, Drumbeat, Shelf]) -> Served:
    return office[0]


@pytest.fixture
def shelf(office: tuple[Served, Drumbeat, Shelf]) -> Shelf:
    office[2].results = [sample_unsent(), sample_result()]
    office[2].results[0]["campaign"] |= {"campaign_id": "cmp_2", "name": "Winter menu"}
    return office[2]


@pytest.fixture
def link(office: tuple[Served, Drumbeat, Shelf]) -> str:
    house = office[1]
    with house.begin(SYSTEM_ACCOUNTS) as department:
        owner = department.accounts.ensure_owner()
        actor = department.accounts.actor_of(owner.person_no)
    with house.begin(actor) as department:
        return department.accounts.issue_sign_in_link()


@pytest.fixture
def cookie(served: Served, link: str) -> dict[str, str]:
    answer = served.ask("GET", f"/sign-in?link={link}")
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


def test_a_stranger_is_told_how_to_get_in(served: Served, shelf: Shelf) -> None:
    for path in ("/dashboard", f"/campaigns/{CAMPAIGN}"):
        answer = served.ask("GET", path, headers={"Cookie": "drumbeat_session=dbsession_x"})
        assert answer.status == 401
        assert b"drumbeat serve" in answer.body
        assert b"Autumn" not in answer.body


def test_a_link_signs_in_once_and_sets_a_guarded_cookie(served: Served, link: str) -> None:
    answer = served.ask("GET", f"/sign-in?link={link}")
    assert (answer.status, answer.headers["location"]) == (303, "/dashboard")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert link not in cookie
    again = served.ask("GET", f"/sign-in?link={link}")
    assert again.status == 401
    assert b"no longer works" in again.body
    assert "drumbeat_session" not in again.headers.get("set-cookie", "")


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        (f"/campaigns/{CAMPAIGN}", f"/campaigns/{CAMPAIGN}"),
        ("//evil.example/", "/dashboard"),
        ("https://evil.example/", "/dashboard"),
        ("/campaigns/..\\evil", "/dashboard"),
        ("/dashboard\r\nSet-Cookie: a=b", "/dashboard"),
    ],
)
def test_signing_in_leads_only_to_our_own_pages(
    served: Served, link: str, wanted: str, led: str
) -> None:
    answer = served.ask("GET", f"/sign-in?link={link}&to={quote(wanted)}")
    assert answer.headers["location"] == led


def test_home_shows_how_sent_campaigns_go(
    served: Served, shelf: Shelf, cookie: dict[str, str]
) -> None:
    body = served.ask("GET", "/dashboard", headers=cookie).body.decode()
    assert "Autumn table" in body
    assert "Winter menu" not in body, "nothing was sent, so there is no figure to show"
    assert "simulated" in body
    assert f'href="/campaigns/{CAMPAIGN}"' in body
    assert "€2,173.40" in body


def test_an_empty_house_teaches_the_first_steps(
    served: Served, shelf: Shelf, cookie: dict[str, str]
) -> None:
    shelf.results = []
    body = served.ask("GET", "/dashboard", headers=cookie).body
    assert b"drumbeat audience import" in body
    assert b"drumbeat demo" in body


def test_the_campaign_page_tells_the_whole_story(
    served: Served, shelf: Shelf, cookie: dict[str, str]
) -> None:
    body = served.ask("GET", f"/campaigns/{CAMPAIGN}", headers=cookie).body.decode()
    for told in (
        "“Your table is waiting” won.",
        "From sent to bought",
        "Europe/<wbr>Berlin",
        "Highly Engaged",
        "Few people buy",
        "simulated data",
        "5,000 people, fixed when sending began",
        "As of 3 Nov 2026, 09:15 UTC",
        "p &lt; 0.001",
    ):
        assert told in body
    assert body.count("<svg") == body.count("</svg>") >= 10


def test_before_the_first_reaction_no_variant_has_a_rate_or_an_interval(
    served: Served, shelf: Shelf, cookie: dict[str, str]
) -> None:
    """Nobody has reacted yet: what is unknown is not 0.0 %."""
    result = shelf.results[1]
    result["performance_metrics"] |= dict.fromkeys(("open_rate", "click_rate"))
    result["ab_testing"] |= {"winner": None, "decided": False, "counts": []}
    result["arms"] = [{"arm_no": arm, "delivered": 2_400, "opens": 0} for arm in (0, 1)]
    body = served.ask("GET", f"/campaigns/{CAMPAIGN}", headers=cookie).body.decode()
    panel = body[body.index('id="test"') : body.index('id="funnel"')]
    assert panel.count("<strong>—</strong>") == 2
    assert panel.count("2,400 delivered") == 2
    for drawn in ("%", "<svg", "axis-labels"):
        assert drawn not in panel.split("test-state")[0].split('class="method"')[0]


def test_a_variant_that_nobody_got_is_in_the_list_with_a_zero(
    served: Served, shelf: Shelf, cookie: dict[str, str]
) -> None:
    testing = shelf.results[1]["ab_testing"]
    testing["arms"] = [*testing["arms"], {"name": "C", "value": "Come and eat"}]
    body = served.ask("GET", f"/campaigns/{CAMPAIGN}", headers=cookie).body.decode()
    panel = body[body.index('id="test"') : body.index('id="funnel"')]
    assert panel.count('class="arm-name"') == 3
    assert "Come and eat" in panel
    assert "0 delivered" in panel


def test_what_was_sent_at_once_has_no_table_of_best_hours(
    served: Served, shelf: Shelf, cookie: dict[str, str]
) -> None:
    for mode, shown in (("best", True), ("now", False), ("at", False)):
        shelf.results[1]["send_optimization"]["mode"] = mode
        body = served.ask("GET", f"/campaigns/{CAMPAIGN}", headers=cookie).body
        assert (b"Best hour by time zone" in body) is shown


def test_whatever_a_campaign_is_called_is_only_text(
    served: Served, shelf: Shelf, cookie: dict[str, str]
) -> None:
    result = shelf.results[1]
    result["campaign"] |= {"name": NASTY, "type": NASTY}
    result["ab_testing"]["arms"][1] |= {"name": NASTY, "value": NASTY}
    result["segmentation"]["segment_details"][0] |= {"name": NASTY, "rule": NASTY}
    result["funnel"][0] |= {"name": NASTY}
    result["ledger"]["reasons"] = {NASTY: 1}
    result["send_optimization"]["timezone_specific"] = {NASTY: {"time": NASTY}}
    for path in ("/dashboard", f"/campaigns/{CAMPAIGN}"):
        body = served.ask("GET", path, headers=cookie).body.lower()
        assert b"<script>" not in body
        assert b"&lt;script" in body


def test_an_unknown_campaign_is_a_page_that_says_so(
    served: Served, shelf: Shelf, cookie: dict[str, str]
) -> None:
    answer = served.ask("GET", "/campaigns/cmp_x", headers=cookie)
    assert answer.status == 404
    assert b"There is no campaign" in answer.body


def pages(served: Served, cookie: dict[str, str]) -> list[Answer]:
    shown = [("/dashboard", cookie), (f"/campaigns/{CAMPAIGN}", cookie), ("/dashboard", {})]
    return [served.ask("GET", path, headers=headers) for path, headers in shown]


def test_pages_load_nothing_from_elsewhere_and_hold_no_code(
    served: Served, shelf: Shelf, cookie: dict[str, str]
) -> None:
    for answer in pages(served, cookie):
        body = answer.body.decode()
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=|javascript:", body)
        assert not re.search(r'(?:src|href|action)="(?!/|#)', body)


def test_every_asset_a_page_names_is_served(
    served: Served, shelf: Shelf, cookie: dict[str, str]
) -> None:
    body = served.ask("GET", "/dashboard", headers=cookie).body.decode()
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', body)
    assert len(named) == 4
    folder = named[0].rpartition("/")[0]
    for path in [*named, f"{folder}/bricolage-grotesque.woff2"]:
        answer = served.ask("GET", path)
        assert answer.status == 200
        assert "immutable" in answer.headers["cache-control"]
    for path in ("/static/x/base.html", "/static/x/..%2ftemplates%2fbase.html"):
        assert served.ask("GET", path).status == 404


def test_signing_out_ends_the_session_and_no_other_site_can_ask_for_it(
    served: Served, shelf: Shelf, cookie: dict[str, str]
) -> None:
    foreign = {**cookie, "Sec-Fetch-Site": "cross-site"}
    assert served.ask("POST", "/sign-out", headers=foreign).status == 403
    assert served.ask("GET", "/dashboard", headers=cookie).status == 200
    assert served.ask("POST", "/sign-out", headers=cookie).status == 403
    page = served.ask("GET", "/settings/people", headers=cookie).body.decode()
    token = re.findall(r'name="csrf" value="(\w+)"', page)[0]
    form = {**cookie, "Content-Type": "application/x-www-form-urlencoded"}
    assert served.ask("POST", "/sign-out", f"csrf={token}".encode(), form).status == 303
    assert served.ask("GET", "/dashboard", headers=cookie).status == 401


def test_the_root_leads_home(served: Served) -> None:
    assert served.ask("GET", "/").headers["location"] == "/dashboard"
