"""Use cases of choice: the house's topics, and what each contact said yes and no to."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch
from drumbeat.kit.errors import Conflict, InvalidInput
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.accounts import Record
from drumbeat.marketing.audience.model import (
    Consent,
    ConsentProof,
    SuppressionReason,
)
from drumbeat.marketing.audience.model_topics import (
    MARKETING_KEY,
    PAUSE_DAYS,
    Asked,
    Choices,
    Topic,
    TopicChoice,
)
from drumbeat.marketing.audience.store import ContactStore
from drumbeat.marketing.audience.store_consent import ConsentStore
from drumbeat.marketing.audience.store_topics import TopicStore
from drumbeat.storage.sealed_values import SealedValues
from drumbeat.storage.secrets import KeyRing

MOST_TOPICS = 200
LONGEST_WORDING = 4_000
LONGEST_EVIDENCE = 500
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff]")
_NO = Consent.unsubscribed
_REVIVED_BY_OWNER = frozenset(
    (SuppressionReason.unsubscribed, SuppressionReason.requested, SuppressionReason.erased)
)
"""What somebody's own later yes ends. A bounce and a complaint are for a person to look at."""


@dataclass(frozen=True)
class TopicsService:
    actor: Actor
    store: TopicStore
    contacts: ContactStore
    consents: ConsentStore
    clock: Clock
    keys: KeyRing
    record: Record

    # the house's list -----------------------------------------------------------------------

    def list_topics(self) -> list[Topic]:
        """Every topic, the general one first."""
        self._require_reading()
        return self.store.list_()

    def add_topic(
        self, name: str, *, key: str = "", description: str = "", offered: bool = True
    ) -> Topic:
        """A new topic, which nobody has allowed yet. Raises Conflict for a key that is taken."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        name, description = _plain(name, "name", 120), _plain(description, "description", 500)
        if not name:
            raise InvalidInput("A topic needs a name that people can read.", field="name")
        key = _key_of(key or name)
        self.contacts.hold()
        known = self.store.list_()
        if any(each.key == key for each in known):
            raise Conflict(f"There is a topic {key!r} already.")
        if len(known) >= MOST_TOPICS:
            raise Conflict(f"There are {MOST_TOPICS} topics already; nobody reads more.")
        number = max(each.topic_no for each in known) + 1
        topic = Topic(number, key, name, description, offered, self.clock())
        self.store.save([topic])
        self.record("topic.added", key, {"name": name, "offered": offered})
        return topic

    def change_topic(
        self,
        key: str,
        *,
        name: str | None = None,
        description: str | None = None,
        offered: bool | None = None,
    ) -> Topic:
        """Other words for it, or (not) offered any more; what people chose of it stays."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        was = self.get_topic(key)
        now = was
        if name is not None:
            now = replace(now, name=_plain(name, "name", 120) or was.name)
        if description is not None:
            now = replace(now, description=_plain(description, "description", 500))
        if offered is not None:
            now = replace(now, offered=offered)
        if now != was:
            self.store.save([now])
            self.record("topic.changed", key, {"name": now.name, "offered": now.offered})
        return now

    def get_topic(self, key: str) -> Topic:
        """By its key, "" for the general one. Raises InvalidInput naming the nearest."""
        self._require_reading()
        known = {each.key: each for each in self.store.list_()}
        wanted = key.strip().casefold() or MARKETING_KEY
        if wanted in known:
            return known[wanted]
        near = get_close_matches(wanted, list(known), n=2, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known)}."
        raise InvalidInput(f"There is no topic {key[:60]!r}. {hint}", field="topic")

    # what one person chose ------------------------------------------------------------------

    def choices_of(self, contact_no: ContactNo) -> Choices:
        """What a contact said of each topic, and whether they paused or opted out of sale."""
        if Scope.CONSENT_CHOOSE not in self.actor.scopes:
            self.actor.require(Scope.AUDIENCE_READ)
        contact_no = self.contacts.get_number(contact_no)
        states = self.consents.states_of(contact_no)
        topics = tuple(
            TopicChoice(each, *states.get(each.topic_no, (Consent.unconfirmed, None)))
            for each in self.store.list_()
        )
        pause = self.store.find_pause(contact_no, epoch(self.clock()))
        return Choices(topics, pause, self.store.find_opt_out(contact_no))

    def choose(
        self, contact_no: ContactNo, wanted: Mapping[str, bool], asked: Asked, *, own: bool = False
    ) -> bool:
        """Record what somebody said of topics; False when nothing is new.

        `own`: they said it themselves, from their own mailbox: then a yes also ends an earlier no
        to all mail. Anybody else's yes never does, nor one from a mailbox that was merged into
        another: that it was theirs is somebody's guess. Raises InvalidInput, NotFound, Conflict.
        """
        self._require_choosing(own=own)
        told_by, contact_no = contact_no, self.contacts.get_number(contact_no)
        self.contacts.hold()
        topics = {self.get_topic(key): yes for key, yes in wanted.items()}
        states = self.consents.states_of(contact_no)
        if own and told_by != contact_no:
            _refuse_new_yes(topics, states)
            topics = {topic: yes for topic, yes in topics.items() if not yes}
        revived = self._revive(contact_no, [t for t, yes in topics.items() if yes], own=own)
        proofs = [
            self._proof(contact_no, topic, yes, asked)
            for topic, yes in topics.items()
            if states.get(topic.topic_no, (Consent.unconfirmed, None))[0] != _state(yes)
        ]
        self.consents.save(proofs, epoch(self.clock()))
        if proofs or revived:
            self.consents.bump_revision()
            if not own:
                told = {topic.key: _state(yes).name for topic, yes in topics.items()}
                self.record("consent.recorded", f"contact {contact_no}", told)
        return bool(proofs) or revived

    def pause(self, contact_no: ContactNo, *, source: str, days: int = PAUSE_DAYS) -> None:
        """No mail for so many days; what they chose stays. 0 ends a pause."""
        self._require_choosing(own=True)
        contact_no = self.contacts.get_number(contact_no)
        if not 0 <= days <= 366:
            raise InvalidInput("A pause lasts between 1 and 366 days; 0 ends one.", field="days")
        now = self.clock()
        if days:
            until = epoch(now + timedelta(days=days))
            self.store.pause(contact_no, until, source, epoch(now))
        else:
            self.store.end_pause(contact_no)
        self.consents.bump_revision()

    def opt_out_of_sale(
        self, contact_no: ContactNo, *, source: str, opted_out: bool = True
    ) -> bool:
        """Their data may be neither sold nor shared (CCPA); False when nothing is new."""
        self._require_choosing(own=True)
        contact_no = self.contacts.get_number(contact_no)
        if opted_out:
            now = epoch(self.clock())
            changed = self.store.opt_out_of_sale(contact_no, source, self.actor.name, now)
        else:
            changed = self.store.opt_in_to_sale(contact_no)
        if changed:
            what = "sale.opted_out" if opted_out else "sale.opted_in"
            self.record(what, f"contact {contact_no}", {"source": source})
        return changed

    def opted_out_of_sale(self, contact_nos: Sequence[ContactNo]) -> frozenset[ContactNo]:
        """Of up to 2,000 contacts those who must be in no export for advertisers or buyers."""
        self.actor.require(Scope.AUDIENCE_READ)
        return self.store.opted_out_of_sale(contact_nos)

    # ---------------------------------------------------------------------------------------

    def _proof(self, contact_no: ContactNo, topic: Topic, yes: bool, asked: Asked) -> ConsentProof:
        return ConsentProof(
            contact_no,
            _state(yes),
            asked.source,
            self.actor.name,
            self.clock(),
            asked.mailing_no,
            topic.topic_no,
            wording=_plain(asked.wording, "wording", LONGEST_WORDING),
            evidence=seal_evidence(self.keys, contact_no, asked.evidence),
        )

    def _revive(self, contact_no: ContactNo, wanted: Sequence[Topic], *, own: bool) -> bool:
        """End an earlier no that these yeses end; raise Conflict where they cannot.

        Whoever had left altogether and comes back for some topics, comes back for these alone.
        """
        if not wanted:
            return False
        [key] = self.contacts.address_keys_of([contact_no])
        reason = self.consents.suppressed([key]).get(key)
        states = self.consents.states_of(contact_no)
        refused = [t for t in wanted if t.topic_no in states and states[t.topic_no][0] is _NO]
        if not own and (reason is not None or refused):
            why = "unsubscribed" if reason is None else reason.name
            message = (
                f"This address is {why}: only its owner can say yes again, by a confirmation mail."
            )
            raise Conflict(message)
        if reason is None:
            return False
        if reason not in _REVIVED_BY_OWNER:
            raise Conflict(f"This address is {reason.name}: somebody of the house must look at it.")
        self.consents.lift(key)
        again = {topic.topic_no for topic in wanted}
        now, by = self.clock(), self.actor.name
        ended = [
            ConsentProof(contact_no, _NO, "left before", by, now, topic_no=number)
            for number, (state, _) in states.items()
            if state is Consent.subscribed and number not in again
        ]
        self.consents.save(ended, epoch(now))
        return True

    def _require_reading(self) -> None:
        if Scope.CONSENT_CHOOSE not in self.actor.scopes:
            self.actor.require(Scope.CAMPAIGNS_READ)

    def _require_choosing(self, *, own: bool) -> None:
        if not own or Scope.CONSENT_CHOOSE not in self.actor.scopes:
            self.actor.require(Scope.AUDIENCE_WRITE)


