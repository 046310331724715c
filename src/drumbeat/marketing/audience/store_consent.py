"""What people allowed: consent with its proof, the suppression list, and their revision.

Suppression is by keyed hash of the address and has no tie to the contact's row, so that it
outlives erasure and stops a re-import. Proofs are only ever appended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
    SmallInteger,
    String,
    Table,
    and_,
    bindparam,
    column,
    delete,
    exists,
    func,
    select,
    table,
    update,
)

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.model import (
    MARKETING_TOPIC,
    Consent,
    ConsentProof,
    SuppressionReason,
)
from drumbeat.marketing.audience.model_topics import MARKETING_KEY
from drumbeat.marketing.audience.store_topics import (
    consent_pause,
    consent_wording,
    number_wordings,
    topic,
)
from drumbeat.storage.bulk import AtOnce, among, insert_rows
from drumbeat.storage.database import NUMBER, Connection, metadata, upsert

consent = Table(
    "consent",
    metadata,
    Column("contact_no", Integer, primary_key=True, autoincrement=False),
    Column("topic_no", Integer, primary_key=True, autoincrement=False),
    Column("state", SmallInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

consent_proof = Table(
    "consent_proof",
    metadata,
    Column("proof_no", NUMBER, primary_key=True),
    Column("contact_no", Integer, nullable=False, index=True),
    Column("topic_no", Integer, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("source", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("mailing_no", Integer),
    Column("occurred_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("wording_no", Integer),
    Column("evidence", LargeBinary),
)

suppression = Table(
    "suppression",
    metadata,
    Column("address_key", LargeBinary(16), primary_key=True),
    Column("reason", SmallInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("source", String, nullable=False),
    sqlite_with_rowid=False,
)

audience_revision = Table(
    "audience_revision",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("permissions", BigInteger, nullable=False),
)

_ONLY = 1
_contact = table("contact", column("contact_no", Integer), column("address_key", LargeBinary))
_REVISION = select(audience_revision.c.permissions)


def state_of(contact_no: ColumnElement[int]) -> ColumnElement[int]:
    """The marketing consent of the row's contact; unconfirmed when nothing is recorded."""
    found = select(consent.c.state).where(
        consent.c.contact_no == contact_no, consent.c.topic_no == MARKETING_TOPIC
    )
    # Without `correlate_except` it would read somebody's consent as soon as it stood any deeper.
    return func.coalesce(
        found.correlate_except(consent).scalar_subquery(), int(Consent.unconfirmed)
    )


