"""Sign-up forms: what each offers, where it is, and its HTML for a page of one's own."""

from starlette.datastructures import FormData
from starlette.responses import Response

from drumbeat.interfaces.web.forms import text
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.audience import WORDING, show_form

_AT = "/audience/forms"


def list_forms(visit: Visit) -> Response:
    return _shown(visit)


def add_form(visit: Visit) -> Response:
    form = visit.form()
    topics = _topics(form)
    draft = {"name": text(form, "name"), "wording": text(form, "wording")}
    double = text(form, "double") == "1"
    try:
        with visit.begin() as department:
            department.forms.add_form(
                draft["name"], topics, wording=draft["wording"], double=double
            )
    except InvalidInput as error:
        return _shown(visit, 422, {error.field: str(error)}, draft)
    return visit.go(_AT, "form-added")


def change_form(visit: Visit) -> Response:
    wanted = {"1": True, "0": False}.get(text(visit.form(), "open"))
    with visit.begin() as department:
        department.forms.change_form(visit.path("form_id"), open_=wanted)
    return visit.go(_AT, "form-changed")


def _topics(form: FormData) -> list[str]:
    return [each for each in form.getlist("topics") if isinstance(each, str)]


def _shown(
    visit: Visit,
    status: int = 200,
    wrong: dict[str, str] | None = None,
    draft: dict[str, str] | None = None,
) -> Response:
    with visit.look() as department:
        topics = department.topics.list_topics()
        forms = department.forms.list_forms()
        public_url = department.office.public_url
    rows = [show_form(form, topics, public_url) for form in forms]
    return visit.page(
        "forms.html",
        status,
        rows=rows,
        topics=topics,
        wrong=wrong or {},
        draft=draft or {"name": "", "wording": WORDING},
        hands=visit.may(Scope.AUDIENCE_WRITE) and visit.may(Scope.CAMPAIGNS_SEND),
    )
