"""REST: files of contacts and events, sound and broken: a report or a problem, nothing between."""

import csv
import io
import json

import pytest

from tests.interfaces.api.conftest import Rest, refused

GOOD = b"Email,First Name\nada@example.com,Ada\ngrace@example.com,Grace\n"
EVENTS = (
    b"email,kind,occurred_at,value,currency,order_id\n"
    b"ada@example.com,purchased,2026-10-01T09:00:00Z,40.00,EUR,A-1\n"
    b"grace@example.com,open,2026-10-02T09:00:00Z,,,\n"
)


def send(rest: Rest, path: str, file: bytes, **query: object) -> list[dict[str, object]]:
    """The lines of the answer: progress, and the report or problem at the end."""
    answer = rest.ask(
        "POST", path, content=file, headers={"Content-Type": "application/octet-stream"}, **query
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def report(rest: Rest, path: str, file: bytes, **query: object) -> dict[str, object]:
    *progress, last = send(rest, path, file, **query)
    assert "problem" not in last, last
    shares = [float(str(line["progress"])) for line in progress]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return last


def trouble(rest: Rest, path: str, file: bytes, **query: object) -> tuple[str, str]:
    """(field, detail) of the problem that ends the answer, without a report before it."""
    *before, last = send(rest, path, file, **query)
    assert before == []
    problem = last["problem"]
    assert isinstance(problem, dict)
    assert (problem["status"], problem["type"]) == (422, "urn:drumbeat:problem:invalid-input")
    return str(problem["field"]), str(problem["detail"])


def counts(told: dict[str, object], *names: str) -> tuple[object, ...]:
    return tuple(told[name] for name in names)


def contacts(rest: Rest) -> object:
    return rest.get("/status")["total_contacts"]


def rejected(told: dict[str, object]) -> list[dict[str, str]]:
    text = told["rejected_csv"]
    assert isinstance(text, str)
    return list(csv.DictReader(io.StringIO(text)))


def test_a_file_is_imported_and_repeating_it_changes_nothing(rest: Rest) -> None:
    names = ("rows", "added", "updated", "unchanged", "rejected", "rejected_csv")
    assert counts(report(rest, "/contacts/import", GOOD), *names) == (2, 2, 0, 0, 0, None)
    assert counts(report(rest, "/contacts/import", GOOD), *names) == (2, 0, 0, 2, 0, None)
    assert contacts(rest) == 2


def test_nobody_may_be_mailed_without_a_word_about_consent(rest: Rest) -> None:
    report(rest, "/contacts/import", GOOD)
    assert rest.get("/status")["total_subscribers"] == 0
    report(rest, "/contacts/import", GOOD, consent="subscribed")
    assert rest.get("/status")["total_subscribers"] == 2


def test_a_long_file_tells_how_far_it_is(rest: Rest) -> None:
    rows = b"".join(b"p%d@example.com,P\n" % number for number in range(1_700))
    lines = send(rest, "/contacts/import", b"Email,First Name\n" + rows)
    told = [int(str(line["rows"])) for line in lines[:-1]]  # how large a unit is, the machine says
    assert told == sorted(set(told))
    assert told[0] <= 500
    assert told[-1] == 1_700
    assert counts(lines[-1], "rows", "added") == (1_700, 1_700)


def test_a_dry_run_counts_and_writes_nothing(rest: Rest) -> None:
    file = GOOD + b"nobody,X\n"
    told = report(rest, "/contacts/import", file, dry_run=True)
    assert counts(told, "rows", "added", "rejected", "rejected_csv") == (3, 2, 1, None)
    assert contacts(rest) == 0


def test_a_rejected_row_comes_back_with_its_number_and_reason(rest: Rest) -> None:
    long = "x" * 300 + "@example.com"
    rows = [
        "not-an-address,A", f"{long},B", '"eve@example.com\nBcc: all@example.com",C',
        '"eve@example.com\r",D', "two@example.com,E,more", f"eve@example.com,{'y' * 10_000_000}",
        '=cmd|calc@example.com!,F', "fine@example.com,G",
    ]  # fmt: skip
    file = "Email,First Name\r\n" + "\r\n".join(rows) + "\r\n"
    told = report(rest, "/contacts/import", file.encode())
    assert counts(told, "rows", "added", "rejected") == (8, 1, 7)
    back = rejected(told)
    assert len(back) == 7
    assert all(row["reason"] and row["row"].isdigit() for row in back)
    assert [int(row["row"]) for row in back] == sorted(int(row["row"]) for row in back)
    assert any("10,000,0" in row["reason"] or "131,072" in row["reason"] for row in back)
    assert all(len(str(row)) < 3_000 for row in back)
    assert not any(row["Email"].startswith("=") for row in back)
    problems = told["problems"]
    assert isinstance(problems, list)
    assert [problem["row"] for problem in problems] == [int(row["row"]) for row in back]


@pytest.mark.parametrize("path", ["/contacts/import", "/events/import"])
def test_a_file_that_cannot_be_read_is_a_problem_and_writes_nothing(rest: Rest, path: str) -> None:
    files = {
        b"": "empty",
        b"\n\n \n": "empty",
        b"PK\x03\x04" + b"\x00" * 100: "Excel",
        b"%PDF-1.7": "PDF",
        b"\x1f\x8b\x08": "compressed",
        b"name,city\nAda,London\n": "name, city",
        b"email,kind,occurred_at,Email\na@b.example,open,2026-01-01,b@b.ex\n": "more than once",
        b"email,kind,occurred_at,note,Note \na@b.example,open,2026-01-01,1,2\n": "more than once",
        b'"email,kind,occurred_at\n' + b"a@b.example,open,2026-01-01\n" * 9_000: "header",
        b"\x00\x01\x02\x03" * 1_000: "",
        b",".join(b"c%d" % number for number in range(2_000)) + b"\n": "1000",
    }
    for file, said in files.items():
        field, detail = trouble(rest, path, file)
        assert field, file[:20]
        assert said in detail, (file[:20], detail)
        assert len(detail) < 1_000
    assert contacts(rest) == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_usual_encoding_is_read(rest: Rest, encoding: str) -> None:
    file = "Email,First Name\nzoe@example.com,Zoë\nrene@example.com,René Müller\n"
    told = report(rest, "/contacts/import", file.encode(encoding), consent="subscribed")
    assert counts(told, "added", "rejected") == (2, 0)
    brief = {"name": "n", "subject_line": "s", "content_html": "<p>{{ first_name }}</p>"}
    campaign = rest.post("/campaigns", brief, status=201)["campaign_id"]
    mail = rest.ask("GET", f"/campaigns/{campaign}/preview", contact="zoe@example.com")
    assert "Zoë" in mail.text or "Zo=C3=AB" in mail.text or "WmmDqw" in mail.text


def test_a_bad_byte_costs_one_row(rest: Rest) -> None:
    file = (
        "Email,First Name\nzoe@example.com,Zoë\n".encode()
        + b"bad@example.com,\xff\xfe\n"
        + ("rené@example.com,René\n".encode())
    )
    told = report(rest, "/contacts/import", file)
    assert [row["row"] for row in rejected(told)][:1] == ["3"]


def test_a_column_of_consent_that_is_not_there_is_named(rest: Rest) -> None:
    field, detail = trouble(rest, "/contacts/import", GOOD, consent="Opted In")
    assert "Opted In" in detail
    assert field
    assert contacts(rest) == 0


def test_events_are_imported_and_counted_once(rest: Rest) -> None:
    report(rest, "/contacts/import", GOOD)
    names = ("rows", "added", "repeated", "rejected", "rejected_csv")
    assert counts(report(rest, "/events/import", EVENTS, dry_run=True), *names) == (
        2,
        2,
        0,
        0,
        None,
    )
    assert counts(report(rest, "/events/import", EVENTS), *names) == (2, 2, 0, 0, None)
    assert counts(report(rest, "/events/import", EVENTS), *names) == (2, 0, 2, 0, None)


def test_an_event_that_makes_no_sense_comes_back_with_its_reason(rest: Rest) -> None:
    report(rest, "/contacts/import", GOOD)
    rows = {
        "eve@example.com,open,2026-10-01,,": "eve@example.com",
        ",open,2026-10-01,,": "names nobody",
        "ada@example.com,danced,2026-10-01,,": "danced",
        "ada@example.com,open,03/04/2026,,": "03/04/2026",
        "ada@example.com,open,0001-01-01T00:00+23:59,,": "instant",
        "ada@example.com,open,2036-10-01,,": "future",
        "ada@example.com,purchased,2026-10-01,forty,EUR": "forty",
        "ada@example.com,purchased,2026-10-01,1e999999,EUR": "amount",
        "ada@example.com,purchased,2026-10-01,NaN,EUR": "NaN",
        "ada@example.com,purchased,2026-10-01,4,EURO": "EURO",
        "ada@example.com,open,2026-10-01,,,extra": "cells",
        f"ada@example.com,open,2026-10-01,,{'z' * 5_000}": "long",
        "\x00ada@example.com,open,2026-10-01,,": "NUL",
    }
    file = "email,kind,occurred_at,value,currency\n" + "\n".join(rows) + "\n"
    back = rejected(report(rest, "/events/import", file.encode()))
    reasons = {int(row["row"]): row["reason"] for row in back}
    assert sorted(reasons) == list(range(2, len(rows) + 2))
    for number, said in enumerate(rows.values(), 2):
        assert said in reasons[number], (number, reasons[number])


def test_events_as_json_count_once_and_name_the_event_that_is_wrong(rest: Rest) -> None:
    report(rest, "/contacts/import", GOOD)
    event = {"kind": "purchase", "occurred_at": "2026-10-01T09:00:00Z", "email": "ada@example.com"}
    sent = {"events": [{**event, "event_id": "e1", "value": 40, "currency": "eur"}]}
    assert counts(rest.post("/events", sent), "added", "repeated") == (1, 0)
    assert counts(rest.post("/events", sent), "added", "repeated") == (0, 1)
    unknown = rest.post("/events", {"events": [{**event, "email": "eve@example.com"}]})
    assert counts(unknown, "added", "rejected") == (0, 1)
    for change, field in (
        ({"kind": "danced"}, "events.0.kind"),
        ({"occurred_at": "2026-10-01T09:00:00"}, "events.0.occurred_at"),
        ({"occurred_at": "yesterday"}, "events.0.occurred_at"),
        ({"valeu": 4}, "events.0.valeu"),
        ({"value": "forty"}, "events.0.value"),
        ({"value": "1e999999"}, "events.0.value"),
        ({"properties": {"a": 1}}, "events.0.properties.a"),
    ):
        answer = rest.ask("POST", "/events", {"events": [{**event, **change}]})
        refused(answer, 422, "invalid-input", field)
    refused(
        rest.ask("POST", "/events", {"events": [event] * 10_001}), 422, "invalid-input", "events"
    )
    refused(rest.ask("POST", "/events", {}), 422, "invalid-input", "events")


def test_a_column_is_mapped_by_the_address_of_the_request(rest: Rest) -> None:
    odd = GOOD.replace(b"Email", b"Kontakt")
    field, detail = trouble(rest, "/contacts/import", odd)
    assert field == "email"
    assert "map Kontakt=email" in detail
    query = "map=Kontakt%3Demail&map=First%20Name%3D-"
    told = report(rest, f"/contacts/import?{query}", odd)
    assert counts(told, "added", "rejected") == (2, 0)
    assert told["meanings"] == [
        {"column": "Kontakt", "meaning": "email"},
        {"column": "First Name", "meaning": "-"},
    ]
    assert trouble(rest, "/contacts/import", GOOD, map="Email")[0] == "map"
