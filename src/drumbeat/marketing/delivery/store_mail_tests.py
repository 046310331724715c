"""Test mail in SQL: one row a tester, the tester's address sealed to the row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    func,
    select,
    update,
)

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.ids import CampaignNo, ContactNo, PersonNo
from drumbeat.marketing.delivery.model_mail_tests import Ended, MailTest, MailTestState, NewMailTest
from drumbeat.storage.database import Connection, metadata, upsert
from drumbeat.storage.sealed_values import SealedValues

SHOWN = 100

mail_test = Table(
    "mail_test",
    metadata,
    Column("test_no", Integer, primary_key=True),
    Column("id", String(48), nullable=False, unique=True),
    Column("campaign_no", Integer, nullable=False, index=True),
    Column("piece_revision", Integer, nullable=False),
    Column("arm_no", Integer, nullable=False),
    Column("contact_no", Integer, nullable=False),
    Column("links", JSON, nullable=False),
    Column("tester", LargeBinary, nullable=False),
    Column("asked_by", Integer, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("provider_id", String(200), nullable=False),
    Column("ended_at", BigInteger),
)


@dataclass(frozen=True)
class MailTestStore:
    connection: Connection
    sealed: SealedValues

    def add(
        self, test_id: str, new: NewMailTest, tester: str, by: PersonNo, at: datetime
    ) -> MailTest:
        """The test of this id, added unless it is there."""
        written = upsert(mail_test).values(
            id=test_id,
            campaign_no=new.campaign_no,
            piece_revision=new.piece_revision,
            arm_no=new.arm_no,
            contact_no=new.contact_no,
            links=list(new.links),
            tester=self.sealed.seal(test_id, tester.encode()),
            asked_by=by,
            asked_at=epoch(at),
            state=MailTestState.WAITING,
            reason="",
            provider_id="",
        )
        self.connection.execute(written.on_conflict_do_nothing(index_elements=["id"]))
        query = select(mail_test).where(mail_test.c.id == test_id)
        return self._test(self.connection.execute(query).one())

    def count_beside(self, campaign_no: CampaignNo, since: datetime, ids: Sequence[str]) -> int:
        """A campaign's tests that were asked for later than `since` and are none of these."""
        query = select(func.count()).where(
            mail_test.c.campaign_no == campaign_no,
            mail_test.c.asked_at > epoch(since),
            mail_test.c.id.not_in(ids),
        )
        return self.connection.scalar(query) or 0

    def list_(self, campaign_no: CampaignNo) -> list[MailTest]:
        query = select(mail_test).where(mail_test.c.campaign_no == campaign_no)
        query = query.order_by(mail_test.c.test_no.desc()).limit(SHOWN)
        return self._tests(self.connection.execute(query).all())

    def list_in(self, state: MailTestState) -> list[MailTest]:
        """The oldest first."""
        query = select(mail_test).where(mail_test.c.state == state)
        query = query.order_by(mail_test.c.test_no).limit(SHOWN)
        return self._tests(self.connection.execute(query).all())

    def move(self, test_no: int, leaving: MailTestState) -> bool:
        """Arm a test that is in this state; False if it has left it."""
        written = update(mail_test).where(
            mail_test.c.test_no == test_no, mail_test.c.state == leaving
        )
        return self.connection.execute(written.values(state=MailTestState.ARMED)).rowcount == 1

    def end(self, test_no: int, ended: Ended, at: datetime) -> None:
        """Only a test that is armed, or that never left, can end."""
        open_ = (MailTestState.WAITING, MailTestState.ARMED)
        written = update(mail_test).where(
            mail_test.c.test_no == test_no, mail_test.c.state.in_(open_)
        )
        self.connection.execute(
            written.values(
                state=ended.state,
                reason=ended.reason[:500],
                provider_id=ended.provider_id[:200],
                ended_at=epoch(at),
            )
        )

    def find_link(self, test_no: int, link_no: int) -> str | None:
        query = select(mail_test.c.links).where(mail_test.c.test_no == test_no)
        links: list[str] = self.connection.scalar(query) or []
        return links[link_no] if 0 <= link_no < len(links) else None

    def _tests(self, rows: Sequence[Row[Any]]) -> list[MailTest]:
        return [self._test(row) for row in rows]

    def _test(self, row: Row[Any]) -> MailTest:
        new = NewMailTest(
            CampaignNo(row.campaign_no),
            row.piece_revision,
            row.arm_no,
            ContactNo(row.contact_no),
            tuple(row.links),
        )
        return MailTest(
            test_no=row.test_no,
            id=row.id,
            new=new,
            tester=self.sealed.open(row.id, bytes(row.tester)).decode(),
            asked_by=PersonNo(row.asked_by),
            asked_at=from_epoch(row.asked_at),
            state=MailTestState(row.state),
            reason=row.reason,
            ended_at=None if row.ended_at is None else from_epoch(row.ended_at),
        )
