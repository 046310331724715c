"""The house's topics: what people can choose, added and put into other words."""

from starlette.responses import Response

from drumbeat.interfaces.web.forms import text
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.errors import Conflict, InvalidInput

_AT = "/audience/topics"


def list_topics(visit: Visit) -> Response:
    return _shown(visit)


def add_topic(visit: Visit) -> Response:
    form = visit.form()
    draft = {name: text(form, name) for name in ("name", "description")}
    try:
        with visit.begin() as department:
            department.topics.add_topic(draft["name"], description=draft["description"])
    except InvalidInput as error:
        return _shown(visit, 422, {error.field: str(error)}, draft)
    except Conflict as error:
        return _shown(visit, 409, {"name": str(error)}, draft)
    return visit.go(_AT, "topic-added")


def change_topic(visit: Visit) -> Response:
    form = visit.form()
    offered = {"1": True, "0": False}.get(text(form, "offered"))
    with visit.begin() as department:
        department.topics.change_topic(visit.path("key"), offered=offered)
    return visit.go(_AT, "topic-changed")


def _shown(
    visit: Visit,
    status: int = 200,
    wrong: dict[str, str] | None = None,
    draft: dict[str, str] | None = None,
) -> Response:
    with visit.look() as department:
        topics = department.topics.list_topics()
    draft = draft or {"name": "", "description": ""}
    return visit.page("topics.html", status, topics=topics, wrong=wrong or {}, draft=draft)
