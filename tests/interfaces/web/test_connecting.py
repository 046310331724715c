"""Exports of shops and mail services come in by a page: seen first, then brought in, and once."""

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web.pages.connecting import GUIDES
from drumbeat.marketing.campaigns.connectors import CONNECTORS
from tests.interfaces.api.test_connectors import KLAVIYO, SHOPIFY
from tests.interfaces.serving import Answer
from tests.interfaces.web.browser import Browser
from tests.interfaces.web.test_audience_pages import settled, upload

AT = "/audience/connect"


def bring(browser: Browser, content: bytes, **fields: str) -> Answer:
    return upload(browser, content.decode(), at=AT, **fields)


def test_every_connector_is_explained(owner: Browser) -> None:
    body = owner.get(AT).body.decode()
    assert {each.title.partition(" ")[0] for each in CONNECTORS} == {g.service for g in GUIDES}
    for each in CONNECTORS:
        assert f'value="{each.name}"' in body
    for guide in GUIDES:
        assert f"<h3>{guide.service}</h3>" in body


def test_an_export_is_seen_first_and_brought_in_once(peopled: Drumbeat, owner: Browser) -> None:
    page = bring(owner, SHOPIFY, consent="as_told").headers["location"]
    checked = settled(owner, page)
    assert "Nothing has changed yet" in checked
    assert "Shopify orders" in checked
    assert "Row 5, who" in checked  # an address that is none
    with peopled.look(peopled.owner()) as department:
        assert not len(department.buyers.read_bought())
    assert owner.send(page, page).status == 303
    done = settled(owner, page)
    assert "Brought in" in done
    with peopled.look(peopled.owner()) as department:
        assert len(department.buyers.read_bought()) == 1
    assert owner.send("/audience/topics", page).status == 409
    again = bring(owner, SHOPIFY, consent="as_told").headers["location"]
    assert "<dt>would be added</dt><dd>0</dd>" in settled(owner, again)


def test_their_yes_is_taken_over_only_when_somebody_says_so(
    peopled: Drumbeat, owner: Browser
) -> None:
    page = bring(owner, KLAVIYO.replace(b"ada@", b"zoe@"), consent="what").headers["location"]
    assert "their yes is not taken over" in settled(owner, page)
    owner.send(page, page)
    settled(owner, page)
    with peopled.look(peopled.owner()) as department:
        number = department.audience.contact_numbers(["zoe@example.com"])["zoe@example.com"]
        assert not department.audience.permissions([number])[number].may_mail


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"", b"\x00\xff"])
def test_a_file_that_is_no_export_is_refused_in_words(
    peopled: Drumbeat, owner: Browser, content: bytes
) -> None:
    page = upload(owner, content.decode("latin-1"), at=AT, kind="nobody").headers["location"]
    body = settled(owner, page)
    assert "This file cannot be brought in" in body
    assert "failed inside" not in body
    assert owner.send("/audience/topics", page).status == 409


def test_without_a_file_or_a_key_it_says_so(owner: Browser) -> None:
    answer = owner.send(AT, AT, kind="")
    assert answer.status == 422
    assert b"Choose a file first." in answer.body
    assert owner.get(f"{AT}/0123456789abcdef").status == 404
