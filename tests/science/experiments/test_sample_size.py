from typing import Any

import pytest

from drumbeat.science.experiments.sample_size import Definition, power_at, sample_size_per_arm


def test_three_published_definitions(published: Any) -> None:
    for row in published["sample_size_per_arm"]["rows"]:
        for definition in Definition:
            size = sample_size_per_arm(
                row["p1"],
                row["p2"],
                significance=row["alpha"],
                power=row["power"],
                definition=definition,
            )
            # The published cohen_h was solved numerically, hence the wider tolerance.
            assert size == pytest.approx(row[definition.value], rel=5e-6)


def test_published_power_at_five_thousand_an_arm(published: Any) -> None:
    for row in published["sample_size_per_arm"]["rows"]:
        power = power_at(row["p1"], row["p2"], 5_000, significance=row["alpha"])
        assert power == pytest.approx(row["power_at_n5000_statsmodels"], abs=1e-8)


def test_the_size_reaches_the_power_it_was_asked_for() -> None:
    size = sample_size_per_arm(0.2, 0.22, power=0.9)
    assert power_at(0.2, 0.22, size) == pytest.approx(0.9, abs=1e-4)


def test_the_calculator_that_everybody_knows() -> None:
    assert round(sample_size_per_arm(0.2, 0.25, definition=Definition.EVAN_MILLER)) == 1030


def test_equal_rates_have_no_sample_size() -> None:
    with pytest.raises(ValueError, match="different rates"):
        sample_size_per_arm(0.2, 0.2)
