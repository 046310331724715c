"""One campaign's trouble is told to its owner, stays its own, and is never stale news."""

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine import campaigns
from drumbeat.kit.errors import Conflict
from drumbeat.kit.ids import CampaignId
from drumbeat.kit.result import Done, Progress, Waiting
from drumbeat.marketing.campaigns import Brief, Campaign, Kind


def drafted(house: Drumbeat, name: str) -> CampaignId:
    brief = Brief(name=name, kind=Kind.NEWSLETTER, subject_line="Hello", content_html="<p>Hi</p>")
    with house.begin(house.owner()) as department:
        return department.campaigns.create(brief).id


def read(house: Drumbeat, campaign_id: CampaignId) -> Campaign:
    with house.look(house.owner()) as department:
        return department.campaigns.get(campaign_id)


def test_a_step_that_fails_unexpectedly_leaves_the_other_campaigns_alone(
    house: Drumbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, other = drafted(house, "broken"), drafted(house, "other")
    taken: list[CampaignId] = []

    def step(_: Drumbeat, campaign_id: CampaignId) -> Progress:
        if campaign_id == broken:
            raise ZeroDivisionError
        taken.append(campaign_id)
        return Done()

    monkeypatch.setattr(campaigns, "advance", step)
    assert not campaigns.advance_all(house)
    assert taken == [other]
    assert "ZeroDivisionError" in str(read(house, broken).trouble)
    assert read(house, other).trouble is None


def test_trouble_that_is_over_is_forgotten_while_the_campaign_waits(
    house: Drumbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = drafted(house, "slow")
    weather = ["stormy", "fair"]

    def step(_: Drumbeat, __: CampaignId) -> Progress:
        if weather.pop(0) == "stormy":
            raise OSError
        return Waiting("the first send time")

    monkeypatch.setattr(campaigns, "advance", step)
    campaigns.advance_all(house)
    assert read(house, campaign_id).trouble is not None
    assert not campaigns.advance_all(house)
    assert read(house, campaign_id).trouble is None


def test_trouble_with_a_campaign_that_was_cancelled_meanwhile_is_not_noted(
    house: Drumbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = drafted(house, "gone")

    def step(_: Drumbeat, __: CampaignId) -> Progress:
        with house.begin(house.owner()) as department:
            department.campaigns.cancel(campaign_id)
        raise Conflict("Mailing 1 (cancelled) is not frozen by this plan.")

    monkeypatch.setattr(campaigns, "advance", step)
    assert campaigns.advance_all(house)
    assert read(house, campaign_id).trouble is None
