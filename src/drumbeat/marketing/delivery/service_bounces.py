"""Use cases of returned mail: take it in once, match it to a message, and let follow what must.

Reading happens between two units (`read_report` is pure); nothing is ever answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch, from_epoch
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.signing import Recipient
from drumbeat.marketing.audience import AudienceService, SuppressionReason, contact_id_of
from drumbeat.marketing.delivery.bounces import Clues, Judged, NoReport, Reading, ReturnPath, judge
from drumbeat.marketing.delivery.bounces.judging import SOFT_BOUNCES, SOFT_DAYS, is_given_up
from drumbeat.marketing.delivery.message_ids import parse_message_id
from drumbeat.marketing.delivery.model import (
    LedgerLine,
    LedgerRow,
    State,
)
from drumbeat.marketing.delivery.model_bounces import (
    BounceLine,
    BounceMail,
    BounceSaid,
    Concluded,
    MailboxMark,
    SealedMail,
    WaitingMail,
)
from drumbeat.marketing.delivery.rules import (
    BY_ANSWER,
    clear_up,
    fact_of_sent,
    keepable,
    may_have_arrived,
    plain_reason,
)
from drumbeat.marketing.delivery.store_bounces import BounceStore
from drumbeat.marketing.delivery.store_ledger import LedgerStore
from drumbeat.marketing.events import EventsService, Fact, Reason
from drumbeat.storage.secrets import KeyRing

SOURCE = "bounces"
MAILS_A_UNIT = 50
KEPT_DAYS = 30
KEPT_ALIKE = 5
"""Mails kept that say the same of one message: whoever has its token can send them without end."""
_REMEMBERED = 20


@dataclass(frozen=True)
class BouncesService:
    actor: Actor
    store: BounceStore
    ledgers: LedgerStore
    audience: AudienceService
    events: EventsService
    returns: ReturnPath
    clock: Clock
    keys: KeyRing

    # taking in --------------------------------------------------------------------------------

    def take_in(self, mails: Sequence[SealedMail]) -> int:
        """Keep mails until they are read; answers how many were new. The same bytes count once."""
        self.actor.require(Scope.EVENTS_WRITE)
        return self.store.add(mails, epoch(self.clock()))

    def mailbox_mark(self, mailbox: str) -> MailboxMark | None:
        """How far a mailbox was read; None if never."""
        self.actor.require(Scope.EVENTS_WRITE)
        return self.store.find_mark(mailbox)

    def take_from_mailbox(
        self,
        mailbox: str,
        old: MailboxMark | None,
        new: MailboxMark,
        mails: Sequence[SealedMail],
    ) -> int:
        """Mails of a mailbox and how far it is read now, in one: each mail once, whatever dies.

        Raises Conflict if another engine has read on meanwhile.
        """
        self.actor.require(Scope.EVENTS_WRITE)
        self.store.move_mark(mailbox, old, new)
        return self.store.add(mails, epoch(self.clock()))

    # reading ----------------------------------------------------------------------------------

    def any_waiting(self) -> bool:
        """Whether a mail waits to be read; it spares an idle engine the write lock."""
        self.actor.require(Scope.FACTS_FOLD)
        return self.store.any_waiting()

    def list_waiting(self, limit: int = MAILS_A_UNIT) -> list[WaitingMail]:
        """The oldest mails that nobody has read yet."""
        self.actor.require(Scope.FACTS_FOLD)
        return self.store.list_waiting(limit)

    def conclude(self, readings: Sequence[tuple[int, Reading]]) -> Concluded:
        """Record what mails said and the facts that follow.

        A message bounces in one class, and is complained of, once, however often it is told.
        Whom `softly` names is to be looked at by `give_up`, each in a unit of its own.
        """
        self.actor.require(Scope.FACTS_FOLD)
        facts: list[Fact] = []
        done = 0
        for number, reading in readings:
            named = proven(reading.clues, self.returns, self.keys)
            row = self._find_message(named)
            judged = judge(reading, self._address(row))
            if self._keep(number, _said(judged, row), raw=not named):
                done += 1
                if row is None:
                    continue
                facts += self._clear_up(row)
                if judged.fact is not None:
                    facts.append(self._fact(row, judged))
        if facts:
            self.events.record(facts)
        softly = dict.fromkeys(f.contact_no for f in facts if f.reason is Reason.soft_bounce)
        return Concluded(
            done, tuple(each for each in softly if len(self._soft_of(each)) >= SOFT_BOUNCES)
        )

    def give_up(self, contact_no: ContactNo) -> bool:
        """Suppress whose mail came back softly too often in a row; True if it did."""
        self.actor.require(Scope.FACTS_FOLD)
        rows = self.ledgers.list_of_contact(contact_no, _REMEMBERED)
        sent = [
            (row.place.mailing_no, from_epoch(row.done))
            for row in rows
            if row.state is State.sent and row.done is not None
        ]
        sent.sort(key=lambda each: each[1], reverse=True)
        run = is_given_up(sent, self._soft_of(contact_no), self.clock())
        if run is not None:
            source = f"{run} soft bounces in a row"
            reason = SuppressionReason.bounced
            self.audience.refuse_all({contact_no: None}, reason, source=source)
        return run is not None

    def forget_old(self) -> int:
        """Let go of the bytes of mails that were about no message, after 30 days."""
        self.actor.require(Scope.FACTS_FOLD)
        return self.store.forget_raw(epoch(self.clock() - timedelta(days=KEPT_DAYS)))

    def list_(self, limit: int, before: int | None = None) -> list[BounceLine]:
        """What came back, newest first."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        mails = self.store.list_(limit, before)
        numbers = [ContactNo(mail.said.contact_no) for mail in mails if mail.said.contact_no]
        people = {}
        if Scope.AUDIENCE_READ in self.actor.scopes and numbers:
            found = self.audience.recipients(sorted(set(numbers)))
            people = {person.contact_no: person.address for person in found}
        return [self._line(mail, people) for mail in mails]

    # inside -----------------------------------------------------------------------------------

    def _find_message(self, named: Sequence[Recipient]) -> LedgerRow | None:
        """The message a report is about: by the address it came to, else by what it returns."""
        for recipient in named:
            row = self.ledgers.find_message(
                recipient.mailing_no, recipient.contact_no, recipient.occasion
            )
            if row is not None:
                return row
        return None

    def _keep(self, number: int, said: BounceSaid, *, raw: bool) -> bool:
        """False if somebody else has read it meanwhile. `raw`: a person may want to see it."""
        if said.mailing_no and self.store.count_alike(said, KEPT_ALIKE) >= KEPT_ALIKE:
            return self.store.remove(number)
        return self.store.save(number, said, keep=raw)

    def _address(self, row: LedgerRow | None) -> str:
        people = self.audience.recipients([row.contact_no]) if row is not None else []
        return people[0].address if people else ""

    def _fact(self, row: LedgerRow, judged: Judged) -> Fact:
        assert judged.fact is not None
        place = f"{row.place.mailing_no}.{row.contact_no}.{row.occasion}"
        return Fact(
            kind=judged.fact,
            occurred_at=self.clock(),
            contact_no=row.contact_no,
            mailing_no=MailingNo(row.place.mailing_no),
            arm_no=row.arm_no,
            event_id=f"{place}.{judged.name}",
            source=SOURCE,
            reason=judged.reason,
        )

    def _clear_up(self, row: LedgerRow) -> list[Fact]:
        """Whatever answers our message proves that it left: nobody can tell by other means."""
        reason = self.ledgers.reason_texts({row.reason_no}).get(row.reason_no, "")
        if not may_have_arrived(row.state, reason):
            return []
        now = epoch(self.clock())
        self.ledgers.save([clear_up(row, BY_ANSWER)], now=now)
        return [fact_of_sent(row, now, SOURCE)]

    def _soft_of(self, contact_no: ContactNo) -> set[int]:
        """Mailings whose message to this contact came back softly, lately."""
        since = self.clock() - timedelta(days=2 * SOFT_DAYS)
        return self.store.list_soft(contact_no, epoch(since))

    def _line(self, mail: BounceMail, people: dict[ContactNo, str]) -> BounceLine:
        said = mail.said
        number = None if said.contact_no is None else ContactNo(said.contact_no)
        return BounceLine(
            number=mail.number,
            received_at=from_epoch(mail.received_at),
            source=mail.source,
            name=said.name,
            status=said.status,
            reason=said.reason,
            evidence=said.evidence,
            mailing_no=None if said.mailing_no is None else MailingNo(said.mailing_no),
            contact_id="" if number is None else contact_id_of(number, self.keys),
            email="" if number is None else people.get(number, ""),
        )


