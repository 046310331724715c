"""The command line on a data folder of the test's own: in this process, or as people run it."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from drumbeat.interfaces.cli.__main__ import main

BRIEF = """
name = "Spring letter"
type = "newsletter"
audience = "all"
subject_line = "What we planted"
content_html = "<p>Hello {{ first_name | default: 'there' }}, <a href='https://example.com'>look</a>.</p>"
"""
CONTACTS = """Email,First Name,Status
ada@example.com,Ada,subscribed
grace@example.com,Grace,subscribed
edsger@example.com,Edsger,unsubscribed
"""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    def json(self) -> dict[str, object]:
        """The one object on stdout."""
        (line,) = self.out.splitlines()
        found: dict[str, object] = json.loads(line)
        return found

    def rows(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Shell:
    """A working directory and an environment, as a person has them."""

    place: Path
    environment: Mapping[str, str]
    patch: pytest.MonkeyPatch

    @property
    def home(self) -> Path:
        return Path(self.environment["DRUMBEAT_HOME"])

    def write(self, name: str, content: str | bytes) -> str:
        data = content.encode() if isinstance(content, str) else content
        (self.place / name).write_bytes(data)
        return name

    def run(self, *words: str) -> Ran:
        """In this process: quick, with the streams caught."""
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
        with self.patch.context() as patch:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            with pytest.raises(SystemExit) as end:
                main(list(words))
        code = end.value.code
        assert isinstance(code, int)
        return Ran(code, _text(out), _text(err))

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "drumbeat.interfaces.cli", *words]

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A process of its own."""
        return subprocess.Popen(
            self.command(*words), cwd=self.place, env=os.environ | self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def alone(self, *words: str) -> Ran:
        """In a process of its own, to its end: what sets signals, logs or an exit code for good."""
        process = self.start(*words)
        try:
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
        return Ran(process.returncode, out, err)

    def done(self, *words: str) -> Ran:
        """In this process, and it went well."""
        ran = self.run(*words)
        assert ran.code == 0, ran.err
        return ran

    def campaign(self, text: str = BRIEF) -> str:
        file = self.write("campaign.toml", text)
        return str(self.done("campaigns", "create", "--file", file, "--json").json()["campaign_id"])


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    place = tmp_path / "work"
    place.mkdir()
    environment = {
        "DRUMBEAT_HOME": str(tmp_path / "home"),
        "DRUMBEAT_KEY_FILE": str(tmp_path / "keys" / "key"),
    }
    for name in list(os.environ):
        if name.startswith("DRUMBEAT_"):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(place)
    return Shell(place, environment, monkeypatch)


@pytest.fixture
def people(shell: Shell) -> Shell:
    """Two who may be mailed and one who may not."""
    file = shell.write("contacts.csv", CONTACTS)
    shell.done("audience", "import", file, "--consent", "Status", "--json")
    return shell
