"""Sign-up forms, what readers asked for, how often from where, and which stamps are spent."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    Row,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.errors import NotFound
from drumbeat.kit.ids import ContactNo, PersonNo
from drumbeat.marketing.audience.model_asks import Ask, AskKind, AskState, SignupForm
from drumbeat.marketing.audience.store import contact
from drumbeat.marketing.audience.store_consent import consent
from drumbeat.storage.database import NUMBER, Connection, metadata, upsert

signup_form = Table(
    "signup_form",
    metadata,
    Column("form_no", Integer, primary_key=True, autoincrement=True),
    Column("id", String(60), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("topics", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("double", Boolean, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("owner_no", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

reader_ask = Table(
    "reader_ask",
    metadata,
    Column("ask_no", NUMBER, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("contact_no", Integer, nullable=False),
    Column("form_no", Integer),
    Column("topics", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("mailing_no", Integer),
    Column("occasion", Integer, nullable=False),
    Column("evidence", LargeBinary),
    UniqueConstraint("mailing_no", "contact_no", "occasion"),
)
Index("ix_reader_ask_state", reader_ask.c.state, reader_ask.c.expires_at)
Index("ix_reader_ask_contact_no", reader_ask.c.contact_no, reader_ask.c.asked_at)

reader_rate = Table(
    "reader_rate",
    metadata,
    Column("place", LargeBinary(16), primary_key=True),
    Column("hour", BigInteger, primary_key=True),
    Column("n", Integer, nullable=False),
    sqlite_with_rowid=False,
)

spent_stamp = Table(
    "spent_stamp",
    metadata,
    Column("stamp", LargeBinary(16), primary_key=True),
    Column("until", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)

_AT_ONCE = 2
"""Seconds between a contact and the request it was made for: none but those of one unit."""


@dataclass(frozen=True)
class AskStore:
    connection: Connection

    # forms ----------------------------------------------------------------------------------

    def add_form(self, form: SignupForm) -> SignupForm:
        added = self.connection.execute(insert(signup_form).values(_form_row(form)))
        key = added.inserted_primary_key
        assert key is not None
        return self.get_form_by_no(key[0])

    def save_form(self, form: SignupForm) -> None:
        self.connection.execute(
            update(signup_form).where(signup_form.c.form_no == form.form_no).values(_form_row(form))
        )

    def list_forms(self) -> list[SignupForm]:
        rows = self.connection.execute(select(signup_form).order_by(signup_form.c.form_no))
        return [_form(row) for row in rows]

    def find_form(self, form_id: str) -> SignupForm | None:
        row = self.connection.execute(
            select(signup_form).where(signup_form.c.id == form_id)
        ).first()
        return None if row is None else _form(row)

    def get_form_by_no(self, form_no: int) -> SignupForm:
        query = select(signup_form).where(signup_form.c.form_no == form_no)
        row = self.connection.execute(query).first()
        if row is None:
            raise NotFound(f"There is no sign-up form {form_no}.")
        return _form(row)

    # asks -----------------------------------------------------------------------------------

    def add(self, ask: Ask) -> int:
        values = {
            "kind": ask.kind.value,
            "state": int(ask.state),
            "contact_no": ask.contact_no,
            "form_no": ask.form_no,
            "topics": json.dumps(ask.topics),
            "asked_at": epoch(ask.asked_at),
            "expires_at": epoch(ask.expires_at),
            "occasion": 0,
            "evidence": ask.evidence,
        }
        key = self.connection.execute(insert(reader_ask).values(values)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def find(self, mailing_no: int, contact_no: int, occasion: int) -> Ask | None:
        query = select(reader_ask).where(
            reader_ask.c.mailing_no == mailing_no,
            reader_ask.c.contact_no == contact_no,
            reader_ask.c.occasion == occasion,
        )
        row = self.connection.execute(query).first()
        return None if row is None else _ask(row)

    def get(self, ask_no: int) -> Ask:
        row = self.connection.execute(
            select(reader_ask).where(reader_ask.c.ask_no == ask_no)
        ).first()
        if row is None:
            raise NotFound(f"There is no request {ask_no}.")
        return _ask(row)

    def list_in(self, state: AskState, limit: int, kind: AskKind | None = None) -> list[Ask]:
        query = select(reader_ask).where(reader_ask.c.state == int(state))
        if kind is not None:
            query = query.where(reader_ask.c.kind == kind.value)
        rows = self.connection.execute(query.order_by(reader_ask.c.ask_no).limit(limit))
        return [_ask(row) for row in rows]

    def list_of(self, contact_no: ContactNo) -> list[Ask]:
        query = select(reader_ask).where(reader_ask.c.contact_no == contact_no)
        rows = self.connection.execute(query.order_by(reader_ask.c.ask_no))
        return [_ask(row) for row in rows]

    def move(self, ask_no: int, was: AskState, now: AskState, **values: object) -> bool:
        """False if it was not in the state it should leave."""
        moved = update(reader_ask).where(
            reader_ask.c.ask_no == ask_no, reader_ask.c.state == int(was)
        )
        return self.connection.execute(moved.values(state=int(now), **values)).rowcount == 1

    def count_since(self, contact_no: ContactNo, since: int) -> int:
        query = select(func.count()).where(
            reader_ask.c.contact_no == contact_no, reader_ask.c.asked_at > since
        )
        return self.connection.execute(query).scalar_one()

    def expire(self, now: int, limit: int) -> list[Ask]:
        """Requests that nobody confirmed in time; they are over now."""
        query = select(reader_ask).where(
            reader_ask.c.state.in_((int(AskState.waiting), int(AskState.asked))),
            reader_ask.c.expires_at <= now,
        )
        found = [_ask(row) for row in self.connection.execute(query.limit(limit))]
        self.connection.execute(
            update(reader_ask)
            .where(reader_ask.c.ask_no.in_([each.ask_no for each in found]))
            .values(state=int(AskState.expired), evidence=None)
        )
        return found

    def list_unconfirmed(self, before: int, limit: int) -> list[ContactNo]:
        """Who came by a form alone, never confirmed, and of whom nothing else is known."""
        said = exists().where(consent.c.contact_no == reader_ask.c.contact_no, consent.c.state != 0)
        came_by_it = contact.c.created_at.between(
            reader_ask.c.asked_at - _AT_ONCE, reader_ask.c.asked_at
        )
        query = (
            select(reader_ask.c.contact_no)
            .distinct()
            .join(contact, contact.c.contact_no == reader_ask.c.contact_no)
            .where(
                reader_ask.c.kind == AskKind.SIGN_UP.value,
                reader_ask.c.state == int(AskState.expired),
                reader_ask.c.expires_at < before,
                contact.c.external_key.is_(None),
                came_by_it,
                ~said,
            )
        )
        return [ContactNo(number) for number in self.connection.scalars(query.limit(limit))]

    def forget(self, before: int, limit: int) -> int:
        """Requests that ended before: what they were for is in the ledger of consent."""
        ended = (int(AskState.confirmed), int(AskState.done), int(AskState.expired))
        old = (
            select(reader_ask.c.ask_no)
            .where(
                reader_ask.c.state.in_(ended),
                reader_ask.c.expires_at < before,
                reader_ask.c.kind != AskKind.ERASE.value,
            )
            .limit(limit)
        )
        gone = delete(reader_ask).where(reader_ask.c.ask_no.in_(old.scalar_subquery()))
        return self.connection.execute(gone).rowcount

    # limits ---------------------------------------------------------------------------------

    def count_up(self, places: Sequence[bytes], hour: int, by: int) -> list[int]:
        """How often it was asked from each place within this hour, these times included."""
        first = upsert(reader_rate)
        counted = first.on_conflict_do_update(
            index_elements=["place", "hour"], set_={"n": reader_rate.c.n + first.excluded.n}
        )
        rows = [{"place": place, "hour": hour, "n": by} for place in places]
        self.connection.execute(counted, rows)
        query = select(reader_rate.c.n).where(
            reader_rate.c.place.in_(places), reader_rate.c.hour == hour
        )
        return list(self.connection.scalars(query))

    def spend(self, stamp: bytes, until: int) -> bool:
        """False if the stamp was spent before."""
        row = {"stamp": stamp, "until": until}
        added = upsert(spent_stamp).values(row).on_conflict_do_nothing()
        return self.connection.execute(added).rowcount > 0

    def forget_limits(self, now: int) -> None:
        self.connection.execute(delete(spent_stamp).where(spent_stamp.c.until <= now))
        self.connection.execute(delete(reader_rate).where(reader_rate.c.hour < now // 3600 - 1))


def _form_row(form: SignupForm) -> dict[str, object]:
    return {
        "id": form.id,
        "name": form.name,
        "topics": json.dumps(form.topics),
        "wording": form.wording,
        "double": form.double,
        "open": form.open,
        "owner_no": form.owner_no,
        "created_at": epoch(form.created_at),
    }


def _form(row: Row[tuple[object, ...]]) -> SignupForm:
    return SignupForm(
        row.form_no,
        row.id,
        row.name,
        tuple(json.loads(row.topics)),
        row.wording,
        bool(row.double),
        bool(row.open),
        PersonNo(row.owner_no),
        from_epoch(row.created_at),
    )


def _ask(row: Row[tuple[object, ...]]) -> Ask:
    return Ask(
        row.ask_no,
        AskKind(row.kind),
        AskState(row.state),
        ContactNo(row.contact_no),
        row.form_no,
        tuple(json.loads(row.topics)),
        from_epoch(row.asked_at),
        from_epoch(row.expires_at),
        row.mailing_no,
        row.occasion,
        row.evidence,
    )
