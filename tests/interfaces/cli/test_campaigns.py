"""drumbeat campaigns, content, segments, workflow: a campaign from a file to its last row."""

import csv
import io
import json
import re
from email import message_from_bytes, policy

import pytest

from tests.interfaces.cli.conftest import BRIEF, Shell

COLUMNS = "email,step,state,reason,message_id,variant,planned_at,sent_at,provider"
STATES = ["planned", "claimed", "sent", "failed", "suppressed", "uncertain"]
AS_JSON: dict[str, object] = {
    "name": "Summer sale",
    "type": "promotional",
    "subject_line": "Summer starts here",
    "content_html": "<p>Hello, <a href='https://example.com/sale'>the sale is on</a>.</p>",
    "audience": ["all"],
    "test": {"element": "subject_line", "metric": "click_rate", "variants": ["Until Sunday"]},
    "timing": {"mode": "at", "at": "2030-06-01T09:00:00+02:00", "window": 3},
}


def test_a_campaign_goes_from_a_toml_file_to_everybodys_row(people: Shell) -> None:
    campaign = people.campaign()
    shown = people.done("campaigns", "show", campaign, "--json").json()
    assert (shown["status"], shown["mailable"]) == ("awaiting_approval", 2)
    waiting = people.run("campaigns", "launch", campaign, "--now", "--json")
    assert (waiting.code, waiting.json()["approval_needed"]) == (3, True)
    assert people.done("campaigns", "approve", campaign, "--json").json()["status"] == "scheduled"
    worked = people.alone("worker", "--until-idle")
    assert (worked.code, worked.out) == (0, ""), worked.err
    counted = people.done("campaigns", "ledger", campaign, "--json").json()
    assert set(counted) == {"campaign_id", "frozen", "states", "reasons"}
    states = counted["states"]
    assert isinstance(states, dict)
    assert list(states) == STATES
    assert (counted["frozen"], states["sent"], states["suppressed"]) == (3, 2, 1)
    listed = people.done("campaigns", "ledger", campaign, "--rows")
    assert listed.out.splitlines()[0] == COLUMNS
    rows = list(csv.DictReader(io.StringIO(listed.out)))
    assert {row["email"]: row["state"] for row in rows} == {
        "ada@example.com": "sent",
        "grace@example.com": "sent",
        "edsger@example.com": "suppressed",
    }
    assert {row["reason"] for row in rows if row["state"] == "suppressed"} == {"unsubscribed"}
    again = people.done("campaigns", "ledger", campaign, "--rows", "--json").rows()
    assert [list(row) for row in again] == [COLUMNS.split(",")] * 3
    mail = people.done("sandbox", "list", "--json").rows()
    assert {row["to"] for row in mail} == {"ada@example.com", "grace@example.com"}
    arrived = {str(row["message_id"]).strip("<>") for row in mail}
    assert arrived == {
        str(row["message_id"]).strip("<>") for row in again if row["state"] == "sent"
    }
    source = people.done("sandbox", "show", str(mail[0]["no"]), "--raw").out
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in source
    status = people.done("status", "--json").json()
    assert (status["total_campaigns_sent"], status["total_emails_sent"]) == (1, 2)


def test_a_json_file_may_say_a_test_and_a_moment(people: Shell) -> None:
    file = people.write("request.json", json.dumps(AS_JSON))
    made = people.done("campaigns", "create", "--file", file, "--json").json()
    assert made["audience"] == ["all"]
    campaign = str(made["campaign_id"])
    answer = people.done("campaigns", "report", campaign, "--json").json()
    test = answer["ab_testing"]
    assert isinstance(test, dict)
    assert (test["enabled"], test["element"], test["metric"]) == (
        True,
        "subject_line",
        "click_rate",
    )
    people.done("campaigns", "approve", campaign)
    launched = people.done("campaigns", "launch", campaign, "--json").json()
    assert launched["status"] == "scheduled"


