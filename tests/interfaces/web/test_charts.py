"""Drawings are plain functions of numbers: what is drawn, and where."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.interfaces.web import charts

SHARES = st.floats(-2, 3, allow_nan=False)


def marks(drawing: str, name: str) -> list[dict[str, str]]:
    return [dict(mark.attrib) for mark in ElementTree.fromstring(drawing) if mark.tag == name]


def test_a_bar_is_as_long_as_its_share() -> None:
    drawing = charts.bar(0.25, "Clicked: 25 %")
    (fill,) = [mark for mark in marks(drawing, "rect") if mark["class"] == "fill"]
    assert fill["width"] == "25.00%"
    assert 'aria-label="Clicked: 25 %"' in drawing


def test_a_bar_of_nobody_is_an_empty_track() -> None:
    assert [mark["class"] for mark in marks(charts.bar(0, ""), "rect")] == ["track"]


def test_an_interval_is_placed_on_the_shared_axis() -> None:
    drawing = charts.intervals(0.2, 0.25, 0.4, charts.Axis(0.0, 0.5, 0.1), "B")
    (whisker,) = [mark for mark in marks(drawing, "line") if mark["class"] == "whisker"]
    (dot,) = marks(drawing, "circle")
    assert (whisker["x1"], dot["cx"], whisker["x2"]) == ("40.00%", "50.00%", "80.00%")


@given(st.lists(st.floats(0, 1), min_size=1))
def test_an_axis_holds_every_bound_and_has_a_length(bounds: list[float]) -> None:
    low, high, _ = charts.axis_of(bounds)
    assert 0 <= low <= min(bounds)
    assert max(bounds) <= high
    assert low < high


def test_a_stack_is_cut_in_proportion_and_leaves_nothing_out() -> None:
    drawing = charts.stack([("sent", 90), ("failed", 0), ("suppressed", 10)], "")
    assert [(m["class"], m["x"], m["width"]) for m in marks(drawing, "rect")] == [
        ("sent", "0.00%", "90.00%"),
        ("suppressed", "90.00%", "10.00%"),
    ]


def test_a_stack_of_nothing_draws_nothing() -> None:
    assert not marks(charts.stack([], ""), "rect")


def test_a_curve_runs_from_left_to_right_and_touches_its_top() -> None:
    drawing = charts.curve([("opens", [0, 10, 5])], 10, "Opens")
    (line,) = marks(drawing, "polyline")
    assert line["points"] == "0.0,200.0 500.0,0.0 1000.0,100.0"


@pytest.mark.parametrize("values", [[], [7]])
def test_a_curve_of_too_few_points_still_draws(values: list[float]) -> None:
    assert ElementTree.fromstring(charts.curve([("opens", values)], 10, "")).tag == "svg"


@pytest.mark.parametrize(
    ("highest", "top"),
    [(0, 1), (1, 1), (3, 4), (9, 10), (41, 50), (388, 400), (1001, 2000), (0.5, 1)],
)
def test_an_axis_ends_at_a_round_number(highest: float, top: float) -> None:
    assert charts.round_top(highest) == top


@given(SHARES, SHARES)
def test_nothing_is_drawn_outside_or_unescaped(share: float, other: float) -> None:
    axis = charts.Axis(0, 1, 0.25)
    drawing = charts.bar(share, '<b onload="x">') + charts.intervals(share, other, share, axis, "")
    assert "<b" not in drawing
    assert all(0 <= float(number) <= 100 for number in re.findall(r"([-\d.]+)%", drawing))
    assert "style=" not in drawing
