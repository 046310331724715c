"""REST: mail that somebody else received is taken in once, and read by the engine."""

import json

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine import bounces
from drumbeat.kit.actor import Actor, Scope
from tests.interfaces.api.conftest import PREFIX, Rest, key_of, refused
from tests.marketing.delivery.bounces.corpus import about, arf, dsn


def post(rest: Rest, raw: bytes) -> dict[str, object]:
    answer = rest.ask("POST", "/delivery/bounces/import", content=raw)
    assert answer.status_code == 200, answer.text
    last: dict[str, object] = json.loads(answer.text.splitlines()[-1])
    return last


def test_one_mail_and_an_mbox_are_taken_in_and_each_counts_once(
    house: Drumbeat, rest: Rest
) -> None:
    one = dsn([about("failed", "5.1.1", "550 5.1.1 user unknown")])
    box = b"".join(b"From x Mon Nov  2 09:00:00 2026\n" + raw + b"\n" for raw in (arf(), one))
    assert post(rest, one) == {"rows": 1, "added": 1, "repeated": 0}
    assert post(rest, one) == {"rows": 1, "added": 0, "repeated": 1}
    assert post(rest, box)["rows"] == 2
    assert post(rest, b"") == {"rows": 0, "added": 0, "repeated": 0}
    assert rest.get("/delivery/bounces")["bounces"] == []
    assert bounces.read(house)
    listed = rest.get("/delivery/bounces")["bounces"]
    assert isinstance(listed, list)
    assert {each["kind"] for each in listed} == {"hard", "complaint"}
    assert {each["contact_id"] for each in listed} == {None}


def test_the_list_has_pages(house: Drumbeat, rest: Rest) -> None:
    for number in range(3):
        post(rest, dsn([about("failed", "5.1.1", f"550 5.1.1 unknown {number}")]))
    bounces.read(house)
    page = rest.get("/delivery/bounces", limit=2)
    rest_of_it = rest.get("/delivery/bounces", limit=2, cursor=page["next_cursor"])
    assert isinstance(page["bounces"], list)
    assert isinstance(rest_of_it["bounces"], list)
    assert (len(page["bounces"]), len(rest_of_it["bounces"])) == (2, 1)
    assert rest_of_it["next_cursor"] is None


@pytest.mark.parametrize("scope", [Scope.CAMPAIGNS_READ, Scope.AUDIENCE_READ])
def test_a_key_that_may_only_read_takes_nothing_in(
    house: Drumbeat, owner: Actor, base: str, scope: Scope
) -> None:
    reader = Rest(base + PREFIX, key_of(house, owner, scope))
    answer = reader.ask("POST", "/delivery/bounces/import", content=b"x")
    refused(answer, 403, "not-permitted")
