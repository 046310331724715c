"""The pages of customers: worth, journey, groups and forecasts, with what each was judged by."""

import re

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.bootstrap.erasing import erase
from drumbeat.marketing.audience import contact_no_of
from tests.interfaces.web.browser import Browser
from tests.interfaces.web.shop import fill_shop

AT = "/audience/customers"
PAGES = (AT, f"{AT}/journey", f"{AT}/groups", f"{AT}/likely")


def shown(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status == 200, path
    return answer.body.decode()


@pytest.mark.parametrize("path", PAGES)
def test_without_anybody_every_page_gives_the_reason(analyst: Browser, path: str) -> None:
    body = shown(analyst, path)
    assert "data-live" not in body
    assert "it takes" in body or "Nobody has been heard of yet" in body


@pytest.mark.parametrize("path", PAGES)
def test_nobody_waits_for_an_answer(peopled: Drumbeat, owner: Browser, path: str) -> None:
    assert "Being worked out" in shown(owner, path)
    while "data-live" in (body := shown(owner, path)):
        pass
    assert "As of" in body


def test_worth_shows_named_segments_what_to_do_and_a_forecast_with_its_judge(
    house: Drumbeat, analyst: Browser
) -> None:
    fill_shop(house)
    body = shown(analyst, AT)
    assert "Champions" in body
    assert "no discount needed" in body
    shares = [int(n) for n in re.findall(r"<strong>(\d+)\u202f%</strong>", body)]
    assert abs(sum(shares) - 100) <= len(shares)
    assert "forecast, not income" in body
    assert "at 90 %" in body
    assert "a ranking by how recently they bought" in body
    assert re.search(r'<a href="/audience/contacts/con_\w+">buyer\d+@example.com</a>', body)


def test_somebody_who_was_erased_is_not_named_by_an_answer_that_is_kept(
    house: Drumbeat, analyst: Browser
) -> None:
    fill_shop(house)
    found = re.search(
        r'<a href="/audience/contacts/(con_\w+)">(buyer\d+@\S+?)</a>', shown(analyst, AT)
    )
    assert found is not None
    erase(house, house.owner(), contact_no_of(found[1], house.office.keys))
    assert found[2] not in shown(analyst, AT)


def test_the_journey_is_a_picture_and_the_same_as_a_table(
    house: Drumbeat, analyst: Browser
) -> None:
    fill_shop(house)
    body = shown(analyst, f"{AT}/journey?step=90")
    assert 'class="sankey" role="img"' in body
    assert "Active to At risk:" in body
    assert "Where they stand 90 days later" in body
    assert re.search(r"\d+ days</td>", body)  # half of a stage's people left within
    assert "Where they stand 30 days later" in shown(analyst, f"{AT}/journey?step=1e9")


def test_groups_say_how_far_to_trust_them(house: Drumbeat, analyst: Browser) -> None:
    fill_shop(house)
    body = shown(analyst, f"{AT}/groups")
    assert re.search(r"\d groups of \d+ people who behave alike", body)
    assert re.search(r"(strong|reasonable|weak|none) structure", body)
    assert re.search(r"silhouette 0\.\d\d of 1 · stability \d\.\d\d of 1", body)
    assert "× the average" in body


def test_a_forecast_stands_beside_the_plain_rule_and_what_happened(
    house: Drumbeat, analyst: Browser
) -> None:
    fill_shop(house)
    body = shown(analyst, f"{AT}/likely?deed=buy&horizon=30")
    assert re.search(r"About \d+ of \d+ people will buy in the next 30 days\.", body)
    assert 'class="calibration" role="img"' in body
    assert body.count('<th scope="row">') >= 13  # ten tenths and three ways to judge
    assert "Better at ranking by" in body
    assert "No forecast yet" in shown(analyst, f"{AT}/likely?deed=click")
    assert 'aria-current="true">Buy' in shown(analyst, f"{AT}/likely?deed=dance&horizon=no")
