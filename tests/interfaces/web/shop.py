"""A shop's three hundred: regulars, people who come now and then, and some who stopped."""

from datetime import timedelta

import numpy as np

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import Consent, ContactRow
from drumbeat.marketing.events import Fact, Kind
from tests.conftest import MONDAY_9

PEOPLE, WEEKS = 300, 80
_STOPPED = 55
"""The week after which every fifth never comes again."""


def fill_shop(house: Drumbeat) -> None:
    rng = np.random.default_rng(5)
    rows = [
        ContactRow(f"buyer{at}@example.com", consent=Consent.subscribed) for at in range(PEOPLE)
    ]
    with house.begin(house.owner()) as department:
        department.audience.merge_contacts(rows)
        numbers = list(department.audience.contact_numbers([row.address for row in rows]).values())
    place = np.arange(PEOPLE)
    chance = np.where(place % 2, 0.3, 0.06) * np.where(place % 7, 1.0, 0.3)
    for week in range(WEEKS):
        comes = (rng.random(PEOPLE) < chance) & ((week < _STOPPED) | (place % 5 > 0))
        told = [_bought(ContactNo(numbers[at]), week) for at in np.flatnonzero(comes).tolist()]
        with house.begin(house.owner()) as department:
            department.events.record(told)


def _bought(who: ContactNo, week: int) -> Fact:
    at, cents = MONDAY_9 - timedelta(weeks=WEEKS - week), 1_000 + 100 * (int(who) % 9)
    return Fact(
        Kind.purchased, at, who, value_minor=cents, currency="EUR", order_id=f"{who}.{week}"
    )
