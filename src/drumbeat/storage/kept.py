"""Answers this process has counted already, each as long as what it was counted from is unchanged.

An answer is kept with the revision of the snapshot it was counted in and given out for no other:
it is exact or it is counted anew. Only reading units keep; a writing one may still be rolled back.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar, cast

MOST = 1_000

Answer = TypeVar("Answer")


@dataclass
class Kept:
    """Thread-safe; the answers that were asked for longest ago go first."""

    most: int = MOST
    _answers: OrderedDict[Hashable, tuple[Hashable, object]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(
        self, question: Hashable, revision: Hashable | None, count: Callable[[], Answer]
    ) -> Answer:
        """What `count` answers at this revision; None, inside a writing unit, always counts."""
        return self.get_while(question, lambda _: revision, count)

    def has(self, question: Hashable, revision: Hashable) -> bool:
        """Whether the answer of this revision is here, so that many can be read together."""
        with self._lock:
            known = self._answers.get(question)
        return known is not None and known[0] == revision

    def get_while(
        self,
        question: Hashable,
        revision_of: Callable[[Answer], Hashable | None],
        count: Callable[[], Answer],
    ) -> Answer:
        """The same where the answer itself says what it hangs on besides its question."""
        with self._lock:
            known = self._answers.get(question)
        if known is not None and known[0] == revision_of(cast(Answer, known[1])):
            with self._lock:
                if question in self._answers:
                    self._answers.move_to_end(question)
            return cast(Answer, known[1])
        answer = count()  # outside the lock: others may look something else up meanwhile
        revision = revision_of(answer)
        if revision is None:
            return answer
        with self._lock:
            self._answers[question] = revision, answer
            self._answers.move_to_end(question)
            while len(self._answers) > self.most:
                self._answers.popitem(last=False)
        return answer
