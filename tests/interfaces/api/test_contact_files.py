"""REST: a file of contacts goes out, opens safely, and comes back in without a change."""

import csv
import io
import json

from tests.interfaces.api.conftest import Rest, refused
from tests.interfaces.api.test_imports import report

PEOPLE = (
    b"email,customer id,first name,country,score,wants mail\n"
    b'ana@example.com,c-1,"=HYPERLINK(""http://x"")",PT,7,yes\n'
    b"ben@example.com,,@SUM(1),,-3,no\n"
    b"cid@example.com,,Cid,DE,,\n"
)


def exported(rest: Rest, **query: str) -> bytes:
    answer = rest.ask("GET", "/contacts/export", **query)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    return answer.content


def test_the_csv_has_everybody_with_attributes_as_columns_and_no_formula(rest: Rest) -> None:
    report(rest, "/contacts/import", PEOPLE, consent="wants mail")
    rows = list(csv.DictReader(io.StringIO(exported(rest).decode())))
    ana, ben, cid = rows
    assert (ana["email"], ana["external_id"], ana["consent"]) == (
        "ana@example.com",
        "c-1",
        "subscribed",
    )
    assert ana["first_name"] == '\'=HYPERLINK("http://x")'
    assert (ben["first_name"], ben["score"], ben["reason"]) == ("'@SUM(1)", "-3", "unsubscribed")
    assert (cid["timezone"], cid["timezone_source"]) == ("Europe/Berlin", "country")
    assert not any(cell.startswith(("=", "@", "+")) for row in rows for cell in row.values())


def test_json_is_one_array_of_contacts_as_rest_shows_them(rest: Rest) -> None:
    assert json.loads(exported(rest, format="json")) == []
    report(rest, "/contacts/import", PEOPLE, consent="wants mail")
    listed = rest.get("/contacts")["contacts"]
    assert json.loads(exported(rest, format="json")) == listed


def test_what_was_exported_can_be_imported_and_adds_nobody(rest: Rest) -> None:
    report(rest, "/contacts/import", PEOPLE, consent="wants mail")
    told = report(rest, "/contacts/import", exported(rest), consent="consent")
    assert (told["added"], told["rejected"]) == (0, 0)


def test_an_unknown_segment_or_format_is_refused_before_anything_is_sent(rest: Rest) -> None:
    refused(rest.ask("GET", "/contacts/export", segment="Nobody"), 422, "invalid-input", "segment")
    refused(rest.ask("GET", "/contacts/export", format="xlsx"), 422, "invalid-input", "format")


def test_a_merge_policy_says_what_the_file_does_to_who_is_known(rest: Rest) -> None:
    report(rest, "/contacts/import", b"email,city\nana@example.com,Porto\n")
    news = b"email,city,plan\nana@example.com,Lisbon,gold\nben@example.com,Faro,free\n"
    counts = []
    for policy in ("keep", "fill", "overwrite"):
        told = report(rest, "/contacts/import", news, policy=policy)
        ana = json.loads(exported(rest, format="json"))[0]["attributes"]
        counts.append((told["added"], told["updated"], ana["city"], ana.get("plan")))
    assert counts == [
        (1, 0, "Porto", None),
        (0, 1, "Porto", "gold"),
        (0, 1, "Lisbon", "gold"),
    ]
