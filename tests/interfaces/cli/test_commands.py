"""The command itself: help, exit codes, what goes to which stream, the folder's own commands."""

import json
import signal
import socket
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from drumbeat.bootstrap import open_drumbeat, read_settings
from drumbeat.bootstrap.saving import save_settings
from drumbeat.interfaces.cli.__main__ import COMMANDS
from tests.interfaces.cli.conftest import Shell
from tests.journeys.postbox import Postbox, free_port, listening

VERBS = (
    "audience import", "events import", "segments list", "segments create", "campaigns create",
    "campaigns list", "campaigns show", "campaigns approve", "campaigns launch",
    "campaigns pause", "campaigns resume", "campaigns cancel", "campaigns ledger",
    "campaigns decide",
    "content preview", "workflow email", "sandbox list", "sandbox show", "audience put",
    "audience list", "audience show", "audience unsubscribe", "approvals list", "approvals show",
    "approvals approve", "approvals decline", "experiments list", "experiments show",
    "experiments analyze", "content show",
)  # fmt: skip
STATUS = {
    "total_campaigns_sent", "total_subscribers", "total_segments_created", "total_ab_tests_run",
    "total_revenue_generated", "improvement", "automation_share",
}  # fmt: skip


def test_every_command_explains_itself(shell: Shell) -> None:
    for words in ["", *(word for word, _, _ in COMMANDS), *VERBS]:
        ran = shell.done(*words.split(), "--help")
        assert ran.out.startswith("Usage: drumbeat"), words
        assert ran.err == ""
    listed = shell.done("--help").out
    assert all(word in listed for word, _, _ in COMMANDS)
    assert not shell.home.exists()


def test_the_command_is_installed_under_both_its_names() -> None:
    for name in ("drumbeat", "qlp-marketing"):
        script = Path(sys.executable).parent / name
        assert script.stat().st_mode & stat.S_IXUSR, name
        assert "drumbeat.interfaces.cli" in script.read_text()


def test_wrong_usage_exits_with_two_and_says_nothing_on_stdout(shell: Shell) -> None:
    for words in (
        "dance", "--json", "status --jsn", "campaigns shw", "campaigns show", "sandbox show one",
        "campaigns create --file", "worker --until soon", "demo --contacts many",
        "audience import", "campaigns show a b",
    ):  # fmt: skip
        ran = shell.run(*words.split())
        assert (ran.code, ran.out) == (2, ""), (words, ran.out)
        assert ran.err.strip(), words
        assert "Traceback" not in ran.err


def test_a_refusal_exits_with_one_and_says_why_on_stderr(shell: Shell) -> None:
    for words, said in (
        ("campaigns create --file nowhere.toml --json", "nowhere.toml"),
        ("workflow email nowhere.json --json", "nowhere.json"),
        ("sandbox show 7 --json", "7"),
        ("campaigns show cmp_1 --json", "cmp_1"),
        ("segments create mood --json", "mood"),
        ("demo --contacts 1 --json", "--contacts"),
    ):
        ran = shell.run(*words.split())
        assert (ran.code, ran.out) == (1, ""), words
        assert ran.err.startswith("drumbeat: "), (words, ran.err)
        assert said in ran.err
        assert len(ran.err.splitlines()) == 1


def test_a_new_folder_is_made_once_with_its_key_elsewhere(shell: Shell) -> None:
    made = shell.done("init", "--json").json()
    assert made == {
        "home": str(shell.home),
        "key_file": shell.environment["DRUMBEAT_KEY_FILE"],
        "created": True,
        "owner": "owner@localhost",
        "name": "Owner",
        "password": False,
    }
    key = Path(str(made["key_file"]))
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(shell.home.stat().st_mode) == 0o700
    before = key.read_bytes()
    assert shell.done("init", "--json").json()["created"] is False
    assert key.read_bytes() == before


def test_any_command_makes_an_empty_folder_ready(shell: Shell) -> None:
    status = shell.done("status", "--json").json()
    assert set(status) >= STATUS
    assert (status["total_campaigns_sent"], status["improvement"]) == (0, None)
    assert shell.done("campaigns", "list", "--json").out == ""
    assert shell.done("segments", "list", "--json").out == ""
    assert "–" in shell.done("status").out
    assert "campaign" in shell.done("campaigns", "list").out


def test_a_folder_whose_key_is_gone_is_not_opened_and_says_so(shell: Shell) -> None:
    shell.done("init")
    Path(shell.environment["DRUMBEAT_KEY_FILE"]).unlink()
    for words in (["status"], ["init"], ["campaigns", "list"], ["worker", "--until-idle"]):
        ran = shell.run(*words)
        assert (ran.code, ran.out) == (1, "")
        assert "key file" in ran.err
        assert "Traceback" not in ran.err
    doctor = shell.run("doctor", "--json")
    assert doctor.code == 1
    broken = [check for check in doctor.json()["checks"] if not check["ok"]]  # type: ignore[attr-defined]
    assert broken[0]["check"] == "database"
    assert "key file" in broken[0]["detail"]


def test_the_doctor_finds_nothing_in_a_sound_folder(shell: Shell) -> None:
    told = shell.done("doctor", "--json").json()
    assert told["ok"] is True
    assert "ok" in shell.done("doctor").err


