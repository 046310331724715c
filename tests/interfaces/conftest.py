"""One Chromium for all tests of a file that look at pages in it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.interfaces.chromium import CHROMIUM

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium


@pytest.fixture(scope="module")
def chromium() -> Iterator["Chromium"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
