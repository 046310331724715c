"""The engine fetches bounces from a mailbox, each once whatever dies, and reads them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import quote

import pytest
from sqlalchemy import func, select, update

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine import bounces
from drumbeat.engine.loop import Engine
from drumbeat.kit.errors import ProviderFailed
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.delivery import MailboxMark, message_id_of
from drumbeat.marketing.delivery.ports import FoundMail
from drumbeat.marketing.delivery.store_bounces import bounce_mail
from tests.conftest import MARIA
from tests.dovecot import PASSWORD, USER, dovecot
from tests.dovecot import missing as missing_dovecot
from tests.engine.test_real_postfix import (
    FAR,
    PEOPLE,
    invite_people,
    lines_of,
    send_to_all,
    work_until,
)
from tests.marketing.delivery.bounces.corpus import MESSAGE_ID, about, dsn
from tests.postfix import missing as missing_postfix
from tests.postfix import postfix


class Died(BaseException):
    """Stands for kill -9."""


@dataclass
class FakeBox:
    """A mailbox of three bounces; dies once where it is told to."""

    dies: str = ""
    message_ids: dict[int, str] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    reads: int = 0
    name: str = "bounces@imap.example.com/INBOX"

    @contextmanager
    def open(self) -> Iterator["FakeBox"]:
        yield self

    def read(self, mark: MailboxMark | None, limit: int) -> FoundMail:
        self.reads += 1
        last = mark.last_uid if mark is not None else 0
        mails = tuple(
            (uid, bounce(uid, self.message_ids.get(uid, MESSAGE_ID))) for uid in range(last + 1, 4)
        )[:limit]
        if self.dies == "read":
            self.dies = ""
            raise Died
        return FoundMail(mails, MailboxMark(7, mails[-1][0] if mails else last))

    def mark_seen(self, uids: Sequence[int]) -> None:
        if self.dies == "seen":
            self.dies = ""
            raise Died
        self.seen |= set(uids)


def bounce(number: int, message_id: str = MESSAGE_ID) -> bytes:
    block = about("failed", "5.1.1", f"550 5.1.1 unknown {number}")
    return dsn([block], returned=f"Message-ID: {message_id}\n")


def ours(house: Drumbeat) -> str:
    """The Message-ID of a message of this house."""
    return message_id_of(MailingNo(1), ContactNo(1), 0, house.office.keys, "shop.example")


def count(house: Drumbeat) -> int:
    while bounces.read(house):
        pass
    with house.look(MARIA) as department:
        return len(department.bounces.list_(100))


def test_each_mail_of_a_mailbox_is_taken_in_once(
    house: Drumbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounces, "FETCHED_AT_ONCE", 2)
    box = FakeBox(message_ids={1: ours(house), 3: ours(house)})
    assert bounces.fetch(house, box) == 3
    assert bounces.fetch(house, box) == 0
    assert count(house) == 3
    assert box.seen == {1, 3}  # whatever else lies in a mailbox is for a person to see


@pytest.mark.parametrize("bytes_left", [b"", b"short", b"x" * 400, None])
def test_a_mail_that_cannot_be_decrypted_is_set_aside_and_the_rest_is_read(
    house: Drumbeat, bytes_left: bytes | None
) -> None:
    bounces.fetch(house, FakeBox())
    with house.database.begin() as connection:
        first = (
            bounce_mail.c.bounce_no == select(func.min(bounce_mail.c.bounce_no)).scalar_subquery()
        )
        connection.execute(update(bounce_mail).where(first).values(raw=bytes_left))
    assert count(house) == 3
    with house.look(MARIA) as department:
        *_, damaged = department.bounces.list_(100)
        assert not department.bounces.store.any_waiting()
    assert (damaged.name, damaged.reason) == (
        "unreadable",
        "its sealed bytes do not open with this key",
    )


@pytest.mark.parametrize("dies", ["read", "seen"])
def test_whoever_dies_in_between_nothing_is_lost_or_doubled(house: Drumbeat, dies: str) -> None:
    box = FakeBox(dies)
    with pytest.raises(Died):
        bounces.fetch(house, box)
    bounces.fetch(house, box)
    assert count(house) == 3


def test_a_unit_that_fails_leaves_the_mailbox_to_be_read_again(
    house: Drumbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    from drumbeat.marketing.delivery.store_bounces import BounceStore

    def full(*_: object) -> int:
        raise OSError("No space left on device")

    box = FakeBox()
    with monkeypatch.context() as disk:
        disk.setattr(BounceStore, "add", full)
        with pytest.raises(OSError, match="space"):
            bounces.fetch(house, box)
    assert box.seen == set()
    assert bounces.fetch(house, box) == 3


def test_a_mailbox_that_is_down_holds_up_nothing(house: Drumbeat) -> None:
    class Down(FakeBox):
        @contextmanager
        def open(self) -> Iterator[FakeBox]:
            raise ProviderFailed("imap.example.com:993: timed out", permanent=False)
            yield

    watch = bounces.MailboxWatch(house, Down())
    with watch.running():
        assert watch.looked.wait(30)
    assert count(house) == 0


@pytest.mark.slow
@pytest.mark.skipif(bool(missing_dovecot()), reason=missing_dovecot() or "dovecot")
def test_a_worker_that_runs_until_idle_has_read_the_mailbox(house: Drumbeat) -> None:
    with dovecot() as server:
        for number in range(3):
            server.add(USER, bounce(number, ours(house)))
        url = f"imap://{USER}:{quote(PASSWORD)}@127.0.0.1:{server.port}/INBOX?read=all"
        told = replace(house.settings, bounce_imap_url=url)
        house.told, house.in_force = told, replace(house.in_force, settings=told)
        Engine(house).run(until_idle=True)
        assert server.flags(USER) == ["S", "S", "S"]
    with house.look(MARIA) as department:
        assert len(department.bounces.list_(10)) == 3


@pytest.mark.slow
@pytest.mark.skipif(bool(missing_dovecot()), reason=missing_dovecot() or "dovecot")
@pytest.mark.skipif(bool(missing_postfix()), reason=missing_postfix() or "postfix")
def test_bounces_of_a_real_postfix_come_back_through_a_real_mailbox(house: Drumbeat) -> None:
    invite_people(house)
    boxes = {"ada@good.example": "ada", "bounces@shop.example": USER}
    office = replace(house.office, return_path="bounces@shop.example")
    with postfix(boxes, far=FAR) as relay, dovecot(mail=relay.folder / "mail") as server:
        url = f"imap://{USER}:{quote(PASSWORD)}@127.0.0.1:{server.port}/INBOX?read=all"
        told = replace(house.settings, bounce_imap_url=url)
        house.told, house.in_force = told, replace(house.in_force, settings=told, office=office)
        mailing_no = send_to_all(house, relay)
        box = house.bounce_mailbox
        assert box is not None

        def told_all() -> bool:
            bounces.fetch(house, box)
            lines = lines_of(house, mailing_no)
            return all(lines[name].reason for name in ("gone", "full", "blocked"))

        assert work_until(house, told_all, lambda: None), relay.log()
        lines = lines_of(house, mailing_no)
    kinds = {name: lines[name].reason.partition(":")[0] for name in PEOPLE if name in lines}
    assert kinds["gone"] == "bounced (hard)"
    assert kinds["full"] == "bounced (quota)"
    assert kinds["blocked"] == "bounced (policy)"
