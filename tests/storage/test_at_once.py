"""Rows that come as one value are the rows that the query gives, whatever is in them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import JSON, Column, Integer, MetaData, String, Table, func, insert, select

from drumbeat.storage.bulk import AtOnce
from drumbeat.storage.sqlite import connect

WHOLE = some.integers(-(2**63), 2**63 - 1)
WORDS = some.text("aé€𝄞\"\\'/\n\r\t\x01\x7f\u2028 ", max_size=12)
SAID = some.dictionaries(WORDS, some.none() | some.booleans() | WHOLE | WORDS, max_size=4)

odd = Table(
    "odd",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("whole", Integer),
    Column("words", String),
    Column("said", JSON),
)


@settings(max_examples=30)
@given(some.lists(some.tuples(some.none() | WHOLE, some.none() | WORDS, SAID), max_size=8))
def test_rows_at_once_are_the_rows_of_the_query(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[int | None, str | None, dict[str, object]]],
) -> None:
    database = connect(tmp_path_factory.mktemp("odd") / "odd.db", bytes(32))
    query = select(odd.c.number, odd.c.whole, odd.c.words, odd.c.said)
    packed = (odd.c.number, odd.c.whole, odd.c.words, func.json(odd.c.said))
    with database.begin() as connection:
        odd.create(connection)
        for whole, words, said in rows:
            connection.execute(insert(odd).values(whole=whole, words=words, said=said))
        plainly = [tuple(row) for row in connection.execute(query)]
        at_once = AtOnce(query, packed).rows(connection, {})
    database.close()
    assert sorted(map(tuple, at_once), key=lambda row: row[0]) == plainly
