"""REST: a campaign from its brief to its ledger, and what is refused on the way."""

from email import message_from_bytes
from email.policy import default

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.ids import CampaignId
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.campaigns.pipeline import advance
from tests.interfaces.api.conftest import BRIEF, Rest, refused


def test_a_campaign_is_created_planned_and_waits_for_approval(
    rest: Rest, people: tuple[str, ...]
) -> None:
    made = rest.post("/campaigns", BRIEF, status=201)
    assert (made["status"], made["approval_needed"]) == ("awaiting_approval", True)
    assert (made["audience_size"], made["mailable"]) == (len(people), len(people))
    shown = rest.get(f"/campaigns/{made['campaign_id']}")
    assert shown == made
    assert str(made["approval_id"]).startswith("apr_")
    history = made["history"]
    assert isinstance(history, list)
    assert [step["state"] for step in history] == ["draft", "planned", "awaiting_approval"]


def test_it_is_approved_launched_and_its_ledger_counts_everybody(
    rest: Rest, people: tuple[str, ...], house: Drumbeat
) -> None:
    campaign = rest.campaign()
    assert rest.post(f"/campaigns/{campaign}/approve")["waiting_for"] == "launch"
    assert rest.post(f"/campaigns/{campaign}/launch", {"now": True})["status"] == "scheduled"
    before = rest.get(f"/campaigns/{campaign}/ledger")
    assert before["frozen"] == 0
    freeze(house, campaign)
    ledger = rest.get(f"/campaigns/{campaign}/ledger")
    states = ledger["states"]
    assert isinstance(states, dict)
    assert list(states) == ["planned", "claimed", "sent", "failed", "suppressed", "uncertain"]
    assert ledger["frozen"] == sum(states.values()) == states["planned"] == len(people)


def freeze(house: Drumbeat, campaign: str) -> None:
    """Take the engine's steps until the audience is frozen and sending began."""
    for _ in range(20):
        with house.look(house.owner()) as department:
            if department.campaigns.get(CampaignId(campaign)).state.value == "sending":
                return
        advance(house, CampaignId(campaign))
    raise AssertionError("the campaign never began to send")


def test_its_recipients_are_paged_completely_and_once(
    rest: Rest, people: tuple[str, ...], house: Drumbeat
) -> None:
    campaign = rest.campaign()
    rest.post(f"/campaigns/{campaign}/approve")
    rest.post(f"/campaigns/{campaign}/launch", {"now": True})
    assert rest.get(f"/campaigns/{campaign}/ledger/rows")["rows"] == []
    freeze(house, campaign)
    for limit in (1, 2, 5, 2000):
        found, cursor = [], None
        while True:
            since: dict[str, object] = {} if cursor is None else {"cursor": cursor}
            page = rest.get(f"/campaigns/{campaign}/ledger/rows", limit=limit, **since)
            rows = page["rows"]
            assert isinstance(rows, list)
            found += rows
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert sorted(row["email"] for row in found) == sorted(people), limit
        assert {row["state"] for row in found} == {"planned"}
    at = f"/campaigns/{campaign}/ledger/rows"
    assert rest.get(at, email=people[1].upper())["next_cursor"] is None
    assert [row["email"] for row in _rows(rest.get(at, email=people[1], limit=1))] == [people[1]]
    assert len(_rows(rest.get(at, state="planned"))) == len(people)
    assert _rows(rest.get(at, state="sent")) == _rows(rest.get(at, email="nobody@x.example")) == []
    answer = rest.ask("GET", at, state="lost")
    assert answer.status_code == 422
    assert "planned, claimed" in answer.json()["detail"]


def _rows(page: JsonObject) -> list[JsonObject]:
    rows = page["rows"]
    assert isinstance(rows, list)
    return rows


def test_a_launch_without_an_approval_is_accepted_and_waits(
    rest: Rest, people: tuple[str, ...]
) -> None:
    campaign = rest.campaign()
    answer = rest.ask("POST", f"/campaigns/{campaign}/launch")
    assert (answer.status_code, answer.json()["approval_needed"]) == (202, True)
    assert rest.post(f"/campaigns/{campaign}/approve")["status"] == "scheduled"


