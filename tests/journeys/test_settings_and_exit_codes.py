"""The command as a script sees it: exit codes, one JSON object, and refusals that name a field."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from drumbeat.kit.clock import parse_instant
from tests.journeys.household import MONDAY_6, SENDER, Household, id_of
from tests.journeys.postbox import free_port

PEOPLE = ("ada@example.com", "bob@example.com", "eve@example.com")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three people, to be copied."""
    made = Household(tmp_path_factory.mktemp("first"))
    with made.inside() as inside:
        inside.invite(PEOPLE)
    return made.folder


@pytest.fixture
def household(first: Path, home: Household) -> Household:
    if "DRUMBEAT_DATABASE_URL" not in home.settings:
        shutil.copytree(first, home.folder, dirs_exist_ok=True)
        return home
    with home.inside() as inside:
        inside.invite(PEOPLE)
    return home


# what a script reads -------------------------------------------------------------------------


@pytest.mark.slow
def test_a_launch_without_approval_is_3_and_sends_nothing(household: Household) -> None:
    waiting = household.ask("workflow", "email", household.request(), "--wait", code=3)
    campaign = id_of(waiting)
    assert waiting["approval_id"]
    with household.inside() as inside:
        assert inside.ledger(campaign) == dict.fromkeys(inside.ledger(campaign), 0)
    assert household.ask("campaigns", "launch", campaign, code=3)["approval_needed"] is True
    assert household.ask("campaigns", "approve", campaign)["status"] == "scheduled"
    assert household.ask("campaigns", "launch", campaign)["approval_needed"] is False
    assert household.ask("campaigns", "cancel", campaign)["status"] == "cancelled"


@pytest.mark.parametrize(
    "words", [("campaigns", "show", "cmp_none"), ("workflow", "email", "missing.json")]
)
def test_failed_is_1_and_says_what_in_one_line_on_stderr(
    household: Household, words: tuple[str, ...]
) -> None:
    ran = household.run(*words, "--json", code=1)
    assert ran.stdout == ""
    [line] = ran.stderr.splitlines()
    assert line.startswith("drumbeat: ")
    assert words[-1] in line


@pytest.mark.parametrize(
    "words", [("frobnicate",), ("campaigns", "launch"), ("worker", "--until", "soon")]
)
def test_wrong_usage_is_2(household: Household, words: tuple[str, ...]) -> None:
    household.run(*words, code=2)


def test_rejected_rows_are_0_and_with_strict_1(household: Household) -> None:
    path = household.file("some.csv", "email,first_name\nzoe@example.com,Zoe\nnobody,No\n")
    assert household.ask("audience", "import", path, "--dry-run")["rejected"] == 1
    report = household.ask("audience", "import", path, "--strict", "--dry-run", code=1)
    assert (report["rows"], report["added"], report["rejected"]) == (2, 1, 1)


@pytest.mark.slow
def test_every_command_with_json_prints_one_object_and_nothing_else(household: Household) -> None:
    made = household.ask("campaigns", "create", "--file", household.request())
    campaign = id_of(made)
    assert (made["status"], made["approval_needed"]) == ("awaiting_approval", True)
    assert household.ask("campaigns", "show", campaign) == made
    for words in (
        ("doctor",),
        ("init",),
        ("campaigns", "ledger", campaign),
        ("campaigns", "report", campaign),
        ("campaigns", "cancel", campaign),
    ):
        household.ask(*words)


def test_the_status_counts_and_claims_no_improvement_without_a_hold_out(
    household: Household,
) -> None:
    status = household.ask("status")
    assert parse_instant(str(status["as_of"]), field="as_of") == household.clock()
    assert (status["total_subscribers"], status["improvement"]) == (len(PEOPLE), None)
    assert status["total_revenue_generated"] is None


# refused requests ----------------------------------------------------------------------------


