"""What a carrier pulls and where it reports: the last look at permission before the wire.

A message is built when a connection asks for it. Before its body's first byte the house is asked
whether anything changed since its claim, and if so its recipient's permission is asked again: an
unsubscribe stops everything that is not being written already.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.sending.letters import Letters
from drumbeat.engine.sending.pacing import Breaker, Doze, Turns, doze
from drumbeat.engine.sending.wire_log import WireLog
from drumbeat.kit.actor import SYSTEM_SENDING
from drumbeat.kit.clock import epoch
from drumbeat.kit.errors import DrumbeatError, InvalidInput
from drumbeat.kit.ids import MailingNo
from drumbeat.kit.signing import Recipient, TokenSigner
from drumbeat.marketing.delivery import (
    Accepted,
    Claimed,
    Deferred,
    Ending,
    Mailing,
    MessageIds,
    Outcome,
    Place,
    Receipt,
    Refused,
    Released,
    Unknown,
    Withheld,
    asked_to_wait,
    return_path_of,
)
from drumbeat.marketing.delivery.ports import Parcel

MANY_RECEIPTS = 350
"""So many are worth an exchange at once; fewer wait a moment for company.

While they are recorded and as many claimed anew, the rest of what may be held is sent.
"""

STUMBLES_OF_ONE = 3
"""After so many failed connections with the same message it is the message that waits."""


_DESERTED = "no mail server can be reached"


log = structlog.get_logger()


@dataclass(eq=False)
class Handover:
    """Both ends of one carrying: an iterator of parcels, and the receipts that come back."""

    drumbeat: Drumbeat
    letters: Letters
    log: WireLog
    breaker: Breaker
    mailings: dict[int, Mailing] = field(default_factory=dict)
    resting: set[int] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    outage: bool = False
    real: Callable[[], float] = time.monotonic
    doze: Doze = doze
    _flying: dict[Place, Claimed] = field(default_factory=dict)
    _begun: set[Place] = field(default_factory=set)
    _passed: dict[Place, int] = field(default_factory=dict)
    _recalled: dict[Place, Ending] = field(default_factory=dict)
    _receipts: list[Receipt] = field(default_factory=list)
    _stumbles: Counter[Place] = field(default_factory=Counter)
    _more: asyncio.Event = field(default_factory=asyncio.Event)
    _closed: asyncio.Event = field(default_factory=asyncio.Event)
    _version: str = ""
    _revision: int = -1
    _trouble: str = ""
    _any_accepted: bool = False

    def __post_init__(self) -> None:
        self._queue = Turns(self.real)
        keys = self.drumbeat.office.keys
        self._signer = TokenSigner(keys.derive("tracking"))
        self._message_ids = MessageIds(keys)
        self._returns = return_path_of(self.drumbeat.office)

    # the session's side ---------------------------------------------------------------------

    @property
    def held(self) -> int:
        """Messages claimed and not yet settled."""
        return len(self._queue) + len(self._flying)

    @property
    def queued(self) -> int:
        return len(self._queue)

    def add(self, claimed: Iterable[Claimed], ahead: float = 0.0, *, urgent: bool = False) -> None:
        """`ahead` is what the clock of their turns is ahead of `real`."""
        turns = ((each, each.turn and each.turn - ahead) for each in claimed)
        self._queue.add(turns, urgent=urgent)
        self._more.set()

    def take_receipts(self) -> list[Receipt]:
        taken, self._receipts = self._receipts, []
        return taken

    def put_back(self, receipts: list[Receipt]) -> None:
        self._receipts = receipts + self._receipts

    def close(self) -> None:
        """No more parcels; what was not pulled is given back."""
        self._closed.set()
        for claimed in self._queue.drain():
            self._end(claimed, Released())
        self._more.set()

    def note_desertion(self) -> None:
        """The carrier went home before the iterator ended: no server can be reached."""
        if self._queue and not self._closed.is_set():
            self.breaker.stumbled(self._trouble or _DESERTED, at_once=True)
            self.outage = True

    def note_failure(self) -> None:
        """Connections failed and nothing at all was accepted: that is an outage too."""
        if self._trouble and not self._any_accepted:
            self.breaker.stumbled(self._trouble, at_once=True)
            self.outage = True

    def abandon(self) -> None:
        """The carrier is gone: what it never settled is uncertain if its body was begun."""
        self.close()
        for place, claimed in self._flying.items():
            begun = place in self._begun
            unanswered = Unknown("the carrier ended without an answer")
            self._end(claimed, unanswered if begun else Released())
        self._flying.clear()

    # the carrier's side: parcels ------------------------------------------------------------

    def __aiter__(self) -> "Handover":
        return self

    async def __anext__(self) -> Parcel:
        while True:
            parcel = self._pulled(await self._next())
            if parcel is not None:
                return parcel

    def at_hand(self) -> Parcel | None:
        """See `AtHand`: the next one whose turn it is."""
        while not self._closed.is_set() and (claimed := self._queue.pop()) is not None:
            parcel = self._pulled(claimed)
            if parcel is not None:
                return parcel
        return None

    def _pulled(self, claimed: Claimed) -> Parcel | None:
        """Built and on its way, unless it must not or cannot leave."""
        self._flying[claimed.place] = claimed
        ending = self._parcel_or_ending(claimed)
        if isinstance(ending, Parcel):
            return ending
        del self._flying[claimed.place]
        self._passed.pop(claimed.place, None)
        self._end(claimed, ending)
        return None

    async def _next(self) -> Claimed:
        """The next claimed message, in its turn; while waiting for the turn it may be withdrawn."""
        while not self._closed.is_set():
            claimed = self._queue.pop()
            if claimed is not None:
                return claimed
            self._more.clear()
            await self.doze(self._more, self._queue.wait())
        raise StopAsyncIteration

    def _parcel_or_ending(self, claimed: Claimed) -> Parcel | Ending:
        barred = self._barred(claimed, self._revision)
        if barred is not None:
            return barred
        try:
            return self._parcel(claimed)
        except DrumbeatError as error:
            return Refused(f"not built: {error}", permanent=True, code=0)
        except Exception as error:  # the edge of one message: the others go on
            log.exception("message.not_built", mailing=claimed.place.mailing_no)
            return Refused(f"not built: {type(error).__name__}", permanent=True, code=0)

    def _barred(self, claimed: Claimed, revision: int) -> Withheld | Released | None:
        """Why this message must not leave; None if it may, as permissions stood at `revision`."""
        place = claimed.place
        if place.mailing_no in self.resting:
            return Released()
        if self._passed.get(place, claimed.permission_revision) >= revision:
            return None
        topic_no = self.mailings[place.mailing_no].topic_no
        with self.drumbeat.look(SYSTEM_SENDING) as department:
            found = department.audience.permissions([claimed.row.contact_no], topic_no)
        permission = found[claimed.row.contact_no]
        if not permission.may_mail:
            return Withheld(permission.reason)
        self._passed[place] = revision
        return None

    def _permission_revision(self) -> int:
        """As it is at this moment; read again only if anybody committed anything since."""
        version = self.drumbeat.database.version(at_once=True)
        if version != self._version:
            with self.drumbeat.look(SYSTEM_SENDING) as department:
                self._revision = department.audience.permission_revision()
            self._version = version
        return self._revision

    def _parcel(self, claimed: Claimed) -> Parcel:
        row, mailing = claimed.row, self.mailings[claimed.place.mailing_no]
        who = Recipient(MailingNo(claimed.place.mailing_no), row.contact_no, row.occasion)
        domain = mailing.sender_email.rpartition("@")[2]
        letters = self.letters.of(mailing)
        if row.arm_no >= len(letters):
            raise InvalidInput(f"variant {row.arm_no} has no letter", field="arm_no")
        letter = letters[max(row.arm_no, 0)]
        message = letter.build(
            to=claimed.address,
            fields=claimed.fields,
            token=self._signer.token(who),
            message_id=self._message_ids.of(who, domain),
            date=self.drumbeat.office.clock(),
        )
        sender = self._returns.of(who) or mailing.sender_email
        return Parcel(claimed.place, sender, claimed.address, message, letter.clean)

    # the carrier's side: receipts -----------------------------------------------------------

    def writing(self, place: Place) -> bool:
        claimed = self._flying[place]
        barred = self._barred(claimed, self._permission_revision())
        if barred is not None:
            self._recalled[place] = barred
            return False
        self.log.begin(place, claimed.claim_no)
        self._begun.add(place)
        return True

    def settle(self, place: Place, outcome: Outcome) -> None:
        claimed = self._flying.pop(place, None)
        if claimed is None:  # settled before: the first answer counts
            return
        if self._passed:
            self._passed.pop(place, None)
        recalled = self._recalled.pop(place, None) if self._recalled else None
        if recalled is not None:  # the wire log never heard of it
            self._end(claimed, recalled)
            return
        self._begun.discard(place)
        self._end(claimed, self._judge(place, outcome))
        self.log.reply(place, claimed.claim_no, outcome)  # last: a full disk must not lose it

    def _judge(self, place: Place, outcome: Outcome) -> Ending:
        """Tell an outage, which burns no attempts, from one message that breaks connections."""
        match outcome:
            case Accepted():
                self.breaker.accepted()
                self._any_accepted = True
            case Deferred(reason, scope, until) if scope != "recipient":
                if self._is_out(reason, scope, until):
                    return outcome
                if self._is_the_stumbling_block(place):
                    return Deferred(reason, "recipient")
            case Unknown(reason):
                self._is_out(reason, "transport", None)
            case Deferred() | Refused() if self.breaker.probing:
                self.breaker.accepted()  # it said no to this one, so it is back
        return outcome

    def _is_out(self, reason: str, scope: str, until: datetime | None) -> bool:
        self._trouble = reason
        seconds: float | None = asked_to_wait(reason)
        if until is not None:
            seconds = epoch(until) - epoch(self.drumbeat.office.clock())
        if not self.breaker.stumbled(reason, at_once=scope == "provider", seconds=seconds):
            return False
        self.leave()
        return True

    def leave(self) -> None:
        """The provider wants rest: nothing more is handed to it in this carrying."""
        self.outage = True
        self.close()

    def _is_the_stumbling_block(self, place: Place) -> bool:
        """The server takes other messages, and this one broke connection after connection."""
        self._stumbles[place] += self._any_accepted
        return self._stumbles[place] >= STUMBLES_OF_ONE

    def _end(self, claimed: Claimed, ending: Ending) -> None:
        self._receipts.append(claimed.ended(ending))
        if not self._queue or len(self._receipts) >= MANY_RECEIPTS:
            self.news.set()
