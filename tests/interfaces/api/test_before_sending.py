"""REST: the pre-send checklist, and test mail to a few colleagues."""

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.mail_tests import send_tests
from drumbeat.kit.actor import Actor, Scope
from tests.interfaces.api.conftest import PREFIX, Rest, key_of, refused

ASKED = {"to": ["tess@shop.example"], "contact": "ada@example.com"}


def items(answer: dict[str, object]) -> dict[str, str]:
    rows = answer["items"]
    assert isinstance(rows, list)
    return {row["name"]: row["level"] for row in rows}


def test_the_list_is_there_before_anybody_looked_outside(
    rest: Rest, people: tuple[str, ...]
) -> None:
    answer = rest.get(f"/campaigns/{rest.campaign()}/checks")
    assert answer["looked_outside_at"] is None
    assert answer["seen_by"] == "ada@example.com"
    assert items(answer) == {
        "audience": "ok",
        "size": "ok",
        "text": "ok",
        "unsubscribe": "ok",
        "wording": "ok",
        "images": "ok",
        "links": "not_checked",
        "sender": "warning",
    }


def test_a_look_outside_is_kept_until_the_words_change(rest: Rest, people: tuple[str, ...]) -> None:
    inside = "<p><a href='http://127.0.0.1/x'>x</a></p>"
    campaign = rest.campaign(content_html=inside)
    answer = rest.post(f"/campaigns/{campaign}/checks")
    assert (answer["verdict"], items(answer)["links"]) == ("blocks", "blocks")
    assert rest.get(f"/campaigns/{campaign}/checks")["items"] == answer["items"]
    changed = {**_brief(rest, campaign), "content_html": inside.replace("/x", "/y")}
    assert rest.ask("PUT", f"/campaigns/{campaign}", changed).status_code == 200
    assert items(rest.get(f"/campaigns/{campaign}/checks"))["links"] == "not_checked"


def _brief(rest: Rest, campaign: str) -> dict[str, object]:
    shown = rest.get(f"/campaigns/{campaign}")
    return {name: shown[name] for name in ("name", "type", "subject_line")}


def test_a_campaign_for_nobody_is_blocked(rest: Rest) -> None:
    answer = rest.get(f"/campaigns/{rest.campaign()}/checks")
    assert (answer["verdict"], answer["seen_by"]) == ("blocks", None)
    assert items(answer)["audience"] == "blocks"


def test_a_test_is_asked_sent_by_the_engine_and_told(
    rest: Rest, people: tuple[str, ...], house: Drumbeat
) -> None:
    campaign = rest.campaign()
    made = rest.post(f"/campaigns/{campaign}/tests", ASKED, status=201)["tests"]
    assert isinstance(made, list)
    assert [(each["to"], each["state"]) for each in made] == [("tess@shop.example", "waiting")]
    assert send_tests(house)
    told = rest.get(f"/campaigns/{campaign}/tests")["tests"]
    assert isinstance(told, list)
    ended = [(each["test_id"], each["state"]) for each in told]
    assert ended == [(made[0]["test_id"], "sent")]
    assert rest.get(f"/campaigns/{campaign}")["status"] == "awaiting_approval"


def test_a_repeated_request_sends_no_second_mail(
    rest: Rest, people: tuple[str, ...], house: Drumbeat
) -> None:
    path = f"/campaigns/{rest.campaign()}/tests"
    for _ in range(2):
        answer = rest.ask("POST", path, ASKED, headers={"Idempotency-Key": "once"})
        assert answer.status_code == 201
    assert len(rest.get(path)["tests"]) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"to": ["nobody"]}, "to"),
        ({"to": []}, "to"),
        ({"to": [f"t{number}@x.example" for number in range(11)]}, "to"),
        ({"variant": 1}, "variant"),
    ],
)
def test_what_cannot_be_tested_is_refused_by_its_field(
    rest: Rest, people: tuple[str, ...], asked: dict[str, object], field: str
) -> None:
    answer = rest.ask("POST", f"/campaigns/{rest.campaign()}/tests", {**ASKED, **asked})
    refused(answer, 422, "invalid-input", field)


def test_a_test_needs_the_right_to_send(
    rest: Rest, people: tuple[str, ...], house: Drumbeat, owner: Actor, base: str
) -> None:
    campaign = rest.campaign()
    scopes = (Scope.CAMPAIGNS_READ, Scope.CONTENT_READ, Scope.AUDIENCE_READ)
    reader = Rest(base + PREFIX, key_of(house, owner, *scopes))
    refused(reader.ask("POST", f"/campaigns/{campaign}/tests", ASKED), 403, "not-permitted")
    refused(reader.ask("POST", f"/campaigns/{campaign}/checks", {}), 403, "not-permitted")
    assert reader.get(f"/campaigns/{campaign}/checks")["campaign_id"] == campaign
