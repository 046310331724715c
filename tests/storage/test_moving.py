"""Moving a folder's tables from SQLite to PostgreSQL: the same house, and counting goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drumbeat.bootstrap import Settings, open_folder
from drumbeat.bootstrap.databases import move_to_postgresql, moved_file
from drumbeat.kit.errors import Conflict
from drumbeat.marketing.audience import Consent, ContactRow
from tests.conftest import MARIA
from tests.marketing.delivery.cast import invite, open_frozen, plan_for, states
from tests.postgresql import Server

pytestmark = pytest.mark.slow
ADA = ContactRow(
    "ada@analytical.example",
    external_id="crm-1815",
    attributes={"first_name": "Augusta", "orders": 3},
    consent=Consent.subscribed,
)


@pytest.fixture
def url(postgresql: Server) -> Iterator[str]:
    with postgresql.database(empty=True) as made:
        yield made


def test_everything_is_there_and_counting_goes_on(tmp_path: Path, url: str) -> None:
    settings = Settings(tmp_path / "home", tmp_path / "key")
    house = open_folder(settings.home, settings.key_file)
    invite(house, 20)
    mailing_no = open_frozen(house, plan_for(house, 20, barred={3: "unsubscribed"}))
    with house.begin(MARIA) as department:
        department.audience.merge_contacts([ADA])
    before = states(house, mailing_no)
    with house.look(MARIA) as department:
        people = department.audience.list_contacts(limit=100)
        proofs = department.audience.list_proofs(people[0].contact_no)
    house.close()

    copied = move_to_postgresql(settings, url)
    assert copied["contact"] == 21
    assert copied["message"] == 20

    moved = open_folder(settings.home, settings.key_file, database_url=url)
    assert states(moved, mailing_no) == before
    with moved.look(MARIA) as department:
        assert department.audience.list_contacts(limit=100) == people
        assert department.audience.list_proofs(people[0].contact_no) == proofs
    with moved.begin(MARIA) as department:
        department.audience.merge_contacts([ContactRow("new@example.com")])
        newest = department.audience.contact_numbers(["new@example.com"])["new@example.com"]
    assert newest == people[-1].contact_no + 1
    moved.close()


def test_a_database_with_rows_is_refused(tmp_path: Path, url: str) -> None:
    settings = Settings(tmp_path / "home", tmp_path / "key")
    house = open_folder(settings.home, settings.key_file)
    invite(house, 2)
    house.close()
    move_to_postgresql(settings, url)
    with pytest.raises(Conflict, match="no database yet"):
        move_to_postgresql(settings, url)
    moved_file(settings).rename(settings.home / "drumbeat.db")
    with pytest.raises(Conflict, match="not empty"):
        move_to_postgresql(settings, url)
    assert (settings.home / "drumbeat.db").exists()
