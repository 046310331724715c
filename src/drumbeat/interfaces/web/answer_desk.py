"""Dear answers: worked out beside the requests, kept, and shown with their age.

Nobody waits: a page gets the last answer, as of when, and whether a newer one is on its way. One is
worked out at a time; an answer that facts have overtaken is worked out anew when somebody looks,
but rests a multiple of what it took, so that a house under way does not count all the time. Kept
in this process and nowhere else: a lost answer costs its working out.
"""

import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar, cast

from drumbeat.kit.errors import DrumbeatError

MOST = 64
REST, LEAST_REST = 20.0, 10.0
_FAILED = "This could not be worked out: it failed inside Drumbeat. Its log says why."
log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Asked(Generic[T]):
    """`answer` is None until it was worked out once; `as_of` is when it was begun."""

    answer: T | None
    as_of: datetime | None
    underway: bool
    problem: str


@dataclass
class _Kept:
    answer: object = None
    revision: Hashable = None
    as_of: datetime | None = None
    underway: bool = False
    problem: str = ""
    rested_at: float = 0.0


def _beside(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="answer", daemon=True).start()


@dataclass
class AnswerDesk:
    """Thread-safe. `run` starts work beside the caller; `now` never goes back."""

    run: Callable[[Callable[[], None]], None] = _beside
    now: Callable[[], float] = time.monotonic
    _kept: dict[Hashable, _Kept] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def ask(
        self, question: Hashable, revision: Hashable, at: datetime, work: Callable[[], T]
    ) -> Asked[T]:
        """What is known of `question`; `work` is begun where that is of another revision."""
        with self._lock:
            kept = self._place_of(question)
            begin = kept.revision != revision and not kept.underway and self._rested(kept)
            kept.underway = kept.underway or begin
        if begin:
            self.run(partial(self._work, kept, revision, at, work))
        with self._lock:
            return Asked(cast("T | None", kept.answer), kept.as_of, kept.underway, kept.problem)

    def _place_of(self, question: Hashable) -> _Kept:
        kept = self._kept.pop(question, None) or _Kept()
        self._kept[question] = kept  # at the end: those asked for longest ago go first
        if len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]
        return kept

    def _rested(self, kept: _Kept) -> bool:
        return kept.as_of is None or self.now() >= kept.rested_at

    def _work(
        self, kept: _Kept, revision: Hashable, at: datetime, work: Callable[[], object]
    ) -> None:
        answer, problem = None, ""
        with self._one_at_a_time:
            began = self.now()
            try:
                answer = work()
            except DrumbeatError as error:
                problem = str(error)
            except Exception:  # the edge: a bug must not look like an answer that never comes
                log.exception("answer.failed")
                problem = _FAILED
            ended = self.now()
        with self._lock:
            kept.answer = kept.answer if answer is None else answer
            kept.as_of, kept.problem = at, problem
            kept.revision = kept.revision if problem else revision  # it is tried again
            kept.rested_at = ended + max(LEAST_REST, REST * (ended - began))
            kept.underway = False