def test_a_paused_campaign_resumes_and_a_cancelled_one_does_not(
    rest: Rest, people: tuple[str, ...]
) -> None:
    campaign = rest.campaign()
    rest.post(f"/campaigns/{campaign}/approve")
    rest.post(f"/campaigns/{campaign}/launch")
    assert rest.post(f"/campaigns/{campaign}/pause")["status"] == "paused"
    assert rest.post(f"/campaigns/{campaign}/resume")["status"] == "scheduled"
    assert rest.post(f"/campaigns/{campaign}/cancel")["status"] == "cancelled"
    for verb in ("approve", "launch", "pause", "resume", "cancel"):
        detail = refused(rest.ask("POST", f"/campaigns/{campaign}/{verb}", {}), 409, "conflict")
        assert campaign in detail
        assert "cancelled" in detail


def test_an_edit_asks_for_approval_anew(rest: Rest, people: tuple[str, ...]) -> None:
    campaign = rest.campaign()
    before = rest.post(f"/campaigns/{campaign}/approve")
    assert not before["approval_needed"]
    answer = rest.ask("PUT", f"/campaigns/{campaign}", {**BRIEF, "subject_line": "Another one"})
    assert (answer.status_code, answer.json()["approval_needed"]) == (200, True)
    assert answer.json()["subject_line"] == "Another one"


def test_campaigns_are_paged_completely_and_once(rest: Rest, people: tuple[str, ...]) -> None:
    made = {rest.campaign(name=f"Letter {number}") for number in range(5)}
    for limit in (1, 2, 5, 50):
        found: list[str] = []
        page = rest.get("/campaigns", limit=limit)
        while True:
            rows = page["campaigns"]
            assert isinstance(rows, list)
            found += [row["campaign_id"] for row in rows]
            if page["next_cursor"] is None:
                break
            page = rest.get("/campaigns", limit=limit, cursor=page["next_cursor"])
        assert sorted(found) == sorted(made), limit


def test_the_preview_is_the_mail_itself(rest: Rest, people: tuple[str, ...]) -> None:
    campaign = rest.campaign()
    answer = rest.ask("GET", f"/campaigns/{campaign}/preview", contact="ada@example.com")
    assert answer.headers["content-type"] == "message/rfc822"
    mail = message_from_bytes(answer.content, policy=default)
    assert (mail["To"], mail["Subject"]) == ("ada@example.com", "What we planted")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = mail.get_body(("html",))
    assert html is not None
    assert "Hello ada" in html.get_content()
    nobody = rest.ask("GET", f"/campaigns/{campaign}/preview", contact="eve@example.com")
    assert "eve@example.com" in refused(nobody, 404, "not-found")


def test_a_campaign_that_does_not_exist_is_not_found(rest: Rest) -> None:
    for path in ("", "/ledger", "/ledger/rows", "/nowhere"):
        refused(rest.ask("GET", f"/campaigns/cmp_{'0' * 32}{path}"), 404, "not-found")
    for verb in ("approve", "launch", "pause", "resume", "cancel"):
        refused(rest.ask("POST", f"/campaigns/cmp_0/{verb}", {}), 404, "not-found")
    refused(rest.ask("PUT", "/campaigns/cmp_0", BRIEF), 404, "not-found")


