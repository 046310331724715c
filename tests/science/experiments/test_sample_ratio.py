import csv
import gzip
import json
from collections import defaultdict

import numpy as np
import pytest

from drumbeat.science.experiments import Inconclusive, SampleRatio, check_sample_ratio
from tests.science.experiments.conftest import SHARED


def test_upworthys_cache_bug_is_found_and_the_other_years_are_left_alone() -> None:
    data = SHARED / "data" / "upworthy_train.csv.gz"
    oracle_file = SHARED / "oracles" / "srm_upworthy.json"
    if not data.exists() or not oracle_file.exists():
        pytest.skip("the Upworthy archive is not here")
    impressions: dict[tuple[str, bool], list[int]] = defaultdict(list)
    with gzip.open(data, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            broken_weeks = "201325" <= row["test_week"] <= "201402"
            test = (row["clickability_test_id"], broken_weeks)
            impressions[test].append(int(row["impressions"]))
    flagged: dict[bool, list[bool]] = {True: [], False: []}
    for (_, broken), sizes in impressions.items():
        ratio = check_sample_ratio(sizes, [1] * len(sizes))
        assert isinstance(ratio, SampleRatio)
        flagged[broken].append(ratio.mismatch)
    oracle = json.loads(oracle_file.read_text(encoding="utf-8"))
    # Two thirds of the archive are here, so the shares agree within sampling error only.
    assert np.mean(flagged[True]) == pytest.approx(oracle["srm_flag_p<0.001_in_window"], abs=0.03)
    assert np.mean(flagged[False]) == pytest.approx(oracle["srm_flag_p<0.001_outside"], abs=0.001)


def test_unequal_weights_are_taken_into_account() -> None:
    ratio = check_sample_ratio([9_010, 990], [0.9, 0.1])
    assert isinstance(ratio, SampleRatio)
    assert ratio.expected == (9_000, 1_000)
    assert not ratio.mismatch


def test_a_handful_of_contacts_cannot_be_checked() -> None:
    assert check_sample_ratio([3, 1], [1, 1]) == Inconclusive(
        "Too few contacts to check the split.", needed=10, observed=4
    )


def test_fair_splits_are_flagged_one_time_in_a_thousand() -> None:
    rng = np.random.default_rng(11)
    flags = []
    for first in rng.binomial(2_000, 0.5, 5_000):
        ratio = check_sample_ratio([int(first), 2_000 - int(first)], [1, 1])
        assert isinstance(ratio, SampleRatio)
        flags.append(ratio.mismatch)
    assert sum(flags) <= 15


def test_sizes_and_weights_must_belong_together() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        check_sample_ratio([10, 10, 10], [1, 1])
