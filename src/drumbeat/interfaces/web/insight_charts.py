"""The drawings of what the audience is: columns, moves up and down, forecast against what happened.

As in `charts`: pure functions of numbers, without words, colour or script of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

SQUARE, EDGE = 400.0, 8.0


@dataclass(frozen=True)
class Spot:
    """What was forecast of some people, what share did it, and its interval."""

    predicted: float
    observed: float
    low: float
    high: float


def columns(amounts: Sequence[tuple[str, float]], top: float, label: str) -> Markup:
    """Standing bars of (class, amount), left to right, on one scale from 0 to `top`."""
    wide = 100 / max(len(amounts), 1)
    bars = [
        f'<rect class="{escape(css)}" x="{at * wide + wide * 0.08:.2f}%" width="{wide * 0.84:.2f}%"'
        f' y="{100 - _share(amount, top):.2f}%" height="{_share(amount, top):.2f}%"/>'
        for at, (css, amount) in enumerate(amounts)
        if amount > 0
    ]
    return _svg("columns", label, "".join(bars) + _line("100%"))


def up_and_down(moves: Sequence[tuple[float, float]], top: float, label: str) -> Markup:
    """Who came above the line and who went below it, on one scale to `top` either way."""
    wide = 100 / max(len(moves), 1)
    drawn = []
    for at, (came, went) in enumerate(moves):
        x = f'x="{at * wide + wide * 0.15:.2f}%" width="{wide * 0.7:.2f}%"'
        up, down = _share(came, top) / 2, _share(went, top) / 2
        if up:
            drawn.append(f'<rect class="came" {x} y="{50 - up:.2f}%" height="{up:.2f}%"/>')
        if down:
            drawn.append(f'<rect class="went" {x} y="50%" height="{down:.2f}%"/>')
    return _svg("columns both-ways", label, "".join(drawn) + _line("50%"))


def calibration(spots: Sequence[Spot], top: float, label: str) -> Markup:
    """Forecast across, what happened upwards, both from 0 to `top`; on the line they agree."""
    low, high = _at(0, top), _at(top, top)
    inner = "".join(
        f'<line class="grid" x1="{low:g}" x2="{high:g}" y1="{y:.1f}" y2="{y:.1f}"/>'
        for y in (SQUARE - _at(top * part / 4, top) for part in range(5))
    )
    ends = f'x1="{low:g}" y1="{SQUARE - low:g}" x2="{high:g}" y2="{SQUARE - high:g}"'
    inner += f'<line class="even" {ends}/>'
    for spot in spots:
        x, y = _at(spot.predicted, top), SQUARE - _at(spot.observed, top)
        y1, y2 = SQUARE - _at(spot.low, top), SQUARE - _at(spot.high, top)
        inner += (
            f'<line class="whisker" x1="{x:.1f}" x2="{x:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"/>'
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="6"/>'
        )
    return _svg("calibration", label, inner, f'viewBox="0 0 {SQUARE:g} {SQUARE:g}"')


def _at(value: float, top: float) -> float:
    return EDGE + min(max(value / top, 0.0), 1.0) * (SQUARE - 2 * EDGE)


def _share(amount: float, top: float) -> float:
    return 100 * min(max(amount / top, 0.0), 1.0)


def _line(y: str) -> str:
    return f'<line class="base" x1="0" x2="100%" y1="{y}" y2="{y}"/>'


def _svg(css: str, label: str, inner: str, extra: str = "") -> Markup:
    named = f'role="img" aria-label="{escape(label)}"'
    return Markup(f'<svg class="{escape(css)}" {named} {extra}>{inner}</svg>')
