"""Columns, moves up and down, and forecast against outcome: what is drawn, and where."""

from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.interfaces.web import insight_charts
from drumbeat.interfaces.web.insight_charts import Spot
from tests.interfaces.web.test_charts import marks

SHARES = st.floats(-1, 2, allow_nan=False)


def test_columns_stand_on_the_line_as_tall_as_their_share() -> None:
    drawn = marks(
        insight_charts.columns([("alive", 5), ("gone", 0), ("alive", 10)], 10, "x"), "rect"
    )
    assert [(each["y"], each["height"]) for each in drawn] == [
        ("50.00%", "50.00%"),
        ("0.00%", "100.00%"),
    ]


def test_who_came_stands_above_the_line_and_who_went_hangs_below() -> None:
    drawn = marks(insight_charts.up_and_down([(4, 2), (0, 0)], 4, "x"), "rect")
    assert [(each["class"], each["y"], each["height"]) for each in drawn] == [
        ("came", "0.00%", "50.00%"),
        ("went", "50%", "25.00%"),
    ]


def test_a_forecast_that_came_true_lies_on_the_line() -> None:
    drawing = insight_charts.calibration([Spot(0.2, 0.2, 0.1, 0.3)], 0.4, "x")
    (dot,) = marks(drawing, "circle")
    assert float(dot["cx"]) == insight_charts.SQUARE - float(dot["cy"])


@settings(deadline=None)
@given(SHARES, SHARES, SHARES)
def test_nothing_is_drawn_outside(said: float, did: float, low: float) -> None:
    drawing = insight_charts.calibration([Spot(said, did, low, did)], 0.5, "")
    for mark in [*marks(drawing, "circle"), *marks(drawing, "line")]:
        for name in ("cx", "cy", "x1", "x2", "y1", "y2"):
            assert 0 <= float(mark.get(name, 0)) <= insight_charts.SQUARE
    assert ElementTree.fromstring(insight_charts.columns([("a", did)], 0.5, "")).tag == "svg"
