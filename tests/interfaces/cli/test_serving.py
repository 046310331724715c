"""drumbeat serve: the port, the private socket, the engine beside it, and how it ends."""

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.interfaces.cli.conftest import Shell
from tests.interfaces.cli.test_commands import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


class Serving:
    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.process = shell.start("serve", "--port", "18431")
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        while " is at " not in line:
            assert line, "serve ended before it said where it is"
            line = self.process.stderr.readline()
        self.base = line.split(" is at ")[1].strip()

    @property
    def socket(self) -> Path:
        return self.shell.home / "drumbeat.sock"

    def engine(self) -> int | None:
        path = Path(f"/proc/{self.process.pid}/task")
        children = " ".join(each.read_text() for each in path.glob("*/children")).split()
        return int(children[0]) if children else None

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture
def served(people: Shell) -> Iterator[Serving]:
    serving = Serving(people)
    yield serving
    serving.end()


def test_commands_speak_to_the_running_server_over_its_private_socket(served: Serving) -> None:
    assert stat.S_IMODE(served.socket.stat().st_mode) == 0o600
    shell = served.shell
    status = shell.done("status", "--json").json()
    assert status["total_contacts"] == 3
    assert "a local server runs" in shell.done("doctor", "--json").out
    campaign = shell.campaign()
    shell.done("campaigns", "approve", campaign)
    shell.done("campaigns", "launch", campaign, "--now")
    wait_until(lambda: sent(shell, campaign) == 2)
    assert served.end() == 0
    assert not served.socket.exists()
    assert sent(shell, campaign) == 2


def sent(shell: Shell, campaign: str) -> object:
    states = shell.done("campaigns", "ledger", campaign, "--json").json()["states"]
    assert isinstance(states, dict)
    return states["sent"]


def test_a_key_opens_the_port_to_a_command_elsewhere(served: Serving) -> None:
    shell = served.shell
    key = shell.done("accounts", "add-key", "laptop", "--json").json()["key"]
    assert httpx2.get(served.base + "/readyz").json() == {"status": "ok"}
    away = {
        "DRUMBEAT_HOME": str(shell.place / "elsewhere"),
        "DRUMBEAT_URL": served.base,
        "DRUMBEAT_API_KEY": str(key),
    }
    for name, value in away.items():
        shell.patch.setenv(name, value)
    assert shell.done("status", "--json").json()["total_contacts"] == 3
    file = shell.write("more.csv", "Email\nnew@example.com\nnobody\n")
    told = shell.done("audience", "import", file, "--json").json()
    assert (told["added"], told["rejected_file"]) == (1, "more.rejected.csv")
    shell.patch.setenv("DRUMBEAT_API_KEY", "dbkey_wrong")
    refused = shell.run("status", "--json")
    assert (refused.code, refused.out) == (1, "")
    assert "API key" in refused.err
    assert not (shell.place / "elsewhere").exists()


def test_told_to_end_it_drains_and_takes_its_engine_along(served: Serving) -> None:
    wait_until(lambda: served.engine() is not None)
    engine = served.engine()
    assert engine is not None
    assert os.getpriority(os.PRIO_PROCESS, engine) >= 0
    assert served.end() == 0
    wait_until(lambda: not Path(f"/proc/{engine}").exists())
    assert not served.socket.exists()


def test_an_engine_that_dies_is_started_again(served: Serving) -> None:
    wait_until(lambda: served.engine() is not None)
    first = served.engine()
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: served.engine() not in (None, first))
    assert served.end() == 0


def test_ctrl_c_ends_it_too(served: Serving) -> None:
    wait_until(lambda: served.engine() is not None)
    served.process.send_signal(signal.SIGINT)
    out, err = served.process.communicate(timeout=60)
    assert served.process.returncode in (0, 130)
    assert "Traceback" not in err
    assert out == ""


def test_both_processes_write_their_logs_without_an_address(served: Serving) -> None:
    wait_until(lambda: {path.name for path in logs(served)} >= {"front.log", "engine.log"})
    served.end()
    for path in logs(served):
        assert not re.search(r"@|%40", path.read_text()), path.name


def logs(served: Serving) -> list[Path]:
    return list((served.shell.home / "logs").glob("*.log"))


def test_a_second_server_of_the_same_folder_is_refused(served: Serving) -> None:
    ran = served.shell.alone("serve", "--port", "18490")
    assert ran.code == 1
    assert "already" in ran.err
    assert "Traceback" not in ran.err


def test_a_socket_that_a_killed_server_left_behind_is_in_nobodys_way(people: Shell) -> None:
    serving = Serving(people)
    wait_until(lambda: serving.engine() is not None)
    engine = serving.engine()
    serving.process.send_signal(signal.SIGKILL)
    serving.process.communicate(timeout=30)
    assert serving.socket.exists()
    assert people.done("status", "--json").json()["total_contacts"] == 3
    wait_until(lambda: not Path(f"/proc/{engine}").exists())
    again = Serving(people)
    assert again.end() == 0


def test_reading_only_the_first_lines_is_no_error(people: Shell) -> None:
    words = " ".join(people.command("campaigns", "--help"))
    shell = subprocess.run(
        ["bash", "-c", f"{words} | head -c 10 > /dev/null"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert shell.returncode == 0
    assert "Traceback" not in shell.stderr