def seal_evidence(
    keys: KeyRing, contact_no: ContactNo, evidence: Mapping[str, str] | None
) -> bytes | None:
    """Who asked, as their connection told: kept for a time only, and readable with the key."""
    if not evidence:
        return None
    short = {name: _CONTROL.sub("?", value)[:LONGEST_EVIDENCE] for name, value in evidence.items()}
    return _sealed(keys).seal(str(contact_no), json.dumps(short).encode())


def open_evidence(
    keys: KeyRing, contact_no: ContactNo, sealed: bytes | None
) -> Mapping[str, str] | None:
    if sealed is None:
        return None
    told: dict[str, str] = json.loads(_sealed(keys).open(str(contact_no), bytes(sealed)))
    return told


def _sealed(keys: KeyRing) -> SealedValues:
    return SealedValues(keys.derive("consent evidence"), "The evidence of contact")


def _refuse_new_yes(
    topics: Mapping[Topic, bool], states: Mapping[int, tuple[Consent, datetime | None]]
) -> None:
    """Raises Conflict for a yes that is not given yet."""
    for topic, yes in topics.items():
        state, _ = states.get(topic.topic_no, (Consent.unconfirmed, None))
        if yes and state is not Consent.subscribed:
            raise Conflict("We write to another address of yours now: say yes in a mail to that.")


def _state(yes: bool) -> Consent:
    return Consent.subscribed if yes else Consent.unsubscribed


def _plain(text: str, field: str, longest: int) -> str:
    """Raises InvalidInput for what is too long; characters that nobody can see become `?`."""
    text = _CONTROL.sub("?", text.strip())
    if len(text) > longest:
        message = f"{field} has {len(text):,} characters; {longest:,} are allowed."
        raise InvalidInput(message, field=field)
    return text


def _key_of(text: str) -> str:
    key = re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:60].strip("-")
    if not _KEY.fullmatch(key):
        message = "A topic's key is made of small letters, digits and dashes: give one."
        raise InvalidInput(message, field="key")
    return key
