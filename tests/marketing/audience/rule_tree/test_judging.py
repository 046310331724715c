"""Why somebody is or is not in a segment: each question, its answer, and what was seen."""

import pytest

from drumbeat.marketing.audience.rule_tree import (
    Deed,
    Event,
    Judge,
    Permit,
    Person,
    Score,
    parse_rule,
)

NOW = 1_800_000_000
DAY = 86_400
ADA = Person(
    attributes={"country": " de", "age": 36, "joined": "2026-02-10", "vip": True, "empty": "  "},
    permits=frozenset({Permit.SUBSCRIBED, Permit.MAILABLE}),
    deeds=(
        *(Deed(Event.SENT, NOW - n * DAY, mailing_no=n) for n in range(1, 7)),
        Deed(Event.OPENED, NOW - DAY, mailing_no=2),
        Deed(Event.OPENED, NOW - DAY, mailing_no=6),
        Deed(Event.CLICKED, NOW - 29 * DAY),
        Deed(Event.CLICKED, NOW - 31 * DAY),
        Deed(Event.PURCHASED, NOW - DAY, order=7, properties={"category": "Shoes"}),
        Deed(Event.PURCHASED, NOW - DAY, order=7, properties={"category": "hats"}),
        Deed(Event.PURCHASED, NOW - 9 * DAY),
    ),
    scores={Score.ENGAGEMENT: 0.6, Score.RECENCY: 5},
    cell="545",
    cell_name="Champions",
    segments=frozenset({"Portugal"}),
)


@pytest.mark.parametrize(
    ("line", "holds", "seen"),
    [
        ("country = DE", True, " de"),
        ("country = AT", False, " de"),
        ("phone = 1", False, "not known"),
        ("empty known", False, "not known"),
        ("age >= 36", True, "36"),
        ("age > 36", False, "36"),
        ("age = '36'", True, "36"),
        ("age contains 3", False, "36"),
        ("country > 3", False, " de"),
        ("joined >= 2026-02-01", True, "2026-02-10"),
        ("joined < 2026-02-10", False, "2026-02-10"),
        ("vip = true", True, "True"),
        ("clicked", True, "2 times"),
        ("clicked >= 2 in 30d", False, "1 time"),
        ("bought = 2", True, "2 times"),
        ("bought with category = SHOES", True, "1 time"),
        ("bought with category = boots", False, "0 times"),
        ("never replied", True, "0 times"),
        ("opened 1 of last 5", True, "1 of 5"),
        ("opened 2 of last 5", False, "1 of 5"),
        ("opened 2 of last 9", True, "2 of 6"),
        ("mailable", True, "mailable, subscribed"),
        ("suppressed", False, "mailable, subscribed"),
        ("score engagement > 0.5", True, "0.6"),
        ("score spent > 0", False, "not known"),
        ("rfm 545", True, "545 Champions"),
        ("rfm (Lost, Champions)", True, "545 Champions"),
        ("segment Portugal", True, "a member"),
    ],
)
def test_each_question_is_answered_with_what_was_seen(line: str, holds: bool, seen: str) -> None:
    found = Judge(NOW).explain(parse_rule(line), ADA)
    assert (found.holds, found.seen) == (holds, seen)


def test_every_part_is_told_also_where_one_decides() -> None:
    rules = {"Fans": parse_rule("clicked >= 9")}
    found = Judge(NOW, rules).explain(parse_rule("country = DE or not segment Fans"), ADA)
    left, right = found.parts
    assert (found.holds, left.holds, right.holds) == (True, True, True)
    assert right.parts[0].parts[0].seen == "2 times"
    assert right.sentence == "not (is in 'Fans')"
