"""The true rates of a subject line in a synthetic market: expectations, not a draw.

Closed form but for one integral, the activity a reader has when the mail's turn comes, which is
a mean over equally likely quantiles of the delay. Label it "simulated truth" wherever it is shown.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from drumbeat.science.simulation.columns import Floats
from drumbeat.science.simulation.habits import (
    SECONDS_PER_HOUR,
    activity,
    delay_hours,
    hours_of_week,
)
from drumbeat.science.simulation.people import People
from drumbeat.science.simulation.reactions import (
    CERTAIN,
    ZONES,
    Mailed,
    factor,
    zones_of,
)
from drumbeat.science.simulation.tastes import BASKET_SPREAD, Truth

QUANTILES = 128
READERS_AT_ONCE = 8_192  # bounds the memory of the integral to some 10 MB


@dataclass(frozen=True, slots=True)
class TrueRates:
    """Per delivered mail; people only. `open_rate` is what a pixel can see of `read_rate`."""

    read_rate: float
    open_rate: float
    click_rate: float
    conversion_rate: float
    unsubscribe_rate: float
    complaint_rate: float
    revenue_per_email: float
    readers: int
    method: str = "simulated truth: expectation over the market's hidden propensities"


def read_chances(
    people: People, truth: Truth, mail: Mailed, *, timed: bool, within: timedelta | None = None
) -> Floats:
    """Chance of each reader to read the mail (in time); untimed is the mean over the week."""
    parts = [
        _read_chances(people, truth, _slice(mail, start), timed=timed, within=within)
        for start in range(0, len(mail.index), READERS_AT_ONCE)
    ]
    return np.concatenate(parts)


def expected_rates(truth: Truth, mail: Mailed, read: Floats) -> TrueRates:
    """Average over readers; reading, leaving, complaining, clicking, buying in that order."""
    index = mail.index
    irritation = factor(mail, "irritation")
    leave = np.minimum(1.0, truth.unsubscribe[index] * irritation)
    complain = np.minimum(1.0, truth.complain[index] * irritation)
    stay = read * (1 - leave) * (1 - complain) * (mail.links > 0)
    click = stay * np.minimum(1.0, truth.click[index] * factor(mail, "clicks"))
    buy = click * truth.buy[index]
    basket = np.exp(truth.basket[index] + BASKET_SPREAD**2 / 2)
    return TrueRates(
        read_rate=float(read.mean()),
        open_rate=float((read * ~truth.private[index]).mean()),
        click_rate=float(click.mean()),
        conversion_rate=float(buy.mean()),
        unsubscribe_rate=float((read * leave).mean()),
        complaint_rate=float((read * (1 - leave) * complain).mean()),
        revenue_per_email=float((buy * basket).mean()),
        readers=len(index),
    )


def _slice(mail: Mailed, start: int) -> Mailed:
    rows = slice(start, start + READERS_AT_ONCE)
    return Mailed(mail.index[rows], mail.received[rows], mail.features[rows], mail.links)


def _read_chances(
    people: People, truth: Truth, mail: Mailed, *, timed: bool, within: timedelta | None
) -> Floats:
    delays = SECONDS_PER_HOUR * delay_hours((np.arange(QUANTILES) + 0.5) / QUANTILES)
    in_time = np.ones(QUANTILES) if within is None else delays <= within.total_seconds()
    chance = truth.read_chance(mail.index, mail.features, mail.received)
    if not timed:
        return np.asarray(np.minimum(CERTAIN, chance) * in_time.mean())
    turns = (mail.received[:, None] + delays).ravel()
    zone = np.repeat(zones_of(people, mail.index), QUANTILES)
    hour = hours_of_week(ZONES, zone, turns).reshape(-1, QUANTILES)
    active = activity(
        truth.habit[mail.index][:, None], truth.concentration[mail.index][:, None], hour
    )
    return np.asarray((np.minimum(CERTAIN, chance[:, None] * active) * in_time).mean(axis=1))