def test_an_unknown_segment_names_the_nearest(household: Household) -> None:
    request = household.request(target_segments=["Low Engagment"], approve=True)
    said = household.run("workflow", "email", request, "--json", code=1).stderr
    assert "Low Engagment" in said
    assert "'Low Engagement'" in said
    assert statuses(household) == [], "a half-made campaign was left"


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in (1..999999999) %}{% for b in (1..999999999) %}x{% endfor %}{% endfor %}",
        "{% include '/etc/passwd' %}",
    ],
)
def test_a_hostile_template_is_refused_by_its_field_and_leaves_nothing(
    household: Household, template: str
) -> None:
    request = household.request(content_html=f"<p>{template}</p>", approve=True)
    said = household.run("workflow", "email", request, "--json", code=1).stderr
    assert "content_html" in said
    assert statuses(household) == [], "a half-made campaign was left"


def statuses(household: Household) -> list[str]:
    with household.inside() as inside:
        return inside.statuses()


# settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["DRUMBEAT_SENDER_EMAIL", "DRUMBEAT_POSTAL_ADDRESS"])
def test_a_placeholder_sender_is_refused_by_a_real_server(
    household: Household, missing: str
) -> None:
    server = {"DRUMBEAT_SMTP_URL": f"smtp://127.0.0.1:{free_port()}"}
    household.settings |= SENDER | server | {missing: ""}
    ran = household.run(
        "workflow", "email", household.request(approve=True), "--wait", "--json", code=1
    )
    assert (ran.stdout, missing in ran.stderr) == ("", True)
    assert statuses(household) == [], "a half-made campaign was left"


def test_a_yes_to_the_sandbox_is_no_yes_to_a_real_server_and_its_sender_must_be_set_first(
    household: Household,
) -> None:
    with household.inside() as inside:
        campaign = inside.launch()
    household.settings["DRUMBEAT_SMTP_URL"] = f"smtp://127.0.0.1:{free_port()}"
    said = household.run("worker", "--until-idle", code=1).stderr
    assert all(name in said for name in SENDER)
    with household.inside() as inside:
        shown = inside.show(campaign)
    assert shown["status"] == "planned"
    assert str(shown["trouble"]) in said
    household.settings |= SENDER
    household.run("worker", "--until-idle")
    with household.inside() as inside:
        shown = inside.show(campaign)
    assert (shown["status"], shown["approval_needed"]) == ("awaiting_approval", True)
    assert shown["trouble"] is None


@pytest.mark.slow
def test_settings_of_the_folder_win_over_those_of_the_working_directory(tmp_path: Path) -> None:
    household = Household(tmp_path)
    household.home.mkdir()
    nearby = "DRUMBEAT_SENDER_NAME=Nearby\nDRUMBEAT_SENDER_EMAIL=a@b.example\n"
    nearby += "DRUMBEAT_POSTAL_ADDRESS=1 Lane\n"
    (tmp_path / ".env").write_text(nearby)
    assert sender(household) == "Nearby <a@b.example>"
    (household.home / ".env").write_text("DRUMBEAT_SENDER_NAME=Folder\n")
    assert sender(household) == "Folder <a@b.example>"
    household.settings["DRUMBEAT_SENDER_NAME"] = "Environment"
    assert sender(household) == "Environment <a@b.example>"


def sender(household: Household) -> object:
    checks = household.ask("doctor")["checks"]
    assert isinstance(checks, list)
    return next(check["detail"] for check in checks if check["check"] == "sender")


def test_a_setting_that_makes_no_sense_is_named(household: Household) -> None:
    household.settings["DRUMBEAT_SMTP_URL"] = "mail.example.com"
    assert "DRUMBEAT_SMTP_URL" in household.run("worker", "--until-idle", code=1).stderr


def test_the_worker_moves_only_a_clock_in_a_file(household: Household) -> None:
    household.settings["DRUMBEAT_CLOCK"] = ""
    ran = household.run("worker", "--until", "2026-11-03T06:00:00", code=1)
    assert "DRUMBEAT_CLOCK=@FILE" in ran.stderr
    household.settings.clear()
    household.run("worker", "--until", "2026-11-03T06:00:00")
    assert household.clock() == MONDAY_6 + timedelta(days=1)
    household.run("worker", "--until", "2026-11-02T06:00:00")
    assert household.clock() == MONDAY_6 + timedelta(days=1), "a clock never goes back"
