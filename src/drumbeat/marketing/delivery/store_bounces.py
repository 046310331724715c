"""Mail that came back: each once, sealed until it is read; then what it said, naming nobody.

What could not be matched keeps its sealed bytes for a while, so that a person can look.
"""

import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    delete,
    select,
    update,
)

from drumbeat.kit.errors import Conflict
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.delivery.model_bounces import (
    ArrivedMail,
    BounceMail,
    BounceSaid,
    MailboxMark,
    SealedMail,
    WaitingMail,
)
from drumbeat.storage.database import NUMBER, Connection, metadata, upsert
from drumbeat.storage.secrets import KeyRing

bounce_mail = Table(
    "bounce_mail",
    metadata,
    Column("bounce_no", NUMBER, primary_key=True),
    Column("identity", LargeBinary(16), nullable=False, unique=True),
    Column("source", String(40), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("name", String(20), nullable=False),
    Column("status", String(12), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("evidence", String(100), nullable=False),
    Column("mailing_no", Integer),
    Column("contact_no", Integer),
    Column("occasion", Integer),
    Column("raw", LargeBinary),
    Index(None, "state", "bounce_no"),
    Index(None, "mailing_no", "contact_no"),
    Index(None, "contact_no", "received_at"),
)

bounce_mailbox = Table(
    "bounce_mailbox",
    metadata,
    Column("mailbox", LargeBinary(16), primary_key=True),
    Column("validity", BigInteger, nullable=False),
    Column("last_uid", BigInteger, nullable=False),
)

WAITING, READ, UNMATCHED = 0, 1, 2
MOST_BYTES = 1 << 20
"""Nothing behind them is ever read."""
_NUMBER = bounce_mail.c.bounce_no
_SAID = tuple(column for column in bounce_mail.c if column.name != "raw")
"""What a list reads: never the bytes, of which there may be a megabyte a row."""
_NONCE_BYTES = 12


def seal_mails(mails: Iterable[ArrivedMail], keys: KeyRing) -> list[SealedMail]:
    """Cut, compressed and sealed before the unit that keeps them: it takes time, not the lock."""
    cipher = _cipher(keys)
    return [_sealed(mail, cipher) for mail in mails]


def _sealed(mail: ArrivedMail, cipher: AESGCM) -> SealedMail:
    raw = mail.raw[:MOST_BYTES]
    identity, nonce = blake2b(raw, digest_size=16).digest(), os.urandom(_NONCE_BYTES)
    sealed = nonce + cipher.encrypt(nonce, zlib.compress(raw, 1), identity)
    return SealedMail(identity, mail.source, sealed)


def _cipher(keys: KeyRing) -> AESGCM:
    return AESGCM(keys.derive("bounce mail"))


@dataclass(frozen=True)
class BounceStore:
    connection: Connection
    keys: KeyRing

    def add(self, mails: Sequence[SealedMail], now: int) -> int:
        """Keep mails that are not known yet; answers how many those were."""
        added = 0
        for mail in mails:
            row = {
                "identity": mail.identity,
                "source": mail.source,
                "received_at": now,
                "state": WAITING,
                "name": "",
                "status": "",
                "reason": "",
                "evidence": "",
                "raw": mail.sealed,
            }
            fresh = upsert(bounce_mail).values(row).on_conflict_do_nothing()
            number = self.connection.scalar(fresh.returning(bounce_mail.c.bounce_no))
            added += number is not None
        return added

    def any_waiting(self) -> bool:
        query = select(bounce_mail.c.bounce_no).where(bounce_mail.c.state == WAITING).limit(1)
        return self.connection.execute(query).first() is not None

    def list_waiting(self, limit: int) -> list[WaitingMail]:
        """The oldest that nobody has read."""
        query = select(bounce_mail).where(bounce_mail.c.state == WAITING)
        rows = self.connection.execute(query.order_by(bounce_mail.c.bounce_no).limit(limit))
        return [WaitingMail(row.bounce_no, self._open(row.identity, row.raw)) for row in rows]

    def save(self, number: int, said: BounceSaid, *, keep: bool) -> bool:
        """What a waiting mail said; False if somebody else has read it meanwhile."""
        values: dict[str, Any] = {
            "state": READ if said.mailing_no else UNMATCHED,
            "name": said.name[:20],
            "status": said.status[:12],
            "reason": said.reason[:200],
            "evidence": said.evidence[:100],
            "mailing_no": said.mailing_no,
            "contact_no": said.contact_no,
            "occasion": said.occasion,
        }
        if not keep:
            values["raw"] = None
        waiting = (bounce_mail.c.bounce_no == number, bounce_mail.c.state == WAITING)
        changed = self.connection.execute(update(bounce_mail).where(*waiting).values(values))
        return changed.rowcount == 1

    def count_alike(self, said: BounceSaid, limit: int) -> int:
        """How many mails are kept that said the same of the same message, at most `limit`."""
        alike = select(bounce_mail.c.bounce_no).where(
            bounce_mail.c.mailing_no == said.mailing_no,
            bounce_mail.c.contact_no == said.contact_no,
            bounce_mail.c.occasion == said.occasion,
            bounce_mail.c.name == said.name,
        )
        return len(self.connection.scalars(alike.limit(limit)).all())

    def remove(self, number: int) -> bool:
        """Let go of a waiting mail; False if somebody else has read it meanwhile."""
        waiting = (bounce_mail.c.bounce_no == number, bounce_mail.c.state == WAITING)
        return self.connection.execute(delete(bounce_mail).where(*waiting)).rowcount == 1

    def list_(self, limit: int, before: int | None = None) -> list[BounceMail]:
        """The newest first."""
        query = select(*_SAID).where(bounce_mail.c.state != WAITING)
        if before is not None:
            query = query.where(bounce_mail.c.bounce_no < before)
        query = query.order_by(bounce_mail.c.bounce_no.desc()).limit(limit)
        return [_mail(row) for row in self.connection.execute(query)]

    def list_of_messages(self, pairs: Sequence[tuple[int, int]]) -> list[BounceMail]:
        """What came back of these (mailing_no, contact_no), the oldest first."""
        if not pairs:
            return []
        # A page is of one mailing or of one contact: pairs themselves would walk the table.
        query = select(*_SAID).where(
            bounce_mail.c.mailing_no.in_({mailing_no for mailing_no, _ in pairs}),
            bounce_mail.c.contact_no.in_({contact_no for _, contact_no in pairs}),
        )
        return [_mail(row) for row in self.connection.execute(query.order_by(_NUMBER))]

    def list_soft(self, contact_no: ContactNo, since: int) -> set[int]:
        """Mailings whose message to this contact bounced softly."""
        query = select(bounce_mail.c.mailing_no).where(
            bounce_mail.c.contact_no == contact_no,
            bounce_mail.c.received_at >= since,
            bounce_mail.c.name == "soft",
        )
        return {int(number) for number in self.connection.scalars(query)}

    def forget_raw(self, before: int, limit: int = 500) -> int:
        """Let go of the bytes of what was never matched."""
        old = select(bounce_mail.c.bounce_no).where(
            bounce_mail.c.state == UNMATCHED,
            bounce_mail.c.received_at < before,
            bounce_mail.c.raw.is_not(None),
        )
        some = bounce_mail.c.bounce_no.in_(old.limit(limit))
        return self.connection.execute(update(bounce_mail).where(some).values(raw=None)).rowcount

    # how far a mailbox was read ---------------------------------------------------------------

    def find_mark(self, mailbox: str) -> MailboxMark | None:
        query = select(bounce_mailbox).where(bounce_mailbox.c.mailbox == self._name(mailbox))
        row = self.connection.execute(query).first()
        return None if row is None else MailboxMark(row.validity, row.last_uid)

    def move_mark(self, mailbox: str, old: MailboxMark | None, new: MailboxMark) -> None:
        """Raises Conflict if somebody else has read on from `old` meanwhile."""
        values = {"validity": new.validity, "last_uid": new.last_uid}
        name = self._name(mailbox)
        if old is None:
            first = upsert(bounce_mailbox).values(mailbox=name, **values).on_conflict_do_nothing()
            moved = self.connection.scalar(first.returning(bounce_mailbox.c.last_uid)) is not None
        else:
            mine = update(bounce_mailbox).where(
                bounce_mailbox.c.mailbox == name,
                bounce_mailbox.c.validity == old.validity,
                bounce_mailbox.c.last_uid == old.last_uid,
            )
            moved = self.connection.execute(mine.values(values)).rowcount == 1
        if not moved:
            raise Conflict("Another engine has read this mailbox meanwhile.")

    def _name(self, mailbox: str) -> bytes:
        return self.keys.index("bounce mailbox", mailbox)

    def _open(self, identity: bytes, sealed: bytes | None) -> bytes | None:
        """None for what does not open: one damaged mail must not hold up those behind it."""
        whole = bytes(sealed or b"")
        nonce, rest = whole[:_NONCE_BYTES], whole[_NONCE_BYTES:]
        try:
            return zlib.decompress(_cipher(self.keys).decrypt(nonce, rest, bytes(identity)))
        except (InvalidTag, ValueError, zlib.error):  # ValueError: a nonce that is too short
            return None


def _mail(row: Any) -> BounceMail:
    fields: Mapping[str, Any] = row._mapping
    said = BounceSaid(**{name: fields[name] for name in BounceSaid.__slots__})
    return BounceMail(row.bounce_no, row.received_at, row.source, said)
