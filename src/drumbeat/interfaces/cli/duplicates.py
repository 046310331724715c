"""drumbeat audience duplicates, merge: who is known twice, and one contact of two."""

from typing import Annotated, Literal

from cyclopts import Parameter

from drumbeat.interfaces.cli.answers import print_json, print_rows, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.contact_ids import contact_id
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.paths import path_of


def duplicates(*, limit: int = 100, json: Json = False) -> int:
    """List pairs of contacts that are likely one person, with what they have in common."""
    with client() as house:
        pairs = house.get("/audience/duplicates", limit=limit)["pairs"]
    assert isinstance(pairs, list)
    rows = [
        {
            "keep": each["keep"]["email"],
            "other": each["other"]["email"],
            "shared": "; ".join(f"{sign['kind']} {sign['value']}" for sign in each["shared"]),
        }
        for each in pairs
    ]
    print_rows(rows, ("keep", "other", "shared"), as_json=json)
    return 0


def merge(
    keep: str,
    other: str,
    *,
    policy: Annotated[
        Literal["overwrite", "fill", "keep"],
        Parameter(help="keep KEEP's attributes, fill its gaps, or overwrite them."),
    ] = "fill",
    yes: Annotated[bool, Parameter(negative="", help="Do it; else only say what happens.")] = False,
    json: Json = False,
) -> int:
    """Make one contact of two, by id or address: KEEP, with the history of both.

    Without --yes it only says what would happen. A no to mail of either holds; a yes stays with the
    address that gave it.
    """
    with client() as house:
        body = {"other": contact_id(house, other), "policy": policy, "dry_run": not yes}
        told = house.post(path_of("/contacts/{}/merge", contact_id(house, keep)), body)
    if json:
        print_json(told)
        return 0
    shared, changed = told["shared"], told["changed"]
    assert isinstance(shared, list)
    assert isinstance(changed, dict)
    common = ", ".join(f"{sign['kind']} {sign['value']}" for sign in shared) or "nothing we know of"
    say(f"{other} {'is' if yes else 'would become'} {keep} {'now' if yes else ''}".rstrip() + ".")
    say(f"In common: {common}.")
    for name, value in changed.items():
        say(f"  {name} = {value}")
    if told["refused_topics"] or told["suppressed"]:
        why = told["suppressed"] or f"unsubscribed from {told['refused_topics']} topics"
        say(f"The other's no holds: {why}.")
    if told["planned_messages"]:
        verb = "is" if yes else "would be"
        say(f"Planned mail to {other} that {verb} not sent: {told['planned_messages']} messages.")
    if not yes:
        say("Nothing has changed. Say --yes to do it; it cannot be taken back.")
    return 0
