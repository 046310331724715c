"""What senders need of the outside: somebody to ask what a domain publishes."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Published:
    """What DNS has under a name; empty if it has nothing of that type there."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class Unasked:
    """No server of names gave an answer, so nothing is known either way."""

    reason: str


Found = Published | Unasked


class DomainRecords(Protocol):
    """Asks one question at a time and waits a few seconds for the answer; asking is harmless."""

    def texts(self, name: str) -> Found:
        """TXT records, each with its pieces joined."""

    def addresses(self, name: str) -> Found:
        """A and AAAA records, aliases followed."""
