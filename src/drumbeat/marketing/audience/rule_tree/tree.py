"""What a segment's rule may say: a closed algebra of questions about one person.

A rule is all, any or not of rules, or one leaf. Frozen and hashable, so that a leaf can name an
answer that was counted. JSON is read in `reading`, words are in `sentences`, truth in `judging`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Value = str | int | float | bool


class Op(StrEnum):
    IS = "is"
    ONE_OF = "one_of"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ABOVE = "above"
    BELOW = "below"
    KNOWN = "known"


ORDERED = (Op.AT_LEAST, Op.AT_MOST, Op.ABOVE, Op.BELOW)


class Permit(StrEnum):
    """`mailable` is what a send asks: subscribed, and the address on no suppression list."""

    MAILABLE = "mailable"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    UNCONFIRMED = "unconfirmed"
    SUPPRESSED = "suppressed"


class Event(StrEnum):
    """What can be asked about; a machine's opens and clicks never count."""

    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"
    FORWARDED = "forwarded"
    PURCHASED = "purchased"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"
    VIEWED = "viewed"
    SIGNED_UP = "signed_up"


ANSWERS = (Event.OPENED, Event.CLICKED, Event.REPLIED)
"""What people do with a mail: only of these can "of the last 5" be asked."""


class Score(StrEnum):
    """RFM scores are 1 to 5 among buyers; `spent` is money in the main currency."""

    RECENCY = "recency"
    FREQUENCY = "frequency"
    MONETARY = "monetary"
    ENGAGEMENT = "engagement"
    ORDERS = "orders"
    SPENT = "spent"
    DAYS_SINCE_PURCHASE = "days_since_purchase"


@dataclass(frozen=True, slots=True)
class All:
    rules: "tuple[Rule, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    rules: "tuple[Rule, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    rule: "Rule"


@dataclass(frozen=True, slots=True)
class HasAttribute:
    """`values` are one, for ONE_OF several, for KNOWN none. Case and outer space do not matter."""

    attribute: str
    op: Op
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Allows:
    state: Permit


@dataclass(frozen=True, slots=True)
class Did:
    """Between `at_least` and `at_most` times in the last `days` (None: ever).

    `where` are properties of the event, all of which must fit. Lines of one order count once.
    """

    event: Event
    at_least: int = 0
    at_most: int | None = None
    days: int | None = None
    where: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class OfLast:
    """Did it to at least so many of the `last` mailings they were sent."""

    event: Event
    at_least: int
    last: int


@dataclass(frozen=True, slots=True)
class Scored:
    score: Score
    op: Op
    value: float


@dataclass(frozen=True, slots=True)
class InCell:
    """RFM cells such as "545", or the names of RFM segments."""

    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InSegment:
    segment: str


Leaf: TypeAlias = HasAttribute | Allows | Did | OfLast | Scored | InCell | InSegment
Rule: TypeAlias = All | AnyOf | Not | Leaf


def leaves_of(rule: Rule) -> list[Leaf]:
    """Every leaf, from left to right."""
    if isinstance(rule, All | AnyOf):
        return [leaf for each in rule.rules for leaf in leaves_of(each)]
    if isinstance(rule, Not):
        return leaves_of(rule.rule)
    return [rule]


def since_of(days: int, now: int) -> int:
    """When "in the last `days`" begins, in epoch seconds: a whole minute, so that answers last."""
    return (now - days * 86_400) // 60 * 60
