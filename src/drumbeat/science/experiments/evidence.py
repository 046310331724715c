"""What an experiment's arithmetic takes and gives: counts, intervals, comparisons, "cannot say"."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """One arm: `trials` contacts who got it, `successes` of them who did what is measured."""

    trials: int
    successes: int

    def __post_init__(self) -> None:
        if not 0 <= self.successes <= self.trials:
            raise ValueError(f"{self.successes} successes in {self.trials} trials cannot be")

    @property
    def failures(self) -> int:
        return self.trials - self.successes

    @property
    def rate(self) -> float:
        """Successes per trial; an arm without trials has no rate and raises ZeroDivisionError."""
        return self.successes / self.trials


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float

    def within(self, margin: float) -> bool:
        """True if every value in it is nearer to zero than `margin`."""
        return -margin < self.low and self.high < margin


@dataclass(frozen=True, slots=True)
class Comparison:
    """Treatment's rate minus control's (`estimate`), with everything needed to judge it."""

    estimate: float
    interval: Interval
    p_value: float
    method: str
    confidence: float
    control_rate: float
    treatment_rate: float

    @property
    def relative_lift(self) -> float | None:
        """The difference as a share of control's rate; None when control's rate is zero."""
        return self.estimate / self.control_rate if self.control_rate else None


@dataclass(frozen=True, slots=True)
class Inconclusive:
    """No answer: `observed` is what there is and `needed` what an answer takes, in contacts."""

    reason: str
    needed: int
    observed: int
