"""Mail that somebody wrote to stop us is kept, bounded, and holds up nothing beside it."""

from dataclasses import replace

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine import bounces
from drumbeat.kit.actor import SYSTEM_BOUNCES
from drumbeat.kit.ids import MailingNo
from drumbeat.marketing.delivery.model_bounces import BounceSaid
from drumbeat.marketing.delivery.store_bounces import BounceStore
from tests.conftest import MARIA, HandClock
from tests.marketing.delivery.bounces.corpus import about, dsn
from tests.marketing.delivery.cast import invite
from tests.marketing.delivery.test_bounces import arrive, bounce, reasons, sealed, send, to
from tests.marketing.delivery.test_bounces import house as house


def test_a_hostile_mail_is_kept_as_unreadable_and_those_beside_it_count(
    house: Drumbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(house, 2)
    mailing_no = send(house, 2)
    fine = [to(house, mailing_no, n, bounce(n, "5.1.1", "550 5.1.1 no such user")) for n in (1, 2)]
    hostile = dsn([about("failed", "5.1.1", "nobody here")]) + b"hostile"
    save = BounceStore.save

    def surrogate(store: BounceStore, number: int, said: BounceSaid, *, keep: bool) -> bool:
        broken = said.reason == "nobody here"
        return save(store, number, replace(said, reason="\ud800") if broken else said, keep=keep)

    monkeypatch.setattr(BounceStore, "save", surrogate)
    arrive(house, fine[0], hostile, fine[1])
    assert reasons(house, 2) == ["suppressed:bounced"] * 2
    with house.look(MARIA) as department:
        assert sorted(line.name for line in department.bounces.list_(10)) == [
            "hard",
            "hard",
            "unreadable",
        ]


def test_a_database_that_is_full_makes_no_mail_unreadable(
    house: Drumbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> bool:
        raise OSError("No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(BounceStore, "save", full)
        with pytest.raises(OSError, match="space"):
            arrive(house, bounce(1, "5.1.1"))
    arrive(house)
    with house.look(MARIA) as department:
        assert [line.name for line in department.bounces.list_(10)] == ["hard"]


@pytest.mark.parametrize("words", ["nobody +2AA- here", "nobody \0 here", "nobody \x1b[2J here"])
def test_words_that_no_database_keeps_are_kept_without_them(house: Drumbeat, words: str) -> None:
    utf_7 = b"message/delivery-status; charset=utf-7"
    raw = bounce(1, "5.1.1", words).replace(b"message/delivery-status", utf_7)
    arrive(house, raw)
    with house.look(MARIA) as department:
        [line] = department.bounces.list_(10)
    assert line.name == "hard"
    assert line.reason.isprintable()


def test_whoever_has_a_token_fills_no_table(house: Drumbeat) -> None:
    invite(house, 1)
    mailing_no = send(house, 1)
    late = [bounce(1, "4.4.1", f"timed out {n}", action="delayed") for n in range(60)]
    arrive(house, *(to(house, mailing_no, 1, raw) for raw in late))
    arrive(house, to(house, mailing_no, 1, bounce(1, "5.1.1", "550 5.1.1 user unknown")))
    with house.look(MARIA) as department:
        names = [line.name for line in department.bounces.list_(100)]
    assert names == ["hard", *["delayed"] * 5]
    assert reasons(house, 1) == ["suppressed:bounced"]


def test_the_bytes_of_what_names_a_message_that_is_no_more_are_let_go(
    house: Drumbeat, clock: HandClock
) -> None:
    arrive(house, to(house, MailingNo(7), 1, bounce(1, "5.1.1", "550 5.1.1 user unknown")))
    clock.advance(days=31)
    assert not bounces.forget(house)


def test_only_the_first_megabyte_is_kept(house: Drumbeat) -> None:
    with house.begin(SYSTEM_BOUNCES) as department:
        department.bounces.take_in(sealed(house, b"x" * (5 << 20)))
        [mail] = department.bounces.list_waiting()
    assert mail.raw is not None
    assert len(mail.raw) == 1 << 20
