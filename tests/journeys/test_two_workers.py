"""Two real workers on one PostgreSQL database, and one of them is killed in the middle."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.household import PATIENCE, SENDER, Household
from tests.journeys.postbox import Postbox, free_port, listening
from tests.postgresql import Server

pytestmark = pytest.mark.slow

PEOPLE = 3_000
CONNECTIONS = 6
EVERYBODY = frozenset(f"reader{number}@d{number % 9}.example" for number in range(PEOPLE))


@pytest.fixture
def household(postgresql: Server, tmp_path: Path) -> Iterator[Household]:
    with postgresql.database(empty=True) as url:
        yield Household(tmp_path / "own", {"DRUMBEAT_DATABASE_URL": url})


def test_nobody_is_mailed_twice_and_the_campaign_ends(household: Household) -> None:
    port, postbox = free_port(), Postbox()
    smtp = f"smtp://127.0.0.1:{port}?connections={CONNECTIONS}"
    household.settings |= SENDER | {"DRUMBEAT_SMTP_URL": smtp}
    with household.inside() as inside:
        inside.invite(sorted(EVERYBODY))
        campaign = inside.launch()
    with listening(postbox, port):
        doomed, other = (household.start("worker", "--until-idle") for _ in range(2))
        postbox.at[PEOPLE // 3] = doomed.kill
        assert doomed.wait(PATIENCE) == -9
        assert other.wait(PATIENCE) == 0
        household.run("worker", "--until-idle")
    with household.inside() as inside:
        sums = inside.ledger(campaign)
    assert sums["sent"] + sums["uncertain"] == PEOPLE
    assert sums["uncertain"] <= CONNECTIONS
    assert set(postbox.arrived.values()) == {1}, "somebody was mailed twice"
    assert EVERYBODY - set(postbox.arrived) == frozenset() or sums["uncertain"]
    assert not (household.home / "drumbeat.db").exists()
