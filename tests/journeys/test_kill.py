"""kill -9 of the real worker in the middle of 5,000 mails: nobody twice, nobody forgotten."""

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from tests.journeys.household import PATIENCE, SENDER, Household
from tests.journeys.postbox import Postbox, free_port, listening

pytestmark = pytest.mark.slow

PEOPLE = 5_000
CONNECTIONS = 6
SANDBOX_CONNECTIONS = 32
EVERYBODY = frozenset(f"reader{number}@d{number % 9}.example" for number in range(PEOPLE))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the 5,000, to be copied."""
    household = Household(tmp_path_factory.mktemp("first"))
    with household.inside() as inside:
        inside.invite(sorted(EVERYBODY))
    return household.folder


@pytest.fixture
def household(first: Path, home: Household) -> Household:
    if "DRUMBEAT_DATABASE_URL" not in home.settings:
        shutil.copytree(first, home.folder, dirs_exist_ok=True)
        return home
    with home.inside() as inside:
        inside.invite(sorted(EVERYBODY))
    return home


def test_by_smtp_nobody_is_doubled_and_only_the_uncertain_may_be_missing(
    household: Household,
) -> None:
    port, postbox, chance = free_port(), Postbox(), np.random.default_rng(5)
    url = f"smtp://127.0.0.1:{port}?connections={CONNECTIONS}"
    household.settings |= SENDER | {"DRUMBEAT_SMTP_URL": url}
    with household.inside() as inside:
        campaign = inside.launch()
    kills = 2
    with listening(postbox, port):
        for turn in range(kills):
            worker = household.start("worker", "--until-idle")
            postbox.at[turn * 2_000 + int(chance.integers(500, 1_500))] = worker.kill
            assert worker.wait(PATIENCE) == -9
            assert 0 < len(postbox.order) < PEOPLE
        household.run("worker", "--until-idle")
    with household.inside() as inside:
        sums, by_state = inside.ledger(campaign), inside.recipients(campaign)
    assert sums["sent"] + sums["uncertain"] == PEOPLE
    assert sums["uncertain"] <= CONNECTIONS * kills
    assert set(postbox.arrived.values()) == {1}, "somebody was mailed twice"
    assert by_state["sent"] <= set(postbox.arrived)
    assert EVERYBODY - set(postbox.arrived) <= by_state.get("uncertain", set())


def test_in_the_sandbox_a_kill_breaks_no_promise_either(household: Household) -> None:
    with household.inside() as inside:
        campaign = inside.launch()
        worker = household.start("worker", "--until-idle")
        while inside.drumbeat.sandbox.count() < 700 and alive(worker):
            pass
        worker.kill()
        assert worker.wait(PATIENCE) == -9, "it was finished before it was killed"
        assert inside.drumbeat.sandbox.count() < PEOPLE
        household.run("worker", "--until-idle")
        arrived = inside.mailed()
        sums, by_state = inside.ledger(campaign), inside.recipients(campaign)
    assert sums["sent"] + sums["uncertain"] == PEOPLE
    assert sums["uncertain"] <= SANDBOX_CONNECTIONS
    uncertain = by_state.get("uncertain", set())
    assert len(arrived) == len(set(arrived)), "somebody was mailed twice"
    assert by_state["sent"] <= set(arrived) <= by_state["sent"] | uncertain
    assert by_state["sent"] | uncertain == EVERYBODY


def alive(worker: "subprocess.Popen[bytes]") -> bool:
    """After a moment in which it could have ended."""
    with suppress(subprocess.TimeoutExpired):
        worker.wait(0.02)
    return worker.returncode is None
