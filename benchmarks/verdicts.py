"""How often verdicts are right: precision and recall on simulated traffic whose truth is known.

    python -m benchmarks.verdicts [people]        prints one JSON object

Mails of one, three, eight and twenty links to a simulated market whose mailboxes are guarded by
gateways of several habits (`science/simulation/gateways.py`; their shares are assumptions), judged
by the rules that judge real requests. `counted` is what a report counts: human or unsure. And a
list of real programs, judged by name alone.
"""

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.events import HIDDEN_LINK, FoldedFact, Hit, Kind, Verdict
from drumbeat.marketing.events.store import rows_of_hits
from drumbeat.marketing.events.verdicts import RULES, judge, judge_neighbours
from drumbeat.science.simulation import draw_market
from drumbeat.science.simulation.gateways import HIDDEN, Request, labelled_traffic

SENT_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
PROGRAMS = Path(__file__).parents[1] / "tests" / "marketing" / "events" / "user_agents.csv"
LINKS = (1, 3, 8, 20)


def verdicts_of(traffic: Sequence[Request], sent_at: datetime) -> list[Verdict]:
    """Recorded as hits, then judged among their neighbours: as the archive leaves them."""
    rows, _ = rows_of_hits(hit_of(request) for request in traffic)
    people = sorted({request.contact_index for request in traffic})
    sends = [_send(contact + 1, sent_at) for contact in people]
    facts = [FoldedFact(*row) for row in rows]
    return [Verdict(fact.verdict) for fact in judge_neighbours(facts, sends)]


def hit_of(request: Request) -> Hit:
    link = HIDDEN_LINK if request.link_no == HIDDEN else request.link_no
    return Hit(
        Kind.opened if link < 0 else Kind.clicked,
        datetime.fromtimestamp(request.at, UTC),
        ContactNo(request.contact_index + 1),
        MailingNo(1),
        link,
        request.method,
        user_agent=request.user_agent,
        prefetch=request.prefetch,
    )


def _send(contact: int, at: datetime) -> FoldedFact:
    second = int(at.timestamp())
    return FoldedFact(int(Kind.sent), second, contact, 1, -1, -1, 1, 0, 0, "", 0, "", None)


@dataclass(frozen=True)
class Rates:
    """Of what was called so, how much was so; and of what was so, how much was called so."""

    precision: float
    recall: float


@dataclass(frozen=True)
class Score:
    requests: int
    by_machines: int
    human: Rates
    counted: Rates
    machine: Rates
    by_source: Mapping[str, Mapping[str, int]]


def score(traffic: Iterable[Request], verdicts: Iterable[Verdict]) -> Score:
    by_source: dict[str, Counter[str]] = {}
    right: Counter[tuple[bool, Verdict]] = Counter()
    for request, verdict in zip(traffic, verdicts, strict=True):
        by_source.setdefault(request.source, Counter())[verdict.name] += 1
        right[request.by_machine, verdict] += 1
    return Score(
        requests=right.total(),
        by_machines=sum(n for (machine, _), n in right.items() if machine),
        human=_rates(right, (Verdict.human,), by_machine=False),
        counted=_rates(right, (Verdict.human, Verdict.unsure), by_machine=False),
        machine=_rates(right, (Verdict.machine,), by_machine=True),
        by_source={source: dict(by_source[source]) for source in sorted(by_source)},
    )


def _rates(
    right: Counter[tuple[bool, Verdict]], said: Sequence[Verdict], *, by_machine: bool
) -> Rates:
    hit = sum(right[by_machine, verdict] for verdict in said)
    called = hit + sum(right[not by_machine, verdict] for verdict in said)
    so = sum(right[by_machine, verdict] for verdict in Verdict)
    return Rates(round(hit / max(1, called), 4), round(hit / max(1, so), 4))


def named_programs() -> dict[str, object]:
    with PROGRAMS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = [r["source"] for r in rows if judge(Kind.opened, r["user_agent"])[0].name != r["who"]]
    return {"programs": len(rows), "wrong": wrong}


def measure(people: int) -> dict[str, object]:
    market = draw_market(people, seed=7, as_of=SENT_AT)
    mails: dict[str, object] = {}
    for links in LINKS:
        traffic = labelled_traffic(
            market, subject="Spring is here", links=links, sent_at=SENT_AT, seed=links
        )
        mails[f"{links} links"] = asdict(score(traffic, verdicts_of(traffic, SENT_AT)))
    return {"rules": RULES, "people": people, "mails": mails, "by_name": named_programs()}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000), indent=1))
