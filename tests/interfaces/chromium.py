"""A real Chromium, for whoever looks at pages in one; its fixture is in conftest.py."""

import shutil

import pytest

CHROMIUM = shutil.which("chromium")
IN_CHROMIUM = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
