"""CDNOW's customers and the numbers published on them; without them, tests that need them skip."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from drumbeat.science.value import Histories

SHARED = Path(__file__).parents[4] / "shared"
CDNOW = SHARED / "data" / "cdnow"
ORACLE = SHARED / "oracles" / "clv_cdnow.json"

Columns = dict[str, npt.NDArray[np.float64]]


@pytest.fixture(scope="session")
def published() -> Any:
    if not (ORACLE.exists() and CDNOW.exists()):
        pytest.skip("the CDNOW data and its published numbers are not beside this folder")
    return json.loads(ORACLE.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def cdnow(published: Any) -> Columns:
    """A tenth of CDNOW's customers of early 1997, in weeks, with their mean repeat spend."""
    return columns(CDNOW / "cdnow_sample_rfTm.csv")


@pytest.fixture(scope="session")
def customers(cdnow: Columns) -> Histories:
    return Histories(cdnow["frequency"], cdnow["recency"], cdnow["T"])


def columns(path: Path) -> Columns:
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
