"""Counts of one mailing's parts, which add up because no contact is in two parts.

A mailing of millions is counted part by part, so that memory stays bounded. The currency shown is
the one that brought most over all parts; others stand apart and are never added up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from drumbeat.kit.money import to_major
from drumbeat.marketing.analytics.metrics import Counts
from drumbeat.marketing.analytics.model import ArmCounts

COUNTED = (
    "sent",
    "bounced",
    "opens",
    "machine_opens",
    "clicks",
    "machine_clicks",
    "engaged",
    "unsubscribes",
    "complaints",
)


@dataclass(frozen=True)
class Revenue:
    """Revenue in the currency that brought most, and the rest by currency in major units."""

    minor: int
    currency: str
    others: Mapping[str, float]


def choose_currency(paid: Mapping[str, int]) -> Revenue:
    """The currency with the greatest sum; ties go to the first in the alphabet."""
    if not paid:
        return Revenue(0, "", {})
    first, *rest = sorted(paid, key=lambda code: (-paid[code], code))
    return Revenue(paid[first], first, {code: to_major(paid[code], code) for code in rest})


@dataclass(frozen=True)
class Tally:
    arms: dict[int, Counter[str]] = field(default_factory=dict)
    conversions: Counter[int] = field(default_factory=Counter)
    paid: Counter[tuple[int, str]] = field(default_factory=Counter)
    squares: dict[tuple[int, str], float] = field(default_factory=dict)
    left_out: Counter[tuple[int, int]] = field(default_factory=Counter)

    def add_arms(self, rows: Iterable[Sequence[int]]) -> None:
        """Rows of (arm, the counts of COUNTED)."""
        for arm_no, *counts in rows:
            counted = zip(COUNTED, map(int, counts), strict=True)
            self.arms.setdefault(arm_no, Counter()).update(dict(counted))

    def add_buyers(self, rows: Iterable[tuple[int, str, int, int, float]]) -> None:
        """Rows of (arm, currency, new converted contacts, paid, sum of squares)."""
        for arm_no, currency, converted, paid, squares in rows:
            self.conversions[arm_no] += converted
            self.paid[arm_no, currency] += int(paid)
            before = self.squares.get((arm_no, currency), 0.0)
            self.squares[arm_no, currency] = before + squares

    def add_left_out(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """Rows of (kind, reason, contacts whose machines acted so)."""
        for kind, reason, contacts in rows:
            self.left_out[kind, reason] += contacts

    def revenue(self) -> Revenue:
        paid: Counter[str] = Counter()
        for (_, currency), minor in self.paid.items():
            paid[currency] += minor
        return choose_currency(paid)

    def counts(self, refused: int) -> Counts:
        revenue = self.revenue()
        whole = sum(self.arms.values(), Counter[str]())
        return Counts(
            **{name: whole[name] for name in COUNTED},
            refused=refused,
            conversions=self.conversions.total(),
            revenue_minor=revenue.minor,
            currency=revenue.currency,
            other_revenue=revenue.others,
        )

    def arm_counts(self) -> tuple[ArmCounts, ...]:
        currency = self.revenue().currency
        return tuple(self._arm(no, self.arms[no], currency) for no in sorted(self.arms))

    def _arm(self, arm_no: int, counted: Counter[str], currency: str) -> ArmCounts:
        return ArmCounts(
            arm_no=arm_no,
            sent=counted["sent"],
            delivered=counted["sent"] - counted["bounced"],
            opens=counted["opens"],
            clicks=counted["clicks"],
            engaged=counted["engaged"],
            conversions=self.conversions[arm_no],
            unsubscribes=counted["unsubscribes"],
            complaints=counted["complaints"],
            revenue_minor=self.paid[arm_no, currency],
            revenue_minor_squared=self.squares.get((arm_no, currency), 0.0),
            currency=currency,
        )
