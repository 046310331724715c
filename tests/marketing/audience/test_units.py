"""A unit takes as many rows as fit into its time on this machine, now."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.bootstrap import Drumbeat
from drumbeat.marketing.audience import ImportOptions, ImportUnit, import_contacts
from drumbeat.marketing.audience.units import LEAST_ROWS, MOST_SECONDS, UnitSize
from tests.conftest import MARIA


@settings(deadline=None)
@given(seconds_a_row=st.floats(1e-6, 1e-3), start=st.integers(1, 2000))
def test_whatever_a_row_takes_the_third_unit_is_no_longer_than_it_may_be(
    seconds_a_row: float, start: int
) -> None:
    size = UnitSize(start)
    for _ in range(2):
        size.learn(size.rows, size.rows * seconds_a_row)
    assert size.rows * seconds_a_row <= MOST_SECONDS or size.rows <= LEAST_ROWS
    assert 1 <= size.rows <= start


def test_once_the_machine_is_quick_again_units_grow_back() -> None:
    size = UnitSize(500)
    size.learn(500, 0.2)
    assert size.rows == 62
    for _ in range(20):
        size.learn(size.rows, 0.01)
    assert size.rows == 500


def test_a_last_short_unit_teaches_nothing() -> None:
    size = UnitSize(500)
    size.learn(500, 0.2)
    size.learn(3, 0.001)
    assert size.rows == 62


def test_an_import_on_a_slow_machine_merges_everybody_in_small_units(house: Drumbeat) -> None:
    units, now = [0], [0.0]

    @contextmanager
    def begin() -> Iterator[ImportUnit]:
        units[0] += 1
        with house.begin(MARIA) as department:
            yield department

    def real() -> float:
        now[0] += 0.1
        return now[0]

    rows = "".join(f"reader{number}@example.com\n" for number in range(1200))
    source = io.BytesIO(f"email\n{rows}".encode())
    report = import_contacts(begin, source, ImportOptions(), real=real)
    assert report.added == 1200
    assert units[0] > 1200 / 125
