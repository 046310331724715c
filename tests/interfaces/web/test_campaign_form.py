"""Writing a campaign: saved and planned as by REST, and what is wrong is said at its field."""

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.campaigns import State
from tests.interfaces.web.browser import Browser
from tests.interfaces.web.conftest import add_campaign

GOOD = {
    "name": "Autumn menu",
    "kind": "newsletter",
    "subject_line": "Come in",
    "alt_subject_line": "Your table is waiting",
    "content_html": "<p>Hello</p>",
    "audience": "all",
    "mode": "at",
    "at": "2026-12-01T09:30",
    "zone": "Europe/Berlin",
    "window": "1,5",
    "sender_name": "The Kitchen",
}


def test_what_is_written_is_planned_and_waits_for_a_yes(peopled: Drumbeat, owner: Browser) -> None:
    answer = owner.send("/campaigns/new", "/campaigns/new", **GOOD)
    assert answer.status == 303
    campaign_id = answer.headers["location"].removeprefix("/campaigns/").partition("?")[0]
    with peopled.look(peopled.owner()) as department:
        campaign = department.campaigns.get(CampaignId(campaign_id))
    brief = campaign.brief
    assert campaign.state is State.AWAITING_APPROVAL
    assert brief.test is not None
    assert brief.test.variants == ("Come in", "Your table is waiting")
    assert brief.timing.at is not None
    assert brief.timing.at.isoformat() == "2026-12-01T08:30:00+00:00"
    assert brief.timing.window_hours == 1.5
    assert campaign.plan.excluded == {"no_consent": 1, "unsubscribed": 1}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", " ", "needs a name"),
        ("kind", "sonnet", "Choose one of the kinds"),
        ("subject_line", "", "needs a subject"),
        ("alt_subject_line", "Come in", "the same as the first"),
        ("content_html", "<p>{{ first_name </p>", "content_html-error"),
        ("audience", "Nobody at all", "Nobody at all"),
        ("audience", "", "Choose everyone, or"),
        ("mode", "someday", "Choose when it leaves"),
        ("at", "tomorrow", "Say the day and the time"),
        ("zone", "Mars/Olympus", "is no time zone"),
        ("window", "soon", "Hours as a number"),
        ("window", "9999", "between 0 and 168"),
        ("sender_name", "x" * 300, "At most 200"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    peopled: Drumbeat, owner: Browser, field: str, value: str, said: str
) -> None:
    answer = owner.send("/campaigns/new", "/campaigns/new", **GOOD | {field: value})
    body = answer.body.decode()
    assert answer.status == 422
    assert said in body
    assert f'id="{field}-error"' in body
    assert f'href="#{field}"' in body
    assert "Your table is waiting" in body or field == "alt_subject_line"
    assert b"Not saved." in answer.body
    assert b"awaiting approval" not in owner.get("/campaigns").body


def test_an_edit_asks_anew(peopled: Drumbeat, owner: Browser) -> None:
    page = f"/campaigns/{add_campaign(peopled)}"
    form = owner.get(f"{page}/edit").body.decode()
    assert 'value="Your table is waiting"' in form
    assert "&lt;script&gt;alert(1)" in form
    answer = owner.send(f"{page}/edit", f"{page}/edit", **GOOD | {"name": "Winter menu"})
    assert answer.headers["location"] == f"{page}?said=changed"
    body = owner.get(page).body
    assert b"Winter menu" in body
    assert b"Waiting for your approval." in body


def test_everyone_and_a_segment_at_once_is_refused(peopled: Drumbeat, owner: Browser) -> None:
    fields: dict[str, str | list[str]] = {"csrf": owner.token("/campaigns/new"), **GOOD}
    fields["audience"] = ["all", "Low Engagement"]
    answer = owner.post("/campaigns/new", fields)
    assert answer.status == 422
    assert b"not both" in answer.body


def test_a_campaign_written_on_the_page_asks_for_its_topic(
    peopled: Drumbeat, owner: Browser
) -> None:
    owner.send("/audience/topics", "/audience/topics", name="Garden tips")
    answer = owner.send("/campaigns/new", "/campaigns/new", **GOOD, topic="garden-tips")
    campaign_id = answer.headers["location"].removeprefix("/campaigns/").partition("?")[0]
    with peopled.look(peopled.owner()) as department:
        campaign = department.campaigns.get(CampaignId(campaign_id))
    assert campaign.brief.topic == "garden-tips"
    assert campaign.plan.mailable == 0
    assert campaign.plan.excluded == {"no_consent": 4, "unsubscribed": 1}
    edit = owner.get(f"/campaigns/{campaign_id}/edit").body.decode()
    assert '<option value="garden-tips" selected>' in edit
