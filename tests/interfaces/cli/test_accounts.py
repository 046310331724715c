"""drumbeat init with an owner, and drumbeat accounts: people, keys, sessions, the trail."""

import subprocess

import pytest

from tests.interfaces.cli.conftest import Shell

WORDS = "correct horse battery"


def init(shell: Shell, owner: str, password: str) -> "subprocess.CompletedProcess[str]":
    command = shell.command("init", "--owner", owner, "--password-stdin", "--json")
    return subprocess.run(
        command,
        input=password,
        env=dict(shell.environment),
        cwd=shell.place,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_an_owner_with_a_password_is_made_once(shell: Shell) -> None:
    made = init(shell, "Ada@Example.com", WORDS + "\n")
    assert made.returncode == 0, made.stderr
    assert '"owner": "ada@example.com"' in made.stdout
    assert '"password": true' in made.stdout
    assert WORDS not in made.stdout + made.stderr
    assert init(shell, "ada@example.com", WORDS).returncode == 0
    for owner, password in (("ada@example.com", "x" * 11 + "yz"), ("eve@example.com", WORDS)):
        again = init(shell, owner, password)
        assert again.returncode == 1
    people = shell.done("accounts", "list-people", "--json").rows()
    assert [(p["email"], p["role"], p["password"]) for p in people] == [
        ("ada@example.com", "owner", True)
    ]


@pytest.mark.parametrize("password", ["", "short", "ada@example.com", "x" * 2_000])
def test_a_weak_password_makes_no_owner(shell: Shell, password: str) -> None:
    refused = init(shell, "ada@example.com", password)
    assert refused.returncode == 1
    assert "password" in refused.stderr.lower()
    assert refused.stdout == ""


def test_a_password_needs_an_owner(shell: Shell) -> None:
    assert "--owner" in shell.run("init", "--password-stdin").err


def test_people_come_change_and_go(shell: Shell) -> None:
    added = shell.done("accounts", "add-person", "bob@example.com", "--role", "viewer")
    assert "/welcome?invitation=dbinvite_" in added.out
    assert shell.done("accounts", "invite", "bob@example.com").out != added.out
    changed = shell.done("accounts", "change-role", "bob@example.com", "marketer", "--json")
    assert changed.json()["role"] == "marketer"
    assert shell.run("accounts", "change-role", "bob@example.com", "king").code == 1
    assert "last owner" in shell.run("accounts", "remove-person", "owner@localhost").err
    shell.done("accounts", "remove-person", "bob@example.com")
    assert len(shell.done("accounts", "list-people", "--json").rows()) == 1


def test_keys_are_listed_and_the_trail_tells_of_them(shell: Shell) -> None:
    shell.done("accounts", "add-key", "nightly report / a?b")
    (key,) = shell.done("accounts", "list-keys", "--json").rows()
    assert (key["label"], key["scopes"]) == ("nightly report / a?b", None)
    assert shell.done("accounts", "list-sessions", "--json").rows() == []
    assert shell.run("accounts", "end-session", "ses_x").code == 1
    entries = shell.done("accounts", "audit", "--limit", "1", "--json").rows()
    assert [(e["action"], e["actor"]) for e in entries] == [("key.issued", "Owner")]
