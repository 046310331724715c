"""The workflow's answer as a person reads it in a terminal."""

import sys
from collections.abc import Iterator, Mapping
from typing import cast

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from drumbeat.interfaces.cli.moments import moment
from drumbeat.interfaces.sdk.client import JsonObject

BAR = 28


def print_report(answer: JsonObject) -> None:
    """Print what happened and what to do next; figures that were not measured show a dash."""
    Console(file=sys.stdout, highlight=False).print(Group(*_parts(answer)))


def _parts(answer: JsonObject) -> Iterator[RenderableType]:
    campaign = _of(answer, "campaign")
    label = "   [yellow]simulated market[/]" if answer.get("simulated") else ""
    yield Text.from_markup(
        f"\n[bold]{_plain(campaign['name'])}[/]   {campaign['status']}   "
        f"[dim]{campaign['campaign_id']}[/]{label}"
    )
    if answer.get("trouble"):
        yield Text.from_markup(f"[red]Trouble: {_plain(answer['trouble'])}[/]")
    if answer.get("approval_id"):
        yield Panel(
            f"Waits for approval {answer['approval_id']}:\n"
            f"{_plain(answer['approval_effect'])}.\n"
            f"Say yes with: drumbeat campaigns approve {campaign['campaign_id']}"
        )
    yield _segments(_of(answer, "segmentation"))
    yield from _results(answer)
    yield from _ledger(_of(answer, "ledger"))
    yield Text(f"\nas of {moment(answer['as_of'])}", style="dim")


def _segments(segmentation: Mapping[str, object]) -> Table:
    table = _table("Segments", "segment", "subscribers", "engaged")
    for row in cast(list[Mapping[str, object]], segmentation["segment_details"]):
        count, rate = row["subscriber_count"], row["engagement_rate"]
        table.add_row(_plain(row["name"]), f"{count:,}", _percent(rate))
    return table


def _results(answer: JsonObject) -> Iterator[RenderableType]:
    headline = _of(answer, "performance_metrics")
    if headline["sent_count"] is None:
        yield Text("\nNothing was sent yet.")
        return
    analysis = _of(answer, "performance_analysis")
    yield _funnel(cast(list[Mapping[str, object]], answer["funnel"]))
    left_out = cast(list[Mapping[str, object]], answer["left_out"])
    if left_out:
        yield _machines(left_out)
    yield _headline(headline, analysis)
    test = _of(answer, "ab_testing")
    if test.get("enabled") and test.get("arms"):
        yield _experiment(test)
    yield Text.from_markup("\n[bold]What to do next[/]")
    for advice in cast(list[Mapping[str, object]], analysis["recommendations"]):
        yield Text(f"  • {advice['text']}")


def _funnel(steps: list[Mapping[str, object]]) -> Table:
    table = _table("Funnel", "step", "people", "of sent", "")
    for step in steps:
        share = step["share"]
        bar = "█" * round(BAR * share) if isinstance(share, float) else ""
        table.add_row(_plain(step["name"]), f"{step['n']:,}", _percent(share), f"[cyan]{bar}[/]")
    return table


def _machines(left_out: list[Mapping[str, object]]) -> Table:
    table = _table("Machines, in no rate", "what", "recipients", "because")
    for row in left_out:
        table.add_row(_plain(row["kind"]), f"{row['recipients']:,}", _plain(row["why"]))
    return table


def _headline(headline: Mapping[str, object], analysis: Mapping[str, object]) -> Table:
    compared = _of(analysis, "benchmark_comparison")
    earned = _of(analysis, "revenue_analysis")
    table = _table("Result", "figure", "value", "against the reference value")
    rows = (
        ("open rate", _percent(headline["open_rate"]), compared["open_rate_vs_benchmark"]),
        ("click rate", _percent(headline["click_rate"]), compared["click_rate_vs_benchmark"]),
        ("conversion rate", _percent(headline["conversion_rate"]), None),
    )
    for name, value, versus in rows:
        table.add_row(name, value, "–" if versus is None else f"{versus:+.0f} %")
    revenue, roi = headline["revenue_generated"], earned["roi"]
    table.add_row("revenue", "–" if revenue is None else f"{revenue:,.2f} {earned['currency']}")
    table.add_row("return on cost", "–" if roi is None else f"{roi:,.0f} %")
    table.add_row("grade", _plain(compared["performance_grade"]), _plain(compared["source"]))
    return table


def _experiment(test: Mapping[str, object]) -> RenderableType:
    metric = str(test["metric"]).replace("_", " ")
    table = _table(f"Test of the {str(test['element']).replace('_', ' ')}", "arm", metric, "words")
    arms = cast(list[Mapping[str, object]], test["arms"])
    rates = _arm_rates(cast(list[Mapping[str, object]], test.get("comparisons") or []))
    for arm in arms:
        won = " [green]winner[/]" if arm["name"] == test["winner"] else ""
        shown = _percent(rates.get(str(arm["name"])))
        table.add_row(f"{arm['name']}{won}", shown, _plain(arm["value"])[:70])
    return Group(table, *(Text(f"  {line}") for line in _differences(test)))


def _arm_rates(comparisons: list[Mapping[str, object]]) -> dict[str, object]:
    rates: dict[str, object] = {}
    for row in comparisons:
        rates[str(row["control"])] = row.get("control_rate")
        rates[str(row["treatment"])] = row.get("treatment_rate")
    return rates


def _differences(test: Mapping[str, object]) -> Iterator[str]:
    for row in cast(list[Mapping[str, object]], test.get("comparisons") or []):
        difference, interval = row.get("difference"), row.get("interval")
        if isinstance(difference, float) and isinstance(interval, list):
            yield (
                f"{row['treatment']} − {row['control']}: {100 * difference:+.2f} points, interval "
                f"{100 * interval[0]:+.2f} to {100 * interval[1]:+.2f}, p = {row['p_value']:.4f} "
                f"({row['method']})"
            )
    yield f"{_plain(test.get('outcome'))}: {_plain(test.get('reason'))}"


def _ledger(ledger: Mapping[str, object]) -> Iterator[RenderableType]:
    if not ledger["frozen"]:
        return
    states = _of(ledger, "states")
    table = _table("Ledger", *states, "frozen audience")
    table.add_row(*(f"{n:,}" for n in states.values()), f"{ledger['frozen']:,}")
    yield table
    for reason, n in sorted(_of(ledger, "reasons").items(), key=lambda row: -int(str(row[1])))[:6]:
        yield Text(f"  {n:,} × {reason}", style="dim")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=f"\n{title}", title_justify="left", box=None, pad_edge=False)
    table.title_style = "bold"
    for number, column in enumerate(columns):
        numeric = 0 < number < 3
        table.add_column(column, justify="right" if numeric else "left", header_style="dim")
    return table


def _percent(value: object) -> str:
    return f"{100 * value:.2f} %" if isinstance(value, float | int) else "–"


def _plain(value: object) -> str:
    """Text that came from outside, with rich's own markup taken literally."""
    from rich.markup import escape

    return "–" if value is None else escape(str(value))


def _of(answer: Mapping[str, object], key: str) -> Mapping[str, object]:
    part = answer[key]
    assert isinstance(part, Mapping)
    return part
