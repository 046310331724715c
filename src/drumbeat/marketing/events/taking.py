"""What events that a file or a program tells write: a row each, the key it is known by, evidence.

Made between two units, so that the write lock is held for the rows alone. Evidence that is past
its retention is not kept in the first place: the next sweep would remove it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from drumbeat.kit.clock import epoch
from drumbeat.kit.hidden_link import HIDDEN_LINK
from drumbeat.marketing.events.model import Kind, Reason, Told, Verdict
from drumbeat.marketing.events.rules import (
    EVIDENCE_DAYS,
    ContentIds,
    as_json,
    cut_evidence,
    event_key,
    order_key,
)
from drumbeat.marketing.events.verdicts import judge

Row = Sequence[Any]

_JUDGED = (Kind.opened, Kind.clicked)
_HUMAN = (int(Verdict.human), int(Reason.none))


@dataclass(frozen=True, slots=True)
class Taken:
    """Columns of equal length: `rows` in the order of FoldedFact, `evidence` in that of its table.

    A key is None where nothing tells a repetition, evidence where none is kept.
    """

    rows: Sequence[Row] = ()
    keys: Sequence[bytes | None] = ()
    evidence: Sequence[Row | None] = ()

    def __len__(self) -> int:
        return len(self.rows)


def take(told: Iterable[Told], source: str, ids: ContentIds, now: datetime) -> Taken:
    """Each event judged by the program it names; one without an id is given one by `ids`."""
    rows: list[Row] = []
    keys: list[bytes | None] = []
    evidence: list[Row | None] = []
    kept_since = epoch(now - timedelta(days=EVIDENCE_DAYS))
    for each in told:
        kind, occurred_at, contact_no, mailing_no, arm_no, link_no, value, currency = each[:8]
        event_id, order_id, ip, agent, properties = each[8:]
        at, of_kind = epoch(occurred_at), int(kind)
        verdict = _judged(kind, agent, link_no) if agent else _HUMAN
        about = (of_kind, at, contact_no, mailing_no, arm_no, link_no, *verdict)
        said = (value, currency, order_key(order_id), source, as_json(properties))
        rows.append(about + said)
        if event_id is None:
            event_id = ids.made_for(each)
        keys.append(event_key(source, event_id) if event_id else None)
        if at >= kept_since and (ip or agent):
            seen = cut_evidence(ip, agent)
            evidence.append((contact_no, mailing_no, of_kind, at, *seen, link_no, 0))
        else:
            evidence.append(None)
    return Taken(rows, keys, evidence)


def _judged(kind: Kind, agent: str, link_no: int) -> tuple[int, int]:
    if kind not in _JUDGED:
        return _HUMAN
    verdict, reason = judge(kind, agent, 0, link_no == HIDDEN_LINK)
    return int(verdict), int(reason)