def test_a_toml_file_may_say_an_instant_in_any_way_that_toml_knows(people: Shell) -> None:
    for at in (
        "2030-06-01T09:00:00+02:00", "2030-06-01T09:00:00Z", "2030-06-01T09:00:00", "2030-06-01",
        '"2030-06-01T09:00:00Z"',
    ):  # fmt: skip
        text = f"{BRIEF}\n[timing]\nmode = 'at'\nat = {at}\nwindow = 2\n"
        text += "[test]\nelement = 'sender_name'\nvariants = ['Ada of Example', 'Example']\n"
        people.campaign(text)


def test_a_file_without_an_ending_is_read_by_its_content(people: Shell) -> None:
    for name, content in (("request", json.dumps(AS_JSON)), ("brief", BRIEF)):
        people.done("campaigns", "create", "--file", people.write(name, content))


def test_a_campaign_for_a_segment_reaches_only_its_members(people: Shell) -> None:
    made = people.done("segments", "create", "lifecycle_stage", "--json").rows()
    listed = people.done("segments", "list", "--json").rows()
    assert [row["name"] for row in listed] == [row["name"] for row in made]
    assert all(row["rule"] for row in listed)
    chosen = next(row for row in made if row["subscriber_count"])
    audience = f"audience = {json.dumps([chosen['name']])}"
    campaign = people.campaign(BRIEF.replace('audience = "all"', audience))
    shown = people.done("campaigns", "show", campaign, "--json").json()
    assert shown["audience"] == [chosen["name"]]
    unknown = people.write("c.toml", BRIEF.replace('"all"', '"Lapst customers"'))
    refused = people.run("campaigns", "create", "--file", unknown)
    assert (refused.code, refused.out) == (1, "")
    assert "Lapst customers" in refused.err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("c.toml", "name = ", "c.toml is not valid TOML"),
        ("c.json", "{", "c.json is not valid JSON"),
        ("c.json", "[]", "must hold one object"),
        ("c.json", b"\xff\xfe", "c.json is not valid JSON"),
        ("c.json", "[" * 100_000, "c.json is not valid JSON"),
        ("c.json", '{"name": "\\ud800"}', "c.json is not valid JSON"),
        ("c.toml", "traffic_split = nan", "c.toml is not valid TOML"),
        ("c.toml", "", "name: Field required"),
        ("c.toml", BRIEF + "\nsubjct = 1", "did you mean 'subject_line'"),
        ("c.toml", BRIEF + "\n[test]\nelement = 'weather'\nvariants = ['a', 'b']", "weather"),
        ("c.toml", BRIEF + "\n[timing]\nmode = 'at'", "timing.at"),
    ],
)
def test_a_file_that_makes_no_sense_says_what_is_wrong(
    shell: Shell, name: str, content: str | bytes, said: str
) -> None:
    ran = shell.run("campaigns", "create", "--file", shell.write(name, content), "--json")
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert len(ran.err) < 500


def test_pause_resume_cancel_and_decline_do_what_they_say_or_say_why_not(people: Shell) -> None:
    campaign = people.campaign()
    for verb in ("pause", "resume"):
        ran = people.run("campaigns", verb, campaign, "--json")
        assert (ran.code, ran.out) == (1, "")
        assert "awaiting_approval" in ran.err
    people.done("campaigns", "approve", campaign)
    people.done("campaigns", "launch", campaign)
    for verb, status in (("pause", "paused"), ("resume", "scheduled"), ("cancel", "cancelled")):
        told = people.done("campaigns", verb, campaign, "--json").json()
        assert told["status"] == status
    assert people.run("campaigns", "launch", campaign, "--now").code == 1
    assert people.alone("worker", "--until-idle").code == 0
    rows = people.done("campaigns", "list", "--json").rows()
    assert [(row["campaign_id"], row["status"]) for row in rows] == [(campaign, "cancelled")]
    other = people.campaign()
    people.done("campaigns", "decline", other)
    assert people.run("campaigns", "launch", other).code in (1, 3)
    for words in (("show",), ("ledger",), ("approve",), ("cancel",)):
        missing = people.run("campaigns", *words, "cmp_nowhere")
        assert (missing.code, missing.out) == (1, "")
        assert "cmp_nowhere" in missing.err


