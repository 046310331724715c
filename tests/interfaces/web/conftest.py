"""A served house with a few people in it, and its owner at a browser without JavaScript."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.applications import Starlette

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api import create_api
from drumbeat.interfaces.web import create_web
from drumbeat.interfaces.web.answer_desk import AnswerDesk
from drumbeat.interfaces.web.source import Source
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.audience import Consent, ContactRow, SuppressionReason
from drumbeat.marketing.campaigns import Brief, ExperimentWish, Kind, Launch, TimingWish
from drumbeat.marketing.campaigns.pipeline import proceed
from tests.interfaces.serving import serving
from tests.interfaces.web.browser import Browser

BODY = """<p>Hello {{ first_name | default: 'you' }}</p><script>alert(1)</script>
<a href='https://shop.example/'>Shop</a>"""
PEOPLE = ("ada", "bob", "cleo", "dan", "eve")


@pytest.fixture
def peopled(house: Drumbeat) -> Drumbeat:
    """Ada, Bob and Cleo said yes; Dan never did; Eve left."""
    yes, unsure = Consent.subscribed, Consent.unconfirmed
    rows = [
        ContactRow(
            f"{name}@example.com",
            attributes={"first_name": name.capitalize()},
            consent=unsure if name == "dan" else yes,
            suppress=SuppressionReason.unsubscribed if name == "eve" else None,
        )
        for name in PEOPLE
    ]
    with house.begin(house.owner()) as department:
        department.audience.merge_contacts(rows)
    return house


@pytest.fixture
def owner(house: Drumbeat) -> Iterator[Browser]:
    with house.begin(house.owner()) as department:
        link = department.accounts.issue_sign_in_link()
    routes = create_web(house, describe=create_api(house).openapi).routes
    with serving(Starlette(routes=routes)) as served:
        browser = Browser(served)
        assert browser.get(f"/sign-in?link={link}").status == 303
        yield browser


@pytest.fixture
def analyst(house: Drumbeat) -> Iterator[Browser]:
    """The owner, for whom every dear answer is worked out before the page is."""
    with house.begin(house.owner()) as department:
        link = department.accounts.issue_sign_in_link()
    source = Source(answers=AnswerDesk(run=lambda work: work()))
    with serving(Starlette(routes=create_web(house, source).routes)) as served:
        browser = Browser(served)
        assert browser.get(f"/sign-in?link={link}").status == 303
        yield browser


def add_campaign(
    house: Drumbeat,
    name: str = "Autumn menu",
    *,
    launch: Launch = Launch.NOW,
    audience: str | None = None,
) -> CampaignId:
    """Planned as far as it gets without a person."""
    test = ExperimentWish("subject_line", ("Come in", "Your table is waiting"))
    brief = Brief(name, Kind.NEWSLETTER, "Come in", BODY, test=test, timing=TimingWish(launch))
    if audience is not None:
        brief = replace(brief, audience=(audience,), segment_by="demographic")
    with house.begin(house.owner()) as department:
        campaign_id = department.campaigns.create(brief).id
    proceed(house, campaign_id)
    return campaign_id
