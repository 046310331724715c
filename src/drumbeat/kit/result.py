"""Outcomes that must be remembered, so they are returned and committed instead of raised."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class NeedsApproval:
    """A person has to say yes first; the question is stored under `approval_id`."""

    approval_id: str


@dataclass(frozen=True)
class Again:
    """One bounded step was taken and there is more to do now."""


@dataclass(frozen=True)
class Waiting:
    """Nothing to do until `what` happens; `until` is known when it is only a matter of time."""

    what: str
    until: datetime | None = None


@dataclass(frozen=True)
class Done:
    """Nothing is left to do, ever."""


Progress = Again | Waiting | Done
