"""The one sentence a result begins with: what happened, as far as it can be said yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drumbeat.interfaces.web.reading import part, rows, text
from drumbeat.interfaces.web.variants import Measured, first_comparison
from drumbeat.interfaces.web.wording import (
    counted,
    number_of,
    percent,
    points,
    signed_percent,
    spoken,
    words,
)

Result = Mapping[str, object]


@dataclass(frozen=True)
class Verdict:
    """`tone` is won, level, open or none: how sure the sentence is."""

    headline: str
    detail: str
    tone: str


_WAITING = {
    "draft": ("This campaign is being prepared.", "Its audience and content are worked out next."),
    "planned": ("The plan is ready.", "It asks for approval next; nothing has been sent."),
    "awaiting_approval": (
        "Waiting for your approval.",
        "Nothing is sent until somebody says yes to exactly this content.",
    ),
    "scheduled": ("Approved and scheduled.", "The first message leaves at the planned time."),
    "sending": ("On its way.", "The first messages leave as their moments come."),
    "paused": ("Paused.", "Messages that had not left stay where they are until you resume."),
    "cancelled": ("Cancelled.", "Messages that had not left will never be sent."),
}


def verdict_of(result: Result, measured: Sequence[Measured]) -> Verdict:
    metrics = part(result, "performance_metrics")
    status = text(part(result, "campaign").get("status"))
    if not metrics.get("sent_count"):
        headline, detail = _WAITING.get(status, ("Nothing has been sent yet.", ""))
        return Verdict(headline, detail, "none")
    if metrics.get("open_rate") is None:
        sent = counted(metrics["sent_count"], "message")
        return Verdict(f"{sent} sent; too early to say more.", "Nobody has reacted yet.", "none")
    testing = part(result, "ab_testing")
    if measured:
        closed = status == "finished" or bool(testing.get("decided"))
        return _of_test(testing, measured, closed)
    won = [arm for arm in rows(testing.get("arms")) if arm.get("name") == testing.get("winner")]
    if won:
        return Verdict(f"“{spoken(won[0].get('value'))}” won.", _evidence(testing), "won")
    return _of_metrics(result)


def _of_test(testing: Result, measured: Sequence[Measured], closed: bool) -> Verdict:
    metric, winner = words(testing.get("metric", "open_rate")), testing.get("winner")
    best = next((arm for arm in measured if arm.name == winner), None)
    evidence, reason = _evidence(testing), text(testing.get("reason"))
    if best is not None:
        rest = max((arm.rate for arm in measured if arm is not best), default=0.0)
        detail = f"Its {metric} was {percent(best.rate)}, against {percent(rest)}. {evidence}"
        return Verdict(f"{_named(best)} won.", detail.strip(), "won")
    compared = " · ".join(f"{_named(arm)} {percent(arm.rate)}" for arm in measured)
    if testing.get("outcome") == "no_difference":
        headline = "No winner: the variants did about equally well."
    elif closed:
        headline = "The test could not name a winner."
    else:
        headline = "It is too early to name a winner."
    return Verdict(headline, " ".join(filter(None, (f"{compared}.", reason or evidence))), "open")


def _evidence(testing: Result) -> str:
    comparison = first_comparison(testing)
    interval = comparison.get("interval")
    if not isinstance(interval, list | tuple) or len(interval) != 2:
        return ""
    sure = percent(testing.get("confidence_level", 0.95), 0)
    low, high = (points(bound).removesuffix(" points") for bound in interval)
    gap = points(comparison.get("difference"))
    return f"The difference is {gap} ({sure} interval {low} to {high})."


def _of_metrics(result: Result) -> Verdict:
    metrics = part(result, "performance_metrics")
    against = part(result, "performance_analysis", "benchmark_comparison")
    change = number_of(against.get("open_rate_vs_benchmark"))
    opened, clicked = percent(metrics.get("open_rate")), percent(metrics.get("click_rate"))
    detail = f"{counted(metrics.get('sent_count'), 'person')} were sent it."
    if change is not None:
        detail += f" Opens are {signed_percent(change)} against the benchmark."
    return Verdict(f"{opened} opened, {clicked} clicked.", detail, "level")


def _named(arm: Measured) -> str:
    return f"“{arm.value}”" if arm.value else f"Variant {arm.name}"
