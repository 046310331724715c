from dataclasses import replace

import numpy as np
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.errors import Conflict, InvalidInput, NotFound, NotPermitted
from drumbeat.kit.ids import CampaignNo, ExperimentId
from drumbeat.marketing.experiments import (
    Arm,
    Counts,
    Design,
    Element,
    Experiment,
    ExperimentState,
    Metric,
    Outcome,
)
from tests.conftest import GUEST, MARIA, HandClock

CAMPAIGN = CampaignNo(7)
TWO_SUBJECTS = Design(
    Element.SUBJECT_LINE,
    Metric.OPEN_RATE,
    arms=(Arm("A", "Our spring sale", 0.5), Arm("B", "Ends on Sunday", 0.5)),
)
CLEAR = [Counts(2_000, 400), Counts(2_000, 520)]
AUDIENCE = np.arange(1, 5_001, dtype=np.int32)


@pytest.fixture
def experiment(house: Drumbeat) -> Experiment:
    with house.begin(MARIA) as department:
        return department.experiments.design(CAMPAIGN, TWO_SUBJECTS)


@pytest.fixture
def running(house: Drumbeat, experiment: Experiment) -> Experiment:
    with house.begin(MARIA) as department:
        department.experiments.start(experiment.id)
        return department.experiments.get_experiment(experiment.id)


def test_a_design_is_kept_as_it_was_made(house: Drumbeat, experiment: Experiment) -> None:
    with house.look(MARIA) as department:
        assert department.experiments.get_experiment(experiment.id) == experiment
        assert department.experiments.list_experiments() == [experiment]
        assert department.experiments.list_experiments(before=experiment.id) == []
    assert experiment.id.startswith("exp_")
    assert experiment.state is ExperimentState.DESIGNED


def test_the_same_audience_gets_the_same_arms_always(
    house: Drumbeat, experiment: Experiment
) -> None:
    with house.look(MARIA) as department:
        first = department.experiments.assign(experiment.id, AUDIENCE)
    with house.look(MARIA) as department:
        again = department.experiments.assign(experiment.id, AUDIENCE)
    assert np.array_equal(first.arms, again.arms)
    assert first.in_test.all()
    assert set(first.propensities.tolist()) == {0.5}
    assert 2_350 < int(first.arms.sum()) < 2_650


def test_two_experiments_split_the_same_audience_independently(house: Drumbeat) -> None:
    with house.begin(MARIA) as department:
        experiments = department.experiments
        ids = [experiments.design(CAMPAIGN, TWO_SUBJECTS).id for _ in range(2)]
        one, other = (experiments.assign(id_, AUDIENCE).arms for id_ in ids)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.06


def test_a_key_of_ones_own_repeats_the_arms(house: Drumbeat) -> None:
    with house.begin(MARIA) as department:
        experiments = department.experiments
        ids = [experiments.design(CAMPAIGN, TWO_SUBJECTS, key=b"seed 42").id for _ in range(2)]
        one, other = (experiments.assign(id_, AUDIENCE).arms for id_ in ids)
    assert np.array_equal(one, other)


def test_who_is_not_in_the_sample_gets_the_control_with_certainty(house: Drumbeat) -> None:
    with house.begin(MARIA) as department:
        design = replace(TWO_SUBJECTS, sample_size=1_000)
        small = department.experiments.design(CAMPAIGN, design)
        assigned = department.experiments.assign(small.id, AUDIENCE)
    assert assigned.in_test.sum() == 1_000
    assert not assigned.arms[~assigned.in_test].any()
    assert set(assigned.propensities[~assigned.in_test].tolist()) == {1.0}
    assert 420 < int(assigned.arms[assigned.in_test].sum()) < 580


def test_analysing_decides_nothing(house: Drumbeat, running: Experiment) -> None:
    with house.look(MARIA) as department:
        found = department.experiments.analyse(running.id, CLEAR)
        assert department.experiments.get_experiment(running.id).state is ExperimentState.RUNNING
    assert found.winner == TWO_SUBJECTS.arms[1]
    assert found.chances_best is not None
    assert found.chances_best[1] > 0.99


def test_no_winner_is_an_answer(house: Drumbeat, running: Experiment) -> None:
    with house.look(MARIA) as department:
        found = department.experiments.analyse(running.id, [Counts(100, 20), Counts(100, 22)])
    assert found.winner is None
    assert found.verdict.outcome is Outcome.INCONCLUSIVE
    assert found.to_json()["winner"] is None
    assert "contacts an arm" in found.reason


