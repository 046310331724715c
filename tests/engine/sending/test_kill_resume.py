"""A few runs of benchmarks/kill_resume.py: whatever moment an engine dies at, the promises hold."""

import pytest

from benchmarks.kill_resume import SCENARIOS, measure

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_killed_at_any_moment_nobody_is_lost_doubled_or_uncertain_beyond_the_bound(
    scenario: str,
) -> None:
    result = measure(scenario, runs=2, people=400, seed=11)
    assert result.broken == []
    assert result.runs == 2
    assert result.accepted >= result.recipients - result.uncertain
    assert 0 < result.kills <= result.engines
