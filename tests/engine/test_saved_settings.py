"""What one front saved, every other front and every engine of the same house takes up by itself."""

from collections.abc import Iterator
from dataclasses import FrozenInstanceError

import pytest

from drumbeat.bootstrap import Drumbeat, open_drumbeat
from drumbeat.bootstrap.saving import MailServer, save_settings
from drumbeat.engine.loop import Engine, Outdated, sending_engine
from drumbeat.kit.actor import SYSTEM_UPKEEP, Actor
from drumbeat.kit.errors import Conflict
from drumbeat.marketing.campaigns import State
from tests.marketing.campaigns.conftest import bring_to, create, get, invite

SENDER = {
    "sender_name": "The Corner Shop",
    "sender_email": "news@cornershop.example",
    "postal_address": "5 Market Lane\nGhent",
}
REAL = {**SENDER, "smtp_url": "smtps://user:s3cr3t@127.0.0.1"}
ELSEWHERE = {"smtp_url": "smtps://user:s3cr3t@127.0.0.2"}


@pytest.fixture
def other(house: Drumbeat) -> Iterator[Drumbeat]:
    """The same house, opened by another process before anything was saved."""
    opened = open_drumbeat(house.told, clock=house.office.clock)
    yield opened
    opened.close()


@pytest.fixture
def owner(house: Drumbeat) -> Actor:
    return house.owner()


def test_another_front_plans_with_the_sender_that_was_saved(
    house: Drumbeat, other: Drumbeat, owner: Actor
) -> None:
    save_settings(house, owner, REAL | {"smtp_url": "smtps://user:s3cr3t@mail.example.com"})
    with other.begin(owner) as department:
        assert department.senders.default_sender().email == "news@cornershop.example"
        assert department.office.real_messenger
    assert (other.carrier.name, other.pace) == ("smtp", 10.0)
    save_settings(house, owner, {"smtp_url": ""})
    other.database.version(at_once=True)  # of a server it may be a moment old
    with other.look(owner) as department:
        assert not department.office.real_messenger


def test_what_was_forgotten_and_saved_anew_is_not_taken_for_the_same(
    house: Drumbeat, other: Drumbeat, owner: Actor
) -> None:
    save_settings(house, owner, {"sender_name": "The Corner Shop"})
    other.keep_up()
    for name in ("", "The Kitchen"):
        save_settings(house, owner, {"sender_name": name})
    other.keep_up()
    assert other.settings.sender_name == "The Kitchen"


def test_what_counts_is_replaced_as_a_whole(house: Drumbeat, owner: Actor) -> None:
    before = house.in_force
    save_settings(house, owner, REAL)
    assert before.settings.messenger == "sandbox"
    assert not before.office.real_messenger
    with pytest.raises(FrozenInstanceError):
        house.in_force.settings = before.settings  # type: ignore[misc]


def test_a_front_that_has_not_looked_since_moves_no_mail_that_is_on_its_way(
    house: Drumbeat, other: Drumbeat, owner: Actor
) -> None:
    """It remembers the sandbox: what was saved last is read with what is under way."""
    invite(house, owner)
    save_settings(house, owner, REAL)
    bring_to(house, owner, State.SCHEDULED)
    with pytest.raises(Conflict, match="on their way"):
        save_settings(other, owner, {"smtp_url": ""})
    with house.look(SYSTEM_UPKEEP) as department:
        assert department.connections.saved() == REAL


def test_another_server_may_take_over_mail_that_is_on_its_way(
    house: Drumbeat, owner: Actor
) -> None:
    """Whoever's provider fails in mid-send goes on with the next one: the readers are the same."""
    invite(house, owner)
    save_settings(house, owner, REAL)
    bring_to(house, owner, State.SCHEDULED)
    save_settings(house, owner, ELSEWHERE)
    assert house.mail_server is not None
    assert house.mail_server.host == "127.0.0.2"


def test_an_engine_with_work_to_do_looks_before_it_works(
    house: Drumbeat, other: Drumbeat, owner: Actor
) -> None:
    engine = Engine(other)
    campaign_id = create(house, owner)
    save_settings(house, owner, SENDER)
    engine.run(until_idle=True)
    assert engine.outdated
    assert get(house, campaign_id).state is State.DRAFT
    Engine(other).run(until_idle=True)
    assert get(house, campaign_id).state is State.AWAITING_APPROVAL


def test_no_mailing_is_begun_with_a_carrier_that_no_longer_counts(
    house: Drumbeat, other: Drumbeat, owner: Actor
) -> None:
    """An approval of real mail must not end in the sandbox, nor one of the sandbox outside."""
    invite(house, owner)
    engine = sending_engine(other)
    save_settings(house, owner, REAL)
    campaign_id = bring_to(house, owner, State.SENDING)
    with pytest.raises(Outdated):
        engine.step()
    engine.close()
    assert other.sandbox.count() == 0
    assert get(house, campaign_id).state is State.SENDING
    with other.look(owner) as department:
        mailing_no = get(house, campaign_id).plan.mailing_no
        assert mailing_no is not None
        assert department.delivery.get(mailing_no).state.value == "sending"


def test_a_password_is_in_no_log_of_a_mail_server() -> None:
    typed = MailServer("mail.example.com", "465", "tls", "user", "s3cr3t")
    assert "s3cr3t" not in repr(typed)
    assert "s3cr3t" in typed.url()
