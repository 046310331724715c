"""Who acted: rules for one request, rules for neighbours, and what they leave alone."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.marketing.events import HIDDEN_LINK, FoldedFact, Kind, Reason, Verdict
from drumbeat.marketing.events.model import HEAD, PREFETCH
from drumbeat.marketing.events.rules import WHY
from drumbeat.marketing.events.verdicts import judge, judge_neighbours

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
NAMED = Path(__file__).parent / "user_agents.csv"


def named() -> list[dict[str, str]]:
    with NAMED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", named(), ids=lambda row: row["source"])
def test_a_program_of_the_real_world_is_who_it_is(row: dict[str, str]) -> None:
    verdict, reason = judge(Kind.opened, row["user_agent"])
    assert (verdict.name, row["source"]) == (row["who"], row["source"])
    assert reason in WHY or reason is Reason.none


def test_every_reason_is_told_in_words() -> None:
    assert {*WHY, Reason.none} == set(Reason)


def test_who_asks_for_headers_only_or_ahead_of_time_is_a_machine() -> None:
    assert judge(Kind.opened, "  ") == (Verdict.machine, Reason.no_user_agent)
    assert judge(Kind.clicked, FIREFOX, HEAD) == (Verdict.machine, Reason.head_request)
    assert judge(Kind.clicked, FIREFOX, PREFETCH) == (Verdict.machine, Reason.prefetch)


def test_who_follows_a_link_that_no_reader_sees_is_a_machine() -> None:
    assert judge(Kind.clicked, FIREFOX, hidden=True) == (Verdict.machine, Reason.hidden_link)


def test_apples_proxy_opens_by_itself_but_does_not_click() -> None:
    assert judge(Kind.opened, "Mozilla/5.0") == (Verdict.machine, Reason.apple_privacy_proxy)
    assert judge(Kind.clicked, "Mozilla/5.0") == (Verdict.unsure, Reason.apple_privacy_proxy)


def test_gmails_proxy_fetches_when_a_person_opens_and_says_so() -> None:
    assert judge(Kind.opened, GMAIL) == (Verdict.human, Reason.mail_image_proxy)


@given(st.text(max_size=400))
def test_any_name_is_somebodys(agent: str) -> None:
    verdict, reason = judge(Kind.opened, agent)
    assert verdict in Verdict
    assert (verdict is Verdict.machine) <= (reason is not Reason.none)


def fact(kind: Kind, second: int, contact: int = 1, mailing: int = 7, link: int = -1) -> FoldedFact:
    verdict, reason = int(Verdict.human), int(Reason.none)
    return FoldedFact(
        int(kind), second, contact, mailing, -1, link, verdict, reason, 0, "", 0, "", None
    )


def reasons(*facts: FoldedFact, context: tuple[FoldedFact, ...] = ()) -> list[int]:
    return [each.reason for each in judge_neighbours(facts, context)]


def test_who_comes_sooner_than_a_person_is_a_machine() -> None:
    sent = fact(Kind.sent, 100)
    for second in (97, 99, 102):  # before its own stamp: while the server was still answering
        for kind, link in ((Kind.clicked, 1), (Kind.opened, -1)):
            deed = fact(kind, second, link=link)
            assert reasons(sent, deed) == [0, Reason.sooner_than_a_person]
    assert reasons(sent, fact(Kind.clicked, 101, contact=2, link=1)) == [0, 0]
    assert reasons(sent, fact(Kind.clicked, 101, mailing=8, link=1)) == [0, 0]
    assert reasons(sent, fact(Kind.opened, 103)) == [0, 0]


def test_who_clicks_soon_after_sending_is_not_sure() -> None:
    sent = fact(Kind.sent, 100)
    for second, verdict in ((103, Verdict.unsure), (109, Verdict.unsure), (110, Verdict.human)):
        [_, clicked] = judge_neighbours([sent, fact(Kind.clicked, second, link=1)])
        assert clicked.verdict == verdict
    [_, clicked] = judge_neighbours([sent, fact(Kind.clicked, 104, link=1)])
    assert clicked.reason == Reason.soon_after_sending


def test_the_send_may_be_recorded_after_the_click_or_in_the_batch_before() -> None:
    click, sent = fact(Kind.clicked, 101, link=1), fact(Kind.sent, 100)
    assert reasons(click, sent) == [Reason.sooner_than_a_person, 0]
    assert reasons(click, context=(sent,)) == [Reason.sooner_than_a_person]


def test_three_different_links_within_a_second_are_a_machines() -> None:
    burst = [fact(Kind.clicked, 500, link=n) for n in (1, 2, 3)]
    assert reasons(*burst) == [Reason.many_links_at_once] * 3
    assert reasons(*burst[:2]) == [0, 0]
    across = [burst[0], burst[1], fact(Kind.clicked, 501, link=3)]
    assert reasons(*across) == [Reason.many_links_at_once] * 3
    apart = [burst[0], burst[1], fact(Kind.clicked, 502, link=3)]
    assert {each.verdict for each in judge_neighbours(apart)} == {Verdict.unsure}


def test_an_impatient_person_who_clicks_one_link_thrice_stays_human() -> None:
    assert reasons(*[fact(Kind.clicked, 500, link=1)] * 3) == [0, 0, 0]


def test_four_different_links_in_ten_seconds_are_a_burst() -> None:
    burst = [fact(Kind.clicked, 500 + 3 * n, link=n) for n in range(4)]
    assert reasons(*burst) == [Reason.burst] * 4
    assert {each.verdict for each in judge_neighbours(burst[:3])} == {Verdict.unsure}
    assert reasons(*burst, fact(Kind.clicked, 540, link=5)) == [Reason.burst] * 4 + [0]
    slower = [fact(Kind.clicked, 500 + 4 * n, link=n) for n in range(4)]
    assert reasons(*slower) == [0, 0, 0, 0]


def test_a_visit_to_the_hidden_link_gives_its_neighbours_away() -> None:
    hidden = fact(Kind.clicked, 530, link=HIDDEN_LINK)
    before, after = fact(Kind.clicked, 500, link=0), fact(Kind.clicked, 591, link=1)
    other = fact(Kind.clicked, 530, contact=2, link=0)
    assert reasons(before, hidden, after, other)[0] == Reason.hidden_link
    assert reasons(before, hidden, after, other)[2:] == [0, 0]


def test_a_click_beside_a_scanners_on_another_link_is_its_own() -> None:
    known = fact(Kind.clicked, 500, link=1)._replace(verdict=2, reason=int(Reason.head_request))
    assert reasons(known, fact(Kind.clicked, 501, link=2))[1] == Reason.beside_a_machine
    assert reasons(known, fact(Kind.clicked, 503, link=2))[1] == Reason.none
    # The same link may be checked at the moment when a person clicks it.
    assert reasons(known, fact(Kind.clicked, 501, link=1))[1] == Reason.none


def test_earlier_verdicts_of_machines_are_left_alone() -> None:
    sent = fact(Kind.sent, 100)
    known = fact(Kind.clicked, 100, link=1)._replace(verdict=2, reason=int(Reason.program))
    assert judge_neighbours([sent, known]) == (sent, known)


def test_a_million_clicks_of_one_reader_are_judged_by_their_seconds() -> None:
    crowd = [fact(Kind.clicked, n // 5_000, link=n % 3) for n in range(100_000)]
    assert set(reasons(*crowd)) == {Reason.many_links_at_once}


def test_a_visit_is_one_while_nobody_pauses() -> None:
    """A gateway that takes its time is known by the last link it follows."""
    slow = [fact(Kind.clicked, 500 + 20 * n, link=n) for n in range(6)]
    hidden = fact(Kind.clicked, 620, link=HIDDEN_LINK)
    later = fact(Kind.clicked, 660, link=1)
    assert reasons(*slow, hidden, later)[:6] == [Reason.hidden_link] * 6
    assert reasons(*slow, hidden, later)[7] == Reason.none
    assert reasons(*slow) == [0] * 6


def test_the_open_of_a_machines_visit_is_its_own_but_not_one_through_a_mailbox() -> None:
    burst = [fact(Kind.clicked, 500, link=n) for n in range(3)]
    opened = fact(Kind.opened, 495)
    proxied = opened._replace(reason=int(Reason.mail_image_proxy))
    assert reasons(*burst, opened)[3] == Reason.many_links_at_once
    assert judge_neighbours([*burst, proxied])[3] == proxied
    assert reasons(*burst, fact(Kind.opened, 480))[3] == Reason.none


def test_who_clicks_in_the_moment_of_opening_is_not_sure() -> None:
    opened, clicked = fact(Kind.opened, 500), fact(Kind.clicked, 501, link=1)
    assert reasons(opened, clicked) == [Reason.soon_after_opening] * 2
    assert {each.verdict for each in judge_neighbours([opened, clicked])} == {Verdict.unsure}
    assert reasons(opened, fact(Kind.clicked, 502, link=1)) == [0, 0]


@given(
    st.lists(
        st.tuples(st.sampled_from([Kind.sent, Kind.opened, Kind.clicked]), st.integers(0, 200)),
        max_size=25,
    )
)
def test_the_order_of_facts_and_which_lie_beside_them_decides_nothing(
    drawn: list[tuple[Kind, int]],
) -> None:
    facts = [
        fact(kind, second, link=second % 4 if kind is Kind.clicked else -1)
        for kind, second in drawn
    ]
    judged = judge_neighbours(facts)
    assert judge_neighbours(facts[::-1]) == judged[::-1]
    cut = len(facts) // 2
    assert judge_neighbours(facts[:cut], context=facts[cut:]) == judged[:cut]
    assert judge_neighbours(judged) == judged
