"""Events: what happened, recorded once, judged human or machine, and kept for ever.

The way of a fact: hit, receipt, webhook or import → `event` row (seconds) → fold → `fact_batch`
(minutes) → sealed Parquet (for ever). Read them through `Department.facts` (storage.warehouse).
"""

from drumbeat.kit.hidden_link import HIDDEN_LINK
from drumbeat.marketing.events.model import (
    Fact,
    FoldedBatch,
    FoldedFact,
    Hit,
    Kind,
    Reason,
    Recorded,
    Told,
    Verdict,
)
from drumbeat.marketing.events.reading import EventFile, EventRow, RejectedRow, read_event_file
from drumbeat.marketing.events.rejudging import JudgedAgain, judge_again
from drumbeat.marketing.events.rules import MAX_FACTS, WHY, ContentIds, kind_of, problem_of
from drumbeat.marketing.events.service import EventsService
from drumbeat.marketing.events.taking import Taken, take
from drumbeat.marketing.events.unnaming import unname

__all__ = [
    "HIDDEN_LINK",
    "MAX_FACTS",
    "WHY",
    "ContentIds",
    "EventFile",
    "EventRow",
    "EventsService",
    "Fact",
    "FoldedBatch",
    "FoldedFact",
    "Hit",
    "JudgedAgain",
    "Kind",
    "Reason",
    "Recorded",
    "RejectedRow",
    "Taken",
    "Told",
    "Verdict",
    "judge_again",
    "kind_of",
    "problem_of",
    "read_event_file",
    "take",
    "unname",
]
