"""A test of a campaign: production's bytes, in no figure, and its links say no for nobody."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.bounces import read
from drumbeat.engine.facts import fold
from drumbeat.engine.mail_tests import send_tests
from drumbeat.kit.actor import SYSTEM_SENDING, Actor, Scope
from drumbeat.kit.errors import Conflict, InvalidInput, NotFound, NotPermitted
from drumbeat.kit.ids import CampaignId
from drumbeat.kit.signing import Recipient, TokenSigner
from drumbeat.marketing.audience import SuppressionReason
from drumbeat.marketing.campaigns import State
from drumbeat.marketing.campaigns.testing import Wish, ask_for_test, rows_of_tests, wanted_test
from drumbeat.marketing.delivery import ArrivedMail, parse_message_id, return_path_of, seal_mails
from drumbeat.marketing.delivery.mail_tests import MOST_A_DAY, MailTest
from drumbeat.marketing.senders.dkim import Algorithm
from tests.conftest import HandClock
from tests.mailroom import mailing_house, written_keys
from tests.marketing.campaigns.conftest import (
    TESTED,
    bring_to,
    create,
    invite,
    planned,
    rows,
    work_off,
)
from tests.marketing.delivery.bounces.corpus import about, dsn
from tests.marketing.senders.dkim.keys import verified

ADA = "ada@example.com"
TESTER = "tess@shop.example"
_TOKEN = re.compile(rb"/(u|o|c/\d+)/([\w-]{30})")


def ask(
    house: Drumbeat,
    campaign_id: CampaignId,
    testers: Sequence[str] = (TESTER,),
    *,
    seen_as: str = ADA,
    variant: int = 0,
    name: str = "tst_1",
) -> list[MailTest]:
    return ask_as(house, house.owner(), Wish(campaign_id, testers, seen_as, variant), name)


def ask_as(house: Drumbeat, actor: Actor, wish: Wish, name: str = "tst_1") -> list[MailTest]:
    return ask_for_test(partial(house.look, actor), partial(house.begin, actor), wish, name)


def told(house: Drumbeat, campaign_id: CampaignId) -> list[tuple[str, str, str]]:
    with house.look(house.owner()) as department:
        tests = rows_of_tests(department, campaign_id)
    return [(str(each["to"]), str(each["state"]), str(each["reason"])) for each in tests]


def without_what_must_differ(message: bytes) -> bytes:
    """Signatures, Message-ID and the recipient's token taken out, and nothing else."""
    unsigned = message[message.index(b"\r\nDate: ") :] if b"DKIM" in message else message
    unsigned = re.sub(rb"Message-ID: <[^>]*>", b"Message-ID: <>", unsigned)
    found = _TOKEN.search(message)
    assert found is not None
    return unsigned.replace(found[2], b"TOKEN")


@pytest.fixture
def owner(house: Drumbeat) -> Actor:
    return house.owner()


def test_a_test_is_byte_for_byte_what_production_sends(tmp_path: Path, clock: HandClock) -> None:
    settings, keys = written_keys(tmp_path, Algorithm.RSA, Algorithm.ED25519)
    with mailing_house(tmp_path, clock, **settings) as (house, mailroom):
        invite(house, house.owner())
        campaign_id = planned(house, house.owner())
        ask(house, campaign_id)
        assert send_tests(house)
        test = mailroom.to(TESTER)
        with house.begin(house.owner()) as department:
            department.campaigns.approve(campaign_id)
            department.campaigns.ask_launch(campaign_id)
        work_off(house, campaign_id)
        real = mailroom.to(ADA)
    assert verified(test, *keys) == verified(real, *keys) == [True, True]
    assert without_what_must_differ(test) == without_what_must_differ(real)
    assert len(test) == len(real)
    assert test != real


def test_it_is_in_no_ledger_and_in_no_figure(house: Drumbeat, owner: Actor) -> None:
    invite(house, owner)
    campaign_id = bring_to(house, owner, State.AWAITING_APPROVAL)
    ask(house, campaign_id, [TESTER, "second@shop.example"])
    send_tests(house)
    assert sorted(told(house, campaign_id)) == [
        ("second@shop.example", "sent", ""),
        (TESTER, "sent", ""),
    ]
    assert house.sandbox.count() == 2
    assert not fold(house)
    with house.begin(owner) as department:
        department.campaigns.approve(campaign_id)
        department.campaigns.ask_launch(campaign_id)
    work_off(house, campaign_id)
    assert [row["state"] for row in rows(house, campaign_id)].count("sent") == 5
    assert house.sandbox.count() == 7


