"""Answers that are kept: exact, or counted anew."""

from drumbeat.bootstrap import Drumbeat
from drumbeat.storage.database import is_reading, once
from drumbeat.storage.kept import Kept


def test_an_answer_is_given_again_at_its_own_revision_only() -> None:
    kept, counted = Kept(), iter(range(10))
    assert kept.get("question", 1, lambda: next(counted)) == 0
    assert kept.get("question", 1, lambda: next(counted)) == 0
    assert kept.get("question", 2, lambda: next(counted)) == 1
    assert kept.get("question", 1, lambda: next(counted)) == 2
    assert kept.get("another", 1, lambda: next(counted)) == 3


def test_without_a_revision_it_is_counted_every_time() -> None:
    kept, counted = Kept(), iter(range(10))
    assert [kept.get("question", None, lambda: next(counted)) for _ in range(3)] == [0, 1, 2]


def test_the_answer_asked_for_longest_ago_goes_first() -> None:
    kept, counted = Kept(most=2), iter(range(10))
    for question in ("a", "b", "a", "c", "a"):
        kept.get(question, 1, lambda: next(counted))
    assert kept.get("a", 1, lambda: next(counted)) == 0
    assert kept.get("b", 1, lambda: next(counted)) == 3


def test_a_question_is_asked_once_in_a_reading_unit_and_each_time_in_a_writing_one(
    house: Drumbeat,
) -> None:
    asked = iter(range(10))
    with house.database.look() as connection:
        assert is_reading(connection)
        assert [once(connection, "q", lambda: next(asked)) for _ in range(2)] == [0, 0]
    with house.database.look() as connection:
        assert once(connection, "q", lambda: next(asked)) == 1
    with house.database.begin() as connection:
        assert not is_reading(connection)
        assert [once(connection, "q", lambda: next(asked)) for _ in range(2)] == [2, 3]


def test_what_is_kept_is_known_at_its_own_revision_only() -> None:
    kept = Kept()
    kept.get("question", 1, lambda: "answer")
    assert kept.has("question", 1)
    assert not kept.has("question", 2)
    assert not kept.has("another", 1)
