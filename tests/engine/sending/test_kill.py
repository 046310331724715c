"""kill -9 in the middle of a send over real SMTP: nobody doubled, only `uncertain` missing."""

import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from drumbeat.bootstrap import open_folder
from drumbeat.marketing.delivery import LedgerLine
from tests.conftest import MARIA
from tests.engine.sending import sending_process
from tests.marketing.delivery.cast import address, invite, open_frozen, plan_for, states

PEOPLE = 2000
CONNECTIONS = 5
KILLS = 3


@dataclass
class Counting:
    """Counts what arrives whole; `at` calls something when the count is reached, before the 250."""

    arrived: Counter[str] = field(default_factory=Counter)
    at: dict[int, Callable[[], None]] = field(default_factory=dict)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.arrived.update(envelope.rcpt_tos)
        act = self.at.pop(sum(self.arrived.values()), None)
        if act is not None:
            act()
        return "250 2.0.0 Ok"


@contextmanager
def counting_server(counting: Counting) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(counting, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}?connections={CONNECTIONS}"
    finally:
        controller.stop()


def test_killed_thrice_it_doubles_nobody_and_misses_only_the_uncertain(tmp_path: Path) -> None:
    home, key = tmp_path / "home", tmp_path / "key"
    house = open_folder(home, key)
    invite(house, PEOPLE)
    mailing_no = open_frozen(house, plan_for(house, PEOPLE))
    counting = Counting()
    chance = np.random.default_rng(11)

    with counting_server(counting) as url:
        command = [sys.executable, "-m", sending_process.__name__, str(home), str(key), url]
        for already in range(0, KILLS * 500, 500):
            process = subprocess.Popen(command)
            counting.at[already + int(chance.integers(100, 400))] = process.kill
            assert process.wait() == -9
            assert sum(counting.arrived.values()) < PEOPLE
        assert subprocess.run(command, check=False).returncode == 0

    lines: list[LedgerLine] = []
    with house.look(MARIA) as department:
        while page := department.delivery.ledger_rows(
            mailing_no, after=lines[-1].after if lines else "", limit=1000
        ):
            lines += page
    counts = states(house, mailing_no)
    house.close()

    assert counts["sent"] + counts.get("uncertain", 0) == PEOPLE
    assert counts.get("uncertain", 0) <= CONNECTIONS * KILLS
    assert set(counting.arrived.values()) == {1}
    sent = {line.email for line in lines if line.state == "sent"}
    uncertain = {line.email for line in lines if line.state == "uncertain"}
    everybody = {address(number) for number in range(1, PEOPLE + 1)}
    assert sent <= set(counting.arrived)
    assert everybody - set(counting.arrived) <= uncertain
