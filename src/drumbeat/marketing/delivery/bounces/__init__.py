"""Bounces and complaints: how one is read, and whose message it is about.

Pure: bytes in, values out. Taking mail in and what follows from it is `delivery.bounce_service`.
"""

from drumbeat.marketing.delivery.bounces.classes import classify
from drumbeat.marketing.delivery.bounces.judging import Judged, is_given_up, judge, reason_of
from drumbeat.marketing.delivery.bounces.model import (
    UNOPENED,
    UNREADABLE,
    BounceClass,
    Cause,
    Clues,
    ComplaintReport,
    DeliveryReport,
    NoReport,
    Reading,
    ReportedRecipient,
)
from drumbeat.marketing.delivery.bounces.reading import read_report
from drumbeat.marketing.delivery.bounces.return_path import (
    ReturnPath,
    check_return_path,
    return_path_of,
)

__all__ = [
    "UNOPENED",
    "UNREADABLE",
    "BounceClass",
    "Cause",
    "Clues",
    "ComplaintReport",
    "DeliveryReport",
    "Judged",
    "NoReport",
    "Reading",
    "ReportedRecipient",
    "ReturnPath",
    "check_return_path",
    "classify",
    "is_given_up",
    "judge",
    "read_report",
    "reason_of",
    "return_path_of",
]
