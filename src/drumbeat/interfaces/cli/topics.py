"""drumbeat audience topics …, choices, choose: what people can choose, and what they chose."""

from typing import Annotated

from cyclopts import App, Parameter

from drumbeat.interfaces.cli.answers import print_json, print_rows, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.contact_ids import contact_id
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.paths import path_of
from drumbeat.kit.json_objects import JsonObject

app = App(name="topics", help="What people can get mail about.")
_COLUMNS = ("key", "name", "offered", "description")


@app.command(name="list")
def list_(*, json: Json = False) -> int:
    """List the topics that people can choose."""
    with client() as house:
        print_rows(house.pages("/topics", "topics"), _COLUMNS, as_json=json)
    return 0


@app.command
def add(
    name: str,
    *,
    key: Annotated[str, Parameter(help="Left out, it is made from the name.")] = "",
    description: str = "",
    offered: Annotated[bool, Parameter(help="Shown on forms and to each reader.")] = True,
    json: Json = False,
) -> int:
    """Add a topic; nobody has allowed mail about it yet."""
    told = {"name": name, "key": key, "description": description, "offered": offered}
    with client() as house:
        answer = house.post("/topics", told)
    if json:
        print_json(answer)
    else:
        say(f"The topic {answer['key']} is there; nobody has allowed mail about it yet.")
    return 0


@app.command
def change(
    key: str,
    *,
    name: str | None = None,
    description: str | None = None,
    offered: bool | None = None,
    json: Json = False,
) -> int:
    """Put a topic into other words, or stop offering it."""
    told = {"name": name, "description": description, "offered": offered}
    with client() as house:
        answer = house.put(path_of("/topics/{}", key), told)
    if json:
        print_json(answer)
    else:
        say(f"{answer['name']} is {'' if answer['offered'] else 'not '}offered.")
    return 0


def choices(contact: str, *, json: Json = False) -> int:
    """Show what somebody, by id or address, said yes and no to."""
    with client() as house:
        answer = house.get(path_of("/contacts/{}/choices", contact_id(house, contact)))
    _tell(answer, json=json)
    return 0


def choose(
    contact: str,
    *,
    yes: Annotated[list[str] | None, Parameter(help="Topics they want.", negative="")] = None,
    no: Annotated[list[str] | None, Parameter(help="Topics they refuse.", negative="")] = None,
    source: Annotated[str, Parameter(help="Where they said it.")] = "command",
    wording: Annotated[str, Parameter(help="The words they were asked in.")] = "",
    json: Json = False,
) -> int:
    """Record what somebody, by id or address, told you: with where, and in which words."""
    topics = dict.fromkeys(yes or (), True) | dict.fromkeys(no or (), False)
    told: JsonObject = {"topics": topics, "source": source, "wording": wording}
    with client() as house:
        answer = house.post(path_of("/contacts/{}/choices", contact_id(house, contact)), told)
    _tell(answer, json=json)
    return 0


def opt_out_of_sale(
    contact: str,
    *,
    undo: Annotated[bool, Parameter(negative="", help="They allow it again.")] = False,
    json: Json = False,
) -> int:
    """Somebody's data, by id or address, may be neither sold nor shared (CCPA)."""
    with client() as house:
        path = path_of("/contacts/{}/sale", contact_id(house, contact))
        answer = house.post(path, {"opted_out": not undo})
    _tell(answer, json=json)
    return 0


def _tell(answer: JsonObject, *, json: bool) -> None:
    if json:
        print_json(answer)
        return
    topics = answer["topics"]
    assert isinstance(topics, list)
    for each in topics:
        say(f"{each['topic']}: {each['state']}  {each['changed_at'] or ''}".rstrip())
    if answer["paused_until"]:
        say(f"No mail until {answer['paused_until']}: they asked for a pause.")
    if answer["sale_opt_out"]:
        say(f"Neither sold nor shared since {answer['sale_opt_out']}.")