MISTAKES: tuple[tuple[dict[str, object], str, str], ...] = (
    ({"subjct_line": "Hi"}, "subjct_line", "did you mean 'subject_line'"),
    ({"Audience": "all"}, "Audience", "did you mean 'audience'"),
    ({"zzz": 1}, "zzz", "the known fields are name, type"),
    ({"test": {"elment": "content"}}, "test.elment", "did you mean 'element'"),
    ({"timing": {"modus": "now"}}, "timing.modus", "did you mean 'mode'"),
    ({"name": ""}, "name", "needs a name"),
    ({"name": None}, "name", "string"),
    ({"name": "x" * 201}, "name", "200"),
    ({"subject_line": " "}, "subject_line", "needs a subject"),
    ({"content_html": ""}, "content_html", "needs content"),
    ({"content_html": "\x00"}, "content_html", "NUL"),
    ({"type": "banner"}, "type", "newsletter"),
    ({"audience": "customers"}, "audience", "customers"),
    ({"segment_by": "mood"}, "segment_by", "mood"),
    ({"launch": "later"}, "launch", "best"),
    ({"timing": {"mode": "at"}}, "timing.at", "instant"),
    ({"timing": {"mode": "at", "at": "soon"}}, "timing.at", "datetime"),
    ({"timing": {"mode": "at", "at": "9999-12-31T23:59:59-12:00"}}, "timing.at", "instant"),
    ({"timing": {"window": -1}}, "timing.window", "between 0 and 168"),
    ({"test": {"element": "weather", "variants": ["a", "b"]}}, "test.element", "weather"),
    ({"test": {"metric": "joy", "variants": ["a"]}}, "test.metric", "joy"),
    ({"test": {"variants": []}}, "test.variants", "2 to 8"),
    ({"test": {"variants": ["x"] * 9}}, "test.variants", "8"),
    ({"alt_subject_line": "b", "traffic_split": 1.5}, "traffic_split", "between 0 and 1"),
    ({"alt_subject_line": "b", "confidence_level": 1}, "confidence_level", "0.95"),
    ({"alt_subject_line": "b", "sample_size": 1}, "sample_size", "at least 2"),
    ({"enable_ab_testing": True}, "alt_subject_line", "second subject"),
    ({"sender_email": "nobody"}, "sender_email", "nobody"),
    ({"content_html": "{% include 'secrets' %}"}, "content_html", "include"),
)


def test_a_brief_that_makes_no_sense_names_the_field(rest: Rest, people: tuple[str, ...]) -> None:
    for changes, field, said in MISTAKES:
        answer = rest.ask("POST", "/campaigns", {**BRIEF, **changes})
        detail = refused(answer, 422, "invalid-input", field)
        assert said in detail, changes
    listed = rest.get("/campaigns")["campaigns"]
    assert isinstance(listed, list)
    assert listed == []  # nothing half-made is left
    assert rest.get("/engine")["due_now"] is False


def test_a_page_that_cannot_be_cut_names_its_parameter(
    rest: Rest, people: tuple[str, ...], house: Drumbeat
) -> None:
    for limit in (0, 2001, "all", "1e9", "-1"):
        for path in ("/campaigns", "/campaigns/cmp_0/ledger/rows", "/sandbox/messages"):
            refused(rest.ask("GET", path, limit=limit), 422, "invalid-input", "limit")
    campaign = rest.campaign()
    rest.post(f"/campaigns/{campaign}/approve")
    rest.post(f"/campaigns/{campaign}/launch", {"now": True})
    freeze(house, campaign)
    for cursor in ("1", "a.b", "1.2.3", "\x00", "9" * 400 + ".1", "²._"):
        answer = rest.ask("GET", f"/campaigns/{campaign}/ledger/rows", cursor=cursor)
        refused(answer, 422, "invalid-input", "cursor")
    for cursor in ("x", "-1", "9" * 30):
        answer = rest.ask("GET", "/sandbox/messages", cursor=cursor)
        refused(answer, 422, "invalid-input", "cursor")


def test_every_arm_of_the_design_is_counted_before_anybody_got_it(rest: Rest) -> None:
    test = {"element": "subject_line", "variants": ["Until Sunday", "Come in"]}
    made = rest.post("/campaigns", {**BRIEF, "test": test}, status=201)
    arms = rest.get(f"/campaigns/{made['campaign_id']}/analytics")["arms"]
    assert isinstance(arms, list)
    assert [arm["arm_no"] for arm in arms] == [0, 1, 2]
    assert {arm["sent"] + arm["delivered"] + arm["opens"] for arm in arms} == {0}
