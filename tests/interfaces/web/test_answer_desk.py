"""Dear answers: nobody waits, nothing is worked out twice at once, and an old one says its age."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from drumbeat.interfaces.web.answer_desk import LEAST_REST, MOST, AnswerDesk
from drumbeat.kit.errors import InvalidInput

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


class Beside:
    """Work that was begun and waits to be done; `at` is a clock in seconds."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []
        self.at = 0.0
        self.desk = AnswerDesk(self.waiting.append, lambda: self.at)

    def done(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


def test_the_first_who_asks_is_told_that_it_is_underway() -> None:
    beside = Beside()
    for _ in range(2):  # and whoever asks meanwhile begins nothing more
        asked = beside.desk.ask("q", 1, NOON, lambda: 42)
        assert (asked.answer, asked.underway) == (None, True)
    assert len(beside.waiting) == 1
    beside.done()
    asked = beside.desk.ask("q", 1, LATER, lambda: 43)
    assert (asked.answer, asked.as_of, asked.underway) == (42, NOON, False)
    assert not beside.waiting


def test_an_answer_that_was_overtaken_is_shown_with_its_age_until_the_next_is_there() -> None:
    beside = Beside()
    beside.desk.ask("q", 1, NOON, lambda: "old")
    beside.done()
    beside.at += LEAST_REST
    asked = beside.desk.ask("q", 2, LATER, lambda: "new")
    assert (asked.answer, asked.as_of, asked.underway) == ("old", NOON, True)
    beside.done()
    asked = beside.desk.ask("q", 2, LATER, lambda: "newer")
    assert (asked.answer, asked.as_of, asked.underway) == ("new", LATER, False)


def test_what_was_worked_out_a_moment_ago_rests() -> None:
    beside = Beside()
    beside.desk.ask("q", 1, NOON, lambda: 1)
    beside.done()
    beside.at += LEAST_REST - 1
    asked = beside.desk.ask("q", 2, LATER, lambda: 2)
    assert (asked.answer, asked.underway) == (1, False)
    beside.at += 1
    assert beside.desk.ask("q", 2, LATER, lambda: 2).underway


def test_a_failure_is_said_and_leaves_the_last_answer(caplog: pytest.LogCaptureFixture) -> None:
    def refused() -> int:
        raise InvalidInput("No such day.", field="as_of")

    def broken() -> int:
        raise RuntimeError("a bug")

    beside = Beside()
    beside.desk.ask("q", 1, NOON, lambda: 1)
    beside.done()
    for revision, (work, said) in enumerate(((refused, "No such day."), (broken, "failed")), 2):
        beside.at += LEAST_REST
        beside.desk.ask("q", revision, LATER, work)
        beside.done()
        asked = beside.desk.ask("q", revision, LATER, work)
        assert (asked.answer, asked.underway) == (1, False)
        assert said in asked.problem
    assert "answer.failed" in caplog.text


def test_only_so_many_answers_are_kept() -> None:
    desk = AnswerDesk(lambda work: work())
    for question in range(MOST + 1):
        assert desk.ask(question, 1, NOON, lambda: 7).answer == 7
    begun: list[Callable[[], None]] = []
    desk.run = begun.append
    assert desk.ask(MOST, 1, NOON, lambda: 8).answer == 7
    assert desk.ask(0, 1, NOON, lambda: 8).answer is None
    assert begun
