"""Two sending processes share one mailing on one PostgreSQL database, and one of them is killed."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from drumbeat.bootstrap import Drumbeat, open_folder
from tests.engine.sending import sending_process
from tests.engine.sending.test_kill import CONNECTIONS, Counting, counting_server
from tests.marketing.delivery.cast import invite, open_frozen, plan_for, states
from tests.postgresql import Server

PEOPLE = 3000
pytestmark = pytest.mark.slow


@dataclass
class CountingSenders(Counting):
    """Also counts what each process sent."""

    senders: Counter[int] = field(default_factory=Counter)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        found = re.search(rb"sent by (\d+)", envelope.content or b"")  # type: ignore[arg-type]
        self.senders[int(found[1]) if found else 0] += 1
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def url(postgresql: Server) -> Iterator[str]:
    with postgresql.database() as made:
        yield made


@pytest.fixture
def shared(tmp_path: Path, url: str) -> Iterator[Drumbeat]:
    house = open_folder(tmp_path / "home", tmp_path / "key", database_url=url)
    yield house
    house.close()


def worker(home: Path, key: Path, smtp: str, url: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", sending_process.__name__, str(home), str(key), smtp, url]
    return subprocess.Popen(command)


def test_two_workers_send_one_mailing_and_nobody_twice(
    shared: Drumbeat, tmp_path: Path, url: str
) -> None:
    invite(shared, PEOPLE)
    mailing_no = open_frozen(shared, plan_for(shared, PEOPLE))
    counting = CountingSenders()
    with counting_server(counting) as smtp:
        both = [worker(shared.home, tmp_path / "key", smtp, url) for _ in range(2)]
        assert [each.wait() for each in both] == [0, 0]

    assert states(shared, mailing_no) == {"sent": PEOPLE}
    assert set(counting.arrived.values()) == {1}
    assert set(counting.senders) == {each.pid for each in both}


def test_one_of_two_workers_is_killed_and_the_other_goes_on(
    shared: Drumbeat, tmp_path: Path, url: str
) -> None:
    invite(shared, PEOPLE)
    mailing_no = open_frozen(shared, plan_for(shared, PEOPLE))
    counting = CountingSenders()
    with counting_server(counting) as smtp:
        doomed, other = (worker(shared.home, tmp_path / "key", smtp, url) for _ in range(2))
        counting.at[PEOPLE // 3] = doomed.kill
        assert doomed.wait() == -9
        assert other.wait() == 0
        assert worker(shared.home, tmp_path / "key", smtp, url).wait() == 0

    counts = states(shared, mailing_no)
    assert counts["sent"] + counts.get("uncertain", 0) == PEOPLE
    assert counts.get("uncertain", 0) <= CONNECTIONS
    assert set(counting.arrived.values()) == {1}


def test_workers_that_cannot_see_each_others_wire_logs_leave_the_living_alone(
    shared: Drumbeat, tmp_path: Path, url: str
) -> None:
    invite(shared, PEOPLE)
    mailing_no = open_frozen(shared, plan_for(shared, PEOPLE))
    counting = CountingSenders()
    homes = [shared.home, tmp_path / "another machine"]
    with counting_server(counting) as smtp:
        both = [worker(home, tmp_path / "key", smtp, url) for home in homes]
        assert [each.wait() for each in both] == [0, 0]

    assert states(shared, mailing_no) == {"sent": PEOPLE}
    assert set(counting.arrived.values()) == {1}
    assert set(counting.senders) == {each.pid for each in both}
