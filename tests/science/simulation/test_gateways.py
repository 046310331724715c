"""Labelled traffic: the same seed draws the same requests, and each says who made it."""

from datetime import UTC, datetime

from drumbeat.science.simulation import draw_market
from drumbeat.science.simulation.gateways import GATEWAYS, HIDDEN, labelled_traffic

SENT_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
MARKET = draw_market(2_000, seed=2, as_of=SENT_AT)
TRAFFIC = labelled_traffic(MARKET, subject="Spring is here", links=4, sent_at=SENT_AT, seed=1)


def test_the_same_seed_is_the_same_traffic() -> None:
    again = labelled_traffic(MARKET, subject="Spring is here", links=4, sent_at=SENT_AT, seed=1)
    assert again == TRAFFIC


def test_every_habit_visits_somebody_and_only_guarded_mailboxes() -> None:
    names = {name for name, _, _ in GATEWAYS}
    visits = [each for each in TRAFFIC if each.source in names]
    assert {each.source for each in visits} == names
    assert all(MARKET.truth.scanned[each.contact_index] for each in visits)
    assert all(each.by_machine for each in visits)


def test_people_never_follow_the_hidden_link() -> None:
    followed = [each for each in TRAFFIC if each.link_no == HIDDEN]
    assert followed
    assert all(each.by_machine for each in followed)


def test_requests_come_in_the_order_of_time_and_name_links_that_exist() -> None:
    assert [each.at for each in TRAFFIC] == sorted(each.at for each in TRAFFIC)
    assert {each.link_no for each in TRAFFIC} == {HIDDEN, -1, 0, 1, 2, 3}


def test_people_and_proxies_are_named() -> None:
    people = {each.source for each in TRAFFIC if not each.by_machine}
    assert people == {
        "person through Gmail's proxy",
        "person through Yahoo's proxy",
        "person's own program",
        "person's click",
    }
