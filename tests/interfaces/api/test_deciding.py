"""REST: what a person says about messages whose end nobody saw."""

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.campaigns import advance_all, settle_exhausted
from drumbeat.kit.actor import SYSTEM_UPKEEP
from drumbeat.kit.errors import Overtaken
from drumbeat.kit.ids import CampaignId, MailingNo
from drumbeat.marketing.campaigns import State
from drumbeat.marketing.campaigns.pipeline import advance, next_due
from drumbeat.marketing.campaigns.restoring import hold_restored
from drumbeat.marketing.delivery import Accepted, Decision, Ending, EngineName, Refused, Unknown
from drumbeat.marketing.delivery.rules import GAVE_UP
from tests.interfaces.api.conftest import Rest, refused

ENGINE = EngineName("engine-a", "boot-1", "sandbox")
LATER = Refused(f"{GAVE_UP} 6 tries: 451 later", True, 0)


def send(house: Drumbeat, campaign: str, *endings: Ending, settle: bool = True) -> list[str]:
    """Whatever is due, each message with its ending, the last one for all others; to whom."""
    number = mailing_of(house, campaign)
    with house.begin(house.owner()) as department:
        claimed = department.sending.exchange(number, ENGINE, [], 500).claimed
    every = [*endings, *[endings[-1]] * len(claimed)]
    receipts = [each.ended(ending) for each, ending in zip(claimed, every, strict=False)]
    with house.begin(house.owner()) as department:
        department.sending.exchange(number, ENGINE, receipts, 0)
    while settle and (settle_exhausted(house) or advance_all(house)):
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
    assert rest.get(f"/campaigns/{campaign}")["status"] == "sending"
    with house.look(SYSTEM_UPKEEP) as department:
        due = next_due(department)
    assert due is not None
    assert due <= house.office.clock(), "an engine that waits must wake"
    assert send(house, campaign, Accepted("2")) == [lost]
    assert states(rest, campaign) == {"sent": 5}
    assert rest.get(f"/campaigns/{campaign}")["status"] == "measuring"
    assert send(house, campaign, Accepted("3")) == []


def sent_again(rest: Rest, campaign: str, house: Drumbeat) -> str:
    """A measured campaign of which one message waits to be sent again; to whom."""
    lost, *_ = send(house, campaign, Unknown("no answer came"), Accepted("1"))
    body = {"decision": "send_again", "emails": [lost]}
    rest.post(f"/campaigns/{campaign}/ledger/decide", body)
    return lost


def test_what_is_sent_again_can_be_paused_and_resumed(
    rest: Rest, campaign: str, house: Drumbeat
) -> None:
    lost = sent_again(rest, campaign, house)
    assert rest.post(f"/campaigns/{campaign}/pause")["status"] == "paused"
    assert send(house, campaign, Accepted("2")) == []
    rest.post(f"/campaigns/{campaign}/resume")
    assert send(house, campaign, Accepted("2")) == [lost]


def test_what_is_sent_again_can_be_cancelled(rest: Rest, campaign: str, house: Drumbeat) -> None:
    sent_again(rest, campaign, house)
    rest.post(f"/campaigns/{campaign}/cancel")
    assert send(house, campaign, Accepted("2")) == []
    assert states(rest, campaign) == {"sent": 4, "suppressed": 1}


def test_a_restored_backup_does_not_send_it_again_by_itself(
    rest: Rest, campaign: str, house: Drumbeat
) -> None:
    lost = sent_again(rest, campaign, house)
    assert [each.id for each in hold_restored(house, house.office.clock())] == [campaign]
    assert send(house, campaign, Accepted("2")) == []
    rest.post(f"/campaigns/{campaign}/resume")
    assert send(house, campaign, Accepted("2")) == [lost]


def test_a_step_that_had_seen_the_mailing_settled_comes_too_late(
    rest: Rest, campaign: str, house: Drumbeat
) -> None:
    """Otherwise the campaign would be measured while its mail leaves."""
    send(house, campaign, Unknown("no answer came"), settle=False)
    while settle_exhausted(house):
        pass
    with house.look(house.owner()) as department:
        seen = department.campaigns.get(CampaignId(campaign))
    body = {"decision": "send_again", "all": "uncertain"}
    rest.post(f"/campaigns/{campaign}/ledger/decide", body)
    with pytest.raises(Overtaken), house.begin(house.owner()) as department:
        department.campaigns.move(seen, State.MEASURING)
    assert rest.get(f"/campaigns/{campaign}")["status"] == "sending"


@pytest.mark.parametrize("restored", [False, True])
def test_a_campaign_that_measures_while_its_mailing_sends_is_put_right(
    rest: Rest, campaign: str, house: Drumbeat, restored: bool
) -> None:
    """As houses from before may have one."""
    send(house, campaign, Unknown("no answer came"))
    with house.begin(house.owner()) as department:
        number = mailing_of(house, campaign)
        department.deciding.decide_uncertain(number, Decision.send_again, campaign)
    if restored:
        hold_restored(house, house.office.clock())
    advance_all(house)
    status = "paused" if restored else "sending"
    assert rest.get(f"/campaigns/{campaign}")["status"] == status
    if restored:
        rest.post(f"/campaigns/{campaign}/resume")
    assert len(send(house, campaign, Accepted("2"))) == 5
    assert rest.get(f"/campaigns/{campaign}")["status"] == "measuring"


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
