"""Segments are computed from recorded facts, explained in a sentence, and name who is in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.audience import (
    AudienceService,
    Consent,
    ContactRow,
    Segment,
    segment_audience,
)
from drumbeat.marketing.events import Fact, Kind, Verdict
from tests.conftest import MARIA, HandClock

COUNTRIES = ("Portugal", "Portugal", "Portugal", "Spain", "", "Spain")
ANA, BEN, CAT, DAN, EVE = (ContactNo(n) for n in (1, 2, 3, 4, 5))


@pytest.fixture
def people(house: Drumbeat) -> Drumbeat:
    """Six contacts; the last one never said yes."""
    rows = [
        ContactRow(
            f"person{n}@example.{'com' if n % 2 else 'org'}",
            consent=Consent.subscribed if n < 6 else Consent.unconfirmed,
            attributes={"country": country} if country else {},
            zone="Europe/Lisbon" if country == "Portugal" else "",
        )
        for n, country in enumerate(COUNTRIES, 1)
    ]
    with house.begin(MARIA) as d:
        d.audience.merge_contacts(rows)
    return house


def record(house: Drumbeat, *facts: Fact) -> None:
    with house.begin(MARIA) as d:
        d.events.record(facts)


def fact(clock: HandClock, contact_no: ContactNo, kind: Kind, days: int, **more: object) -> Fact:
    at = clock() - timedelta(days=days)
    return Fact(kind, at, contact_no, event_id=f"{contact_no}:{kind}:{days}", **more)  # type: ignore[arg-type]


def segment(house: Drumbeat, criterion: str) -> dict[str, Segment]:
    @contextmanager
    def look() -> Iterator[AudienceService]:
        with house.look(MARIA) as d:
            yield d.audience

    @contextmanager
    def begin() -> Iterator[AudienceService]:
        with house.begin(MARIA) as d:
            yield d.audience

    return {each.name: each for each in segment_audience(look, begin, criterion)}


def members(house: Drumbeat, *names: str) -> list[int]:
    with house.look(MARIA) as d:
        return [int(no) for no in d.audience.audience_members(names).contact_nos]


def test_countries_name_demographic_segments(people: Drumbeat) -> None:
    found = segment(people, "demographics")
    counts = {name: each.subscriber_count for name, each in found.items()}
    assert counts == {"Portugal": 3, "Spain": 1, "country: unknown": 1}
    assert found["Portugal"].rule == "country is Portugal"
    assert members(people, "portugal", "SPAIN") == [1, 2, 3, 4]


def test_a_rate_is_unknown_before_any_mail_and_counted_afterwards(
    people: Drumbeat, clock: HandClock
) -> None:
    assert segment(people, "demographic")["Portugal"].engagement_rate is None
    mailing = MailingNo(1)
    record(
        people,
        fact(clock, ANA, Kind.sent, 3, mailing_no=mailing),
        fact(clock, BEN, Kind.sent, 3, mailing_no=mailing),
        fact(clock, ANA, Kind.opened, 2, mailing_no=mailing),
        fact(clock, BEN, Kind.opened, 2, mailing_no=mailing, verdict=Verdict.machine),
    )
    clock.advance(minutes=1)
    found = segment(people, "demographic")
    assert found["Portugal"].engagement_rate == pytest.approx(1 / 3)
    assert found["Spain"].engagement_rate == 0


def test_engagement_counts_people_and_not_machines(people: Drumbeat, clock: HandClock) -> None:
    clicks = [fact(clock, ANA, Kind.clicked, days) for days in (1, 2, 3)]
    machines = [fact(clock, BEN, Kind.clicked, days, verdict=Verdict.machine) for days in (1, 2, 3)]
    record(people, *clicks, *machines)
    found = segment(people, "engagement")
    counts = {name: each.subscriber_count for name, each in found.items()}
    assert counts == {"Highly Engaged": 1, "Low Engagement": 4}
    assert members(people, "highly_engaged") == [ANA]


def test_purchases_name_rfm_segments(people: Drumbeat, clock: HandClock) -> None:
    for number, contact_no in enumerate((ANA, BEN, CAT, DAN, EVE), 1):
        record(
            people,
            *(
                fact(
                    clock,
                    contact_no,
                    Kind.purchased,
                    number * 10 + again,
                    value_minor=10_000 // number,
                    currency="EUR",
                    order_id=f"{contact_no}-{again}",
                )
                for again in range(6 - number)
            ),
        )
    found = segment(people, "purchase_history")
    assert members(people, "Champions") == [ANA, BEN]
    assert found["Champions"].rule == "R, F and M all 4 or more"
    assert sum(each.subscriber_count for each in found.values()) == 5


def test_one_order_of_several_lines_is_one_purchase(people: Drumbeat, clock: HandClock) -> None:
    lines = [
        fact(clock, ANA, Kind.purchased, days, value_minor=100, currency="EUR", order_id="o1")
        for days in (1, 2, 3)
    ]
    record(people, *lines)
    with people.look(MARIA) as d:
        profile = d.audience.read_profile()
    assert (profile.orders[0], profile.spent_minor[0], profile.currency) == (1, 300, "EUR")
    assert list(profile.bought_days[:1]) == [1]


@pytest.mark.parametrize("criterion", ["lifecycle", "behavior"])
def test_every_subscriber_is_in_exactly_one_segment(
    people: Drumbeat, clock: HandClock, criterion: str
) -> None:
    record(people, fact(clock, ANA, Kind.clicked, 1), fact(clock, BEN, Kind.viewed, 100))
    found = segment(people, criterion)
    assert sum(each.subscriber_count for each in found.values()) == 5
    assert members(people, *found) == [1, 2, 3, 4, 5]
    assert all(each.rule for each in found.values())


def test_segmenting_again_keeps_the_segments_and_moves_their_members(
    people: Drumbeat, clock: HandClock
) -> None:
    before = segment(people, "behavioral")
    clock.advance(days=1)
    record(people, *(fact(clock, no, Kind.clicked, 0) for no in (ANA, BEN, CAT, DAN, EVE)))
    clock.advance(days=1)
    segment(people, "behavioral")
    with people.look(MARIA) as d:
        after = {each.name: each for each in d.audience.list_segments()}
    assert after["never_mailed"].id == before["never_mailed"].id
    assert after["never_mailed"].subscriber_count == 0
    assert after["clickers"].subscriber_count == 5


def test_everyone_is_named_by_all_also_those_without_permission(people: Drumbeat) -> None:
    with people.look(MARIA) as d:
        everyone = d.audience.audience_members("all")
    assert list(everyone.contact_nos) == [1, 2, 3, 4, 5, 6]
    assert everyone.contact_nos.dtype.name == "int32"
    zones = [everyone.zone_names[index] for index in everyone.zones]
    assert zones == ["Europe/Lisbon"] * 3 + [""] * 3
    domains = [everyone.domain_names[index] for index in everyone.domains]
    assert domains[:2] == ["example.com", "example.org"]


def test_an_empty_folder_has_an_empty_audience(house: Drumbeat) -> None:
    with house.look(MARIA) as d:
        assert len(d.audience.audience_members("all")) == 0
    assert segment(house, "rfm") == {}


def test_an_unknown_segment_is_answered_with_the_nearest(people: Drumbeat) -> None:
    segment(people, "demographic")
    with people.look(MARIA) as d, pytest.raises(InvalidInput, match="mean 'Portugal'"):
        d.audience.audience_members("Portugall")


def test_before_any_segment_the_answer_says_so(people: Drumbeat) -> None:
    with people.look(MARIA) as d, pytest.raises(InvalidInput, match="No segment exists yet"):
        d.audience.audience_members("Champions")


def test_a_name_that_two_criteria_share_asks_which(people: Drumbeat, clock: HandClock) -> None:
    record(
        people,
        fact(clock, ANA, Kind.purchased, 150, value_minor=5, currency="EUR"),
        fact(clock, ANA, Kind.purchased, 151, value_minor=5, currency="EUR"),
        fact(clock, BEN, Kind.purchased, 1, value_minor=1, currency="EUR"),
    )
    clock.advance(days=31)  # past the days in which everyone counts as new
    segment(people, "rfm")
    segment(people, "lifecycle_stage")
    with people.look(MARIA) as d:
        [lost, *others] = d.audience.list_contacts(segment="rfm:No Purchase Yet")
        assert [each.criterion for each in d.audience.segments_of(lost.contact_no)] == [
            "lifecycle_stage",
            "rfm",
        ]
        names = [each.name for each in d.audience.list_segments()]
    assert [each.contact_no for each in (lost, *others)] == [CAT, DAN, EVE]
    assert len(names) == len(set(names))


def test_an_unknown_criterion_names_those_there_are(people: Drumbeat) -> None:
    with pytest.raises(InvalidInput, match="engagement, rfm, lifecycle_stage"):
        segment(people, "astrology")