def test_before_any_mail_the_result_says_so(house: Drumbeat, running: Experiment) -> None:
    with house.look(MARIA) as department:
        found = department.experiments.analyse(running.id, [Counts(0, 0), Counts(0, 0)])
    assert found.chances_best is None
    assert found.to_json()["comparisons"] == [
        {
            "control": "A",
            "treatment": "B",
            "difference": None,
            "reason": "An arm has no contacts yet.",
        }
    ]


def test_a_wrong_split_is_seen_on_the_sizes_that_were_assigned(
    house: Drumbeat, running: Experiment
) -> None:
    with house.look(MARIA) as department:
        found = department.experiments.analyse(running.id, CLEAR, sizes=[2_300, 2_000])
    assert found.winner is None
    assert "the split itself went wrong" in found.reason


def test_the_first_decision_is_the_only_one(
    house: Drumbeat, running: Experiment, clock: HandClock
) -> None:
    with house.begin(MARIA) as department:
        decided = department.experiments.decide(running.id, CLEAR)
    decided_at = clock.now
    clock.advance(days=1)
    with house.begin(MARIA) as department:
        again = department.experiments.decide(running.id, [Counts(9_000, 9), Counts(9_000, 9)])
    assert again == decided
    assert again.decided_at == decided_at
    assert again.decision is not None
    assert again.decision["winner"] == "B"


def test_what_never_started_cannot_be_decided(house: Drumbeat, experiment: Experiment) -> None:
    with house.begin(MARIA) as department, pytest.raises(Conflict, match="not started"):
        department.experiments.decide(experiment.id, CLEAR)


def test_starting_twice_is_harmless_and_after_the_decision_refused(
    house: Drumbeat, running: Experiment
) -> None:
    with house.begin(MARIA) as department:
        department.experiments.start(running.id)
        assert department.experiments.count_started() == 1
        department.experiments.decide(running.id, CLEAR)
        with pytest.raises(Conflict, match="decided already"):
            department.experiments.start(running.id)


def test_counts_must_be_those_of_the_arms(house: Drumbeat, running: Experiment) -> None:
    with house.look(MARIA) as department, pytest.raises(InvalidInput, match="has 2 arms, not 1"):
        department.experiments.analyse(running.id, CLEAR[:1])


A, B = TWO_SUBJECTS.arms


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (replace(TWO_SUBJECTS, arms=(A,)), "arms"),
        (replace(TWO_SUBJECTS, arms=(A, replace(B, name="A"))), "arms"),
        (replace(TWO_SUBJECTS, arms=(A, replace(B, value=A.value))), "arms"),
        (replace(TWO_SUBJECTS, arms=(A, replace(B, weight=0))), "arms"),
        (replace(TWO_SUBJECTS, sample_size=1), "sample_size"),
        (replace(TWO_SUBJECTS, confidence_level=95), "confidence_level"),
        (replace(TWO_SUBJECTS, minimum_effect=-0.1), "minimum_effect"),
    ],
)
def test_a_design_that_tests_nothing_is_refused(
    house: Drumbeat, broken: Design, field: str
) -> None:
    with house.begin(MARIA) as department, pytest.raises(InvalidInput) as caught:
        department.experiments.design(CAMPAIGN, broken)
    assert caught.value.field == field


def test_a_key_that_is_too_long_is_refused(house: Drumbeat) -> None:
    with house.begin(MARIA) as department, pytest.raises(InvalidInput, match="32 bytes"):
        department.experiments.design(CAMPAIGN, TWO_SUBJECTS, key=b"k" * 33)


def test_an_unknown_experiment_is_not_found(house: Drumbeat) -> None:
    with house.look(MARIA) as department, pytest.raises(NotFound):
        department.experiments.get_experiment(ExperimentId("exp_nothing"))


def test_a_guest_may_neither_read_nor_design(house: Drumbeat, experiment: Experiment) -> None:
    with house.begin(GUEST) as department:
        with pytest.raises(NotPermitted):
            department.experiments.design(CAMPAIGN, TWO_SUBJECTS)
        with pytest.raises(NotPermitted):
            department.experiments.assign(experiment.id, AUDIENCE)