def test_its_message_id_leads_to_nobody_so_a_bounce_of_it_harms_no_contact(
    house: Drumbeat, owner: Actor
) -> None:
    invite(house, owner)
    ask(house, planned(house, owner))
    send_tests(house)
    [mail] = house.sandbox.list_(10)
    assert parse_message_id(mail.message_id, house.office.keys) is None
    found = _TOKEN.search(house.sandbox.get(mail.no).raw.replace(b"=\r\n", b""))
    assert found is not None
    recipient = TokenSigner(house.office.keys.derive("tracking")).read(found[2].decode())
    assert isinstance(recipient, Recipient)
    assert recipient.is_test
    with house.look(SYSTEM_SENDING) as department:
        target = department.mail_tests.link_target(recipient.mailing_no, 0)
    assert target == "https://shop.example/x"


def test_it_asks_for_its_bounces_where_production_does_and_they_harm_nobody(
    house: Drumbeat, owner: Actor
) -> None:
    office = replace(house.office, return_path="bounces@mail.shop.example")
    house.in_force = replace(house.in_force, office=office)
    invite(house, owner)
    ask(house, planned(house, owner))
    send_tests(house)
    [mail] = house.sandbox.list_(10)
    recipient = return_path_of(office).recipient_of(mail.sender)
    assert recipient is not None
    assert recipient.is_test
    bounce = dsn([about("failed", "5.1.1", "550 5.1.1 user unknown", TESTER)])
    with house.begin(owner) as department:
        arrived = f"Delivered-To: {mail.sender}\r\n".encode() + bounce
        department.bounces.take_in(
            seal_mails([ArrivedMail(arrived, "receiver")], house.office.keys)
        )
    assert read(house)
    with house.look(owner) as department:
        [line] = department.bounces.list_(10)
    assert (line.name, line.contact_id) == ("hard", "")
    assert not fold(house)


def test_each_variant_can_be_tested_and_no_other(house: Drumbeat, owner: Actor) -> None:
    invite(house, owner)
    campaign_id = planned(house, owner, TESTED)
    ask(house, campaign_id, variant=1)
    send_tests(house)
    [mail] = house.sandbox.list_(10)
    assert mail.subject == "Come and see"
    with pytest.raises(InvalidInput, match="2 variants"):
        ask(house, campaign_id, variant=2)


def test_who_said_no_is_not_mailed_even_as_a_tester(house: Drumbeat, owner: Actor) -> None:
    invite(house, owner)
    campaign_id = planned(house, owner)
    with house.begin(owner) as department:
        contact = department.audience.find_contact("grace@example.com")
        assert contact is not None
        department.audience.withdraw(contact.contact_no, source="page")
    with pytest.raises(InvalidInput, match=r"grace@example\.com must not be mailed: unsubscribed"):
        ask(house, campaign_id, ["grace@example.com"])
    with pytest.raises(InvalidInput, match=r"silent@example\.com must not be mailed: no_consent"):
        ask(house, campaign_id, ["silent@example.com"])


def test_an_address_that_said_no_is_not_mailed_when_its_contact_is_gone(
    house: Drumbeat, owner: Actor
) -> None:
    invite(house, owner)
    campaign_id = planned(house, owner)
    with house.begin(owner) as department:
        keys = department.office.keys
        stores = department.audience.stores
        gone = {keys.address_key("gone@example.com"): SuppressionReason.unsubscribed}
        stores.consents.suppress(gone, "page", 0)
    with pytest.raises(InvalidInput, match=r"gone@example\.com must not be mailed: unsubscribed"):
        ask(house, campaign_id, ["Gone@Example.com"])


