"""REST: tests of campaigns as they stand, and counts of anybody's judged."""

import json
from typing import Any

import pytest

from tests.conftest import HandClock
from tests.interfaces.api.conftest import BRIEF, Rest, refused

Json = dict[str, Any]
A = {"name": "A", "n": 5000, "conversions": 1000}
B = {"name": "B", "n": 5000, "conversions": 1120}


def get(rest: Rest, path: str, **query: object) -> Json:
    found: Json = rest.get(path, **query)
    return found


def judged(rest: Rest, *arms: Json, **more: object) -> Json:
    answer: Json = rest.post("/experiments/analyze", {"arms": arms, **more})
    return answer


def test_the_tests_of_campaigns_are_listed_and_shown(
    rest: Rest, people: tuple[str, ...], clock: HandClock
) -> None:
    assert rest.get("/experiments") == {"experiments": [], "next_cursor": None}
    old = rest.campaign(alt_subject_line="Seeds", enable_ab_testing=True)
    clock.advance(minutes=1)
    new = rest.campaign(alt_subject_line="Roots", enable_ab_testing=True, traffic_split=0.2)
    page = get(rest, "/experiments", limit=1)
    [row] = page["experiments"]
    assert row["campaign_id"] == new
    assert [arm["weight"] for arm in row["arms"]] == [0.8, 0.2]
    following = get(rest, "/experiments", cursor=page["next_cursor"])
    [other] = following["experiments"]
    assert (other["campaign_id"], following["next_cursor"]) == (old, None)
    path = f"/experiments/{other['experiment_id']}"
    shown = get(rest, path)
    assert shown["analysis"]["reason"] == "nothing was delivered yet"
    rest.ask("PUT", f"/campaigns/{old}", BRIEF)
    assert get(rest, path)["analysis"] is None
    assert len(get(rest, "/experiments")["experiments"]) == 1
    refused(rest.ask("GET", "/experiments/exp_0"), 404, "not-found")


def test_counts_are_judged_with_an_interval_a_p_value_and_a_verdict(rest: Rest) -> None:
    answer = judged(rest, A, B, metric="open_rate")
    [compared] = answer["comparisons"]
    assert (compared["arm"], compared["against"]) == ("B", "A")
    low, high = compared["interval"]
    assert compared["estimate"] == pytest.approx(0.024)
    assert low < compared["estimate"] < high
    assert compared["p_value"] == pytest.approx(0.003325167)
    assert compared["chance_to_beat"] is None
    assert answer["sample_ratio"] == {"p_value": 1.0, "ok": True}
    assert answer["verdict"]["kind"] == "winner"
    assert answer["verdict"]["arm"] == "B"
    nobody = judged(rest, A, {**B, "n": 0, "conversions": 0})
    assert nobody["comparisons"][0]["p_value"] is None
    assert nobody["verdict"]["kind"] == "inconclusive"
    split = judged(rest, A, {**B, "weight": 3})
    assert split["sample_ratio"]["ok"] is False
    assert split["verdict"]["kind"] == "inconclusive"


def test_counts_that_make_no_sense_are_refused_by_arm_and_field(rest: Rest) -> None:
    for change, field in (
        ({"arms": [A]}, "arms"),
        ({"arms": [A, A]}, "arms"),
        ({"arms": [{**A, "name": str(n)} for n in range(27)]}, "arms"),
        ({"arms": [A, {**B, "conversions": 5001}]}, "arms.1.conversions"),
        ({"arms": [A, {**B, "conversions": -1}]}, "arms.1.conversions"),
        ({"arms": [A, {**B, "n": 10**9}]}, "arms.1.n"),
        ({"arms": [A, {**B, "n": 1.5}]}, "arms.1.n"),
        ({"arms": [A, {**B, "weight": 0}]}, "arms.1.weight"),
        ({"arms": [A, {**B, "weight": float("nan")}]}, "arms.1.weight"),
        ({"arms": [A, {**B, "mean": 1}]}, "arms.1.mean"),
        ({"alpha": 0}, "alpha"),
        ({"alpha": 1e-300}, "alpha"),
        ({"alpha": float("nan")}, "alpha"),
        ({"minimum_effect": 1e-300}, "minimum_effect"),
        ({"minimum_effect": float("inf")}, "minimum_effect"),
        ({"method": "guess"}, "method"),
    ):
        body = json.dumps({"arms": [A, B], **change}).encode()
        answer = rest.ask("POST", "/experiments/analyze", content=body)
        refused(answer, 422, "invalid-input", field)


def test_the_largest_counts_are_judged_at_once(rest: Rest) -> None:
    """Fisher's exact test over every possible table would not fit into memory."""
    few, many = {"name": "A", "n": 10**8, "conversions": 3}, {"name": "B", "n": 10**8}
    for conversions in (0, 3, 40, 5 * 10**7, 10**8):
        judged(rest, few, {**many, "conversions": conversions}, minimum_effect=0)
