"""Units of work on the audience alone, for work that takes many: imports, putting, segmenting."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from drumbeat.marketing.audience.service import AudienceService


class _Unit(Protocol):
    @property
    def audience(self) -> AudienceService: ...


def audience_units(
    opened: Callable[[], AbstractContextManager[_Unit]],
) -> Callable[[], AbstractContextManager[AudienceService]]:
    """What opens a caller's whole unit, as what opens the audience in it."""

    @contextmanager
    def audience() -> Iterator[AudienceService]:
        with opened() as unit:
            yield unit.audience

    return audience