@dataclass(frozen=True)
class ConsentStore:
    connection: Connection

    def save(self, proofs: Sequence[ConsentProof], now: int) -> None:
        """Move consents to the state their newest proof gives, and append the proofs."""
        if not proofs:
            return
        states = [
            {
                "contact_no": p.contact_no,
                "topic_no": p.topic_no,
                "state": int(p.state),
                "changed_at": now,
            }
            for p in proofs
        ]
        moved = upsert(consent)
        self.connection.execute(
            moved.on_conflict_do_update(
                index_elements=["contact_no", "topic_no"],
                set_={"state": moved.excluded.state, "changed_at": moved.excluded.changed_at},
            ),
            states,
        )
        wordings = number_wordings(self.connection, {p.wording for p in proofs if p.wording})
        evidence = [
            {
                "contact_no": p.contact_no,
                "topic_no": p.topic_no,
                "state": int(p.state),
                "source": p.source,
                "actor": p.actor,
                "mailing_no": p.mailing_no,
                "occurred_at": epoch(p.occurred_at),
                "recorded_at": now,
                "wording_no": wordings.get(p.wording),
                "evidence": p.evidence,
            }
            for p in proofs
        ]
        rows = [list(proof.values()) for proof in evidence]
        insert_rows(self.connection, consent_proof, list(evidence[0]), rows)

    def suppress(self, reasons: Mapping[bytes, SuppressionReason], source: str, now: int) -> bool:
        """Put addresses on the list; the first reason stays. Answers whether any is new there."""
        fresh = reasons.keys() - self.suppressed(list(reasons)).keys()
        rows = [
            {"address_key": key, "reason": int(reasons[key]), "since": now, "source": source}
            for key in fresh
        ]
        if rows:
            self.connection.execute(upsert(suppression).on_conflict_do_nothing(), rows)
        return bool(rows)

    def suppressed(self, keys: Sequence[bytes]) -> dict[bytes, SuppressionReason]:
        wanted = select(suppression.c.address_key, suppression.c.reason).where(
            suppression.c.address_key.in_(keys)
        )
        rows = self.connection.execute(wanted)
        return {row.address_key: SuppressionReason(row.reason) for row in rows}

    def lift(self, key: bytes) -> None:
        """Take an address from the list: its owner said yes again."""
        self.connection.execute(delete(suppression).where(suppression.c.address_key == key))

    def states_of(self, contact_no: ContactNo) -> dict[int, tuple[Consent, datetime | None]]:
        """By topic: what a contact said, and since when."""
        wanted = select(consent.c.topic_no, consent.c.state, consent.c.changed_at).where(
            consent.c.contact_no == contact_no
        )
        return {
            row.topic_no: (Consent(row.state), from_epoch(row.changed_at))
            for row in self.connection.execute(wanted)
        }

    def topic_states(self, numbers: Sequence[ContactNo | None]) -> dict[int, dict[int, int]]:
        """By contact and topic, but for the general one: what up to 2,000 people said."""
        if not numbers:
            return {}
        wanted = select(consent.c.contact_no, consent.c.topic_no, consent.c.state).where(
            consent.c.contact_no.in_(numbers), consent.c.topic_no != MARKETING_TOPIC
        )
        found: dict[int, dict[int, int]] = {}
        for contact_no, topic_no, state in self.connection.execute(wanted):
            found.setdefault(contact_no, {})[topic_no] = state
        return found

    def forget_evidence(self, before: int, limit: int) -> int:
        """Of proofs from before: who they are of and what they say stays, whence it came goes."""
        old = (
            select(consent_proof.c.proof_no)
            .where(consent_proof.c.evidence.is_not(None), consent_proof.c.recorded_at < before)
            .limit(limit)
        )
        blank = update(consent_proof).where(consent_proof.c.proof_no.in_(old.scalar_subquery()))
        return self.connection.execute(blank.values(evidence=None)).rowcount

    def list_standing(
        self, numbers: Sequence[ContactNo]
    ) -> list[tuple[ContactNo, int | None, int | None]]:
        """(contact_no, state, reason) of contacts: what permission is decided from."""
        rows = _standing().rows(self.connection, {"numbers": numbers})
        return [(number, state, reason) for number, state, reason in rows]

    def list_choices(
        self, numbers: Sequence[ContactNo], topic_no: int, now: int
    ) -> list[tuple[ContactNo, int | None, int | None, int | None, bool]]:
        """(contact_no, general state, reason, state of the topic, paused) of contacts."""
        asked = {"numbers": numbers, "topic_no": topic_no or MARKETING_TOPIC, "now": now}
        rows = _choices().rows(self.connection, asked)
        return [(no, state, why, own, until is not None) for no, state, why, own, until in rows]

    def count_subscribers(self) -> int:
        """Contacts who subscribed to anything and whose address is not suppressed."""
        return self.connection.execute(
            select(func.count()).select_from(subscribed().subquery())
        ).scalar_one()

    def list_proofs(self, *contact_nos: ContactNo) -> list[ConsentProof]:
        """Of one person under each of their numbers; the oldest first."""
        wanted = (
            select(consent_proof, topic.c.key, consent_wording.c.text)
            .outerjoin(topic, topic.c.topic_no == consent_proof.c.topic_no)
            .outerjoin(consent_wording, consent_wording.c.wording_no == consent_proof.c.wording_no)
            .where(consent_proof.c.contact_no.in_(contact_nos))
        )
        return [
            ConsentProof(
                row.contact_no,
                Consent(row.state),
                row.source,
                row.actor,
                from_epoch(row.occurred_at),
                row.mailing_no,
                row.topic_no,
                row.key or (MARKETING_KEY if row.topic_no == MARKETING_TOPIC else ""),
                row.text or "",
                row.evidence,
            )
            for row in self.connection.execute(wanted.order_by(consent_proof.c.proof_no))
        ]

    def revision(self) -> int:
        return self.connection.execute(_REVISION).scalar() or 0

    def bump_revision(self) -> None:
        first = upsert(audience_revision).values(only=_ONLY, permissions=1)
        self.connection.execute(
            first.on_conflict_do_update(
                index_elements=["only"],
                set_={"permissions": audience_revision.c.permissions + 1},
            )
        )


def _marketing() -> ColumnElement[bool]:
    return and_(
        consent.c.contact_no == _contact.c.contact_no, consent.c.topic_no == MARKETING_TOPIC
    )


@cache
def _standing() -> AtOnce:
    """Of the contacts `numbers`; made once, because every message is asked for by it."""
    return AtOnce(
        select(_contact.c.contact_no, consent.c.state, suppression.c.reason)
        .select_from(_contact.outerjoin(consent, _marketing()))
        .outerjoin(suppression, suppression.c.address_key == _contact.c.address_key)
        .where(among(_contact.c.contact_no, "numbers"))
    )


@cache
def _choices() -> AtOnce:
    """Of the contacts `numbers` about `topic_no` at `now`; made once, for the same reason."""
    chosen, who = consent.alias("chosen"), _contact.c.contact_no
    about = and_(chosen.c.contact_no == who, chosen.c.topic_no == bindparam("topic_no"))
    pausing = and_(consent_pause.c.contact_no == who, consent_pause.c.until > bindparam("now"))
    return AtOnce(
        select(who, consent.c.state, suppression.c.reason, chosen.c.state, consent_pause.c.until)
        .select_from(_contact.outerjoin(consent, _marketing()))
        .outerjoin(chosen, about)
        .outerjoin(suppression, suppression.c.address_key == _contact.c.address_key)
        .outerjoin(consent_pause, pausing)
        .where(among(who, "numbers"))
    )


def subscribed() -> Select[tuple[int]]:
    """The numbers of everyone who may be mailed about something."""
    yes = consent.alias("yes")
    any_topic = exists().where(
        yes.c.contact_no == _contact.c.contact_no, yes.c.state == int(Consent.subscribed)
    )
    return (
        select(_contact.c.contact_no)
        .outerjoin(suppression, suppression.c.address_key == _contact.c.address_key)
        .where(any_topic, suppression.c.reason.is_(None))
    )
