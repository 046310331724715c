"""What delivery needs of the outside: a carrier that takes parcels, and an inbox to read back.

A port takes and returns values. An expected outcome is a value of `Outcome`, never an exception.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable

from drumbeat.marketing.delivery.model import (
    Accepted,
    Deferred,
    Outcome,
    Place,
    Refused,
    Unknown,
)
from drumbeat.marketing.delivery.model_bounces import MailboxMark

__all__ = [
    "Accepted",
    "AtHand",
    "BounceMailbox",
    "Carrier",
    "Deferred",
    "FoundMail",
    "MailboxMark",
    "OpenMailbox",
    "Outcome",
    "Parcel",
    "Place",
    "Receipts",
    "Refused",
    "SandboxInbox",
    "SandboxMail",
    "Unknown",
]


class Parcel(NamedTuple):
    """One finished message: envelope addresses, and RFC 5322 bytes with CRLF line ends.

    `clean` says that its maker has seen to it: no other line ends, no line that begins with a dot,
    a body of ASCII, a line end at the end. Then nobody looks at every byte again.
    """

    place: Place
    sender: str
    recipient: str
    message: bytes
    clean: bool = False


@runtime_checkable
class AtHand(Protocol):
    """An iterator of parcels that can also say, without waiting, whether there is one now.

    A carrier that may prepare the next message while one is answered for asks this.
    """

    def at_hand(self) -> Parcel | None: ...


class Receipts(Protocol):
    """Where a carrier reports, from the event loop's thread; both calls return at once."""

    def writing(self, place: Place) -> bool:
        """Called immediately before the body's first byte goes on the wire.

        False recalls the message, because its recipient left meanwhile: no byte of it is written,
        and it is settled as deferred.
        """

    def settle(self, place: Place, outcome: Outcome) -> None:
        """Called exactly once for every parcel that was pulled."""


class Carrier(Protocol):
    """Carries mail. `idempotent` carriers may be handed the same parcel twice."""

    @property
    def name(self) -> str: ...

    @property
    def idempotent(self) -> bool: ...

    async def carry(self, parcels: AsyncIterator[Parcel], receipts: Receipts) -> None:
        """Pull parcels just in time over several connections, and settle each one pulled.

        Returns when the iterator ends and everything is settled, or earlier, leaving the rest
        unpulled, when no server can be reached or several parcels in a row fail through no fault
        of their own: what was not pulled was not touched. Never raises for an expected outcome.
        If it is cancelled, whatever it pulled is settled first.
        """


@dataclass(frozen=True, slots=True)
class SandboxMail:
    """A mail that arrived in the sandbox; `raw` is byte for byte what came over the wire."""

    no: int
    received_at: datetime
    sender: str
    recipient: str
    subject: str
    message_id: str
    raw: bytes


class SandboxInbox(Protocol):
    def list_(
        self, limit: int, before_no: int | None = None, to: str | None = None
    ) -> Sequence[SandboxMail]:
        """The newest first, those older than `before_no`, only to one address if `to` names it."""

    def arrivals(self, after_no: int, limit: int) -> Sequence[SandboxMail]:
        """Those newer than `after_no`, oldest first: for a reader that keeps up."""

    def get(self, no: int) -> SandboxMail:
        """Raises NotFound."""

    def forget(self, to: str) -> int:
        """Remove all mail to one address; answers how many there were."""

    def count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class FoundMail:
    """The next mails of a mailbox by number, and how far it is read with them.

    `mark` is the one that was asked with when there is nothing new.
    """

    mails: tuple[tuple[int, bytes], ...]
    mark: MailboxMark


class OpenMailbox(Protocol):
    """A connection to a mailbox; every call raises ProviderFailed, naming the server."""

    def read(self, mark: MailboxMark | None, limit: int) -> FoundMail:
        """At most `limit` mails behind `mark`, each cut at a megabyte; changes nothing there.

        Without a mark it begins at the mailbox's end, unless its setting asks for everything.
        """

    def mark_seen(self, uids: Sequence[int]) -> None:
        """People see that these reports were read. Nothing is ever deleted."""


class BounceMailbox(Protocol):
    @property
    def name(self) -> str:
        """Which mailbox it is, for ever and without its password."""

    def open(self) -> AbstractContextManager[OpenMailbox]: ...
