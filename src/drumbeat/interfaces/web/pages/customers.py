"""Customers: what they are worth, which groups they form, how they move, what they will do.

Everything here is worked out beside the request (`answer_desk`) and shown with its age.
"""

from collections.abc import Callable, Hashable
from typing import TypeVar

from starlette.responses import Response

from drumbeat.interfaces.web.answer_desk import Asked
from drumbeat.interfaces.web.pattern_view import groups_view, journey_view, likely_view
from drumbeat.interfaces.web.visits import Visit
from drumbeat.interfaces.web.worth_view import Leaving, Worth, worth_view
from drumbeat.kit.actor import Scope
from drumbeat.marketing.audience import (
    Deed,
    contact_id_of,
    foretell_audience,
    group_audience,
    score_audience,
    trace_audience,
    value_audience,
)

YEAR, MOMENTS = 365, 13
STEPS = (7, 30, 90)
HORIZONS = (7, 30, 90)

T = TypeVar("T")


def show_worth(visit: Visit) -> Response:
    """The named segments, and a forecast of the coming year beside plain recency."""
    asked = _asked(
        visit,
        "worth",
        lambda: worth_view(score_audience(visit.look), value_audience(visit.look, YEAR)),
    )
    return visit.page("customers_worth.html", asked=asked, leaving=_leaving(visit, asked.answer))


def show_groups(visit: Visit) -> Response:
    """Groups of people who behave alike, and how much of a group they are."""
    asked = _asked(visit, "groups", lambda: groups_view(group_audience(visit.look)))
    return visit.page("customers_groups.html", asked=asked)


def show_journey(visit: Visit) -> Response:
    """Who moved from stage to stage, as a picture and as rates and times."""
    step = _chosen(visit, "step", STEPS, 30)
    asked = _asked(
        visit, ("journey", step), lambda: journey_view(trace_audience(visit.look, step, MOMENTS))
    )
    return visit.page("customers_journey.html", asked=asked, step=step, steps=STEPS)


def show_likely(visit: Visit) -> Response:
    """How many will buy, click or unsubscribe, and how such a forecast did before."""
    wanted, horizon = visit.query("deed"), _chosen(visit, "horizon", HORIZONS, 30)
    deed = Deed(wanted) if wanted in set(Deed) else Deed.BUY
    asked = _asked(
        visit,
        ("likely", deed, horizon),
        lambda: likely_view(foretell_audience(visit.look, deed, horizon)),
    )
    return visit.page(
        "customers_likely.html",
        asked=asked,
        deed=deed,
        deeds=list(Deed),
        horizon=horizon,
        horizons=HORIZONS,
    )


def _asked(visit: Visit, question: Hashable, work: Callable[[], T]) -> Asked[T]:
    """By what the facts are now, and the day: both move every answer here."""
    visit.actor.require(Scope.AUDIENCE_READ)
    with visit.look() as department:
        revision, now = department.facts.revision, department.office.clock()
    return visit.source.answers.ask(question, (revision, now.date()), now, work)


def _chosen(visit: Visit, name: str, offered: tuple[int, ...], otherwise: int) -> int:
    """One of those that are offered, so that nobody can ask for ever more answers to be kept."""
    wanted = visit.query(name)
    return next((each for each in offered if str(each) == wanted), otherwise)


def _leaving(visit: Visit, worth: Worth | None) -> list[tuple[str, str, Leaving]]:
    """Their pages and addresses as they are now: an answer keeps numbers, not people."""
    if worth is None or worth.forecast is None:
        return []
    by_number = {each.contact_no: each for each in worth.forecast.leaving}
    with visit.look() as department:
        people = department.buyers.list_people(sorted(by_number))
        keys = department.office.keys
    known = {each.contact_no: each.address for each in people}
    return [
        (contact_id_of(number, keys), known[number], each)
        for number, each in by_number.items()
        if number in known
    ]
