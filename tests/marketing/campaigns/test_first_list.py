"""A process's first list of campaigns asks for them together, the next for what changed."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event

from drumbeat.bootstrap import Drumbeat
from drumbeat.marketing.campaigns import Brief, Kind
from drumbeat.marketing.campaigns.store import CampaignsStore
from drumbeat.storage.kept import Kept
from tests.conftest import MARIA


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM campaign" in statement:
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_first_list_is_two_questions_and_the_next_is_one(house: Drumbeat) -> None:
    with house.begin(MARIA) as department:
        made = [
            department.campaigns.create(Brief(f"No. {no}", Kind.NEWSLETTER, "Hello", "<p>x</p>"))
            for no in range(5)
        ]
    kept = Kept()
    for questions in (2, 1):
        with house.database.look() as connection, counting(house.database.reader) as asked:
            listed = CampaignsStore(connection, kept).list_(limit=10)
        assert len(asked) == questions
        assert sorted(each.brief.name for each in listed) == [f"No. {no}" for no in range(5)]
        assert {each.id for each in listed} == {each.id for each in made}


def test_a_writing_unit_lists_what_it_has_just_written(house: Drumbeat) -> None:
    with house.begin(MARIA) as department:
        department.campaigns.create(Brief("Mine", Kind.NEWSLETTER, "Hello", "<p>x</p>"))
        assert [each.brief.name for each in department.campaigns.list_(limit=5)] == ["Mine"]
