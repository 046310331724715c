"""How often verdicts are right, on traffic whose truth is known: the bars that rules must clear.

What the bars do not hide: in a mail of one link a gateway that follows it once looks like a person,
so what a report counts there (human and unsure) holds some of them.
"""

from collections.abc import Sequence
from datetime import datetime

import pytest

from benchmarks.verdicts import SENT_AT, hit_of, score, verdicts_of
from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import PUBLIC_TRACKING
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.events import Fact, Kind, Verdict
from drumbeat.science.simulation import Market, draw_market
from drumbeat.science.simulation.gateways import Request, labelled_traffic
from tests.conftest import MARIA
from tests.marketing.events.archiving import archive, fold_all

BARS = (
    # links, precision of "human", its recall, precision of what a report counts
    (1, 0.96, 0.98, 0.90),
    (3, 0.97, 0.98, 0.93),
    (8, 0.99, 0.98, 0.99),
    (20, 0.99, 0.98, 0.99),
)


@pytest.fixture(scope="module")
def market() -> Market:
    return draw_market(4_000, seed=11, as_of=SENT_AT)


def traffic(market: Market, links: int, at: datetime = SENT_AT) -> list[Request]:
    return labelled_traffic(market, subject="Spring is here", links=links, sent_at=at, seed=5)


@pytest.mark.parametrize(("links", "precision", "recall", "counted"), BARS)
def test_verdicts_clear_their_bars(
    market: Market, links: int, precision: float, recall: float, counted: float
) -> None:
    drawn = traffic(market, links)
    found = score(drawn, verdicts_of(drawn, SENT_AT))
    assert found.human.precision >= precision
    assert found.human.recall >= recall
    assert found.counted.precision >= counted
    assert found.counted.recall >= recall


@pytest.mark.parametrize(
    ("source", "links"),
    [
        ("Apple privacy proxy", 1),
        ("Gmail prefetch", 1),
        ("gateway that says so", 1),
        ("gateway, one link at delivery", 1),
        ("gateway, every link slowly", 1),
        ("gateway, every link at once", 3),
        ("gateway, HEAD first", 3),
        ("gateway, visible links slowly", 8),
    ],
)
def test_a_kind_of_machine_is_known_from_so_many_links_on(
    market: Market, source: str, links: int
) -> None:
    drawn = traffic(market, links)
    judged = verdicts_of(drawn, SENT_AT)
    verdicts = [v for request, v in zip(drawn, judged, strict=True) if request.source == source]
    assert len(verdicts) >= 5
    assert verdicts.count(Verdict.machine) / len(verdicts) >= 0.97


def test_who_cannot_be_told_from_a_person_is_counted_as_one(market: Market) -> None:
    drawn = traffic(market, 3)
    judged = zip(drawn, verdicts_of(drawn, SENT_AT), strict=True)
    later = [v for request, v in judged if request.source == "gateway, one link later"]
    assert later
    assert set(later) == {Verdict.human}


def test_the_house_comes_to_the_same_verdicts_once_facts_are_filed(house: Drumbeat) -> None:
    """Recorded in pieces, folded in other pieces, archived: the rules see the same neighbours."""
    small = draw_market(400, seed=3, as_of=SENT_AT)
    drawn = traffic(small, 8)
    people = sorted({request.contact_index + 1 for request in drawn})
    sends = [Fact(Kind.sent, SENT_AT, ContactNo(no), MailingNo(1)) for no in people]
    with house.begin(MARIA) as department:
        department.events.record(sends)
    for start in range(0, len(drawn), 70):
        with house.begin(PUBLIC_TRACKING) as department:
            department.events.record_hits([hit_of(each) for each in drawn[start : start + 70]])
    fold_all(house, limit=90)
    archive(house)
    assert filed(house) == _counted(verdicts_of(drawn, SENT_AT))


def filed(house: Drumbeat) -> dict[Verdict, int]:
    query = f"""SELECT verdict, count(*) FROM facts
                WHERE kind IN ({Kind.opened:d}, {Kind.clicked:d}) GROUP BY 1"""
    with house.look(MARIA) as department, department.facts.open() as duck:
        return {Verdict(verdict): n for verdict, n in duck.execute(query).fetchall()}


def _counted(verdicts: Sequence[Verdict]) -> dict[Verdict, int]:
    return {verdict: verdicts.count(verdict) for verdict in set(verdicts)}
