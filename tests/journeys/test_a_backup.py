"""A backup taken while an engine sends, verified by restoring it: whole, and nobody twice."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drumbeat.bootstrap import read_settings
from drumbeat.bootstrap.backups import back_up, restore
from drumbeat.kit.ids import CampaignId
from tests.journeys.household import PATIENCE, Household
from tests.postgresql import Server

pytestmark = pytest.mark.slow

PEOPLE = 900
EVERYBODY = sorted(f"reader{number}@d{number % 9}.example" for number in range(PEOPLE))
MOST_AT_ONCE = 500


@pytest.fixture
def household(tmp_path: Path, database_url: str | None) -> Household:
    return Household(tmp_path / "own", {"DRUMBEAT_DATABASE_URL": database_url or ""})


@pytest.fixture
def elsewhere(
    tmp_path: Path, database_url: str | None, request: pytest.FixtureRequest
) -> Iterator[Household]:
    """Another machine: no data, and an empty database if the first one has its own."""
    if database_url is None:
        yield Household(tmp_path / "elsewhere")
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.database(empty=True) as url:
        yield Household(tmp_path / "elsewhere", {"DRUMBEAT_DATABASE_URL": url})


def test_a_backup_of_a_sending_house_comes_back_whole_and_still(
    household: Household, elsewhere: Household
) -> None:
    household.settings |= {"DRUMBEAT_RATE_PER_SECOND": "120"}
    with household.inside() as inside:
        inside.invite(EVERYBODY)
        campaign = inside.launch()
    file = household.folder / "house.backup"
    with household.start("worker", "--until-idle") as worker:
        taken = _taken_while_sending(household, campaign, file)
        assert worker.wait(PATIENCE) == 0

    (elsewhere.folder / "key").write_bytes((household.folder / "key").read_bytes())
    done = restore(read_settings(elsewhere.environment, elsewhere.folder), file)
    assert [each.id for each in done.held] == [campaign]
    with elsewhere.inside() as inside:
        before = inside.ledger(campaign)
        mailed = inside.mailed()
        assert inside.statuses() == ["paused"]
        assert "2026-11" in str(inside.show(campaign)["trouble"])
    assert taken <= before["sent"] < PEOPLE
    assert before["claimed"] <= MOST_AT_ONCE
    assert len(mailed) == len(set(mailed)) >= before["sent"]

    elsewhere.run("worker", "--until-idle")  # an engine finds nothing that it may send
    with elsewhere.inside() as inside:
        after = inside.ledger(campaign)
        assert inside.mailed() == mailed
        assert inside.recipients(campaign)["sent"] <= set(mailed)
    assert after["uncertain"] == before["claimed"], "who knows whether they were mailed"
    assert (after["sent"], after["planned"]) == (before["sent"], before["planned"])

    elsewhere.run("campaigns", "cancel", campaign)  # what a person decides happens
    elsewhere.run("worker", "--until-idle")
    with elsewhere.inside() as inside:
        assert inside.ledger(campaign)["suppressed"] == before["planned"]
        assert inside.mailed() == mailed
    with household.inside() as inside:
        assert inside.ledger(campaign)["sent"] == PEOPLE, "the house itself went on meanwhile"


def _taken_while_sending(household: Household, campaign: CampaignId, file: Path) -> int:
    """How many were sent for certain when the backup began."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with household.inside() as inside:
            sending = inside.statuses() == ["sending"]
            sent = inside.ledger(campaign)["sent"] if sending else 0
        if sent:
            back_up(read_settings(household.environment, household.folder), file)
            return sent
    raise AssertionError("nothing was sent")