def test_the_preview_is_the_mail_itself(people: Shell) -> None:
    campaign = people.campaign()
    ran = people.done("content", "preview", campaign, "--contact", "ada@example.com", "--raw")
    mail = message_from_bytes(ran.out.encode(), policy=policy.SMTP)
    assert (mail["To"], mail["Subject"]) == ("ada@example.com", "What we planted")
    assert mail["List-Unsubscribe"].startswith("<http")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.defects == []
    html = mail.get_body(("html",))
    assert html is not None
    assert "Hello Ada" in html.get_content()
    nobody = people.run("content", "preview", campaign, "--contact", "eve@example.com")
    assert (nobody.code, nobody.out) == (1, "")
    assert "eve@example.com" in nobody.err


def test_the_preview_reads_as_a_letter(people: Shell) -> None:
    words = BRIEF.replace("audience", "preheader = 'Beans, peas'\naudience", 1)
    campaign, file = people.campaign(words), people.write("again.toml", words)
    for which in (campaign, file):
        ran = people.done("content", "preview", which, "--contact", "ada@example.com")
        head, _, rest = ran.out.partition("\n\n")
        assert head.splitlines() == [
            "From:      Drumbeat Sandbox <news@sandbox.invalid>",
            "To:        ada@example.com",
            "Subject:   What we planted",
            "Preheader: Beans, peas",
        ]
        assert "Hello Ada, look (https://example.com)" in rest
        assert "Unsubscribe (their own link)" in rest
        assert "  1. https://example.com" in rest
        assert "MIME" not in ran.out
    assert ran.err.count("standard footer") == 1


def test_variants_bear_letters(people: Shell) -> None:
    test = "\n[test]\nelement = 'subject_line'\nvariants = ['Until Sunday']\n"
    campaign = people.campaign(BRIEF + test)
    asked = ("content", "preview", campaign, "--contact", "ada@example.com", "--variant")
    assert "Subject:   What we planted" in people.done(*asked, "A").out
    assert "Subject:   Until Sunday" in people.done(*asked, "b").out
    assert "2 variants, A to B" in people.run(*asked, "C").err
    for word in ("0", "1", "AB", "", "é"):
        refused = people.run(*asked, word)
        assert refused.code == 1
        assert "say its letter" in refused.err
    assert "Variant B: Until Sunday" in people.done("content", "show", campaign).err
    sent = people.done(
        "campaigns", "test", campaign, "--to", "me@example.com", "--as", "ada@example.com",
        "--variant", "B",
    )  # fmt: skip
    assert " B " in sent.out


def test_words_for_people_have_no_more_than_seconds(people: Shell) -> None:
    campaign = people.campaign()
    people.done("campaigns", "approve", campaign)
    launched = people.done("campaigns", "launch", campaign, "--now").err
    shown = people.done("campaigns", "show", campaign).err
    for said in (launched, shown):
        assert not re.search(r"\d:\d\d\.\d", said), said
    assert "standard footer" in shown
    assert "standard footer" not in launched, "said where the words are written, not at each step"


def test_the_workflow_waits_for_a_yes_and_with_one_it_runs_to_the_report(people: Shell) -> None:
    request: dict[str, object] = {
        key: value for key, value in AS_JSON.items() if key not in ("test", "timing")
    }
    request |= {"alt_subject_line": "Until Sunday", "enable_ab_testing": True, "launch": "now"}
    file = people.write("request.json", json.dumps(request))
    waiting = people.run("workflow", "email", file, "--json")
    answer = waiting.json()
    assert waiting.code == 3
    assert answer["approval_id"]
    assert people.done("status", "--json").json()["total_emails_sent"] in (0, None)
    file = people.write("request.json", json.dumps({**request, "approve": True}))
    ran = people.alone("workflow", "email", file, "--wait", "--json")
    answer = ran.json()
    assert ran.code == 0
    metrics = answer["performance_metrics"]
    assert isinstance(metrics, dict)
    assert (metrics["sent_count"], metrics["open_rate"]) == (2, None)
    missing = people.run("workflow", "email", "nowhere.json", "--json")
    assert (missing.code, missing.out) == (1, "")
    assert "nowhere.json" in missing.err