def proven(clues: Clues, returns: ReturnPath, keys: KeyRing) -> list[Recipient]:
    """The messages that a mail names with a token of this house."""
    found = [returns.recipient_of(address) for address in clues.delivered_to]
    for candidate in clues.candidates:
        found.append(returns.read(candidate))
        found.append(parse_message_id(candidate, keys))
    return [recipient for recipient in found if recipient is not None]


def is_our_report(reading: Reading, returns: ReturnPath, keys: KeyRing) -> bool:
    """Whether it is a bounce or a complaint, of a message of this house: nobody's own mail."""
    return not isinstance(reading, NoReport) and bool(proven(reading.clues, returns, keys))


def _said(judged: Judged, row: LedgerRow | None) -> BounceSaid:
    evidence = keepable(judged.evidence)
    words = plain_reason(judged.words) if judged.words else evidence
    said = BounceSaid(judged.name, judged.status, words, evidence)
    if row is None:
        return said
    return replace(
        said,
        mailing_no=row.place.mailing_no,
        contact_no=row.contact_no,
        occasion=row.occasion,
    )


def with_bounces(lines: Sequence[LedgerLine], store: BounceStore) -> list[LedgerLine]:
    """A message that was sent stays sent; that it came back, and why, becomes its reason."""
    sent = [(line.mailing_no, line.contact_no) for line in lines if line.sent_at is not None]
    came_back: dict[tuple[int, int], list[BounceMail]] = {}
    for mail in store.list_of_messages(sent):
        pair = (mail.said.mailing_no or 0, mail.said.contact_no or 0)
        came_back.setdefault(pair, []).append(mail)
    told = {pair: _words(mails) for pair, mails in came_back.items()}
    return [
        replace(line, reason=_joined(line.reason, told[line.mailing_no, line.contact_no]))
        if line.sent_at is not None and (line.mailing_no, line.contact_no) in told
        else line
        for line in lines
    ]


def _joined(*reasons: str) -> str:
    return "; ".join(filter(None, reasons))


def _words(mails: Sequence[BounceMail]) -> str:
    """The last word first."""
    told = [f"{_WORDS.get(mail.said.name, '')}: {mail.said.reason}" for mail in reversed(mails)]
    return "; ".join(dict.fromkeys(text for text in told if not text.startswith(":")))


_WORDS = {
    "hard": "bounced (hard)",
    "soft": "bounced (soft)",
    "quota": "bounced (quota)",
    "policy": "bounced (policy)",
    "delayed": "delayed",
    "complaint": "complained",
    "opt_out": "unsubscribed",
}
