"""Each message asks for its bounces at an address of its own."""

from dataclasses import replace

from drumbeat.bootstrap import Drumbeat
from drumbeat.marketing.delivery import return_path_of
from drumbeat.marketing.delivery.ports import Parcel
from tests.engine.sending.cast import FakeCarrier, engine_for
from tests.marketing.delivery.cast import NEWSLETTER, invite, open_frozen, plan_for


def senders_of(house: Drumbeat) -> list[str]:
    senders: list[str] = []

    def note(parcel: Parcel) -> None:
        senders.append(parcel.sender)

    engine_for(house, FakeCarrier(before_body=note)).run_until_idle()
    return senders


def test_each_message_leaves_with_a_return_path_of_its_own(house: Drumbeat) -> None:
    office = replace(house.office, return_path="bounces@mail.shop.example")
    house.in_force = replace(house.in_force, office=office)
    invite(house, 3)
    mailing_no = open_frozen(house, plan_for(house, 3))
    found = [return_path_of(office).recipient_of(sender) for sender in senders_of(house)]
    numbers = {(each.mailing_no, each.contact_no, each.occasion) for each in found if each}
    assert numbers == {(mailing_no, 1, 0), (mailing_no, 2, 0), (mailing_no, 3, 0)}


def test_without_the_setting_bounces_go_to_the_sender(house: Drumbeat) -> None:
    invite(house, 2)
    open_frozen(house, plan_for(house, 2))
    assert set(senders_of(house)) == {NEWSLETTER.sender_email}
