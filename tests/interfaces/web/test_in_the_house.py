"""The pages in front of a real department, read through the source they have in production."""

import pytest
from starlette.applications import Starlette

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web import create_web
from drumbeat.kit.actor import Actor
from drumbeat.marketing import campaigns
from tests.interfaces.serving import Served, serving

BODY = "<p>Hello {{ first_name | default: 'you' }}</p><a href='https://shop.example/'>Shop</a>"


@pytest.fixture
def owner(house: Drumbeat) -> Actor:
    return house.owner()


def sign_in(house: Drumbeat, owner: Actor, served: Served) -> dict[str, str]:
    with house.begin(owner) as department:
        link = department.accounts.issue_sign_in_link()
    answer = served.ask("GET", f"/sign-in?link={link}")
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


def test_a_campaign_that_was_just_written_has_a_page(house: Drumbeat, owner: Actor) -> None:
    test = campaigns.ExperimentWish("subject_line", ("Come in", "Your table is waiting"))
    kind = campaigns.Kind.NEWSLETTER
    brief = campaigns.Brief("Autumn menu", kind, "Come in", BODY, test=test)
    with house.begin(owner) as department:
        campaign = department.campaigns.create(brief)
    with serving(Starlette(routes=create_web(house).routes)) as served:
        cookie = sign_in(house, owner, served)
        listed = served.ask("GET", "/dashboard", headers=cookie)
        shown = served.ask("GET", f"/campaigns/{campaign.id}", headers=cookie)
        absent = served.ask("GET", "/campaigns/cmp_unknown", headers=cookie)
    assert b"Autumn menu" in listed.body
    assert shown.status == 200
    assert b"This campaign is being prepared." in shown.body
    assert absent.status == 404


def test_an_empty_folder_shows_where_to_begin(house: Drumbeat, owner: Actor) -> None:
    with serving(Starlette(routes=create_web(house).routes)) as served:
        answer = served.ask("GET", "/dashboard", headers=sign_in(house, owner, served))
    assert b"three steps away" in answer.body
