"""What a test's result means for the next campaign, in one sentence with its evidence."""

from collections.abc import Mapping, Sequence

from drumbeat.kit.json_objects import JsonObject


def advice_of_test(test: Mapping[str, object]) -> list[JsonObject]:
    """Of a decided or running test (`ab_testing`); nothing while it says nothing either way."""
    arms, counts = _rows(test.get("arms")), _rows(test.get("counts"))
    if not test.get("enabled") or not counts or len(arms) != len(counts):
        return []
    if any(not count["delivered"] for count in counts):
        return []
    rates = [_rate(count) for count in counts]
    element, outcome = str(test["element"]).replace("_", " "), test["outcome"]
    if outcome == "winner":
        best = next(no for no, arm in enumerate(arms) if arm["name"] == test["winner"])
        other = max(rate for no, rate in enumerate(rates) if no != best)
        text = f"Keep what won: write the next {element} like {arms[best]['name']}."
        return [_advice(text, str(test["metric"]), rates[best], other)]
    if outcome == "no_difference":
        text = f"The {element} made no difference that matters: test something bolder next."
        return [_advice(text, str(test["metric"]), max(rates), min(rates))]
    needed = test.get("needed_per_arm")
    if not isinstance(needed, int):
        return []
    text = f"Too few people to tell: a test of this {element} needs about {needed:,} in each arm."
    smallest = min(int(str(count["delivered"])) for count in counts)
    return [_advice(text, "delivered_per_arm", smallest, needed)]


def _advice(text: str, metric: str, value: float, threshold: float) -> JsonObject:
    return {"text": text, "evidence": {"metric": metric, "value": value, "threshold": threshold}}


def _rate(count: Mapping[str, object]) -> float:
    return float(str(count["successes"])) / float(str(count["delivered"]))


def _rows(value: object) -> Sequence[Mapping[str, object]]:
    return value if isinstance(value, list) else []
