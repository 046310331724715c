"""Nothing leaves without a yes to exactly what leaves; who asked is remembered."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import delete

from drumbeat.bootstrap import Drumbeat, open_drumbeat
from drumbeat.engine import figures
from drumbeat.engine.loop import sending_engine
from drumbeat.kit.actor import SYSTEM_SENDING, Actor
from drumbeat.kit.errors import Conflict, InvalidInput, NotPermitted
from drumbeat.kit.ids import CampaignId, ContactNo
from drumbeat.kit.result import NeedsApproval, Waiting
from drumbeat.kit.signing import TokenSigner
from drumbeat.marketing.approvals import ApprovalState
from drumbeat.marketing.audience import Consent, ContactRow, MergePolicy
from drumbeat.marketing.audience.store_segments import membership
from drumbeat.marketing.campaigns import Campaign, ExperimentWish, Launch, State, TimingWish
from drumbeat.marketing.campaigns.pipeline import advance, proceed
from drumbeat.marketing.campaigns.preview import preview
from drumbeat.marketing.delivery import MailingState, parse_message_id
from tests.conftest import GUEST, HandClock
from tests.marketing.campaigns.conftest import (
    LETTER,
    bring_to,
    get,
    invite,
    planned,
    rows,
    say_yes,
    state_of,
    work_off,
)


def test_a_launch_without_a_yes_is_remembered_and_happens_with_it(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = planned(house, owner)
    with house.begin(owner) as department:
        asked = department.campaigns.ask_launch(campaign_id, TimingWish(Launch.BEST))
        [waiting] = department.approvals.list_waiting()
    assert asked == NeedsApproval(waiting.id)
    work_off(house, campaign_id)
    assert (state_of(house, campaign_id), house.sandbox.count()) == (State.AWAITING_APPROVAL, 0)
    assert get(house, campaign_id).launch == TimingWish(Launch.BEST)
    with house.begin(owner) as department:
        department.campaigns.approve(campaign_id)
    proceed(house, campaign_id)
    assert state_of(house, campaign_id) is State.SCHEDULED


def test_a_yes_without_a_launch_waits_for_the_launch(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = planned(house, owner)
    with house.begin(owner) as department:
        department.campaigns.approve(campaign_id)
    assert advance(house, campaign_id) == Waiting("launch")
    with house.begin(owner) as department:
        assert isinstance(department.campaigns.ask_launch(campaign_id), Campaign)


def test_saying_yes_twice_and_asking_to_launch_twice_is_harmless(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = planned(house, owner)
    with house.begin(owner) as department:
        first = department.campaigns.approve(campaign_id)
        assert department.campaigns.approve(campaign_id) == first
    assert isinstance(say_yes(house, owner, campaign_id), Campaign)
    assert isinstance(say_yes(house, owner, campaign_id), Campaign)
    work_off(house, campaign_id)
    assert isinstance(house.sandbox.count(), int)
    assert house.sandbox.count() == len(people)


def test_declined_it_waits_for_an_edit_and_the_edit_is_asked_for_anew(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = planned(house, owner)
    with house.begin(owner) as department:
        department.campaigns.ask_launch(campaign_id)
        no = department.campaigns.decline(campaign_id)
    assert no.state is ApprovalState.DECLINED
    assert advance(house, campaign_id) == Waiting("an edit: the approval was declined")
    with pytest.raises(Conflict, match="declined"), house.begin(owner) as department:
        department.campaigns.approve(campaign_id)
    with house.begin(owner) as department:
        department.campaigns.change(campaign_id, replace(LETTER, subject_line="Better"))
    proceed(house, campaign_id)
    with house.look(owner) as department:
        [waiting] = department.approvals.list_waiting()
    assert waiting.id != no.id
    assert state_of(house, campaign_id) is State.AWAITING_APPROVAL


def test_a_yes_to_the_old_words_is_no_yes_to_the_new_ones(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = planned(house, owner)
    with house.begin(owner) as department:
        old = department.campaigns.approve(campaign_id)
        department.campaigns.change(campaign_id, replace(LETTER, subject_line="Other words"))
        department.campaigns.ask_launch(campaign_id)
    proceed(house, campaign_id)
    work_off(house, campaign_id)
    assert (state_of(house, campaign_id), house.sandbox.count()) == (State.AWAITING_APPROVAL, 0)
    with house.look(owner) as department:
        assert department.approvals.get(old.id).state is ApprovalState.SUPERSEDED


def test_a_yes_to_few_people_is_no_yes_to_very_many_more(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = planned(house, owner)
    say_yes(house, owner, campaign_id)
    crowd = invite(house, owner, [f"new{number}" for number in range(11)])
    work_off(house, campaign_id)
    assert (state_of(house, campaign_id), house.sandbox.count()) == (State.AWAITING_APPROVAL, 0)
    with house.look(owner) as department:
        [waiting] = department.approvals.list_waiting()
    assert "to 16 of everyone" in waiting.effect
    assert "the yes was for 5" in waiting.effect
    say_yes(house, owner, campaign_id)
    work_off(house, campaign_id)
    assert house.sandbox.count() == len(people) + len(crowd)


def test_a_few_who_join_before_it_leaves_are_within_the_yes(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = planned(house, owner)
    say_yes(house, owner, campaign_id)
    invite(house, owner, [f"new{number}" for number in range(10)])
    work_off(house, campaign_id)
    assert house.sandbox.count() == len(people) + 10


def test_a_wish_that_the_test_forbids_is_refused_and_forgotten(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    wish = ExperimentWish("send_time", ("9", "17:30"))
    brief = replace(LETTER, test=wish, timing=TimingWish(Launch.BEST))
    campaign_id = planned(house, owner, brief)
    with pytest.raises(InvalidInput, match="launched now"), house.begin(owner) as department:
        department.campaigns.ask_launch(campaign_id, TimingWish(Launch.NOW))
    assert get(house, campaign_id).launch is None


def test_a_yes_to_the_sandbox_is_none_to_a_server_however_late_it_is_set(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = bring_to(house, owner, State.SCHEDULED)
    while mailing_state(house, campaign_id) is not MailingState.ready:
        advance(house, campaign_id)
    with (
        a_real_server(house) as outside,
        pytest.raises(Conflict, match="approved for the sandbox"),
    ):
        advance(outside, campaign_id)
    assert state_of(house, campaign_id) is State.SCHEDULED
    work_off(house, campaign_id)
    assert house.sandbox.count() == len(people)


def test_nor_while_it_is_being_sent(house: Drumbeat, owner: Actor, people: tuple[str, ...]) -> None:
    campaign_id = bring_to(house, owner, State.SENDING)
    with a_real_server(house) as outside:
        engine = sending_engine(outside)
        engine.run_until_idle()
        engine.close()
    assert mailing_state(house, campaign_id) is MailingState.paused
    assert {row["state"] for row in rows(house, campaign_id)} == {"planned", "suppressed"}


def test_the_postal_address_is_the_one_that_was_shown(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = planned(house, owner)
    moved = replace(house.settings, postal_address="7 New Street, Elsewhere")
    with closing(open_drumbeat(moved)) as later, later.look(owner) as department:
        message = preview(department, campaign_id, people[0])
    assert b"1 Sandbox Street" in message
    assert b"New Street" not in message


@pytest.mark.parametrize("state", [State.AWAITING_APPROVAL, State.SENDING])
def test_a_preview_is_nobodys_mail_whose_goodbye_says_no_for_nobody(
    house: Drumbeat, owner: Actor, people: tuple[str, ...], state: State
) -> None:
    campaign_id = bring_to(house, owner, state)
    with house.look(owner) as department:
        message = preview(department, campaign_id, people[0])
    mail = message_from_bytes(message, policy=default)
    token = str(mail["List-Unsubscribe"]).rpartition("/")[2].rstrip(">")
    recipient = TokenSigner(house.office.keys.derive("tracking")).read(token)
    assert recipient is not None
    assert recipient.is_test
    with house.look(SYSTEM_SENDING) as department:
        assert department.mail_tests.link_target(recipient.mailing_no, 0) is None
    assert parse_message_id(str(mail["Message-ID"]), house.office.keys) is None


def mailing_state(house: Drumbeat, campaign_id: CampaignId) -> MailingState | None:
    number = get(house, campaign_id).plan.mailing_no
    if number is None:
        return None
    with house.look(house.owner()) as department:
        return department.delivery.get(number).state


@contextmanager
def a_real_server(house: Drumbeat) -> Iterator[Drumbeat]:
    """The same folder, opened by somebody whose mail would leave the house."""
    settings = replace(
        house.settings,
        messenger="smtp",
        smtp_url="smtp://127.0.0.1:9",
        sender_email="news@shop.example",
        postal_address="5 Market Lane, Ghent",
    )
    with closing(open_drumbeat(settings)) as outside:
        yield outside


def test_an_agent_may_ask_and_never_says_yes(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = planned(house, owner)
    agent = owner.through("writer")
    with house.begin(agent) as department:
        assert isinstance(department.campaigns.ask_launch(campaign_id), NeedsApproval)
    with pytest.raises(NotPermitted, match="Only a person"), house.begin(agent) as department:
        department.campaigns.approve(campaign_id)


def test_a_stranger_may_do_nothing_at_all(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = planned(house, owner)
    made = get(house, campaign_id)
    with house.begin(GUEST) as department:
        campaigns = department.campaigns
        for verb in (
            campaigns.get,
            campaigns.approve,
            campaigns.decline,
            campaigns.ask_launch,
            campaigns.pause,
            campaigns.resume,
            campaigns.cancel,
            campaigns.ledger,
        ):
            with pytest.raises(NotPermitted):
                verb(campaign_id)
        with pytest.raises(NotPermitted):
            campaigns.create(LETTER)
        with pytest.raises(NotPermitted):
            campaigns.drop(made)


def test_once_the_send_times_are_fixed_another_wish_is_refused(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = bring_to(house, owner, State.SCHEDULED)
    advance(house, campaign_id)
    with pytest.raises(Conflict, match="fixed already"), house.begin(owner) as department:
        department.campaigns.ask_launch(campaign_id, TimingWish(Launch.BEST))


def by_country(house: Drumbeat, owner: Actor, countries: dict[str, str]) -> None:
    rows = [
        ContactRow(f"{name}@example.com", attributes={"country": each}, consent=Consent.subscribed)
        for name, each in countries.items()
    ]
    with house.begin(owner) as department:
        department.audience.merge_contacts(rows, MergePolicy.overwrite)


def recut(house: Drumbeat, clock: HandClock) -> None:
    clock.advance(minutes=1)
    assert figures.segment(house)


def sent_to(house: Drumbeat, campaign_id: CampaignId) -> list[str]:
    work_off(house, campaign_id)
    return sorted(str(row["email"]) for row in rows(house, campaign_id) if row["state"] == "sent")


IN_BRITAIN = replace(LETTER, audience=("GB",), segment_by="demographic")


def test_a_yes_is_for_these_people_however_their_segment_is_cut_later(
    house: Drumbeat, owner: Actor, clock: HandClock
) -> None:
    by_country(house, owner, {"ada": "GB", "bob": "GB", "cleo": "FR", "dan": "FR"})
    campaign_id = planned(house, owner, IN_BRITAIN)
    with house.look(owner) as department:
        [waiting] = department.approvals.list_waiting()
    assert f"to 2 of GB as of {clock.now:%Y-%m-%d %H:%M} UTC" in waiting.effect
    by_country(house, owner, {"ada": "FR", "bob": "FR", "cleo": "GB", "dan": "GB"})
    recut(house, clock)
    say_yes(house, owner, campaign_id)
    by_country(house, owner, {"dan": "FR", "eve": "GB"})
    recut(house, clock)
    assert sent_to(house, campaign_id) == ["ada@example.com", "bob@example.com"]


def test_who_said_no_since_is_not_mailed_though_the_yes_was_for_them(
    house: Drumbeat, owner: Actor, clock: HandClock
) -> None:
    by_country(house, owner, {"ada": "GB", "bob": "GB"})
    campaign_id = planned(house, owner, IN_BRITAIN)
    say_yes(house, owner, campaign_id)
    with house.begin(owner) as department:
        department.audience.withdraw(ContactNo(1), source="test")
    recut(house, clock)
    assert sent_to(house, campaign_id) == ["bob@example.com"]


def test_if_nobody_knows_any_more_whom_the_yes_was_for_it_is_asked_for_anew(
    house: Drumbeat, owner: Actor, clock: HandClock
) -> None:
    by_country(house, owner, {"ada": "GB", "bob": "GB"})
    campaign_id = planned(house, owner, IN_BRITAIN)
    say_yes(house, owner, campaign_id)
    by_country(house, owner, {"ada": "FR", "cleo": "GB"})
    recut(house, clock)
    first = get(house, campaign_id).plan.cut
    with house.database.begin() as connection:
        connection.execute(delete(membership).where(membership.c.taken_at == first[0][1]))
    assert sent_to(house, campaign_id) == []
    assert state_of(house, campaign_id) is State.AWAITING_APPROVAL
    assert get(house, campaign_id).plan.cut != first
    say_yes(house, owner, campaign_id)
    assert sent_to(house, campaign_id) == ["bob@example.com", "cleo@example.com"]
