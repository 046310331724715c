"""A Sankey: who stood where at one moment, and where the same people stood at the next.

Pure functions of numbers. Every node is as tall as its people, on one scale for all moments;
ribbons leave and reach a node in the order of the rows, so that they cross as little as they must.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

WIDTH, HEIGHT = 1000.0, 460.0
HEAD, GAP, BAR, ROOM = 28.0, 26.0, 12.0, 118.0
"""Above the nodes, between two of them, a node's width, and what the last labels need."""

Amounts = Sequence[int]


@dataclass(frozen=True)
class Node:
    """One row's people at one moment; `top` and `height` in the drawing's units."""

    moment: int
    row: int
    people: int
    top: float
    height: float


@dataclass(frozen=True)
class Ribbon:
    """`left` and `right` are where its upper edge leaves and arrives."""

    moment: int
    came: int
    went: int
    people: int
    left: float
    right: float
    height: float


@dataclass(frozen=True)
class Layout:
    nodes: tuple[Node, ...]
    ribbons: tuple[Ribbon, ...]
    moments: int


def lay_out(standing: Sequence[Amounts], moves: Sequence[Sequence[Amounts]]) -> Layout:
    """`standing[moment][row]` people, and `moves[moment][came][went]` of them to the next moment.

    Who arrives between two moments makes a node taller than what flows into it. Raises ValueError
    unless there is one step less than moments.
    """
    if len(moves) != len(standing) - 1:
        raise ValueError("A Sankey takes one step less than moments.")
    rows = max((len(each) for each in standing), default=0)
    most = max((sum(each) for each in standing), default=0) or 1
    scale = (HEIGHT - HEAD - GAP * max(rows - 1, 0)) / most
    nodes = [_column(moment, amounts, scale) for moment, amounts in enumerate(standing)]
    ribbons = [
        ribbon
        for moment, step in enumerate(moves)
        for ribbon in _step(moment, step, nodes[moment], nodes[moment + 1], scale)
    ]
    return Layout(tuple(n for each in nodes for n in each), tuple(ribbons), len(standing))


def _column(moment: int, amounts: Amounts, scale: float) -> list[Node]:
    nodes, top = [], HEAD
    for row, people in enumerate(amounts):
        nodes.append(Node(moment, row, people, top, people * scale))
        top += people * scale + GAP
    return nodes


def _step(
    moment: int, step: Sequence[Amounts], here: Sequence[Node], there: Sequence[Node], scale: float
) -> list[Ribbon]:
    left, right = [n.top for n in here], [n.top for n in there]
    ribbons = []
    for came, row in enumerate(step):
        for went, people in enumerate(row):
            height = people * scale
            if people:
                ribbons.append(Ribbon(moment, came, went, people, left[came], right[went], height))
            left[came] += height
            right[went] += height
    return ribbons


def draw(
    layout: Layout, rows: Sequence[tuple[str, str]], heads: Sequence[str], label: str
) -> Markup:
    """`rows` are (class, name) of each row, `heads` stand above the moments."""
    inner = [_ribbon(each, layout.moments, rows) for each in layout.ribbons]
    inner += [_node(each, layout.moments, rows) for each in layout.nodes if each.people]
    last = layout.moments - 1
    for moment, head in enumerate(heads):
        anchor = "start" if moment == 0 else "middle" if moment < last else "end"
        x = _x(moment, layout.moments) + {"start": 0.0, "middle": BAR / 2, "end": BAR}[anchor]
        inner.append(
            f'<text class="when" x="{x:.1f}" y="12" text-anchor="{anchor}">{escape(head)}</text>'
        )
    box = f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
    named = f'role="img" aria-label="{escape(label)}"'
    return Markup(f'<svg class="sankey" {named} {box}>{"".join(inner)}</svg>')


def _x(moment: int, moments: int) -> float:
    return moment * (WIDTH - ROOM - BAR) / max(moments - 1, 1)


def _ribbon(each: Ribbon, moments: int, rows: Sequence[tuple[str, str]]) -> str:
    x1, x2 = _x(each.moment, moments) + BAR, _x(each.moment + 1, moments)
    middle, thick = (x1 + x2) / 2, max(each.height, 0.75)
    left, right = each.left, each.right
    path = (
        f"M{x1:.1f},{left:.1f} C{middle:.1f},{left:.1f} {middle:.1f},{right:.1f}"
        f" {x2:.1f},{right:.1f}"
        f" V{right + thick:.1f} C{middle:.1f},{right + thick:.1f} {middle:.1f},{left + thick:.1f}"
        f" {x1:.1f},{left + thick:.1f} Z"
    )
    (css, came), (_, went) = rows[each.came], rows[each.went]
    stays = " stays" if each.came == each.went else ""
    said = f"{came}: {each.people:,} stayed" if stays else f"{came} to {went}: {each.people:,}"
    return f'<path class="{escape(css)}{stays}" d="{path}"><title>{escape(said)}</title></path>'


def _node(each: Node, moments: int, rows: Sequence[tuple[str, str]]) -> str:
    x, (css, name) = _x(each.moment, moments), rows[each.row]
    bar = (
        f'<rect class="{escape(css)}" x="{x:.1f}" y="{each.top:.1f}" width="{BAR:g}" '
        f'height="{max(each.height, 1.5):.1f}" rx="2">'
        f"<title>{escape(name)}: {each.people:,}</title></rect>"
    )
    if each.moment < moments - 1:
        return bar
    y = each.top + each.height / 2
    return bar + (
        f'<text x="{x + BAR + 8:.1f}" y="{y + 4:.1f}"><tspan class="name">{escape(name)}</tspan>'
        f'<tspan class="people" dx="6">{each.people:,}</tspan></text>'
    )
