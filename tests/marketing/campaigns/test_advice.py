from drumbeat.marketing.campaigns.advice import advice_of_test


def a_test(
    outcome: str, *, winner: str | None = None, needed: int | None = None
) -> dict[str, object]:
    return {
        "enabled": True,
        "element": "subject_line",
        "metric": "open_rate",
        "outcome": outcome,
        "winner": winner,
        "needed_per_arm": needed,
        "arms": [{"name": "A"}, {"name": "B"}],
        "counts": [{"delivered": 100, "successes": 20}, {"delivered": 110, "successes": 44}],
    }


def test_a_winner_is_to_be_kept_and_its_rates_are_the_evidence() -> None:
    [advice] = advice_of_test(a_test("winner", winner="B"))
    assert "subject line like B" in str(advice["text"])
    assert advice["evidence"] == {"metric": "open_rate", "value": 0.4, "threshold": 0.2}


def test_no_difference_asks_for_something_bolder() -> None:
    [advice] = advice_of_test(a_test("no_difference"))
    assert "bolder" in str(advice["text"])


def test_an_inconclusive_test_says_how_many_people_it_takes() -> None:
    [advice] = advice_of_test(a_test("inconclusive", needed=1600))
    assert "1,600" in str(advice["text"])
    assert advice["evidence"] == {"metric": "delivered_per_arm", "value": 100, "threshold": 1600}


def test_nothing_is_advised_without_a_test_or_before_anything_was_delivered() -> None:
    assert advice_of_test({"enabled": False}) == []
    early = a_test("inconclusive", needed=10)
    early["counts"] = [{"delivered": 3, "successes": 0}, {"delivered": 0, "successes": 0}]
    assert advice_of_test(early) == []
