"""The copy of everybody's attributes: narrow in memory, the same answers, nothing left behind."""

import numpy as np
import pytest

from drumbeat.marketing.audience.mirror import Mirror, MirrorDraft, MirrorRow, empty_mirror
from drumbeat.marketing.audience.rule_tree import HasAttribute, Op
from drumbeat.marketing.audience.rule_tree.values import number_mask, number_test


def mirror_of(*said: object, before: Mirror | None = None) -> Mirror:
    draft = MirrorDraft(before or empty_mirror(), len(said) + 1)
    draft.put([MirrorRow(no, 1, {"x": value}) for no, value in enumerate(said, 1)])
    return draft.done(0, 0)


def test_columns_are_as_narrow_as_loses_nothing() -> None:
    few = mirror_of("a", "b", 3, 2.5).columns["x"]
    assert few.codes.dtype == np.int8
    assert few.numbers is not None
    assert few.numbers.dtype == np.float32
    exact = mirror_of(0.1, 2**53).columns["x"].numbers
    assert exact is not None
    assert exact.dtype == np.float64
    many = mirror_of(*(f"word {n}" for n in range(200))).columns["x"]
    assert many.codes.dtype == np.int16


@pytest.mark.parametrize("op", [Op.IS, Op.AT_LEAST, Op.AT_MOST, Op.ABOVE, Op.BELOW])
@pytest.mark.parametrize("width", [np.float32, np.float64])
def test_narrow_numbers_are_compared_as_wide_ones(op: Op, width: type[np.floating]) -> None:
    near = [0.1, float(np.float32(0.1)), 16_777_216.0, 16_777_217.0, 1e300, -0.0, 40.0, np.inf]
    with np.errstate(over="ignore"):
        stored = np.array([*near, np.nan]).astype(width)
    for value in near[:-1]:
        leaf = HasAttribute("x", op, (value,))
        expected = [number_test(leaf, float(x)) if x == x else False for x in stored]
        assert number_mask(leaf, stored).tolist() == expected, value


def test_what_nobody_says_any_more_is_gone_from_the_copy() -> None:
    before = mirror_of("secret", "open", 5)
    after = mirror_of("open", "open", None, before=before)
    assert after.columns["x"].texts == ("open",)
    assert after.columns["x"].numbers is None
    draft = MirrorDraft(after, 4)
    draft.forget(np.array([1, 2]))
    assert dict(draft.done(0, 0).columns) == {}
    assert before.columns["x"].texts == ("secret", "open")
