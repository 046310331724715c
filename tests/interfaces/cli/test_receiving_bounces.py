"""drumbeat serve receives bounces: what it said 250 to survives kill -9 and is read by a worker."""

import signal
import smtplib
import sys
from pathlib import Path

import pytest

from drumbeat.bootstrap import open_drumbeat, read_settings
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.signing import Recipient
from drumbeat.marketing.delivery import return_path_of
from tests.interfaces.cli.conftest import Shell
from tests.interfaces.cli.test_serving import Serving
from tests.marketing.delivery.bounces.corpus import about, dsn
from tests.postfix import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]
COUNT = 5


def test_what_was_acknowledged_survives_a_kill_and_is_read(people: Shell, tmp_path: Path) -> None:
    port = free_port()
    told = {
        "DRUMBEAT_RETURN_PATH": "bounces@mail.shop.example",
        "DRUMBEAT_BOUNCE_LISTEN": f"127.0.0.1:{port}",
    }
    for name, value in told.items():
        people.patch.setenv(name, value)
    house = open_drumbeat(read_settings())
    path = return_path_of(house.office).of(Recipient(MailingNo(1), ContactNo(1)))
    house.close()
    served = Serving(people)
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
            for number in range(COUNT):
                raw = dsn([about("failed", "5.1.1", f"550 5.1.1 unknown {number}")])
                assert client.sendmail("", [path.upper()], raw) == {}
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail("", ["bounces@mail.shop.example"], raw)
            served.process.send_signal(signal.SIGKILL)
    except smtplib.SMTPServerDisconnected:
        pass  # at QUIT: it is dead
    finally:
        served.end()
    people.alone("worker", "--until-idle")
    rows = people.done("delivery", "bounces", "list", "--json").rows()
    assert [row["kind"] for row in rows] == ["hard"] * COUNT
    assert {row["source"] for row in rows} == {"receiver"}


def test_the_doctor_says_how_bounces_come_back(shell: Shell) -> None:
    def told() -> str:
        checks = shell.run("doctor", "--json").json()["checks"]
        assert isinstance(checks, list)
        return str(next(each["detail"] for each in checks if each["check"] == "bounces"))

    assert told() == "no return path: bounces go to the sender"
    shell.patch.setenv("DRUMBEAT_RETURN_PATH", "bounces@mail.shop.example")
    assert "nobody fetches or receives them" in told()
    shell.patch.setenv("DRUMBEAT_BOUNCE_LISTEN", "127.0.0.1:2526")
    assert "received on 127.0.0.1:2526" in told()
    nowhere = f"127.0.0.1:{free_port()}"
    shell.patch.setenv("DRUMBEAT_BOUNCE_IMAP_URL", f"imap://a:secret@{nowhere}/INBOX")
    assert nowhere in told()
    assert "secret" not in told()
    shell.patch.delenv("DRUMBEAT_RETURN_PATH")
    assert "needs DRUMBEAT_RETURN_PATH" in shell.run("doctor").err
