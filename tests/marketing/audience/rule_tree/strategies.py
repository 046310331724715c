"""Random rules over a small world, so that leaves often hold for somebody."""

from hypothesis import strategies as st

from drumbeat.marketing.audience.rule_tree import (
    All,
    Allows,
    AnyOf,
    Did,
    Event,
    HasAttribute,
    InCell,
    InSegment,
    Not,
    OfLast,
    Op,
    Permit,
    Rule,
    Score,
    Scored,
)
from drumbeat.marketing.audience.rule_tree.tree import ANSWERS, ORDERED

KEYS = ("country", "age", "joined", "vip")
VALUES: st.SearchStrategy[str | int | float | bool] = st.one_of(
    st.sampled_from(["DE", "de", "Österreich", "STRASSE", "straße", "5", "2026-03-01", "true"]),
    st.integers(-2, 6),
    st.sampled_from([2.5, 0.1, -0.0, 5.0, 1e12]),
    st.booleans(),
    st.sampled_from(["2026-01-15", "2025-12-31T10:00:00Z", "2026", "no"]),
)
CELLS = ("555", "111", "Champions", "Lost", "New Customers")


def attributes() -> st.SearchStrategy[Rule]:
    name = st.sampled_from(KEYS)
    said = VALUES.filter(lambda value: not isinstance(value, bool))
    one = st.builds(
        lambda key, op, value: HasAttribute(key, op, (value,)),
        name,
        st.sampled_from([Op.IS, Op.CONTAINS, Op.STARTS_WITH, *ORDERED]),
        said,
    )
    flag = st.builds(lambda key, value: HasAttribute(key, Op.IS, (value,)), name, st.booleans())
    several = st.builds(
        lambda key, values: HasAttribute(key, Op.ONE_OF, tuple(values)),
        name,
        st.lists(VALUES, min_size=1, max_size=3),
    )
    return st.one_of(one, flag, several, st.builds(HasAttribute, name, st.just(Op.KNOWN)))


def deeds() -> st.SearchStrategy[Rule]:
    def did(event: Event, least: int, more: int | None, days: int | None, where: bool) -> Rule:
        most = None if more is None else least + more
        if least == 0 and most is None:
            least = 1
        return Did(event, least, most, days, (("category", "Shoes"),) if where else ())

    events = st.sampled_from([Event.SENT, Event.OPENED, Event.CLICKED, Event.PURCHASED])
    often = st.one_of(st.none(), st.integers(0, 2))
    days = st.one_of(st.none(), st.sampled_from([1, 30, 400]))
    last = st.integers(1, 4).flatmap(
        lambda n: st.builds(OfLast, st.sampled_from(ANSWERS), st.integers(1, n), st.just(n))
    )
    return st.one_of(st.builds(did, events, st.integers(0, 3), often, days, st.booleans()), last)


def scores() -> st.SearchStrategy[Rule]:
    return st.builds(
        Scored,
        st.sampled_from(Score),
        st.sampled_from(ORDERED),
        st.sampled_from([0.0, 0.3, 1.0, 3.0, 5.0, 40.0]),
    )


def leaves(segments: tuple[str, ...]) -> st.SearchStrategy[Rule]:
    return st.one_of(
        attributes(),
        deeds(),
        scores(),
        st.builds(Allows, st.sampled_from(Permit)),
        st.lists(st.sampled_from(CELLS), min_size=1, max_size=2).map(lambda c: InCell(tuple(c))),
        st.builds(InSegment, st.sampled_from(segments)),
    )


def rules(segments: tuple[str, ...] = ("Portugal",)) -> st.SearchStrategy[Rule]:
    return st.recursive(
        leaves(segments),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
            st.builds(Not, inner),
        ),
        max_leaves=6,
    )
