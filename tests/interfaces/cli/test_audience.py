"""drumbeat audience, approvals, experiments, content: what is put, decided and judged by hand."""

import json

import pytest

from tests.interfaces.cli.conftest import BRIEF, Shell

ROWS = [
    {"email": "ada@example.com", "external_id": "A-1", "city": "Porto"},
    {"email": "barbara@example.com", "consent": "subscribed"},
    {"email": "nobody"},
]


def test_contacts_of_a_file_are_put_in_whichever_way_it_is_written(people: Shell) -> None:
    lines = "\n".join(json.dumps(row) for row in ROWS)
    for text, expected in (
        (json.dumps(ROWS), (3, 1, 1, 0, 1)),
        (lines, (3, 0, 0, 2, 1)),
        (json.dumps(ROWS[0]), (1, 0, 0, 1, 0)),
        ("[]", (0, 0, 0, 0, 0)),
    ):
        report = people.done("audience", "put", people.write("c.json", text), "--json").json()
        counts = ("rows", "added", "updated", "unchanged", "rejected")
        assert tuple(report[name] for name in counts) == expected
    many = [{"email": f"reader{number}@example.com"} for number in range(2_000)]
    file = people.write("c.json", json.dumps([*many, {"email": "nobody"}]))
    report = people.done("audience", "put", file, "--json").json()
    assert (report["added"], report["rejected"]) == (2_000, 1)
    assert [row["index"] for row in report["problems"]] == [2_000]  # type: ignore[attr-defined]
    told = people.run("audience", "put", people.write("c.json", lines), "--strict")
    assert (told.code, told.out) == (1, "")
    assert "Row 2: email: the address has no @" in told.err


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"a": NaN}', '"x"', '["\\ud800"]', "[" * 9999])
def test_a_file_that_holds_no_objects_is_named(people: Shell, text: str) -> None:
    for words in (("audience", "put"), ("experiments", "analyze")):
        ran = people.run(*words, people.write("bad.json", text))
        assert (ran.code, ran.out) == (1, "")
        assert "bad.json" in ran.err
        assert "Traceback" not in ran.err


def test_a_contact_is_found_shown_and_unsubscribed_by_address_or_id(people: Shell) -> None:
    rows = people.done("audience", "list", "--json").rows()
    assert [(row["email"], row["may_mail"]) for row in rows] == [
        ("ada@example.com", True),
        ("grace@example.com", True),
        ("edsger@example.com", False),
    ]
    shown = people.done("audience", "show", "ADA@example.com", "--json").json()
    assert shown["contact_id"] == rows[0]["contact_id"]
    assert (
        people.done("audience", "list", "--email", "ada@example.com", "--json").rows() == rows[:1]
    )
    first = people.done("audience", "unsubscribe", "ada@example.com", "--json").json()
    again = people.done("audience", "unsubscribe", str(shown["contact_id"]), "--json").json()
    assert (first["changed"], again["changed"]) == (True, False)
    said = people.done("audience", "show", "ada@example.com").err
    assert "may not be mailed (unsubscribed)" in said
    for nobody in ("eve@example.com", "con_x"):
        ran = people.run("audience", "unsubscribe", nobody)
        assert (ran.code, ran.out) == (1, "")
        assert nobody in ran.err


def test_what_waits_is_listed_shown_approved_and_declined(people: Shell) -> None:
    assert people.done("approvals", "list", "--json").out == ""
    assert "Nothing waits" in people.done("approvals", "list").err
    first, second = people.campaign(), people.campaign()
    yes, no = (str(row["approval_id"]) for row in people.done("approvals", "list", "--json").rows())
    shown = people.done("approvals", "show", yes, "--json").json()
    campaign = shown["campaign"]
    assert isinstance(campaign, dict)
    assert (shown["state"], campaign["campaign_id"]) == ("waiting", first)
    assert people.done("approvals", "approve", yes, "--json").json()["state"] == "approved"
    assert "it is declined by Owner" in people.done("approvals", "decline", no).err
    assert people.run("approvals", "decline", yes).code == 1
    launched = people.done("campaigns", "launch", first, "--json").json()
    assert launched["status"] == "scheduled"
    assert people.run("campaigns", "launch", second, "--json").code in (1, 3)
    content = people.done("content", "show", first)
    assert "Variant A: What we planted" in content.err
    assert "Link 1: https://example.com" in content.err


