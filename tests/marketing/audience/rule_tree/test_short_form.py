"""A rule in one line says the same as its JSON."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience.rule_tree import parse_rule, read_rule, sentence


@pytest.mark.parametrize(
    ("line", "same"),
    [
        (
            "country = DE and clicked >= 3 in 30d",
            {
                "all": [
                    {"attribute": "country", "is": "DE"},
                    {"event": "clicked", "at_least": 3, "days": 30},
                ]
            },
        ),
        ("never bought", {"event": "purchased", "never": True}),
        ("not bought in 4w", {"not": {"event": "purchased", "days": 28}}),
        (
            'bought with category = "garden tools" in 90 days',
            {"event": "purchased", "days": 90, "where": {"category": "garden tools"}},
        ),
        ("opened 2 of last 5", {"event": "opened", "at_least": 2, "of_last": 5}),
        ("opened >= 2 of last 5", {"event": "opened", "at_least": 2, "of_last": 5}),
        ("viewed < 3", {"event": "viewed", "at_most": 2}),
        ("viewed = 3", {"event": "viewed", "at_least": 3, "at_most": 3}),
        ("plan in (pro, team)", {"attribute": "plan", "one_of": ["pro", "team"]}),
        ("country != DE", {"not": {"attribute": "country", "is": "DE"}}),
        ("phone known", {"attribute": "phone", "known": True}),
        ("city starts with Ber", {"attribute": "city", "starts_with": "Ber"}),
        ('"first name" contains an', {"attribute": "first name", "contains": "an"}),
        ("score engagement >= 0.7", {"score": "engagement", "at_least": 0.7}),
        ("rfm Lost or rfm (555, 554)", {"any": [{"rfm": "Lost"}, {"rfm": ["555", "554"]}]}),
        ('segment "Lapsed buyers"', {"segment": "Lapsed buyers"}),
        ("mailable AND NOT (vip = true or age < 18)",
         {"all": [{"consent": "mailable"},
                  {"not": {"any": [{"attribute": "vip", "is": "true"},
                                   {"attribute": "age", "below": 18}]}}]}),
    ],
)  # fmt: skip
def test_a_line_says_what_its_json_says(line: str, same: JsonObject) -> None:
    written, meant = parse_rule(line), read_rule(same)
    assert sentence(written) == sentence(meant)


def test_and_binds_closer_than_or() -> None:
    assert sentence(parse_rule("a = 1 or b = 2 and c = 3")) == "a is 1 or (b is 2 and c is 3)"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("country = ", "at its end"),
        ("country = DE clicked", "at 'clicked'"),
        ("country DE", "a comparison behind 'country'"),
        ("(country = DE", "')' was expected"),
        ("clicked >= many", "whole number"),
        ("clicked in soon", "a time such as 30d"),
        ("clickd >= 3 in 30d", "at 'in'"),
        ("score engagement = 3", "a comparison"),
        ("country = 'DE", "Not understood at"),
        ("", "at its end"),
        ("(" * 50, "fewer rules"),
        ("not " * 50, "fewer rules"),
    ],
)
def test_a_line_that_is_not_understood_says_at_which_word(line: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_rule(line)
    assert said in str(refused.value)
    assert refused.value.field == "rule"


@given(st.text(alphabet="abcin ot=<>!()'\"3d,andor", max_size=40))
def test_any_line_at_all_is_a_rule_or_refused(line: str) -> None:
    rule = None
    with suppress(InvalidInput):
        rule = parse_rule(line)
    assert rule is None or sentence(rule)
