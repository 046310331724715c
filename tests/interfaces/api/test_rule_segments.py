"""REST: a segment is made by saying who is in it, previewed, and explained for one person."""

from drumbeat.bootstrap import Drumbeat
from tests.interfaces.api.conftest import Rest

RULE = {"all": [{"event": "clicked", "never": True}, {"consent": "mailable"}]}


def test_a_rule_is_previewed_kept_and_explained(rest: Rest, people: tuple[str, ...]) -> None:
    preview = rest.post("/segments/preview", {"rule": RULE, "sample": 2}, status=200)
    assert preview["sentence"] == "never clicked and may be mailed"
    assert preview["rule"] == RULE
    assert preview["count"] == preview["mailable"]
    made = rest.post("/segments", {"name": "Quiet", "rule": RULE}, status=201)
    shown = rest.get("/segments/quiet")
    assert shown["tree"] == RULE
    assert shown["subscriber_count"] == preview["count"]
    assert made["segments"][0]["id"] == shown["id"]  # type: ignore[index]
    body = {"segment": "Quiet", "contact": people[0]}
    told = rest.post("/segments/explain", body, status=200)
    assert told["member"]
    by_id = rest.post(
        "/segments/explain", {"rule": RULE, "contact": told["contact_id"]}, status=200
    )
    assert by_id["why"] == told["why"]


def test_what_a_rule_gets_wrong_is_told_with_its_place(rest: Rest, house: Drumbeat) -> None:
    wrong = {"all": [{"consent": "mailable"}, {"event": "cliked"}]}
    for path in ("/segments/preview", "/segments"):
        answer = rest.ask(
            "POST", path, {"rule": wrong, **({"name": "x"} if len(path) < 12 else {})}
        )
        assert (answer.status_code, answer.json()["field"]) == (422, "rule.all[1].event")
        assert "Did you mean 'clicked'" in answer.json()["detail"]
    for body in ({"name": "x"}, {"rule": RULE}, {"by": "rfm", "name": "x"}):
        assert rest.ask("POST", "/segments", body).status_code == 422
    assert rest.ask("GET", "/segments/nobody").status_code == 422
    unknown = rest.ask("POST", "/segments/explain", {"rule": RULE, "contact": "no@example.com"})
    assert unknown.status_code == 404


def test_a_segment_is_renamed_and_removed(rest: Rest, house: Drumbeat) -> None:
    for name, rule in (("Quiet", RULE), ("Quiet too", {"segment": "Quiet"})):
        rest.post("/segments", {"name": name, "rule": rule}, status=201)
    refused = rest.ask("DELETE", "/segments/Quiet")
    assert (refused.status_code, "'Quiet too'" in refused.json()["detail"]) == (409, True)
    renamed = rest.ask("PUT", "/segments/Quiet%20too", {"name": "Loud"})
    assert renamed.json()["name"] == "Loud"
    assert rest.ask("PUT", "/segments/Loud", {"name": "quiet"}).status_code == 422
    for name in ("Loud", "Quiet"):
        assert rest.ask("DELETE", f"/segments/{name}").json() == {"removed": name}
    assert rest.ask("DELETE", "/segments/Quiet").status_code == 422
