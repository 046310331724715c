"""Clicks lead only where the mailing's own table says."""

from dataclasses import replace

import pytest

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.content import CompiledEmails, compile_emails, resolve_target
from tests.marketing.content.examples import CONTEXT, TOKEN, built, html_of, part, template


def compile_all(*htmls: str) -> CompiledEmails:
    return compile_emails([template(html) for html in htmls], CONTEXT)


def test_a_link_is_numbered_and_carries_the_recipients_token() -> None:
    both = compile_all('<a href="https://shop.example/a?x=1&amp;y=2">Shop</a>')
    assert both.links == ("https://shop.example/a?x=1&y=2",)
    shown = part(built(both.arms[0]), "html")
    assert f'<a href="https://mail.example.com/c/0/{TOKEN}">Shop</a>' in shown


def test_all_arms_share_one_table_without_doubles() -> None:
    arms = compile_all(
        "<a href=https://a.example/>A</a><a href='https://b.example/'>B</a>",
        '<A CLASS=x HREF = "https://b.example/">B</A><a href="https://c.example">C</a>',
    )
    assert arms.links == ("https://a.example/", "https://b.example/", "https://c.example")
    shown = part(built(arms.arms[1]), "html")
    assert f"/c/1/{TOKEN}" in shown
    assert f"/c/2/{TOKEN}" in shown
    assert "/c/0/" not in shown


@pytest.mark.parametrize(
    "href",
    ["mailto:a@b.example", "tel:+49123", "#top", "", "{{ unsubscribe_url }}", "sms:1", "cid:x"],
)
def test_links_that_are_not_pages_stay_as_they_are(href: str) -> None:
    arms = compile_all(f'<a href="{href}">x</a>')
    assert arms.links == ()
    assert arms.problems == ()
    assert f"/c/0/{TOKEN}" not in part(built(arms.arms[0]), "html")


@pytest.mark.parametrize(
    "href",
    [
        "https://shop.example/{{ email | append: cta }}",
        "{{ url }}",
        "https://{{ host }}/x",
        "https://shop.example{{ path }}",
        "https://user@evil.example/",
        "https://good.example\\@evil.example/",
        "javascript:alert(1)",
        "//shop.example/x",
        "/relative",
        "https://shop.example/{% if a %}b{% endif %}",
        "https://shop.example/{{ cta }}",
        "https://shop.example/{{ 'now' | date: '%s' }}",
        "https://shop.example/{{ now }}",
    ],
)
def test_links_without_a_fixed_host_or_known_filling_are_left_and_told(href: str) -> None:
    with_cta = replace(template(f'<a href="{href}">x</a>'), fields={"cta": "go"})
    arms = compile_emails([with_cta], CONTEXT)
    assert arms.links == ()
    assert "is not tracked" in arms.problems[0]


def test_a_link_of_a_loop_is_left_since_a_click_cannot_fill_it_in() -> None:
    source = "{% for p in products %}<a href='https://shop.example/{{ p }}'>x</a>{% endfor %}"
    arms = compile_all(source)
    assert arms.links == ()
    assert "https://shop.example/7" in part(built(arms.arms[0], {"products": [7]}), "html")


def test_a_contact_field_after_a_fixed_host_is_filled_in_at_the_click() -> None:
    arms = compile_all('<a href="https://shop.example/p?e={{ email | url_encode }}#{{ x }}">y</a>')
    target = arms.links[0]
    assert target == "https://shop.example/p?e={{ email | url_encode }}#{{ x }}"
    filled = resolve_target(target, {"email": "a+b@c.example", "x": "é\r\nSet-Cookie: a"})
    assert filled == "https://shop.example/p?e=a%2Bb%40c.example#%C3%A9%0ASet-Cookie:%20a"


@pytest.mark.parametrize("value", ["@evil.example", "//evil.example", "\\evil", "../..", ".evil"])
def test_no_field_leads_to_another_site(value: str) -> None:
    filled = resolve_target("https://good.example/{{ x }}", {"x": value})
    assert filled.startswith("https://good.example/")


def test_a_target_without_a_fixed_host_is_never_followed() -> None:
    for target in ("{{ x }}", "https://good.example{{ x }}", "https://{{ x }}/"):
        with pytest.raises(InvalidInput):
            resolve_target(target, {"x": ".evil.example"})


def test_outlooks_buttons_in_conditional_comments_are_tracked_too() -> None:
    vml = '<!--[if mso]><v:roundrect href="https://shop.example/">x</v:roundrect><![endif]-->'
    arms = compile_all(vml)
    assert arms.links == ("https://shop.example/",)
    assert f'<v:roundrect href="https://mail.example.com/c/0/{TOKEN}">' in part(
        built(arms.arms[0]), "html"
    )


def test_the_pixel_is_the_last_thing_in_the_body() -> None:
    shown = html_of("<html><body>x<!-- </body> --></body></html>")
    assert f'/o/{TOKEN}.gif"' in shown
    assert shown.count("<img ") == 1
    assert shown.endswith('border:0"></body></html>')


@pytest.mark.parametrize("url", ["", "ftp://x", "https://", 'https://x"y', "https://x/{{ y }}"])
def test_a_public_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        compile_emails([template("<p>")], replace(CONTEXT, public_url=url))
    assert refused.value.field == "public_url"
