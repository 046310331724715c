"""PostgreSQL as the database: what a unit sees, who waits for whom, and what a thief would read."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError

from drumbeat.bootstrap import Settings, open_drumbeat, open_folder
from drumbeat.kit.errors import Conflict, DrumbeatError, InvalidInput
from drumbeat.marketing.audience import Consent, ContactRow
from drumbeat.storage.bulk import insert_rows
from drumbeat.storage.database import Connection, Database, held, take_turn, upsert
from drumbeat.storage.postgresql import connect
from tests.conftest import MARIA
from tests.postgresql import Server

pytestmark = pytest.mark.slow

COUNTS = Table("counts", MetaData(), Column("no", Integer, primary_key=True), Column("n", Integer))
ADA = ContactRow(
    "ada@analytical.example",
    external_id="crm-1815",
    attributes={"first_name": "Augusta", "city": "London"},
    consent=Consent.subscribed,
)


@pytest.fixture
def url(postgresql: Server) -> Iterator[str]:
    with postgresql.database(empty=True) as made:
        yield made


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    made = connect(url, watch_seconds=0)
    with made.begin() as connection:
        COUNTS.create(connection)
        connection.execute(COUNTS.insert(), {"no": 1, "n": 0})
    yield made
    made.close()


def count(connection: Connection) -> int:
    return int(connection.execute(select(COUNTS.c.n)).scalar_one())


def raise_by_one(database: Database, times: int, *, turn: bool) -> None:
    """Read, then write: two that are not one after the other would lose a count."""
    for _ in range(times):
        with database.begin() as connection:
            if turn:
                take_turn(connection, "counting")
            query = select(COUNTS.c.n)
            n = connection.execute(query if turn else held(connection, query)).scalar_one()
            connection.execute(COUNTS.update().values(n=n + 1))


@pytest.mark.parametrize("turn", [True, False], ids=["in turn", "holding the row"])
def test_writers_that_read_first_come_one_after_the_other(database: Database, turn: bool) -> None:
    threads = [
        threading.Thread(target=raise_by_one, args=(database, 10), kwargs={"turn": turn})
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.look() as connection:
        assert count(connection) == 40


def test_a_look_sees_one_moment_and_cannot_write(database: Database) -> None:
    with database.look() as reading:
        assert count(reading) == 0
        raise_by_one(database, 1, turn=True)
        assert count(reading) == 0
    with database.look() as reading:
        assert count(reading) == 1
        take_turn(reading, "counting")  # nothing to wait for: it only reads
        with pytest.raises(DBAPIError, match="read-only"):
            reading.execute(COUNTS.update().values(n=9))


def test_an_error_takes_the_whole_unit_back(database: Database) -> None:
    def write_and_fail() -> None:
        with database.begin() as connection:
            connection.execute(COUNTS.update().values(n=9))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with database.look() as connection:
        assert count(connection) == 0


def test_a_commit_of_another_process_moves_the_version(database: Database, url: str) -> None:
    # That a look moves nothing cannot be asserted: other databases of the server move it too.
    other = connect(url)
    before = database.version()
    raise_by_one(other, 1, turn=False)
    other.close()
    assert database.version() != before


def test_an_upsert_and_rows_in_bulk_are_what_they_are_on_sqlite(database: Database) -> None:
    with database.begin() as connection:
        insert_rows(connection, COUNTS, ["no", "n"], [(2, 20), (3, None)])
        add = upsert(COUNTS)
        add = add.on_conflict_do_update(
            index_elements=["no"], set_={"n": COUNTS.c.n + add.excluded.n}
        )
        connection.execute(add, [{"no": 2, "n": 5}, {"no": 4, "n": 1}])
        again = upsert(COUNTS).values(no=4, n=99).on_conflict_do_nothing()
        assert connection.execute(again).rowcount == 0
    with database.look() as connection:
        rows = connection.execute(select(COUNTS).order_by(COUNTS.c.no)).all()
    assert [tuple(row) for row in rows] == [(1, 0), (2, 25), (3, None), (4, 1)]


# what a person is told ------------------------------------------------------------------------


def refusal(url: str) -> DrumbeatError:
    with pytest.raises((Conflict, InvalidInput)) as raised:
        connect(url)
    return raised.value


def test_who_does_not_answer_is_named_without_the_password() -> None:
    for url, named in (
        ("postgresql://ann:s3cret@127.0.0.1:1/news", "'news' on 127.0.0.1 port 1"),
        ("postgres://ann:s3cret@nowhere.invalid/news", "'news' on nowhere.invalid"),
    ):
        told = refusal(url)
        assert isinstance(told, Conflict)
        assert named in str(told)
        assert "s3cret" not in str(told)


def test_a_database_that_is_not_there_is_named(postgresql: Server) -> None:
    told = refusal(postgresql.of("not_made_yet"))
    assert isinstance(told, InvalidInput)
    assert "'not_made_yet'" in str(told)
    assert told.field == "DRUMBEAT_DATABASE_URL"


def test_a_login_that_is_not_known_is_named(postgresql: Server) -> None:
    address = make_url(postgresql.url).set(username="nobody_here", password="s3cret")
    told = refusal(address.render_as_string(hide_password=False))
    assert isinstance(told, InvalidInput)
    assert "'nobody_here'" in str(told)
    assert "s3cret" not in str(told)


def test_settings_never_show_the_url(tmp_path: Path) -> None:
    url = "postgresql://ann:s3cret@db/news"
    assert "s3cret" not in repr(Settings(tmp_path, tmp_path / "key", database_url=url))


# personal fields ------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_nobody_can_read_a_person_in_the_tables(url: str, home: Path, tmp_path: Path) -> None:
    house = open_folder(home, tmp_path / "key", database_url=url)
    with house.begin(MARIA) as department:
        department.audience.merge_contacts([ADA])
    with house.database.look() as connection:
        tables = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname='public'")
        )
        dumped = "".join(
            str(list(connection.execute(text(f'SELECT * FROM "{name}"')))) for name in tables.all()
        )
    for secret in ("ada@", "crm-1815", "Augusta", "London"):
        assert secret not in dumped
    with house.look(MARIA) as department:
        found = department.audience.find_contact("Ada@analytical.example")
        assert found is not None
        assert (found.address, found.external_id) == (ADA.address, ADA.external_id)
        assert found.attributes == ADA.attributes
        assert department.audience.contact_numbers_by_external_id(["crm-1815", "x"]) == {
            "crm-1815": found.contact_no
        }
    house.close()


def test_a_value_moved_to_another_row_does_not_open(url: str, home: Path, tmp_path: Path) -> None:
    house = open_folder(home, tmp_path / "key", database_url=url)
    with house.begin(MARIA) as department:
        department.audience.merge_contacts([ADA, ContactRow("eve@analytical.example")])
    with house.database.begin() as connection:
        swap = "UPDATE contact SET address = (SELECT address FROM contact WHERE contact_no = 1)"
        connection.execute(text(swap))
    with house.look(MARIA) as department:
        assert department.audience.list_contacts(after=0, limit=1)[0].address == ADA.address
        with pytest.raises(Conflict, match=r"contact\.address"):
            department.audience.list_contacts(after=1, limit=1)
    house.close()


def test_another_key_is_refused_and_none_is_made(url: str, home: Path, tmp_path: Path) -> None:
    settings = Settings(home, tmp_path / "key", database_url=url)
    open_drumbeat(settings).close()
    (tmp_path / "other").write_text("00" * 32)
    with pytest.raises(Conflict, match="another key file"):
        open_drumbeat(Settings(home, tmp_path / "other", database_url=url))
    with pytest.raises(Conflict, match="missing"):
        open_drumbeat(Settings(home, tmp_path / "third", database_url=url))
    assert not (tmp_path / "third").exists()
    open_drumbeat(settings).close()


def test_two_that_open_a_new_database_at_once_agree(url: str, home: Path, tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def opening() -> None:
        try:
            open_folder(home, tmp_path / "key", database_url=url).close()
        except BaseException as error:
            failures.append(error)

    both = [threading.Thread(target=opening) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert not failures


def test_bytes_come_back_as_bytes(database: Database) -> None:
    blobs = Table("blobs", MetaData(), Column("blob", LargeBinary, primary_key=True))
    with database.begin() as connection:
        blobs.create(connection)
        insert_rows(connection, blobs, ["blob"], [(b"\x00\xff\\",)])
        assert connection.execute(select(blobs)).scalar_one() == b"\x00\xff\\"
