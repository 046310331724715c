"""REST: what a person says about messages whose end nobody saw."""

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.campaigns import advance_all, settle_exhausted
from drumbeat.kit.actor import SYSTEM_UPKEEP
from drumbeat.kit.ids import CampaignId, MailingNo
from drumbeat.marketing.campaigns.pipeline import advance, next_due
from drumbeat.marketing.delivery import Accepted, Ending, EngineName, Refused, Unknown
from drumbeat.marketing.delivery.rules import GAVE_UP
from tests.interfaces.api.conftest import Rest, refused

ENGINE = EngineName("engine-a", "boot-1", "sandbox")
LATER = Refused(f"{GAVE_UP} 6 tries: 451 later", True, 0)


def send(house: Drumbeat, campaign: str, *endings: Ending) -> list[str]:
    """Whatever is due, each message with its ending, the last one for all others; to whom."""
    number = mailing_of(house, campaign)
    with house.begin(house.owner()) as department:
        claimed = department.sending.exchange(number, ENGINE, [], 500).claimed
    every = [*endings, *[endings[-1]] * len(claimed)]
    receipts = [each.ended(ending) for each, ending in zip(claimed, every, strict=False)]
    with house.begin(house.owner()) as department:
        department.sending.exchange(number, ENGINE, receipts, 0)
    while settle_exhausted(house) or advance_all(house):
        pass
    return [each.address for each in claimed]


def mailing_of(house: Drumbeat, campaign: str) -> MailingNo:
    with house.look(house.owner()) as department:
        number = department.campaigns.get(CampaignId(campaign)).plan.mailing_no
    assert number is not None
    return number


@pytest.fixture
def campaign(rest: Rest, people: tuple[str, ...], house: Drumbeat) -> str:
    """Approved, launched and frozen; nobody has been sent anything."""
    made = rest.campaign()
    rest.post(f"/campaigns/{made}/approve")
    rest.post(f"/campaigns/{made}/launch", {"now": True})
    while rest.get(f"/campaigns/{made}")["status"] != "sending":
        advance(house, CampaignId(made))
    return made


def states(rest: Rest, campaign: str) -> dict[str, int]:
    counted = rest.get(f"/campaigns/{campaign}/ledger")["states"]
    assert isinstance(counted, dict)
    return {state: n for state, n in counted.items() if n}


def test_one_message_is_sent_again_after_its_campaign_was_measured_already(
    rest: Rest, campaign: str, house: Drumbeat
) -> None:
    at = f"/campaigns/{campaign}/ledger/decide"
    lost, *_ = send(house, campaign, Unknown("no answer came"), Accepted("1"))
    assert states(rest, campaign) == {"sent": 4, "uncertain": 1}
    assert rest.get(f"/campaigns/{campaign}")["status"] == "measuring"
    answer = rest.post(at, {"decision": "send_again", "emails": [lost.upper()]})
    assert answer == {"campaign_id": campaign, "decision": "send_again", "rows": 1, "left": 0}
    with house.look(SYSTEM_UPKEEP) as department:
        due = next_due(department)
    assert due is not None
    assert due <= house.office.clock(), "an engine that waits must wake"
    assert send(house, campaign, Accepted("2")) == [lost]
    assert states(rest, campaign) == {"sent": 5}
    assert rest.get(f"/campaigns/{campaign}")["status"] == "measuring"
    assert send(house, campaign, Accepted("3")) == []


def test_all_that_are_uncertain_and_all_that_were_given_up(
    rest: Rest, campaign: str, house: Drumbeat
) -> None:
    at = f"/campaigns/{campaign}/ledger/decide"
    send(house, campaign, Unknown("x"), LATER, LATER, Refused("550 5.1.1 no", True, 550))
    assert rest.post(at, {"decision": "arrived", "all": "uncertain"})["rows"] == 1
    again = rest.post(at, {"decision": "send_again", "all": "given_up"})
    assert (again["rows"], again["left"]) == (2, 0)
    assert states(rest, campaign) == {"sent": 1, "planned": 2, "failed": 2}


def test_what_cannot_be_decided_is_refused_and_named(
    rest: Rest, campaign: str, house: Drumbeat, people: tuple[str, ...]
) -> None:
    at = f"/campaigns/{campaign}/ledger/decide"
    lost, *others = send(house, campaign, Unknown("x"), Accepted("1"))
    for body, field in (
        ({"decision": "arrived"}, "emails"),
        ({"decision": "arrived", "emails": [lost], "all": "uncertain"}, "emails"),
        ({"decision": "arrived", "emails": ["nobody@example.com"]}, "emails"),
        ({"decision": "arrived", "all": "given_up"}, "all"),
    ):
        refused(rest.ask("POST", at, body), 422, "invalid-input", field)
    known = rest.ask("POST", at, {"decision": "send_again", "emails": [lost, others[0]]})
    assert "is sent" in refused(known, 409, "conflict")
    assert rest.ask("POST", at, {"decision": "perhaps", "all": "uncertain"}).status_code == 422
    assert rest.ask("POST", at, {"decision": "arrived", "contact_ids": ["x"]}).status_code == 404
    assert states(rest, campaign) == {"sent": 4, "uncertain": 1}


def test_nothing_is_decided_before_anybody_is_frozen(rest: Rest, people: tuple[str, ...]) -> None:
    at = f"/campaigns/{rest.campaign()}/ledger/decide"
    answer = rest.ask("POST", at, {"decision": "arrived", "all": "uncertain"})
    assert "nothing of it was sent" in refused(answer, 409, "conflict")
