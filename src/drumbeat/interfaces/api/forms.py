"""REST: /forms, the public forms by which people sign up."""

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.paging import Cursor, Limit, page_of
from drumbeat.interfaces.api.shape import Instant, NextCursor, Shape
from drumbeat.interfaces.api.strict import Strict
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import WORDING, SignupForm, show_form
from drumbeat.marketing.department import Department

router = APIRouter(prefix="/forms", tags=["audience"])


class FormRequest(Strict):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "The garden letter", "topics": ["marketing"]}]}
    )

    name: str = Field(max_length=120, description="As readers see it.")
    topics: list[str] = Field(min_length=1, max_length=200, description="Keys of topics.")
    wording: str = Field(WORDING, max_length=4000, description="What a yes says; kept with it.")
    double: bool = Field(True, description="Nobody is subscribed before they confirmed by mail.")


class FormChange(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"open": False}]})

    name: str | None = Field(None, max_length=120)
    topics: list[str] | None = Field(None, max_length=200)
    wording: str | None = Field(None, max_length=4000)
    double: bool | None = None
    open: bool | None = Field(None, description="A closed form takes nobody in.")


class FormView(Shape):
    form_id: str
    name: str
    topics: list[str]
    wording: str
    double: bool
    open: bool
    url: str = Field(description="Where the form is; it can be linked to as it is.")
    html: str = Field(description="The same form for a page of your own.")
    created_at: Instant


class FormPage(Shape):
    forms: list[FormView]
    next_cursor: NextCursor


@router.get("", response_model=FormPage)
def list_forms(caller: Caller, cursor: Cursor = None, limit: Limit = 500) -> JsonObject:
    """Every sign-up form with its address, the oldest first."""
    with caller.look() as department:
        listed = department.forms.list_forms()
        page, following = page_of(listed, cursor, limit, lambda each: each.id)
        return {"forms": [_form(department, each) for each in page], "next_cursor": following}


@router.post("", status_code=201, response_model=FormView)
def add_form(request: FormRequest, caller: Caller) -> JsonObject:
    """A public form. Confirmation mail of a double one is sent in your name."""
    with caller.begin() as department:
        added = department.forms.add_form(
            request.name, request.topics, wording=request.wording, double=request.double
        )
        return _form(department, added)


@router.put("/{form_id}", response_model=FormView)
def change_form(form_id: str, request: FormChange, caller: Caller) -> JsonObject:
    """Other words or topics, or closed; what people said yes to stays as it was."""
    told = request.model_dump(exclude={"open"})
    with caller.begin() as department:
        changed = department.forms.change_form(form_id, **told, open_=request.open)
        return _form(department, changed)


def _form(department: Department, form: SignupForm) -> JsonObject:
    topics, public_url = department.topics.list_topics(), department.office.public_url
    shown = show_form(form, topics, public_url)
    return {
        "form_id": form.id,
        "name": form.name,
        "topics": list(form.topics),
        "wording": form.wording,
        "double": form.double,
        "open": form.open,
        "url": shown.url,
        "html": shown.html,
        "created_at": form.created_at.isoformat(),
    }
