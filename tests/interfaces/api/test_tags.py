"""REST: an ETag spares a second reading, and keeps two people from overwriting each other."""

import threading
from dataclasses import replace

import httpx2
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api.requests import EmailCampaignRequest
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.campaigns import State, is_planned_from
from tests.interfaces.api.conftest import BRIEF, Rest, refused

READ = ("", "/analytics", "/ledger", "/preview?contact=ada@example.com")


def tag_of(rest: Rest, campaign: str) -> str:
    return str(rest.ask("GET", f"/campaigns/{campaign}").headers["etag"])


def under(rest: Rest, tag: str, path: str, body: object = None) -> httpx2.Response:
    method = "POST" if path.count("/") > 2 else "PUT"
    return rest.ask(method, path, body, headers={"If-Match": tag})


def test_what_has_not_changed_is_not_sent_again(rest: Rest, people: tuple[str, ...]) -> None:
    campaign = rest.campaign()
    for path in (*(f"/campaigns/{campaign}{part}" for part in READ), "/campaigns", "/segments"):
        first = rest.ask("GET", path)
        tag = first.headers["etag"]
        assert (first.status_code, tag[0], tag[-1]) == (200, '"', '"'), path
        for known in (tag, f'"other", W/{tag}', "*"):
            again = rest.ask("GET", path, headers={"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        for unknown in ('"other"', tag.strip('"'), "", ","):
            full = rest.ask("GET", path, headers={"If-None-Match": unknown})
            assert full.content == first.content
    before = tag_of(rest, campaign)
    rest.post(f"/campaigns/{campaign}/cancel")
    assert tag_of(rest, campaign) != before


def test_an_answer_is_kept_by_nobody_but_who_asked(rest: Rest, people: tuple[str, ...]) -> None:
    answer = rest.ask("GET", "/campaigns")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["vary"] == "Authorization"
    refusal = rest.ask("GET", "/campaigns/cmp_0", headers={"If-None-Match": "*"})
    assert (refusal.status_code, refusal.headers.get("etag")) == (404, None)


def test_every_change_of_a_campaign_honours_if_match(rest: Rest, people: tuple[str, ...]) -> None:
    campaign = rest.campaign()
    old = tag_of(rest, campaign)
    path = f"/campaigns/{campaign}"
    changed = under(rest, old, path, {**BRIEF, "name": "Mine"})
    assert changed.status_code == 200
    assert changed.headers["etag"] == tag_of(rest, campaign)
    changes = ("approve", "decline", "launch", "pause", "resume", "cancel")
    for stale in (old, '"0-00"', f"W/{changed.headers['etag']}", '"x"', "nonsense"):
        for action in changes:
            assert campaign in refused(under(rest, stale, f"{path}/{action}"), 412, "stale")
        refused(under(rest, stale, path, {**BRIEF, "name": "Yours"}), 412, "stale")
    now = rest.get(path)
    assert (now["name"], now["status"]) == ("Mine", "awaiting_approval")
    for action, tag in (("approve", tag_of(rest, campaign)), ("launch", "*")):
        done = under(rest, f'"0-00", {tag}' if tag != "*" else tag, f"{path}/{action}")
        assert done.status_code == 200, done.text


def drafted(house: Drumbeat) -> str:
    """A campaign that nobody has planned yet."""
    with house.begin(house.owner()) as department:
        return department.campaigns.create(EmailCampaignRequest.model_validate(BRIEF).brief()).id


@pytest.mark.parametrize("action", ["approve", "launch"])
def test_a_draft_is_not_even_planned_for_who_read_another(
    house: Drumbeat, rest: Rest, people: tuple[str, ...], action: str
) -> None:
    path = f"/campaigns/{drafted(house)}"
    before = rest.get(path)
    refused(under(rest, '"7-00"', f"{path}/{action}"), 412, "stale")
    assert rest.get(path) == before
    assert before["status"] == "draft"


@pytest.mark.parametrize("action", ["approve", "launch"])
def test_the_planning_of_a_request_is_no_change_by_somebody_else(
    house: Drumbeat, rest: Rest, people: tuple[str, ...], action: str
) -> None:
    campaign = drafted(house)
    done = under(rest, tag_of(rest, campaign), f"/campaigns/{campaign}/{action}")
    assert done.status_code in (200, 202), done.text
    assert done.headers["etag"] == tag_of(rest, campaign)


def test_what_was_asked_anew_or_edited_is_not_what_was_read(
    house: Drumbeat, rest: Rest, people: tuple[str, ...]
) -> None:
    campaign = CampaignId(drafted(house))
    with house.look(house.owner()) as department:
        draft = department.campaigns.get(campaign)
    assert rest.ask("POST", f"/campaigns/{campaign}/launch").status_code == 202
    with house.look(house.owner()) as department:
        asked = department.campaigns.get(campaign)
    assert is_planned_from(draft, replace(asked, launch=None))
    assert not is_planned_from(draft, asked)
    assert not is_planned_from(asked, asked)
    edited = replace(draft, brief=replace(draft.brief, name="Another"))
    assert not is_planned_from(draft, edited)
    assert not is_planned_from(draft, replace(draft, state=State.CANCELLED))


def test_of_two_who_read_the_same_only_one_changes_it(
    house: Drumbeat, rest: Rest, people: tuple[str, ...]
) -> None:
    campaign = rest.campaign()
    tag, answers = tag_of(rest, campaign), list[int]()

    def change(name: str) -> None:
        body = {**BRIEF, "name": name}
        answers.append(under(rest, tag, f"/campaigns/{campaign}", body).status_code)

    threads = [threading.Thread(target=change, args=(f"Letter {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 412, 412, 412, 412, 412]


def first_of(rest: Rest, path: str, rows: str, **query: object) -> dict[str, object]:
    listed = rest.get(path, **query)[rows]
    assert isinstance(listed, list)
    row: dict[str, object] = listed[0]
    return row


def test_an_approval_is_given_only_to_what_was_read(rest: Rest, people: tuple[str, ...]) -> None:
    campaign = rest.campaign()
    path = f"/approvals/{first_of(rest, '/approvals', 'approvals')['approval_id']}"
    read = str(rest.ask("GET", path).headers["etag"])
    rest.ask("PUT", f"/campaigns/{campaign}", {**BRIEF, "name": "Another"})
    for action in ("approve", "decline"):
        assert campaign in refused(under(rest, read, f"{path}/{action}"), 412, "stale")
    now = str(rest.ask("GET", path).headers["etag"])
    assert now != read
    path = f"/approvals/{first_of(rest, '/approvals', 'approvals')['approval_id']}"
    given = under(rest, str(rest.ask("GET", path).headers["etag"]), f"{path}/approve")
    assert given.json()["state"] == "approved"
    assert given.headers["etag"] == rest.ask("GET", path).headers["etag"]


def test_a_contact_is_unsubscribed_only_as_it_was_read(rest: Rest, people: tuple[str, ...]) -> None:
    ada = first_of(rest, "/contacts", "contacts", email="ada@example.com")
    path = f"/contacts/{ada['contact_id']}"
    read = str(rest.ask("GET", path).headers["etag"])
    assert str(rest.ask("GET", path).headers["etag"]).split("-")[0] == read.split("-")[0]
    told = {"email": "ada@example.com", "attributes": {"shoe": 41}}
    assert rest.ask("PUT", "/contacts", told).status_code == 200
    refused(under(rest, read, f"{path}/unsubscribe"), 412, "stale")
    assert rest.get(path)["may_mail"] is True
    now = str(rest.ask("GET", path).headers["etag"])
    assert under(rest, now, f"{path}/unsubscribe").status_code == 200
    assert rest.get(path)["may_mail"] is False


def test_what_has_no_tag_is_changed_for_any_or_not_at_all(rest: Rest) -> None:
    rest.post("/accounts/people", {"email": "bo@example.com", "role": "viewer"}, status=201)
    path, role = "/accounts/people/bo@example.com", {"role": "analyst"}
    refused(rest.ask("PUT", path, role, headers={"If-Match": '"1-0a"'}), 412, "stale")
    refused(rest.ask("DELETE", path, headers={"If-Match": '"x"'}), 412, "stale")
    assert rest.ask("PUT", path, role, headers={"If-Match": "*"}).status_code == 200
