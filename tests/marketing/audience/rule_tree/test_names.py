"""What a rule names must exist, and segments do not lead back to themselves."""

import pytest

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.audience.rule_tree import (
    Event,
    Names,
    check_names,
    expand,
    parse_rule,
    sentence,
)

NAMES = Names(
    attributes={"country", "age"},
    rfm_segments={"Champions", "Lost"},
    segments={"Portugal", "Fans", "Best fans"},
    rules={"Fans": parse_rule("clicked >= 3"), "Best fans": parse_rule("segment Fans and age > 3")},
    properties={Event.PURCHASED: {"category"}},
)


def refused(line: str, called: str | None = None) -> InvalidInput:
    with pytest.raises(InvalidInput) as found:
        check_names(parse_rule(line), NAMES, called=called)
    return found.value


def test_what_exists_is_let_through() -> None:
    line = "country = DE and not (bought with category = x or segment Fans) and rfm (Lost, 111)"
    check_names(parse_rule(line), NAMES, called="Mine")


def test_an_unknown_name_is_refused_at_its_place_with_the_nearest_one() -> None:
    error = refused("age > 3 and not contry = DE")
    assert error.field == "rule.all[1].not.attribute"
    assert "Did you mean 'country'?" in str(error)
    assert "'Fans'" in str(refused("segment Fan"))
    assert refused("bought with categry = x").field == "rule.where.categry"
    assert "'Champions'" in str(refused("rfm Champion"))
    assert refused("rfm 556").field == "rule.rfm"
    assert "There is none yet." in str(refused("viewed with category = x"))


def test_a_segment_that_leads_back_to_itself_is_refused_with_the_way() -> None:
    error = refused("segment 'Best fans' or age > 3", called="Fans")
    assert error.field == "rule.any[0].segment"
    assert "Fans → Best fans → Fans" in str(error)
    assert "Mine → Mine" in str(refused("segment Mine", called="Mine"))


def test_a_segment_in_a_rule_stands_for_its_own_rule_as_it_is_now() -> None:
    expanded = expand(parse_rule("not segment 'Best fans' and segment Portugal"), NAMES.rules)
    assert sentence(expanded) == (
        "not (clicked at least 3 times and age is above 3) and is in 'Portugal'"
    )


def test_a_circle_that_stands_nevertheless_does_not_hang() -> None:
    rules = {"a": parse_rule("segment b"), "b": parse_rule("segment a")}
    assert sentence(expand(rules["a"], rules)).startswith("is in")
