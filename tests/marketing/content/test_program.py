"""What a program remembers of one recipient never shows in the mail of another."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.marketing.content.compile.language import parse
from drumbeat.marketing.content.compile.program import REMEMBERED, Program
from tests.marketing.content.examples import DATE, TOKEN, compiled, part
from tests.marketing.content.test_oracle import sources, unix

ALIKE = [1, True, 1.0, "1", "true", 0, False, 0.0, -0.0, "", None, "0", float("nan"), [], {}]
lists = st.lists(st.integers(-5, 5), max_size=2)
values = st.one_of(st.sampled_from(ALIKE), st.text(max_size=20), lists)
people = st.lists(
    st.dictionaries(st.sampled_from(["first_name", "plan", "city"]), values, max_size=3),
    min_size=2,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(html=sources, text=sources, people=people)
def test_one_compiled_mail_says_to_everybody_what_liquid_says(
    html: str, text: str, people: list[dict[str, object]]
) -> None:
    arm = compiled(html, subject="{{ plan | default: city }}", text=text)
    for number, fields in enumerate([*people, *people]):
        when = DATE + timedelta(seconds=number)
        message = arm.build(
            to="jo@example.org", fields=fields, token=TOKEN, message_id="1@example.com", date=when
        )
        wanted = arm.rendered(to="jo@example.org", fields=fields, token=TOKEN, date=when)
        assert part(message, "html").rstrip("\n") == unix(wanted.html).rstrip("\n")
        assert part(message, "plain").rstrip("\n") == unix(wanted.text).rstrip("\n")
        assert not any(line.startswith(b".") for line in message.split(b"\r\n"))


def written(source: str, *seen: dict[str, object], html: bool = False) -> list[str]:
    compiled_once = Program(parse(source, field="h", html=html), str, "\0")
    return ["".join(compiled_once.run(each, "T")) for each in seen]


@pytest.mark.parametrize("value", ALIKE)
@pytest.mark.parametrize("before", ALIKE)
def test_values_that_are_equal_but_not_alike_are_told_apart(before: object, value: object) -> None:
    source = "{{ x }}|{% if x %}yes{% else %}no{% endif %}|{{ x | default: 'none' }}"
    template = parse(source, field="h")
    assert written(source, {"x": before}, {"x": value})[1] == template.render({"x": value})


@pytest.mark.parametrize(
    ("source", "first", "second"),
    [
        ("{{ 'now' | date: '%Y' }}{{ x }}", {"now": DATE}, {"now": DATE.replace(year=2031)}),
        ("{{ now | date: '%Y' }}", {"now": DATE}, {"now": DATE.replace(year=2031)}),
        ("{{ contact.size }}", {"contact": {}}, {"contact": {"a": 1}}),
        ("{{ x.size }}", {"x": "ab"}, {"x": "abc"}),
        ("{{ contact[x] }}", {"x": "a", "contact": {"a": 1}}, {"x": "b", "contact": {"b": 2}}),
        ("{% assign x = y %}{{ x }}", {"y": 1}, {"y": 2}),
        ("{% increment n %}{{ n }}{{ x }}", {"x": 1}, {"x": 2}),
        ("{% for i in x %}{{ i }}{{ y }}{% endfor %}{{ i }}", {"x": [1, 2]}, {"x": [3], "y": 4}),
        (
            "{% if x == y %}a{% elsif x %}b{% else %}c{% endif %}",
            {"x": 1, "y": 2},
            {"x": 2, "y": 2},
        ),
        ("{% unless x contains y %}a{% endunless %}", {"x": "ab", "y": "b"}, {"x": "ab", "y": "c"}),
        ("{% if x %} {% assign z = y %} {% endif %}{{ z }}", {"x": 1, "y": 1}, {"x": 1, "y": 2}),
    ],
)
def test_what_depends_on_more_than_one_field_is_asked_anew(
    source: str, first: dict[str, object], second: dict[str, object]
) -> None:
    template = parse(source, field="h")
    expected = [template.render(first), template.render(second), template.render(first)]
    assert written(source, first, second, first) == expected


def test_a_slot_knows_only_so_many_values_by_heart() -> None:
    codes = [f"C{number % (REMEMBERED + 7)}" for number in range(2 * REMEMBERED)]
    seen: list[dict[str, object]] = [{"code": code} for code in codes]
    assert written("{{ code }}", *seen) == codes
