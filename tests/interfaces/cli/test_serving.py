"""drumbeat serve: the port, the private socket, the engine beside it, and how it ends."""

import os
import queue
import re
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from drumbeat.interfaces.local import LONGEST_NAME, socket_of
from drumbeat.interfaces.serve import EngineChild
from drumbeat.kit.errors import Conflict
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
        self.told = line
        while "Sign in once" not in line:
            line = self.process.stderr.readline()
            assert line, "serve ended before it said how to sign in"
            self.told += line

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
    shell.patch.setenv("DRUMBEAT_PUBLIC_URL", served.base)
    assert f"{served.base} reaches this house" in shell.done("doctor").err
    shell.patch.setenv("DRUMBEAT_PUBLIC_URL", "http://127.0.0.1:1")
    assert "links in mail lead nowhere: The host 127.0.0.1" in shell.run("doctor").err
    shell.patch.delenv("DRUMBEAT_PUBLIC_URL")
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


def test_the_private_way_in_gives_a_link_to_sign_in_and_the_metrics(served: Serving) -> None:
    link = served.shell.done("accounts", "sign-in-link").out.strip()
    assert link.startswith(f"{served.base}/sign-in?link=")
    assert httpx2.post(f"{served.base}/api/v2/marketing/accounts/sign-in-links").status_code == 404
    once = httpx2.get(link, follow_redirects=False)
    assert once.status_code < 400
    assert httpx2.get(f"{served.base}/metrics").status_code == 401
    private = httpx2.HTTPTransport(uds=str(served.socket))
    with httpx2.Client(transport=private) as local:
        assert "drumbeat_engines" in local.get("http://localhost/metrics").text


def test_a_folder_with_a_long_name_is_served_on_a_shorter_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / ("long" * 40)
    with tempfile.TemporaryDirectory(dir="/tmp") as runtime:
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        path = socket_of(home)
        assert len(bytes(path)) <= LONGEST_NAME
        assert path == socket_of(home) != socket_of(home / "x")
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        path.parent.chmod(0o755)
        with pytest.raises(Conflict, match="shorter DRUMBEAT_HOME"):
            socket_of(home)


def test_a_front_whose_engine_cannot_be_started_ends_and_says_so() -> None:
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    no_room = "x" * (1 << 18)  # longer than one string of an environment may be
    with EngineChild(no_room, told.put):
        assert "cannot be started" in told.get(timeout=60)


def test_an_open_stream_does_not_hold_up_the_end(served: Serving) -> None:
    """It ends by itself: had it been cut after the drain, reading it would have failed."""
    shell = served.shell
    campaign = shell.campaign()
    shell.done("campaigns", "approve", campaign)
    shell.done("campaigns", "launch", campaign)
    link = str(shell.done("accounts", "sign-in-link", "--json").json()["link"])
    with httpx2.Client(base_url=served.base, timeout=60) as browser:
        browser.get(link[link.index("/sign-in") :])
        with browser.stream("GET", f"/campaigns/{campaign}/live/stream") as stream:
            lines = stream.iter_lines()
            assert stream.status_code == 200
            assert next(lines)
            served.process.send_signal(signal.SIGTERM)
            for _ in lines:
                pass
    assert served.end() == 0


def test_a_house_that_moved_says_where_links_of_earlier_mail_lead(people: Shell) -> None:
    first = Serving(people)
    said = first.told
    assert "Links in mail that left before lead to http://127.0.0.1:8000, not here." in said
    assert "DRUMBEAT_PUBLIC_URL" in said
    assert first.end() == 0
    again = Serving(people)
    assert "not here" not in again.told, "it is where it was"
    told = people.done("doctor").err
    assert f"links in mail lead to this machine, to {again.base}" in told
    assert again.end() == 0
