"""A rule is read strictly: what is wrong is refused where it stands, with the nearest name."""

from contextlib import suppress

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience.rule_tree import Rule, read_rule, rule_json, rule_schema, sentence
from tests.marketing.audience.rule_tree.strategies import rules

SCHEMA = jsonschema_rs.validator_for(rule_schema())
CLICKED = {"event": "clicked", "at_least": 3, "days": 30}


@given(rules())
def test_a_rule_that_was_written_reads_as_itself(rule: Rule) -> None:
    assert read_rule(rule_json(rule)) == rule


@given(rules())
def test_every_rule_has_a_sentence_of_one_line(rule: Rule) -> None:
    assert len(sentence(rule).splitlines()) == 1


@given(rules())
def test_the_schema_has_exactly_one_form_for_every_rule(rule: Rule) -> None:
    SCHEMA.validate(rule_json(rule))


@pytest.mark.parametrize(
    "given",
    [{"event": "clickd"}, {"all": []}, {"attribute": "age"}, {"rfm": 5}, CLICKED | {"x": 1}],
)
def test_the_schema_refuses_what_is_refused(given: JsonObject) -> None:
    assert not SCHEMA.is_valid(given)
    with pytest.raises(InvalidInput):
        read_rule(given)


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"al": [CLICKED]}, "rule.al", "Did you mean 'all'"),
        ({"all": []}, "rule.all", "at least one"),
        ({"all": [CLICKED, {"consnt": "mailable"}]}, "rule.all[1].consnt", "'consent'"),
        ({"event": "cliked"}, "rule.event", "Did you mean 'clicked'"),
        ({"event": "clicked", "day": 30}, "rule.day", "Did you mean 'days'"),
        ({"event": "clicked", "at_least": 3, "at_most": 2}, "rule.at_most", "holds for nobody"),
        ({"event": "clicked", "at_least": True}, "rule.at_least", "whole number"),
        ({"event": "clicked", "never": True, "at_least": 1}, "rule.never", "neither"),
        ({"event": "purchased", "of_last": 5}, "rule.event", "opened, clicked, replied"),
        ({"event": "opened", "at_least": 6, "of_last": 5}, "rule.at_least", "from 1 to 5"),
        ({"event": "viewed", "where": {"category": 3}}, "rule.where.category", "text"),
        ({"consent": "subscribd"}, "rule.consent", "Did you mean 'subscribed'"),
        ({"attribute": "age", "atleast": 3}, "rule.atleast", "'at_least'"),
        ({"attribute": "age"}, "rule", "exactly one comparison"),
        ({"attribute": "age", "is": 3, "above": 2}, "rule", "exactly one comparison"),
        ({"attribute": "age", "is": None}, "rule.is", "needed"),
        ({"attribute": "age", "is": float("nan")}, "rule.is", "needed"),
        ({"attribute": "age", "at_least": True}, "rule.at_least", "needed"),
        ({"attribute": "age", "one_of": []}, "rule.one_of", "1 to 1,000"),
        ({"attribute": "a\0b", "is": 3}, "rule.attribute", "name"),
        ({"score": "engagment", "above": 0.5}, "rule.score", "'engagement'"),
        ({"score": "engagement", "above": "high"}, "rule.above", "number"),
        ({"rfm": []}, "rule.rfm", "cells"),
        ({"segment": ""}, "rule.segment", "name"),
        ({"not": {"any": [{"segment": 3}]}}, "rule.not.any[0].segment", "name"),
        ({"event": "clicked", "consent": "mailable"}, "rule", "join them"),
        ({}, "rule", "empty"),
        ([], "rule", "object"),
        ("clicked", "rule", "object"),
    ],
)
def test_what_is_not_understood_is_refused_where_it_stands(
    given: object, field: str, said: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_rule(given)
    assert refused.value.field == field
    assert said in str(refused.value)


def test_a_rule_that_is_too_deep_or_too_long_is_refused() -> None:
    deep: object = CLICKED
    for _ in range(20):
        deep = {"not": deep}
    with pytest.raises(InvalidInput, match="12 deep"):
        read_rule(deep)
    with pytest.raises(InvalidInput, match="100 questions"):
        read_rule({"any": [CLICKED] * 101})


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(
                    ["all", "any", "not", "event", "attribute", "is", "at_least", "score", "where"]
                ),
                inner,
                max_size=3,
            ),
        ),
        max_leaves=10,
    )
)
def test_any_json_at_all_is_a_rule_or_refused(given: object) -> None:
    rule = None
    with suppress(InvalidInput):
        rule = read_rule(given)
    assert rule is None or read_rule(rule_json(rule)) == rule
