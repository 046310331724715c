"""Delivery: mailings, the message ledger with one row per recipient, and what became of each.

Nobody is mailed twice, nobody is mailed who said no, nothing is lost. People use `delivery`
(open, freeze, start, pause, cancel, read the ledger); engines use `sending` (exchange, recover).
"""

from drumbeat.marketing.delivery.answers import MOST_AT_ONCE, AnswersService
from drumbeat.marketing.delivery.bounces import (
    UNOPENED,
    UNREADABLE,
    Reading,
    ReturnPath,
    check_return_path,
    read_report,
    return_path_of,
)
from drumbeat.marketing.delivery.deciding import DecidingService
from drumbeat.marketing.delivery.lanes import LANE_NAMES
from drumbeat.marketing.delivery.message_ids import MessageIds, message_id_of, parse_message_id
from drumbeat.marketing.delivery.model import (
    Accepted,
    Claimed,
    Decided,
    Decision,
    Deferred,
    Ending,
    EngineName,
    Exchange,
    LedgerCounts,
    LedgerLine,
    Mailing,
    MailingState,
    NewMailing,
    Outcome,
    Outlook,
    Place,
    Receipt,
    Recount,
    Refused,
    Released,
    State,
    Traces,
    Unknown,
    Withheld,
)
from drumbeat.marketing.delivery.model_bounces import (
    ArrivedMail,
    BounceLine,
    MailboxMark,
    SealedMail,
)
from drumbeat.marketing.delivery.pacing import Pacing
from drumbeat.marketing.delivery.plan import LedgerPlan, plan_file_name, plan_ledger
from drumbeat.marketing.delivery.rules import (
    CLAIM_ROWS,
    KNOWN_BY,
    TRANSACTIONAL,
    asked_to_wait,
    plain_reason,
)
from drumbeat.marketing.delivery.sending import SendingService
from drumbeat.marketing.delivery.service import UNIT_ROWS, DeliveryService
from drumbeat.marketing.delivery.service_bounces import MAILS_A_UNIT, BouncesService, is_our_report
from drumbeat.marketing.delivery.store_bounces import seal_mails

__all__ = [
    "CLAIM_ROWS",
    "KNOWN_BY",
    "LANE_NAMES",
    "MAILS_A_UNIT",
    "MOST_AT_ONCE",
    "TRANSACTIONAL",
    "UNIT_ROWS",
    "UNOPENED",
    "UNREADABLE",
    "Accepted",
    "AnswersService",
    "ArrivedMail",
    "BounceLine",
    "BouncesService",
    "Claimed",
    "Decided",
    "DecidingService",
    "Decision",
    "Deferred",
    "DeliveryService",
    "Ending",
    "EngineName",
    "Exchange",
    "LedgerCounts",
    "LedgerLine",
    "LedgerPlan",
    "MailboxMark",
    "Mailing",
    "MailingState",
    "MessageIds",
    "NewMailing",
    "Outcome",
    "Outlook",
    "Pacing",
    "Place",
    "Reading",
    "Receipt",
    "Recount",
    "Refused",
    "Released",
    "ReturnPath",
    "SealedMail",
    "SendingService",
    "State",
    "Traces",
    "Unknown",
    "Withheld",
    "asked_to_wait",
    "check_return_path",
    "is_our_report",
    "message_id_of",
    "parse_message_id",
    "plain_reason",
    "plan_file_name",
    "plan_ledger",
    "read_report",
    "return_path_of",
    "seal_mails",
]
