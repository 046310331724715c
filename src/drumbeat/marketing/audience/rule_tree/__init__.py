"""The rule of a segment: what it may say, how it is read, how it reads aloud, whether it holds.

Pure: no database, no clock. `judging` asks one person, `combining` everybody at once.
"""

from drumbeat.marketing.audience.rule_tree.checking import Names, check_names
from drumbeat.marketing.audience.rule_tree.combining import expand, members_of, segments_named
from drumbeat.marketing.audience.rule_tree.judging import Deed, Judge, Person, Reason
from drumbeat.marketing.audience.rule_tree.reading import read_rule
from drumbeat.marketing.audience.rule_tree.schema import rule_schema
from drumbeat.marketing.audience.rule_tree.sentences import sentence
from drumbeat.marketing.audience.rule_tree.short_form import LONGEST, parse_rule
from drumbeat.marketing.audience.rule_tree.tree import (
    ANSWERS,
    All,
    Allows,
    AnyOf,
    Did,
    Event,
    HasAttribute,
    InCell,
    InSegment,
    Leaf,
    Not,
    OfLast,
    Op,
    Permit,
    Rule,
    Score,
    Scored,
    leaves_of,
    since_of,
)
from drumbeat.marketing.audience.rule_tree.writing import rule_json

__all__ = [
    "ANSWERS",
    "LONGEST",
    "All",
    "Allows",
    "AnyOf",
    "Deed",
    "Did",
    "Event",
    "HasAttribute",
    "InCell",
    "InSegment",
    "Judge",
    "Leaf",
    "Names",
    "Not",
    "OfLast",
    "Op",
    "Permit",
    "Person",
    "Reason",
    "Rule",
    "Score",
    "Scored",
    "check_names",
    "expand",
    "leaves_of",
    "members_of",
    "parse_rule",
    "read_rule",
    "rule_json",
    "rule_schema",
    "segments_named",
    "sentence",
    "since_of",
]
