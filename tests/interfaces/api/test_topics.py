"""REST: topics, what one contact chose, and campaigns that ask for a topic."""

import pytest

from drumbeat.bootstrap import Drumbeat
from tests.interfaces.api.conftest import BRIEF, Rest, refused
from tests.interfaces.api.test_campaigns import freeze


@pytest.fixture
def gardener(rest: Rest, people: tuple[str, ...]) -> str:
    """The id of the one of five who allowed mail about a topic."""
    rest.post("/topics", {"name": "Garden tips"}, status=201)
    contact = rest.ask("GET", "/contacts", email=people[0]).json()["contacts"][0]
    said = {"topics": {"garden-tips": True}, "wording": "Tips, please.", "source": "a fair"}
    answer = rest.post(f"/contacts/{contact['contact_id']}/choices", said)
    assert answer["changed"] is True
    return str(contact["contact_id"])


def test_what_somebody_chose_is_recorded_with_its_words(rest: Rest, gardener: str) -> None:
    answer = rest.get(f"/contacts/{gardener}/choices")
    topics = {each["topic"]: each["state"] for each in answer["topics"]}  # type: ignore[attr-defined]
    assert topics == {"marketing": "subscribed", "garden-tips": "subscribed"}
    proofs = rest.get(f"/contacts/{gardener}")["consent_proofs"]
    assert isinstance(proofs, list)
    assert (proofs[-1]["topic"], proofs[-1]["wording"]) == ("garden-tips", "Tips, please.")
    assert proofs[-1]["source"] == "a fair"


@pytest.mark.parametrize("way", ["campaigns", "workflow"])
def test_each_way_in_freezes_who_did_not_allow_the_topic(
    rest: Rest, house: Drumbeat, people: tuple[str, ...], gardener: str, way: str
) -> None:
    told = {**BRIEF, "topic": "Garden-Tips"}
    if way == "campaigns":
        campaign = rest.campaign(topic="Garden-Tips")
        rest.post(f"/campaigns/{campaign}/approve")
        rest.post(f"/campaigns/{campaign}/launch", {"now": True})
    else:
        started = rest.ask("POST", "/workflows/email", told | {"approve": True, "launch": "now"})
        campaign = started.json()["campaign"]["campaign_id"]
    freeze(house, campaign)
    counted = rest.get(f"/campaigns/{campaign}/ledger")
    assert counted["reasons"] == {"no_consent": len(people) - 1}
    assert counted["states"]["planned"] == 1  # type: ignore[index]


def test_an_unknown_topic_is_refused_with_the_nearest(rest: Rest, gardener: str) -> None:
    answer = rest.ask("POST", "/campaigns", {**BRIEF, "topic": "garden-tip"})
    assert "garden-tips" in refused(answer, 422, "invalid-input", "topic")
    said = {"topics": {"gardn": True}}
    answer = rest.ask("POST", f"/contacts/{gardener}/choices", said)
    assert "garden-tips" in refused(answer, 422, "invalid-input", "topic")


def test_who_unsubscribed_is_not_brought_back_by_a_program(rest: Rest, gardener: str) -> None:
    rest.post(f"/contacts/{gardener}/unsubscribe")
    for topic in ("garden-tips", "marketing"):
        answer = rest.ask("POST", f"/contacts/{gardener}/choices", {"topics": {topic: True}})
        assert "only its owner" in refused(answer, 409, "conflict")


def test_opting_out_of_sale_is_kept_and_taken_back(rest: Rest, gardener: str) -> None:
    kept = rest.post(f"/contacts/{gardener}/sale", {})
    assert kept["changed"] and kept["sale_opt_out"]  # noqa: PT018
    again = rest.post(f"/contacts/{gardener}/sale", {"opted_out": True})
    assert (again["changed"], again["sale_opt_out"]) == (False, kept["sale_opt_out"])
    assert rest.post(f"/contacts/{gardener}/sale", {"opted_out": False})["sale_opt_out"] is None


def test_a_topic_is_changed_and_an_odd_one_refused(rest: Rest, gardener: str) -> None:
    changed = rest.ask("PUT", "/topics/garden-tips", {"name": "Tips", "offered": False})
    assert (changed.json()["name"], changed.json()["offered"]) == ("Tips", False)
    assert rest.ask("PUT", "/topics/none", {"name": "x"}).status_code == 422
    refused(rest.ask("POST", "/topics", {"name": "Garden tips"}), 409, "conflict")
    refused(rest.ask("POST", "/topics", {"name": "x" * 121}), 422, "invalid-input", "name")
