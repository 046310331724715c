"""Look-alikes: hidden members of a drawn group are found; of one drawn by lot not."""

import numpy as np
import pytest

from drumbeat.science.experiments import Inconclusive
from drumbeat.science.segmentation import Feature, Lookalikes, find_lookalikes


def people(rng: np.random.Generator, count: int) -> list[Feature]:
    return [
        Feature(name, rng.gamma(1, 5, count), f"few {name}", f"many {name}")
        for name in ("orders", "clicks", "visits")
    ]


def test_people_of_the_same_kind_come_out_in_front() -> None:
    rng = np.random.default_rng(2)
    columns = people(rng, 20_000)
    kind = (columns[0].values > 8) & (columns[1].values < 3)
    members = kind & (rng.random(20_000) < 0.3)
    answer = find_lookalikes(columns, members, columns[2].values, rng)
    assert isinstance(answer, Lookalikes)
    assert answer.lift > 5
    assert answer.found_naive == pytest.approx(0.1, abs=0.03)
    others = np.flatnonzero(~members)
    likest = others[np.argsort(-answer.likeness[others])[:500]]
    assert kind[likest].mean() > 0.8


def test_a_group_drawn_by_lot_has_no_likeness() -> None:
    rng = np.random.default_rng(3)
    columns = people(rng, 10_000)
    answer = find_lookalikes(columns, rng.random(10_000) < 0.1, columns[0].values, rng)
    assert isinstance(answer, Lookalikes)
    assert answer.lift == pytest.approx(1, abs=0.35)


def test_people_who_are_all_alike_are_found_by_chance_alone() -> None:
    rng = np.random.default_rng(4)
    same = [Feature("orders", np.ones(5_000), "few", "many")]
    members = np.arange(5_000) < 1_000
    answer = find_lookalikes(same, members, np.ones(5_000), rng)
    assert isinstance(answer, Lookalikes)
    assert answer.found == pytest.approx(0.1)
    assert answer.found_naive == pytest.approx(0.1)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_group_of_nobody_or_of_everybody_is_no_answer(share: float) -> None:
    rng = np.random.default_rng(5)
    answer = find_lookalikes(people(rng, 1_000), rng.random(1_000) < share, np.ones(1_000), rng)
    assert isinstance(answer, Inconclusive)
    assert (answer.needed, answer.observed) == (100, 0)
