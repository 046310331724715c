"""Use cases of readers themselves: sign up, confirm from the mailbox, ask for data or erasure.

Nothing here tells whether an address is known: every answer is the same. What a request would do,
it does once its link was followed from the mailbox, and once only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch
from drumbeat.kit.errors import Conflict, InvalidInput, NotFound
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.signing import Recipient
from drumbeat.marketing.audience.addresses import Address, normalise_address
from drumbeat.marketing.audience.merging import StoredContact
from drumbeat.marketing.audience.model import Consent
from drumbeat.marketing.audience.model_asks import (
    Answered,
    Ask,
    AskKind,
    AskState,
    ReaderStanding,
    SignupForm,
    Taken,
    Visitor,
)
from drumbeat.marketing.audience.model_topics import Asked
from drumbeat.marketing.audience.places import place_key
from drumbeat.marketing.audience.store_asks import AskStore
from drumbeat.marketing.audience.topics import TopicsService, seal_evidence
from drumbeat.storage.secrets import KeyRing

LIFE = timedelta(days=7)
"""How long a link in a confirmation mail works."""
STAMP_LIFE = timedelta(hours=2)
MOST_A_DAY = 3
"""Mails that one address can be made to get within 24 hours, by whoever types it in."""
MOST_AN_HOUR = 20
"""Requests from one place of the network within an hour: a whole office may sit behind it."""
MOST_IN_ALL = 2_000
UNSCRIPTED_COST = 5
"""Who proved no work counts as so many: they only waited."""
_UNIT = 200


@dataclass(frozen=True)
class AsksService:
    actor: Actor
    store: AskStore
    topics: TopicsService
    clock: Clock
    keys: KeyRing

    def sign_up(self, form_id: str, address: str, wanted: Sequence[str], visitor: Visitor) -> Taken:
        """Take somebody in who typed an address; asked twice by one stamp counts once.

        A double form asks the mailbox first. A single one does so where the address said no
        before, or where it is known: else anybody could say yes for somebody else.
        """
        self.actor.require(Scope.CONSENT_CHOOSE)
        form = self._open_form(form_id)
        found = normalise_address(address)
        if not isinstance(found, Address):
            raise InvalidInput(f"The address {found.reason}.", field="email")
        topics = _chosen(form, wanted)
        if not self._may_ask(visitor):
            return Taken.too_many
        if visitor.stamp and not self.store.spend(visitor.stamp, self._stamp_end()):
            return Taken.asked
        self.topics.contacts.hold()
        number, fresh = self._contact(found.text)
        if form.double or not fresh:
            self._ask(AskKind.SIGN_UP, number, visitor, form=form, topics=topics)
        else:
            asked = Asked(f"form:{form.name}", form.wording, visitor.evidence)
            self.topics.choose(number, dict.fromkeys(topics, True), asked, own=True)
        return Taken.asked

    def ask(self, contact_no: ContactNo, kind: AskKind, visitor: Visitor) -> Taken:
        """A reader, by their own link, asks for their data or to be erased; a mail asks back.

        A mail may have been forwarded: its link is enough to be mailed less, for nothing more.
        """
        self.actor.require(Scope.CONSENT_CHOOSE)
        if not self._may_ask(visitor):
            return Taken.too_many
        self.topics.contacts.hold()
        meant = self.topics.contacts.meant(contact_no)
        if meant is not None:
            self._ask(kind, meant, visitor)  # the mail that asks back goes to the kept address
        return Taken.asked

    def find_ask(self, recipient: Recipient) -> tuple[Ask, SignupForm | None] | None:
        """What a confirmation link is about; None once it is over, or if it never was one."""
        self.actor.require(Scope.CONSENT_CHOOSE)
        ask = self.store.find(*recipient)
        now = self.clock()
        if ask is None or ask.state not in (AskState.asked, AskState.confirmed, AskState.done):
            return None
        if ask.expires_at <= now:
            return None
        form = None if ask.form_no is None else self.store.get_form_by_no(ask.form_no)
        return ask, form

    def confirm(self, recipient: Recipient, visitor: Visitor) -> Answered:
        """Do what was asked for; a second time changes nothing, whatever was chosen since."""
        self.actor.require(Scope.CONSENT_CHOOSE)
        self.topics.contacts.hold()
        found = self.find_ask(recipient)
        if found is None:
            return Answered.over
        ask, form = found
        if ask.state is not AskState.asked:
            return Answered.before
        if not self.store.move(ask.ask_no, AskState.asked, AskState.confirmed):
            return Answered.before
        if form is None:
            return Answered.confirmed
        asked = Asked(
            f"form:{form.name}", form.wording, visitor.evidence, mailing_no=recipient.mailing_no
        )
        try:
            self.topics.choose(ask.contact_no, dict.fromkeys(ask.topics, True), asked, own=True)
        except Conflict:
            return Answered.refused
        except NotFound:
            return Answered.over
        return Answered.confirmed

    def standing(self, contact_no: ContactNo) -> ReaderStanding:
        """Whose page it is, hardly readable, and whether they said no to all mail.

        Raises NotFound.
        """
        self.actor.require(Scope.CONSENT_CHOOSE)
        meant = self.topics.contacts.meant(contact_no)
        found = [] if meant is None else self.topics.contacts.list_([meant])
        if not found:
            raise NotFound("There is no such reader.")
        name, _, domain = found[0].address.rpartition("@")
        suppressed = self.topics.consents.suppressed([self.keys.address_key(found[0].address)])
        left = found[0].consent is Consent.unsubscribed or bool(suppressed)
        return ReaderStanding(f"{name[:1]}…@{domain}", left)

    # the engine's side ----------------------------------------------------------------------

    def list_waiting(self) -> list[Ask]:
        """Requests whose mail is to be written, the oldest first."""
        self.actor.require(Scope.UPKEEP)
        return self.store.list_in(AskState.waiting, _UNIT)

    def note_mailed(self, ask: Ask, mailing_no: MailingNo, occasion: int) -> bool:
        """Its mail is in the ledger now; False if somebody else put one there."""
        self.actor.require(Scope.CAMPAIGNS_SEND)
        placed = {"mailing_no": mailing_no, "occasion": occasion}
        return self.store.move(ask.ask_no, AskState.waiting, AskState.asked, **placed)

    def expire(self) -> int:
        """End what nobody confirmed in time, and forget spent stamps; answers how many ended."""
        self.actor.require(Scope.UPKEEP)
        now = epoch(self.clock())
        self.store.forget_limits(now)
        return len(self.store.expire(now, _UNIT))

    # ---------------------------------------------------------------------------------------

    def _open_form(self, form_id: str) -> SignupForm:
        form = self.store.find_form(form_id)
        if form is None or not form.open:
            raise NotFound("There is no such form.")
        return form

    def _may_ask(self, visitor: Visitor) -> bool:
        hour = epoch(self.clock()) // 3600
        places = [place_key(self.keys, visitor.ip), place_key(self.keys, "everywhere")]
        cost = 1 if visitor.scripted else UNSCRIPTED_COST
        [here] = self.store.count_up(places[:1], hour, cost)
        if here > MOST_AN_HOUR:
            return False
        [everywhere] = self.store.count_up(places[1:], hour, 1)
        return everywhere <= MOST_IN_ALL

    def _stamp_end(self) -> int:
        return epoch(self.clock() + STAMP_LIFE)

    def _contact(self, address: str) -> tuple[ContactNo, bool]:
        """Their number, and whether a yes without a mail harms nobody: nothing is known of them."""
        contacts, key = self.topics.contacts, self.keys.address_key(address)
        known = contacts.numbers_by_keys([key])
        if key in known:
            return known[key], False
        now = epoch(self.clock())
        new = StoredContact(key, address, created_at=now)
        number = contacts.add([new], now)[key]
        return number, not self.topics.consents.suppressed([key])

    def _ask(
        self,
        kind: AskKind,
        contact_no: ContactNo,
        visitor: Visitor,
        *,
        form: SignupForm | None = None,
        topics: Sequence[str] = (),
    ) -> None:
        now = self.clock()
        if self.store.count_since(contact_no, epoch(now - timedelta(days=1))) >= MOST_A_DAY:
            return
        self.store.add(
            Ask(
                ask_no=0,
                kind=kind,
                state=AskState.waiting,
                contact_no=contact_no,
                form_no=None if form is None else form.form_no,
                topics=tuple(topics),
                asked_at=now,
                expires_at=now + LIFE,
                evidence=seal_evidence(self.keys, contact_no, visitor.evidence),
            )
        )


def _chosen(form: SignupForm, wanted: Sequence[str]) -> tuple[str, ...]:
    """A form with one topic needs no tick; any other wants at least one of its own."""
    chosen = tuple(key for key in form.topics if key in wanted)
    if not chosen and len(form.topics) == 1:
        return form.topics
    if not chosen:
        raise InvalidInput("Choose what you want mail about.", field="topics")
    return chosen
