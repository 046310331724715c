"""The pages that are built before anybody opens them: all of them, for nobody's eyes, for free."""

import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web import Source, show_once
from drumbeat.interfaces.web.pages import PAGES
from tests.interfaces.web.conftest import add_campaign


def _shown(house: Drumbeat, source: Source | None = None) -> list[str]:
    return list(show_once(house, source or Source(), threading.Event(), breath=0))


def test_the_main_pages_are_built_in_a_house_with_people_and_a_campaign(
    peopled: Drumbeat,
) -> None:
    add_campaign(peopled)
    shown = _shown(peopled)
    assert {"/dashboard", "/sandbox", "/campaigns/{campaign_id}"} < set(shown)
    assert shown[-1] == "/audience/contacts/{contact_id}"
    assert set(shown) < {path for method, path, _ in PAGES if method == "GET"}


def test_an_empty_house_shows_what_it_has_and_one_without_an_owner_nothing(
    house: Drumbeat,
) -> None:
    assert _shown(house) == []
    house.owner()
    assert "/dashboard" in _shown(house)


def test_nothing_is_written(peopled: Drumbeat) -> None:
    add_campaign(peopled)
    began: list[object] = []
    event.listen(peopled.database.writer, "begin", began.append)
    assert _shown(peopled)
    assert began == []


def test_a_page_that_cannot_be_built_is_told_in_the_log_and_the_others_are(
    peopled: Drumbeat, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> Any:
        raise RuntimeError("the figures are away")

    shown = _shown(peopled, replace(Source(), list_results=broken))
    assert "/dashboard" not in shown
    assert "/campaigns" in shown
    assert "/dashboard could not be built" in caplog.text


def test_a_house_that_is_closed_meanwhile_is_left_alone(peopled: Drumbeat) -> None:
    ending = threading.Event()
    ending.set()
    assert list(show_once(peopled, Source(), ending)) == []
