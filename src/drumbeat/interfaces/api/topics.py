"""REST: /topics, the house's list; /contacts/{id}/choices, what one person said yes and no to."""

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.paging import Cursor, Limit, page_of
from drumbeat.interfaces.api.shape import Instant, NextCursor, Shape
from drumbeat.interfaces.api.strict import Strict
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import Asked, Choices, Topic, contact_no_of

router = APIRouter(tags=["audience"])
SOURCE = "api"


class TopicRequest(Strict):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Events", "description": "Where to meet us."}]}
    )

    name: str = Field(max_length=120, description="As readers see it.")
    key: str = Field("", max_length=60, description="Left out, it is made from the name.")
    description: str = Field("", max_length=500)
    offered: bool = Field(True, description="On sign-up forms and on each reader's own page.")


class TopicChange(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"offered": False}]})

    name: str | None = Field(None, max_length=120)
    description: str | None = Field(None, max_length=500)
    offered: bool | None = None


class ChoicesRequest(Strict):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "topics": {"garden-tips": True},
                    "wording": "Yes, send me the garden letter.",
                    "source": "fair in May, paper form 12",
                }
            ]
        }
    )

    topics: dict[str, bool] = Field(max_length=200, description="By key: true is a yes.")
    source: str = Field(SOURCE, max_length=200, description="Where they said it.")
    wording: str = Field("", max_length=4000, description="The words they were asked in.")


class SaleRequest(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"opted_out": True}]})

    opted_out: bool = True


class TopicView(Shape):
    key: str
    name: str
    description: str
    offered: bool
    created_at: Instant


class TopicPage(Shape):
    topics: list[TopicView]
    next_cursor: NextCursor


class ChoiceView(Shape):
    topic: str
    name: str
    state: str = Field(description="unconfirmed, subscribed or unsubscribed.")
    changed_at: str | None


class ChoicesAnswer(Shape):
    contact_id: str
    topics: list[ChoiceView]
    paused_until: str | None
    sale_opt_out: str | None = Field(description="Since when their data may not be sold or shared.")
    changed: bool = False


@router.get("/topics", response_model=TopicPage)
def list_topics(caller: Caller, cursor: Cursor = None, limit: Limit = 500) -> JsonObject:
    """Every topic, the general one first."""
    with caller.look() as department:
        listed = department.topics.list_topics()
    page, following = page_of(listed, cursor, limit, lambda each: each.key)
    return {"topics": [_topic(each) for each in page], "next_cursor": following}


@router.post("/topics", status_code=201, response_model=TopicView)
def add_topic(request: TopicRequest, caller: Caller) -> JsonObject:
    """A new topic, which nobody has allowed yet."""
    with caller.begin() as department:
        added = department.topics.add_topic(
            request.name,
            key=request.key,
            description=request.description,
            offered=request.offered,
        )
    return _topic(added)


@router.put("/topics/{key}", response_model=TopicView)
def change_topic(key: str, request: TopicChange, caller: Caller) -> JsonObject:
    """Other words for it, or (not) offered any more; what people chose of it stays."""
    with caller.begin() as department:
        return _topic(department.topics.change_topic(key, **request.model_dump()))


@router.get("/contacts/{contact_id}/choices", response_model=ChoicesAnswer)
def show_choices(contact_id: str, caller: Caller) -> JsonObject:
    """What one contact said of each topic, whether they paused or opted out of sale."""
    with caller.look() as department:
        number = contact_no_of(contact_id, department.office.keys)
        return _choices(contact_id, department.topics.choices_of(number))


@router.post("/contacts/{contact_id}/choices", response_model=ChoicesAnswer)
def record_choices(contact_id: str, request: ChoicesRequest, caller: Caller) -> JsonObject:
    """Record what somebody told you, with where and in which words.

    Somebody who unsubscribed can only come back by a confirmation mail: that is refused here.
    """
    asked = Asked(request.source or SOURCE, request.wording)
    with caller.begin() as department:
        number = contact_no_of(contact_id, department.office.keys)
        changed = department.topics.choose(number, request.topics, asked)
        return _choices(contact_id, department.topics.choices_of(number), changed=changed)


@router.post("/contacts/{contact_id}/sale", response_model=ChoicesAnswer)
def opt_out_of_sale(contact_id: str, request: SaleRequest, caller: Caller) -> JsonObject:
    """Their data may be neither sold nor shared (CCPA), or may again."""
    with caller.begin() as department:
        number = contact_no_of(contact_id, department.office.keys)
        changed = department.topics.opt_out_of_sale(
            number, source=SOURCE, opted_out=request.opted_out
        )
        return _choices(contact_id, department.topics.choices_of(number), changed=changed)


def _topic(topic: Topic) -> JsonObject:
    return {
        "key": topic.key,
        "name": topic.name,
        "description": topic.description,
        "offered": topic.offered,
        "created_at": topic.created_at.isoformat(),
    }


def _choices(contact_id: str, choices: Choices, *, changed: bool = False) -> JsonObject:
    paused, sale = choices.paused_until, choices.sale_opt_out
    return {
        "contact_id": contact_id,
        "topics": [
            {
                "topic": each.topic.key,
                "name": each.topic.name,
                "state": each.state.name,
                "changed_at": None if each.changed_at is None else each.changed_at.isoformat(),
            }
            for each in choices.topics
        ],
        "paused_until": None if paused is None else paused.isoformat(),
        "sale_opt_out": None if sale is None else sale.since.isoformat(),
        "changed": changed,
    }
