"""Nobody gets a mail without a way out and a postal address."""

from dataclasses import replace

import pytest

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.content import compile_emails
from tests.marketing.content.examples import CONTEXT, DATE, TOKEN, html_of, template, text_of

OUT = f"https://mail.example.com/u/{TOKEN}"


def test_both_are_added_before_the_end_of_the_body() -> None:
    shown = html_of("<html><body><p>x</p></body></html>")
    assert shown.index("<p>x</p>") < shown.index("1 Example Street<br") < shown.index(OUT)
    assert shown.endswith("</body></html>")


def test_what_the_template_shows_is_not_added_again() -> None:
    source = '<a href="{{ unsubscribe_url }}">out</a> {{ postal_address }}'
    assert html_of(source).count(OUT) == 1
    assert html_of(source).count("1 Example Street") == 1
    assert text_of(source).count(OUT) == 1


@pytest.mark.parametrize(
    "hidden",
    [
        "{% if vip %}{{ unsubscribe_url }}{{ postal_address }}{% endif %}",
        "<!-- {{ unsubscribe_url }}{{ postal_address }} -->",
        "{% comment %}{{ unsubscribe_url }}{{ postal_address }}{% endcomment %}",
        "{% raw %}{{ unsubscribe_url }}{{ postal_address }}{% endraw %}",
        "{% for i in none %}{{ unsubscribe_url }}{{ postal_address }}{% endfor %}",
        "<style>{{ unsubscribe_url }}{{ postal_address }}</style>",
        "{% capture x %}{{ unsubscribe_url }}{{ postal_address }}{% endcapture %}",
        "<p title='{{ unsubscribe_url }} {{ postal_address }}'>",
    ],
)
def test_what_only_some_would_see_is_added_for_all(hidden: str) -> None:
    shown = html_of(f"<body>{hidden}</body>")
    assert f'<a href="{OUT}"' in shown
    assert "1 Example Street<br" in shown


def test_a_postal_address_written_out_counts() -> None:
    context = replace(CONTEXT, postal_address="1 Example Street")
    hidden = compile_emails([template("<!-- 1 Example Street -->")], context).arms[0]
    assert hidden.rendered(to="a@b.c", fields={}, token=TOKEN, date=DATE).html.count("Street") == 2
    arm = compile_emails([template("<p>1 Example Street</p>")], context).arms[0]
    assert arm.rendered(to="a@b.c", fields={}, token=TOKEN, date=DATE).html.count("Street") == 1


@pytest.mark.parametrize("address", ["", "  \n "])
def test_without_a_postal_address_nothing_is_compiled(address: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        compile_emails([template("<p>")], replace(CONTEXT, postal_address=address))
    assert refused.value.field == "postal_address"
