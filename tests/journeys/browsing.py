"""The real `drumbeat serve` with its engine, and a real Chromium in front of it."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.journeys.household import MONDAY_6, PATIENCE, Household, command
from tests.journeys.postbox import free_port

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

CHROMIUM = shutil.which("chromium")
with_chromium = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
SECONDS = 1_000.0  # Playwright counts milliseconds
_LINK = re.compile(rb"Sign in once, within ten minutes: (\S+)")


@dataclass(frozen=True)
class Front:
    """A household that is served at `base`; `link` signs its owner in once."""

    household: Household
    base: str
    link: str


@contextmanager
def served(folder: Path) -> Iterator[Front]:
    """It is spoken to once it has said where it is, and told to end like a service."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    household = Household(folder, {"DRUMBEAT_PUBLIC_URL": base})
    household.clock.set(MONDAY_6 + timedelta(hours=4))  # past everybody's quiet hours
    server = subprocess.Popen(
        command(["serve", "--port", port]),
        cwd=household.folder,
        env=household.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert server.stderr is not None
    try:
        said = b""
        while (found := _LINK.search(said)) is None:
            line = server.stderr.readline()
            assert line, f"it ended with {server.wait()}: {said.decode()}"
            said += line
        yield Front(household, base, found[1].decode())
    finally:
        server.terminate()
        assert server.wait(PATIENCE) == 0
        server.stderr.close()


@contextmanager
def chromium() -> Iterator["BrowserContext"]:
    """A browser that has never been here; what a page takes longer for than a person is a fault."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(40 * SECONDS)
        yield context
        browser.close()


def sent_to(page: "Page", button: str) -> None:
    """Press a button that leads to another page, and be there."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()
