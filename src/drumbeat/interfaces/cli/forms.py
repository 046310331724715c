"""drumbeat audience forms …: public forms by which people sign up."""

from typing import Annotated

from cyclopts import App, Parameter

from drumbeat.interfaces.cli.answers import print_json, print_rows, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.paths import path_of
from drumbeat.kit.json_objects import JsonObject

app = App(name="forms", help="Public forms by which people sign up.")
_COLUMNS = ("form_id", "name", "topics", "double", "open", "url")

Topics = Annotated[list[str] | None, Parameter(negative="", help="Keys of topics that it offers.")]


@app.command(name="list")
def list_(*, json: Json = False) -> int:
    """List the sign-up forms with their addresses."""
    with client() as house:
        print_rows(house.pages("/forms", "forms"), _COLUMNS, as_json=json)
    return 0


@app.command
def add(
    name: str,
    *,
    topics: Topics = None,
    wording: Annotated[str | None, Parameter(help="What a yes says; kept with it.")] = None,
    double: Annotated[bool, Parameter(help="Confirmed from the mailbox before it counts.")] = True,
    json: Json = False,
) -> int:
    """Add a form; confirmation mail is sent in your name."""
    told: JsonObject = {"name": name, "topics": topics or ["marketing"], "double": double}
    if wording is not None:
        told["wording"] = wording
    with client() as house:
        answer = house.post("/forms", told)
    _tell(answer, json=json)
    return 0


@app.command
def change(
    form: str,
    *,
    topics: Topics = None,
    double: bool | None = None,
    open_: Annotated[
        bool | None, Parameter(name="--open", help="A closed form takes nobody in.")
    ] = None,
    json: Json = False,
) -> int:
    """Give a form, by id, other topics, or close it."""
    told = {"topics": topics, "double": double, "open": open_}
    with client() as house:
        answer = house.put(path_of("/forms/{}", form), told)
    _tell(answer, json=json)
    return 0


def _tell(answer: JsonObject, *, json: bool) -> None:
    if json:
        print_json(answer)
        return
    say(f"{answer['form_id']}: {answer['url']} ({'open' if answer['open'] else 'closed'})")
    print(answer["html"])
