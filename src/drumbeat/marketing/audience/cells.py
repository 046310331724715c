"""What does one cell say: a yes, a no, a time, a number, or just text?

Consent words are those that Mailchimp, Klaviyo, HubSpot, Shopify, Brevo and people write. A no is a
no ("no" and "0" too); "never subscribed" is no permission, but no objection either.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from drumbeat.kit.instants import read_time
from drumbeat.marketing.audience.model import Attribute, Consent, SuppressionReason
from drumbeat.marketing.audience.number_styles import NumberStyle, read_number

MAX_TEXT = 10_000


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(","))


_YES = _words(
    "subscribed,subscriber,yes,y,true,t,1,on,x,ja,oui,si,sí,sim,active,confirmed,explicit,granted,"
    "consented,accepted,enabled,checked,opt in,optin,opted in,optedin,double opt in,single opt in,"
    "confirmed opt in,opt in confirmed"
)
_NO = _words(
    "unsubscribed,unsubscribe,unsub,no,n,false,f,0,off,nein,non,opt out,optout,opted out,optedout,"
    "revoked,withdrawn,declined,denied,refused,suppressed,user suppressed,manual suppression,"
    "blocked,blacklisted,do not email"
)
_UNCONFIRMED = _words(
    ",never subscribed,nonsubscribed,non subscribed,notsubscribed,not subscribed,pending,"
    "unconfirmed,not confirmed,awaiting confirmation,not opted in,no consent,not set,"
    "not specified,not provided,unknown,undefined,none,null,nan,n a,transactional,archived,"
    "inactive,implicit,imported"
)
_BOUNCED = _words(
    "cleaned,bounced,bounce,hard bounce,hard bounced,invalid,invalid email,undeliverable"
)
_COMPLAINED = _words("complained,complaint,spam,spam complaint,marked as spam,abuse")
_NOTHING = frozenset(["", "0", "false", "no", "n", "f", "none", "null", "[]", "n/a", "-", "nan"])

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a consent cell means; `at` is known when the cell was a time."""

    consent: Consent
    suppress: SuppressionReason | None = None
    at: datetime | None = None


SUBSCRIBED = Answer(Consent.subscribed)
UNCONFIRMED = Answer(Consent.unconfirmed)
UNSUBSCRIBED = Answer(Consent.unsubscribed, SuppressionReason.unsubscribed)
BOUNCED = Answer(Consent.unconfirmed, SuppressionReason.bounced)
COMPLAINED = Answer(Consent.unsubscribed, SuppressionReason.complained)

_ANSWERS = {
    **dict.fromkeys(_YES, SUBSCRIBED),
    **dict.fromkeys(_NO, UNSUBSCRIBED),
    **dict.fromkeys(_UNCONFIRMED, UNCONFIRMED),
    **dict.fromkeys(_BOUNCED, BOUNCED),
    **dict.fromkeys(_COMPLAINED, COMPLAINED),
}


@lru_cache(1024)
def read_consent(cell: str) -> Answer | None:
    """What a consent column says; None when its word is not understood."""
    plain = " ".join(re.sub(r"[\W_]+", " ", cell.casefold()).split())
    answer = _ANSWERS.get(plain)
    if answer is None and (at := read_time(cell)):
        return Answer(Consent.subscribed, at=at)
    return answer


def says_something(cell: str) -> bool:
    """Whether a cell of an unsubscribe or bounce column means that it happened."""
    return cell.strip().casefold() not in _NOTHING


def read_attribute(cell: str, *, typed: bool, style: NumberStyle = NumberStyle.PLAIN) -> Attribute:
    """Text, or a number or truth value where the cell obviously is one ("007" is text)."""
    text = clean_text(cell)
    if not typed:
        return text
    number = read_number(text, style)
    if number is not None:
        return number
    return {"true": True, "false": False}.get(text.lower(), text)


def clean_text(cell: str) -> str:
    """Without blanks around it, non-breaking ones too, and without control characters."""
    return _CONTROL.sub(" ", cell).strip(" \t\r\n\u00a0\ufeff\u200b")
