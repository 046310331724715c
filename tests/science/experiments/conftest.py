"""The published numbers; absent outside the workplace, and then the tests that need them skip."""

import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[4] / "shared"


@pytest.fixture(scope="session")
def published() -> Any:
    path = SHARED / "oracles" / "frequentist_bayes_power.json"
    if not path.exists():
        pytest.skip("published numbers (frequentist_bayes_power.json) are not here")
    return json.loads(path.read_text(encoding="utf-8"))
