"""Home: what needs you, or somebody else, what runs now, how the last campaigns went."""

from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from drumbeat.interfaces.web.glance import RUNNING, Line, list_lines
from drumbeat.interfaces.web.result_page import result_page
from drumbeat.interfaces.web.source import patient
from drumbeat.interfaces.web.visits import Visit
from drumbeat.interfaces.web.wording import count, counted
from drumbeat.kit.actor import Scope
from drumbeat.marketing.campaigns import State

LOOKED_THROUGH = 30
MOST_LINES = 6
"""Of each list: whoever has more to decide looks at the campaigns' own page."""
_SHOWN = (*RUNNING, State.AWAITING_APPROVAL, State.DRAFT, State.PLANNED)


@dataclass(frozen=True)
class Home:
    headline: str
    needs: list[Line]
    others: list[Line]
    running: list[Line]
    figures: list[tuple[str, str]]
    further: int
    as_of: datetime | None


def show_home(visit: Visit) -> Response:
    with visit.look() as department:
        recent = department.campaigns.list_(limit=LOOKED_THROUGH)
        lines = list_lines(department, [each for each in recent if each.state in _SHOWN])
        results = visit.source.list_results(department)
        figures, as_of = [], None
        if visit.may(Scope.AUDIENCE_READ):
            people = patient(department).audience.count_audience()
            figures = [
                ("People known", count(people.contacts)),
                ("May be mailed", count(people.subscribers)),
                ("Segments", count(people.segments)),
            ]
            as_of = people.as_of
    stopped = [line for line in lines if line.wants or line.trouble]
    needs = [line for line in stopped if line.yours]
    others = [line for line in stopped if not line.yours]
    running = [line for line in lines if line not in stopped]
    shown_of = (needs[:MOST_LINES], others[:MOST_LINES], running[:MOST_LINES])
    further = len(lines) - sum(map(len, shown_of))
    home = Home(_headline(needs, running), *shown_of, figures, further, as_of)
    shown = [shown for shown in map(result_page, results) if shown.sent]
    return visit.page("home.html", home=home, results=shown, empty=not (recent or results))


def _headline(needs: list[Line], running: list[Line]) -> str:
    if needs:
        return f"{counted(len(needs), 'campaign')} need{'s' if len(needs) == 1 else ''} you."
    if running:
        return f"{counted(len(running), 'campaign')} on the way; nothing waits for you."
    return "Nothing waits for you."
