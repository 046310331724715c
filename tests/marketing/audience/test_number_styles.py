"""A column's numbers are read in the style that the column writes, or stay as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.marketing.audience.number_styles import NumberStyle, read_number, style_of

PLAIN, COMMA, POINT = NumberStyle.PLAIN, NumberStyle.COMMA, NumberStyle.POINT


@pytest.mark.parametrize(
    ("cells", "style"),
    [
        (["1.234,50", "3,5", "12"], COMMA),
        (["3,5", "", "1.234"], COMMA),
        (["0,500", "1,234"], COMMA),
        (["1.234.567", "2"], COMMA),
        (["1,234.50", "3"], POINT),
        (["1,234,567", "3.5"], POINT),
        (["3.5", "1.25"], PLAIN),
        (["1.234", "2.500"], PLAIN),
        (["1,234", "2,500"], PLAIN),
        (["3,5", "3.5"], PLAIN),
        (["3,5", "n/a"], PLAIN),
        (["3,5", "007"], PLAIN),
        (["1,2,3", "3,5"], PLAIN),
        (["Ada", "Bob"], PLAIN),
        ([], PLAIN),
    ],
)
def test_a_style_is_taken_only_when_all_cells_fit_it_and_one_fits_no_other(
    cells: list[str], style: NumberStyle
) -> None:
    assert style_of(cells) is style
    assert style_of(reversed(cells)) is style


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("1.234,50", COMMA, 1234.5),
        ("-3,5", COMMA, -3.5),
        ("1.234", COMMA, 1234),
        ("1,234", COMMA, 1.234),
        ("1,234", POINT, 1234),
        ("1.234", PLAIN, 1.234),
        ("1,234", PLAIN, None),
        ("12.34,5", COMMA, None),
        ("007", COMMA, None),
        ("1.234,50 €", COMMA, None),
        ("\u0661\u066b\u0665", COMMA, None),
    ],
)
def test_a_cell_is_read_by_the_style_of_its_column_or_is_text(
    text: str, style: NumberStyle, value: float | None
) -> None:
    assert read_number(text, style) == value


@given(st.lists(st.decimals(-999_999, 999_999, places=2), min_size=1, max_size=20))
def test_amounts_written_with_comma_or_point_come_back_as_they_were(amounts: list[object]) -> None:
    pointed = [f"{amount:,.2f}" for amount in amounts]
    for sheet in (pointed, [each.translate({44: 46, 46: 44}) for each in pointed]):
        style = style_of(sheet)
        assert [read_number(each, style) for each in sheet] == [float(str(a)) for a in amounts]