def test_counts_are_judged_one_answer_each(shell: Shell) -> None:
    arms = [{"name": "A", "n": 5000, "conversions": 1000}, {"name": "B", "n": 5000}]
    tests = [{"arms": [arms[0], {**arms[1], "conversions": n}]} for n in (1120, 1001)]
    for text in (json.dumps(tests), "\n".join(json.dumps(each) for each in tests)):
        file = shell.write("counts.json", text)
        answers = shell.done("experiments", "analyze", file, "--json").rows()
        verdicts = [answer["verdict"] for answer in answers]
        assert [each["kind"] for each in verdicts if isinstance(each, dict)] == [
            "winner",
            "no_difference",
        ]
    said = shell.done("experiments", "analyze", shell.write("one.json", json.dumps(tests[0]))).err
    assert "B against A: +0.0240 [+0.0080, +0.0400], p = 0.0033" in said
    assert shell.done("experiments", "list", "--json").out == ""
    wrong = shell.run("experiments", "analyze", shell.write("x.json", '{"arms": []}'))
    assert (wrong.code, wrong.out) == (1, "")
    assert shell.run("experiments", "analyze", "x.json", "--method", "guess").code == 2


def test_a_topic_is_added_chosen_and_asked_for_by_a_campaign_file(people: Shell) -> None:
    added = people.done("audience", "topics", "add", "Garden tips", "--json").json()
    assert added["key"] == "garden-tips"
    assert len(people.done("audience", "topics", "list", "--json").rows()) == 2
    ada = ("ada@example.com", "--yes", "garden-tips", "--wording", "Tips, please")
    assert people.done("audience", "choose", *ada, "--json").json()["changed"]
    assert "garden-tips: subscribed" in people.done("audience", "choices", "ada@example.com").err
    people.write("topical.toml", BRIEF + 'topic = "garden-tips"\n')
    made = people.done("campaigns", "create", "--file", "topical.toml", "--json").json()
    shown = people.done("campaigns", "show", str(made["campaign_id"]), "--json").json()
    assert shown["mailable"] == 1
    people.done("audience", "opt-out-of-sale", "ada@example.com")
    assert "Neither sold nor shared" in people.done("audience", "choices", "ada@example.com").err
    changed = people.done("audience", "topics", "change", "garden-tips", "--no-offered", "--json")
    assert changed.json()["offered"] is False


def test_a_sign_up_form_is_added_and_closed(people: Shell) -> None:
    made = people.done("audience", "forms", "add", "The letter", "--json").json()
    assert (made["double"], made["open"], made["topics"]) == (True, True, ["marketing"])
    assert "<form" in str(made["html"])
    form = str(made["form_id"])
    assert "closed" in people.done("audience", "forms", "change", form, "--no-open").err
    [listed] = people.done("audience", "forms", "list", "--json").rows()
    assert listed["open"] is False


def test_somebody_gets_everything_and_is_erased(people: Shell) -> None:
    ada = "ada@example.com"
    held = people.done("audience", "export-subject", ada, "--json").json()
    assert held["email"] == ada
    people.done("audience", "export-subject", ada, "--out", "ada.json")
    assert json.loads((people.place / "ada.json").read_text())["email"] == ada
    assert people.run("audience", "erase", ada).code == 1
    assert people.done("audience", "erasure-requests", "--json").rows() == []
    assert people.done("audience", "erase", ada, "--yes", "--json").json()["erasure_no"] == 1
    left = people.done("audience", "export-subject", ada, "--json").json()
    assert (left["contact"], left["suppressed"]) == (None, "erased")
    assert people.run("audience", "erase", ada, "--yes").code == 1
