"""What README.md and the guides tell to type works: their blocks are run, in order."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT
from tests.docs.markdown import Block, blocks, documents

README = ROOT / "README.md"
SHELLS = ("sh", "bash", "console", "shell")
PATIENCE = 300


def test_every_shell_block_is_run_or_says_why_not() -> None:
    silent = [
        f"{document.relative_to(ROOT)}:{block.line}"
        for document in documents()
        for block in blocks(document)
        if block.language in SHELLS
        and not (block.kind == "run" or (block.kind == "not run" and block.text))
    ]
    assert not silent, "Write <!-- run --> or <!-- not run: reason --> above the block."


def _is_typed(block: Block) -> bool:
    return block.kind == "run" and block.language in SHELLS


GUIDES = [
    document
    for document in documents()
    if document != README and any(_is_typed(block) for block in blocks(document))
]


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: str(guide.name))
def test_a_guide_does_what_it_says(guide: Path, tmp_path: Path) -> None:
    _follow(guide, tmp_path)


@pytest.mark.slow
def test_the_readme_does_what_it_says(tmp_path: Path) -> None:
    environment = _follow(README, tmp_path)

    rejected = (tmp_path / "contacts.rejected.csv").read_text(encoding="utf-8")
    assert "not-an-address" in rejected
    for campaign in _json_lines(["campaigns", "list"], tmp_path, environment):
        (ledger,) = _json_lines(["campaigns", "ledger", _id(campaign)], tmp_path, environment)
        states = ledger["states"]
        assert isinstance(states, dict)
        assert sum(states.values()) == ledger["frozen"] == 3
        assert (states["sent"], states["suppressed"]) == (2, 1)
    mails = _json_lines(["sandbox", "list"], tmp_path, environment)
    assert sorted(str(mail["to"]) for mail in mails) == [
        "ada@example.com",
        "ada@example.com",
        "grace@example.com",
        "grace@example.com",
    ]


def _follow(document: Path, folder: Path) -> dict[str, str]:
    """Make its files and type its commands, in an environment that is answered."""
    told = list(blocks(document))
    for block in told:
        if block.kind == "file":
            (folder / block.text).write_text(block.body, encoding="utf-8")
    environment = _environment(folder)
    script = "set -eux\n" + "".join(block.body for block in told if _is_typed(block))
    ran = _run(["sh", "-c", script], folder, environment)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    return environment


def _environment(folder: Path) -> dict[str, str]:
    """A newcomer's: the command on the path, a home and a key of their own, no other settings."""
    commands = folder / "bin"
    commands.mkdir()
    command = commands / "drumbeat"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m drumbeat.interfaces.cli "$@"\n')
    command.chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DRUMBEAT_")}
    return kept | {
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "DRUMBEAT_HOME": str(folder / "data"),
        "DRUMBEAT_KEY_FILE": str(folder / "key"),
    }


def _run(
    command: list[str], folder: Path, environment: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    """Ends whatever the command started too, if it takes too long."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            said, told = running.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            said, told = running.communicate()
            raise AssertionError(f"{command[:2]} did not end:\n{said}\n{told}") from None
    return subprocess.CompletedProcess(command, running.returncode, said, told)


def _json_lines(
    command: list[str], folder: Path, environment: dict[str, str]
) -> list[dict[str, object]]:
    ran = _run(["drumbeat", *command, "--json"], folder, environment)
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def _id(campaign: dict[str, object]) -> str:
    return str(campaign["campaign_id"])