def test_everything_the_doctor_finds_wrong_comes_with_what_to_do(shell: Shell) -> None:
    shell.patch.setenv("DRUMBEAT_SMTP_URL", "smtp://127.0.0.1:9?timeout=0.3")
    shell.patch.setenv("DRUMBEAT_SENDER_EMAIL", "news@example.com")
    shell.patch.setenv("DRUMBEAT_POSTAL_ADDRESS", "1 Example Street")
    checks: Any = shell.run("doctor", "--json").json()["checks"]
    broken = {check["check"]: check for check in checks if not check["ok"]}
    assert set(broken) == {"sender", "mail", "provider"}
    assert all(check["mend"] for check in broken.values())
    assert "DRUMBEAT_SENDER_NAME" in broken["sender"]["detail"]
    assert shell.run("doctor").err.count("→") == len(broken)


def test_the_doctor_goes_to_the_mail_server_that_was_saved_in_the_house(shell: Shell) -> None:
    """As far as the engine does: a port that is open is no mail server yet."""
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as silent, listening(Postbox(), port):
        dumb = silent.getsockname()[1]
        for server, ok in ((f"127.0.0.1:{dumb}", False), (f"127.0.0.1:{port}", True)):
            with closing(open_drumbeat(read_settings(shell.environment, shell.place))) as house:
                save_settings(house, house.owner(), {"smtp_url": f"smtp://{server}?timeout=0.3"})
            checks: Any = shell.run("doctor", "--json").json()["checks"]
            told = {check["check"]: check for check in checks}
            assert "messenger smtp" in told["settings"]["detail"]
            assert (told["mail"]["ok"], server in told["mail"]["detail"]) == (ok, True)
            assert "DRUMBEAT_SENDER_EMAIL" in told["sender"]["detail"]
            assert told["provider"]["ok"] is ok, "it says of one server what `mail` says of it"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DRUMBEAT_PORT", "http"),
        ("DRUMBEAT_RATE_PER_SECOND", "nan"),
        ("DRUMBEAT_PUBLIC_URL", "example"),
        ("DRUMBEAT_CLOCK", "noon"),
        ("DRUMBEAT_CLOCK", "@/nowhere/now"),
        ("DRUMBEAT_SMTP_URL", "smtp://"),
        ("DRUMBEAT_SMTP_URL", "smtp://127.0.0.1:9"),
        ("DRUMBEAT_SENDER_EMAIL", "me"),
        ("DRUMBEAT_MESSENGER", "pigeon"),
    ],
)
def test_the_doctor_names_a_setting_that_is_broken(shell: Shell, name: str, value: str) -> None:
    shell.patch.setenv(name, value)
    ran = shell.run("doctor", "--json")
    assert ran.code == 1
    told = ran.json()
    broken = [check["detail"] for check in told["checks"] if not check["ok"]]  # type: ignore[attr-defined]
    assert told["ok"] is False
    assert any(
        name in detail or value.removeprefix("smtp://").strip("@") in detail for detail in broken
    )
    assert "Traceback" not in ran.err


def test_a_setting_that_makes_no_sense_stops_every_command(shell: Shell) -> None:
    shell.patch.setenv("DRUMBEAT_PORT", "http")
    for words in (["status"], ["init"], ["serve"], ["worker"], ["campaigns", "list"]):
        ran = shell.run(*words)
        assert (ran.code, ran.out) == (1, "")
        assert "DRUMBEAT_PORT" in ran.err


def test_the_worker_moves_a_clock_only_if_it_is_a_file(shell: Shell) -> None:
    ran = shell.alone("worker", "--until", "2030-01-01T00:00:00+00:00")
    assert ran.code == 1
    assert "DRUMBEAT_CLOCK" in ran.err
    clock = shell.place / "now"
    clock.write_text("2026-11-02T09:00:00+00:00")
    shell.patch.setenv("DRUMBEAT_CLOCK", f"@{clock}")
    ran = shell.alone("worker", "--until", "2026-11-03T09:00:00Z")
    assert ran.code == 0, ran.err
    assert clock.read_text().startswith("2026-11-03T09:00:00")


@pytest.fixture
def silent(shell: Shell) -> Iterator[socket.socket]:
    """A server that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        shell.patch.setenv("DRUMBEAT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        yield server


def test_ctrl_c_ends_a_command_with_130(shell: Shell, silent: socket.socket) -> None:
    process = shell.start("status", "--json")
    connection, _ = silent.accept()
    with connection:
        assert connection.recv(4) == b"GET "  # it has asked, and waits for the answer
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err


def wait_until(happened: object) -> None:
    assert callable(happened)
    end = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < end, "it never happened"


def test_a_server_that_is_not_there_is_named(shell: Shell) -> None:
    shell.patch.setenv("DRUMBEAT_URL", "http://127.0.0.1:9")
    ran = shell.run("status", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert "does not answer" in ran.err
    assert "http://127.0.0.1:9" in ran.err


def test_json_is_one_object_and_words_go_elsewhere(people: Shell) -> None:
    campaign = people.campaign()
    for words in (
        f"campaigns show {campaign}", f"campaigns ledger {campaign}",
        f"campaigns approve {campaign}", f"campaigns launch {campaign}",
        f"campaigns pause {campaign}", f"campaigns resume {campaign}",
        f"campaigns cancel {campaign}", "status", "init", "doctor",
    ):  # fmt: skip
        ran = people.done(*words.split(), "--json")
        assert isinstance(json.loads(ran.out), dict), words
        assert ran.out.count("\n") == 1
        assert ran.err == ""
