"""The link that no reader sees: there for who follows everything, and in nobody's way."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from drumbeat.marketing.content import compile_emails
from drumbeat.marketing.events import HIDDEN_LINK
from tests.marketing.content.examples import CONTEXT, TOKEN, built, part, template

HREF = f"https://mail.example.com/c/{HIDDEN_LINK}/{TOKEN}"
HTML = "<html><body><p>Hello</p><a href='https://shop.example/'>Shop</a></body></html>"


class Anchors(HTMLParser):
    """The attributes of each link, and the words inside it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str | None], str]] = []
        self._inside = False
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append((dict(attrs), ""))
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "a"

    def handle_data(self, data: str) -> None:
        if self._inside:
            attributes, words = self.found[-1]
            self.found[-1] = attributes, words + data


def test_a_message_has_one_hidden_link_that_nobody_sees_hears_or_reaches() -> None:
    arms = compile_emails([template(HTML)], CONTEXT)
    hidden = [
        (attributes, words)
        for attributes, words in Anchors(part(built(arms.arms[0]), "html")).found
        if attributes["href"] == HREF
    ]
    [(attributes, words)] = hidden
    assert words == ""
    assert attributes["style"] == "display:none"
    assert (attributes["aria-hidden"], attributes["tabindex"]) == ("true", "-1")


@pytest.mark.parametrize("text", [None, "Hello. {{ unsubscribe_url }}"])
def test_the_text_part_does_not_have_it(text: str | None) -> None:
    arms = compile_emails([template(HTML, text=text)], CONTEXT)
    assert f"/c/{HIDDEN_LINK}" not in part(built(arms.arms[0]), "plain")


def test_it_is_no_link_of_the_mailing() -> None:
    arms = compile_emails([template(HTML)], CONTEXT)
    assert arms.links == ("https://shop.example/",)


def test_without_the_setting_it_is_not_there() -> None:
    arms = compile_emails([template(HTML)], replace(CONTEXT, hidden_link=False))
    assert f"/c/{HIDDEN_LINK}" not in part(built(arms.arms[0]), "html")