def test_a_campaign_has_fifty_tests_a_day_and_a_repeated_request_is_no_more(
    house: Drumbeat, owner: Actor, clock: HandClock
) -> None:
    invite(house, owner)
    campaign_id = planned(house, owner)
    ten = [f"t{number}@shop.example" for number in range(10)]
    for number in range(MOST_A_DAY // 10):
        ask(house, campaign_id, ten, name=f"tst_{number}")
    assert len(ask(house, campaign_id, ten, name="tst_0")) == 10
    with pytest.raises(Conflict, match="at most 50 test mails in 24 hours; this one had 50"):
        ask(house, campaign_id, name="tst_9")
    clock.advance(hours=24)
    assert ask(house, campaign_id, name="tst_9")


def test_an_agent_asks_for_none(house: Drumbeat, owner: Actor) -> None:
    invite(house, owner)
    wish = Wish(planned(house, owner), [TESTER], ADA)
    with pytest.raises(NotPermitted, match="Only a person"):
        ask_as(house, owner.through("copywriter"), wish)


@pytest.mark.parametrize("address", ["not an address", "a@b", "x\r\nBcc: y@z.example", ""])
def test_what_is_no_address_is_refused(house: Drumbeat, owner: Actor, address: str) -> None:
    invite(house, owner)
    campaign_id = planned(house, owner)
    with pytest.raises(InvalidInput) as refused:
        ask(house, campaign_id, [address])
    assert refused.value.field == "to"


def test_at_most_ten_testers_who_are_known_contacts_view_and_a_planned_campaign(
    house: Drumbeat, owner: Actor
) -> None:
    invite(house, owner)
    campaign_id = planned(house, owner)
    with pytest.raises(InvalidInput, match="between 1 and 10"):
        ask(house, campaign_id, [f"t{number}@shop.example" for number in range(11)])
    with pytest.raises(NotFound, match=r"nobody@example\.com"):
        ask(house, campaign_id, seen_as="nobody@example.com")
    with pytest.raises(Conflict, match="not planned"):
        ask(house, create(house, owner))


def test_it_takes_the_right_to_send(house: Drumbeat, owner: Actor) -> None:
    invite(house, owner)
    campaign_id = planned(house, owner)
    writer = replace(owner, scopes=owner.scopes - {Scope.CAMPAIGNS_SEND})
    wish = Wish(campaign_id, [TESTER], ADA)
    with pytest.raises(NotPermitted):
        ask_as(house, writer, wish)
    with house.look(owner) as department:
        wanted = wanted_test(department, wish)
    with house.begin(writer) as department, pytest.raises(NotPermitted):
        department.mail_tests.ask(wanted.new, wanted.testers, ["tst_1.0"])


def test_the_same_request_twice_is_one_mail(house: Drumbeat, owner: Actor) -> None:
    invite(house, owner)
    campaign_id = planned(house, owner)
    assert ask(house, campaign_id)[0].test_no == ask(house, campaign_id)[0].test_no
    send_tests(house)
    assert not send_tests(house)
    assert house.sandbox.count() == 1


def test_a_test_that_an_engine_left_on_the_wire_is_uncertain_and_not_sent_again(
    house: Drumbeat, owner: Actor
) -> None:
    invite(house, owner)
    campaign_id = planned(house, owner)
    [test] = ask(house, campaign_id)
    with house.begin(SYSTEM_SENDING) as department:
        assert department.mail_tests.arm([test.test_no]) == {test.test_no}
        assert department.mail_tests.arm([test.test_no]) == set()
    assert send_tests(house)
    [(_, state, reason)] = told(house, campaign_id)
    assert state == "uncertain"
    assert "stopped" in reason
    assert house.sandbox.count() == 0


def test_a_server_that_cannot_be_reached_is_named(tmp_path: Path, clock: HandClock) -> None:
    with mailing_house(tmp_path, clock) as (house, _):
        invite(house, house.owner())
        campaign_id = planned(house, house.owner())
        settings = replace(house.settings, smtp_url="smtp://127.0.0.1:9?timeout=0.2")
        house.told, house.in_force = settings, replace(house.in_force, settings=settings)
        ask(house, campaign_id, [TESTER, "second@shop.example"])
        send_tests(house)
        found = told(house, campaign_id)
    assert {state for _, state, _ in found} == {"failed"}
    assert all("127.0.0.1:9" in reason for _, _, reason in found)
