"""The drawings of the result page: small SVG without words, colour or script of its own.

Widths are percentages of whatever room the page gives, so nothing is stretched on a phone; colour
comes from the stylesheet by class; the words around a drawing are HTML. Pure functions of numbers.
"""

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10
from typing import NamedTuple

from markupsafe import Markup

CURVE_WIDTH, CURVE_HEIGHT = 1000.0, 200.0


def bar(share: float, label: str, css: str = "bar") -> Markup:
    """One horizontal bar on its track; `share` of 0 to 1."""
    fill = f'<rect class="fill" width="{_percent(share)}" height="100%" rx="3"/>'
    track = '<rect class="track" width="100%" height="100%" rx="3"/>'
    return _svg(css, label, track + (fill if share > 0 else ""))


class Axis(NamedTuple):
    """Both ends, and the even distance between marks that are round numbers."""

    low: float
    high: float
    step: float

    @property
    def marks(self) -> list[float]:
        return [
            self.low + n * self.step for n in range(round((self.high - self.low) / self.step) + 1)
        ]


def intervals(low: float, rate: float, high: float, axis: Axis, label: str) -> Markup:
    """A rate with its interval on a shared axis: whisker, ends, dot, and the axis' marks."""
    left, middle, right = (_percent(_place(value, axis)) for value in (low, rate, high))
    ruled = (_percent(_place(mark, axis)) for mark in axis.marks)
    marks = "".join(f'<line class="mark" x1="{x}" x2="{x}" y1="0" y2="100%"/>' for x in ruled) + (
        '<line class="axis" x1="0" x2="100%" y1="50%" y2="50%"/>'
        f'<line class="whisker" x1="{left}" x2="{right}" y1="50%" y2="50%"/>'
        f'<line class="end" x1="{left}" x2="{left}" y1="28%" y2="72%"/>'
        f'<line class="end" x1="{right}" x2="{right}" y1="28%" y2="72%"/>'
        f'<circle class="dot" cx="{middle}" cy="50%" r="7"/>'
    )
    return _svg("interval", label, marks)


def axis_of(bounds: Sequence[float]) -> Axis:
    """A shared axis that ends at round numbers; never of zero length, never below 0."""
    lowest, highest = min(bounds), max(bounds)
    wanted = max(highest - lowest, 0.004) / 4
    power = 10.0 ** floor(log10(wanted))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= wanted)
    low, high = floor(lowest / step) * step, ceil(highest / step) * step
    # Dividing and multiplying again may miss a bound by a hair.
    return Axis(max(0.0, min(low, lowest)), max(high, highest, low + step), step)


def stack(parts: Sequence[tuple[str, float]], label: str) -> Markup:
    """One bar cut into shares, left to right; each part has a class and an amount."""
    total = sum(amount for _, amount in parts) or 1.0
    drawn, start = [], 0.0
    for css, amount in parts:
        if amount > 0:
            x, width = _percent(start / total), _percent(amount / total)
            drawn.append(f'<rect class="{escape(css)}" x="{x}" width="{width}" height="100%"/>')
        start += amount
    return _svg("stack", label, "".join(drawn))


def curve(series: Sequence[tuple[str, Sequence[float]]], top: float, label: str) -> Markup:
    """Values over time as filled lines on one scale from 0 to `top`."""
    grid = "".join(
        f'<line class="grid" x1="0" x2="{CURVE_WIDTH:g}" y1="{y:g}" y2="{y:g}"/>'
        for y in (0.0, CURVE_HEIGHT / 2, CURVE_HEIGHT)
    )
    shapes = "".join(_area(css, values, top) for css, values in series if values)
    box = f'viewBox="0 0 {CURVE_WIDTH:g} {CURVE_HEIGHT:g}" preserveAspectRatio="none"'
    return _svg("curve", label, grid + shapes, box)


def round_top(highest: float) -> float:
    """The next round number an axis can end at: 1, 2, 4, 5 or 10 times a power of ten."""
    if highest <= 0:
        return 1.0
    power = 1.0
    while power * 10 <= highest:
        power *= 10
    return next(step * power for step in (1, 2, 4, 5, 10) if step * power >= highest)


def _area(css: str, values: Sequence[float], top: float) -> str:
    step = CURVE_WIDTH / max(len(values) - 1, 1)
    spots = [
        f"{i * step:.1f},{CURVE_HEIGHT * (1 - min(value / top, 1)):.1f}"
        for i, value in enumerate(values)
    ]
    line = " ".join(spots)
    last = (len(values) - 1) * step
    under = f"0,{CURVE_HEIGHT:g} {line} {last:.1f},{CURVE_HEIGHT:g}"
    name = escape(css)
    return f'<polygon class="under {name}" points="{under}"/>' + (
        f'<polyline class="line {name}" points="{line}"/>'
    )


def _svg(css: str, label: str, inner: str, extra: str = "") -> Markup:
    named = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return Markup(f'<svg class="{escape(css)}" {named} {extra}>{inner}</svg>')


def _place(value: float, axis: Axis) -> float:
    return (value - axis.low) / (axis.high - axis.low)


def _percent(share: float) -> str:
    return f"{min(max(share, 0.0), 1.0) * 100:.2f}%"
