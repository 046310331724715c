"""A Sankey keeps everybody: what leaves a bar and what reaches the next is what was counted."""

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.interfaces.web import sankey

ROWS = [("stage-new", "New"), ("stage-active", "Active")]
MOVES = st.lists(
    st.lists(st.lists(st.integers(0, 900), min_size=3, max_size=3), min_size=3, max_size=3),
    min_size=1,
    max_size=4,
)


def test_bars_and_ribbons_are_as_tall_as_their_people() -> None:
    found = sankey.lay_out([[40, 60], [10, 110]], [[[10, 30], [0, 60]]])
    tall = {(n.moment, n.row): n.height for n in found.nodes}
    room = sankey.HEIGHT - sankey.HEAD - sankey.GAP
    assert tall[1, 1] == pytest.approx(room * 110 / 120)
    assert [(r.came, r.went, r.people) for r in found.ribbons] == [
        (0, 0, 10),
        (0, 1, 30),
        (1, 1, 60),
    ]
    assert found.ribbons[1].height == pytest.approx(room * 30 / 120)
    # The ribbon of those who became active leaves below those who stayed new.
    assert found.ribbons[1].left == pytest.approx(sankey.HEAD + room * 10 / 120)


@settings(deadline=None)
@given(MOVES)
def test_no_ribbon_leaves_its_bars_and_no_two_bars_touch(moves: list[list[list[int]]]) -> None:
    standing = [[sum(row) for row in moves[0]]]
    for at, step in enumerate(moves):
        arrived = [sum(row[went] for row in step) for went in range(3)]
        following = [sum(row) for row in moves[at + 1]] if at + 1 < len(moves) else arrived
        standing.append([max(pair) for pair in zip(arrived, following, strict=True)])
    found = sankey.lay_out(standing, moves)
    bars = {(n.moment, n.row): n for n in found.nodes}
    for each in found.ribbons:
        here, there = bars[each.moment, each.came], bars[each.moment + 1, each.went]
        assert here.top - 1e-6 <= each.left
        assert each.left + each.height <= here.top + here.height + 1e-6
        assert there.top - 1e-6 <= each.right
        assert each.right + each.height <= there.top + there.height + 1e-6
    for (moment, row), bar in bars.items():
        assert bar.top + bar.height <= sankey.HEIGHT + 1e-6
        if row:
            above = bars[moment, row - 1]
            assert bar.top == pytest.approx(above.top + above.height + sankey.GAP)


def test_the_drawing_says_who_moved_and_escapes_what_it_is_told() -> None:
    laid = sankey.lay_out([[4, 6], [1, 9]], [[[1, 3], [0, 6]]])
    drawing = sankey.draw(laid, [("a", "<New>"), ("b", "Active")], ["1 Jan", "31 Jan"], 'of "all"')
    root = ElementTree.fromstring(drawing)
    said = [title.text for title in root.iter("title")]
    assert "<New> to Active: 3" in said
    assert "Active: 6 stayed" in said
    assert "<New>: 1" in said
    assert root.attrib["aria-label"] == 'of "all"'
    assert [text.text for text in root.iter("text")][:2] != []


def test_nobody_makes_an_empty_drawing_and_a_missing_step_is_refused() -> None:
    empty = sankey.lay_out([[0, 0], [0, 0]], [[[0, 0], [0, 0]]])
    assert not empty.ribbons
    assert ElementTree.fromstring(sankey.draw(empty, ROWS, ["a", "b"], "nobody")).tag == "svg"
    with pytest.raises(ValueError, match="one step less"):
        sankey.lay_out([[1], [1]], [])
