"""Where a send's CPU goes: a clock of the thread around each stage, for one run."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import wraps

from drumbeat.adapters.messengers.smtp.flight import Bodies
from drumbeat.adapters.messengers.smtp.wire import Wire
from drumbeat.engine.sending.handover import Handover
from drumbeat.engine.sending.session import Session
from drumbeat.marketing.content import CompiledEmail

Stages = Mapping[str, tuple[type, str]]

STAGES: Stages = {
    "exchange: record, ask, claim": (Session, "_exchange"),
    "build: render, MIME": (CompiledEmail, "build"),
    "prepare: tokens, message id": (Handover, "_pulled"),
    "last look and wire log": (Handover, "writing"),
    "write to the socket": (Wire, "write"),
    "reply, receipt, wire log": (Bodies, "_answered"),
}
_INSIDE = {"prepare: tokens, message id": "build: render, MIME"}


@contextmanager
def timed(stages: Stages) -> Iterator[dict[str, float]]:
    """CPU seconds by stage, filled in when the block ends; no stage counts another's."""
    spent = dict.fromkeys(stages, 0.0)
    with ExitStack() as restoring:
        for name, (owner, method) in stages.items():
            restoring.enter_context(_watched(owner, method, name, spent))
        yield spent
    for outer, inner in _INSIDE.items():
        spent[outer] -= spent[inner]


@contextmanager
def _watched(owner: type, method: str, name: str, spent: dict[str, float]) -> Iterator[None]:
    original = getattr(owner, method)

    @wraps(original)
    def watched(*args: object, **options: object) -> object:
        began = time.thread_time()
        try:
            return original(*args, **options)
        finally:
            spent[name] += time.thread_time() - began

    setattr(owner, method, watched)
    try:
        yield
    finally:
        setattr(owner, method, original)
