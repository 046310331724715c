"""A template can neither stop the house nor read what it should not."""

import pytest

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.content import check_templates
from drumbeat.marketing.content.compile.language import parse, render
from tests.marketing.content.examples import built, compiled, html_of, template

GROWING = "{% for i in (1..9000) %}{% assign x = x | %s %}{% endfor %}"

COSTLY = {
    "nested endless loops": "{% for i in (1..1000000000) %}"
    "{% for j in (1..1000000000) %}x{% endfor %}{% endfor %}",
    "many loops one after the other": "{% for i in (1..9999) %}{% endfor %}" * 1000,
    "a long body turned often": "{% for i in (1..9999) %}"
    + "{% if i %}{% endif %}" * 500
    # a loop's blank body is visited all the same
    + "{% endfor %}",
    "a range that is joined": "{% assign x = (1..1000000000) | join: 'aaa' %}",
    "a range that is reversed": "{% assign x = (1..1000000000) | reverse %}",
    "text that doubles": "{% assign x = 'ab' %}" + GROWING.replace("%s", "append: x"),
    "text that doubles in front": "{% assign x = 'ab' %}" + GROWING.replace("%s", "prepend: x"),
    "text that is squared": "{% assign x = 'ab' %}" + GROWING.replace("%s", "replace: '', x"),
    "lists that double": "{% assign x = 'a,b' | split: ',' %}" + GROWING.replace("%s", "concat: x"),
    "numbers that square": "{% assign x = 9 %}" + GROWING.replace("%s", "times: x"),
    "captures of captures": "{% capture a %}0123456789{% endcapture %}"
    + "{% capture a %}{{ a }}{{ a }}{{ a }}{{ a }}{{ a }}{{ a }}{% endcapture %}" * 12,
    "many large variables": "{% capture a0 %}"
    + "x" * 90_000
    + "{% endcapture %}"
    + "".join(f"{{% assign a{i} = a0 | append: '{i}' %}}" for i in range(1, 40)),
    "output without end": "{% for i in (1..9999) %}" + "x" * 1_000 + "{% endfor %}",
}


@pytest.mark.parametrize("source", COSTLY.values(), ids=COSTLY.keys())
def test_costly_templates_are_stopped_while_they_render(source: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        render(parse(source, field="content_html", html=True), {}, field="content_html")
    assert refused.value.field == "content_html"
    assert "line 1" in str(refused.value)


CHOKING = {
    "raw blocks that never end": "{% raw %}" * 20_000,
    "tags that never end": "<a " * 60_000,
}


@pytest.mark.parametrize("source", CHOKING.values(), ids=CHOKING.keys())
def test_what_chokes_a_parser_dies_in_its_own_process(source: str) -> None:
    with pytest.raises(InvalidInput, match="more time or memory") as refused:
        check_templates([template(source)])
    assert refused.value.field == "content_html"


def test_deep_expressions_are_refused() -> None:
    for source in ("{{ a" + "[a" * 40_000 + "]" * 40_000 + " }}", "{% if a" + " and a" * 20_000):
        with pytest.raises(InvalidInput):
            check_templates([template(source)])


def test_a_source_over_200_kilobytes_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(InvalidInput, match="200,000") as refused:
        check_templates([template("x" * 200_001)])
    assert refused.value.field == "content_html"


@pytest.mark.parametrize("tag", ["include '/etc/passwd'", "render '../secrets'", "extends 'x'"])
def test_no_other_template_or_file_is_read(tag: str) -> None:
    with pytest.raises(InvalidInput, match=r"content_html, line 2: unexpected tag"):
        compiled("<p>\n{% " + tag + " %}")


@pytest.mark.parametrize(
    "probe",
    [
        "first_name.__class__",
        "first_name.__class__.__mro__",
        "first_name['__class__']",
        "list.append",
        "contact.keys",
        "contact.__dict__",
        "forloop.__class__",
        "nothing.obj",
        "now.tzinfo.__class__",
    ],
)
def test_attributes_are_not_there(probe: str) -> None:
    shown = html_of("[{{ " + probe + " }}]", {"first_name": "Jo", "list": ["a"]})
    assert shown.startswith("[]")


def test_a_field_that_is_no_plain_data_becomes_text() -> None:
    class Sly:
        secret = "hidden"

        def __str__(self) -> str:
            return "sly"

    assert html_of("[{{ x }}{{ x.secret }}]", {"x": Sly()}).startswith("[sly]")


def test_the_unsafe_filters_do_not_exist() -> None:
    for name in ("safe", "base64_decode", "escapejs", "made_up"):
        with pytest.raises(InvalidInput, match="unknown filter"):
            compiled("{{ x | " + name + " }}")


def test_the_environment_of_the_server_is_not_handed_to_the_trial(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DRUMBEAT_API_KEY", "top-secret")
    assert check_templates([template("{{ ENV }}{{ env.DRUMBEAT_API_KEY }}{{ unsubscribe_url }}")])
    assert "top-secret" not in html_of("{{ env.DRUMBEAT_API_KEY }}")


@pytest.mark.parametrize("name", ["unsubscribe_url", "postal_address", "now"])
@pytest.mark.parametrize(
    "setting",
    [
        "{{% assign {} = 'x' %}}",
        "{{% capture {} %}}x{{% endcapture %}}",
        "{{% for {} in (1..2) %}}{{% endfor %}}",
        "{{% if true %}}{{% increment {} %}}{{% endif %}}",
    ],
)
def test_what_the_mail_fills_in_cannot_be_set(name: str, setting: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be set"):
        compiled(setting.format(name))


def test_a_field_cannot_stand_for_what_the_mail_fills_in() -> None:
    fields = {"unsubscribe_url": "https://evil.example", "postal_address": "Evil"}
    shown = html_of("{{ unsubscribe_url }} {{ postal_address }}", fields)
    assert "evil" not in shown.lower()


def test_the_line_is_the_one_the_author_sees() -> None:
    source = "<style>p{color:red}</style>\n<p>one</p>\n<p>{{ x | nothing }}</p>"
    with pytest.raises(InvalidInput, match=r"content_html, line 3.*unknown filter 'nothing'"):
        compiled(source)
    with pytest.raises(InvalidInput, match=r"subject_line, at its end: expected tag endif"):
        compiled("<p>", subject="{% if x %}")
    with pytest.raises(InvalidInput, match=r"content_text, line 2"):
        check_templates([template("<p>", text="a\n{{ x | nothing }}")])


def test_a_template_that_only_breaks_for_one_contact_is_an_error_for_that_one() -> None:
    arm = compiled("{% if many %}{% for i in (1..many) %}x{% endfor %}{% endif %}ok")
    assert built(arm, {"many": 3})
    with pytest.raises(InvalidInput, match="loops go round"):
        built(arm, {"many": 10**12})


@pytest.mark.parametrize("value", ["99999999999", "9" * 500, "0000-99-99", "", None, 10**18, -1])
def test_odd_dates_come_back_and_do_not_crash(value: object) -> None:
    html_of("{{ x | date: '%Y' }}{{ 'now' | date: '%1000000000Y' }}", {"x": value})


def test_now_is_the_date_of_the_message() -> None:
    assert html_of("{{ 'now' | date: '%Y-%m-%d' }} {{ now | date: '%H' }}").startswith(
        "2026-11-02 09"
    )
