"""drumbeat segments …: who is in which one, and by which rule."""

import json as parsing
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from drumbeat.interfaces.cli.answers import print_json, print_rows, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.paths import path_of
from drumbeat.kit.errors import InvalidInput

app = App(name="segments", help="See the audience's segments and their rules; make them by rule.")

_COLUMNS = ("name", "criterion", "subscriber_count", "engagement_rate", "rule")
Rule = Annotated[
    str | None,
    Parameter(
        help="The rule: a JSON file, JSON itself, or words such as "
        "'country = DE and clicked >= 3 in 30d and not bought'. - reads standard input."
    ),
]


@app.command(name="list")
def list_(*, json: Json = False) -> int:
    """List segments with their rule, size and engagement."""
    with client() as house:
        print_rows(house.pages("/segments", "segments"), _COLUMNS, as_json=json)
    return 0


@app.command
def create(
    name: Annotated[str, Parameter(help="With --rule a name; without, what to cut by.")] = "",
    *,
    rule: Rule = None,
    by: str | None = None,
    json: Json = False,
) -> int:
    """Make a segment by its rule, or cut everyone by a criterion.

    `create NAME --rule RULE` makes one or gives it another rule; `create rfm` cuts everyone by
    engagement, rfm, lifecycle_stage, behavioral or demographic.
    """
    if rule is None:
        body: dict[str, object] = {"by": by or name or "engagement"}
    else:
        body = {"name": name, "rule": _read(rule)}
    with client() as house:
        answer = house.post("/segments", body)
    rows = answer["segments"]
    assert isinstance(rows, list)
    print_rows(rows, _COLUMNS, as_json=json)
    return 0


@app.command
def preview(rule: str, *, sample: int = 5, json: Json = False) -> int:
    """Count who a rule holds for now, and show some of them. Nothing is kept."""
    with client() as house:
        found = house.post("/segments/preview", {"rule": _read(rule), "sample": sample})
    if json:
        print_json(found)
        return 0
    parts, people = found["parts"], found["sample"]
    assert isinstance(parts, list)
    assert isinstance(people, list)
    say(f"{found['sentence']}")
    say(f"{found['count']:,} of {found['people']:,}; {found['mailable']:,} of them may be mailed.")
    for part in parts:
        say(f"  {part['count']:>10,}  {part['sentence']}")
    for person in people:
        sys.stdout.write(f"{person['email']}\n")
    say(f"As of {found['as_of']}.")
    return 0


@app.command
def explain(
    segment: Annotated[str, Parameter(help="A kept segment's name; or use --rule.")] = "",
    contact: Annotated[str, Parameter(help="An address, or a contact's id.")] = "",
    *,
    rule: Rule = None,
    json: Json = False,
) -> int:
    """Say why one contact is in a segment or not: each question, its answer, and what was seen.

    `explain "Keen buyers" ada@example.com`, or `explain ada@example.com --rule RULE`.
    """
    if rule is None:
        body: dict[str, object] = {"segment": segment, "contact": contact}
    else:
        body = {"rule": _read(rule), "contact": contact or segment}
    with client() as house:
        found = house.post("/segments/explain", body)
    if json:
        print_json(found)
        return 0
    why, moves = found["why"], found["moves"]
    assert isinstance(why, dict)
    assert isinstance(moves, list)
    say(f"{found['email']} is {'in' if found['member'] else 'not in'}:")
    _tell(why, 0)
    for move in moves:
        say(f"{'entered' if move['entered'] else 'left'} {move['at']}")
    return 0


@app.command
def show(segment: str, *, json: Json = False) -> int:
    """Show a segment's rule, and who entered and left when."""
    with client() as house:
        found = house.get(path_of("/segments/{}", segment))
    if json:
        print_json(found)
        return 0
    changes = found["changes"]
    assert isinstance(changes, list)
    say(f"{found['name']}: {found['rule']}")
    say(f"{found['subscriber_count']:,} as of {found['taken_at']}")
    print_rows(changes, ("at", "entered", "left", "members"), as_json=False)
    return 0


@app.command
def rename(segment: str, name: str, *, json: Json = False) -> int:
    """Call a segment with a rule otherwise, unless a campaign or a segment asks for it."""
    with client() as house:
        answer = house.put(path_of("/segments/{}", segment), {"name": name})
    if json:
        print_json(answer)
    else:
        say(f"It is called {answer['name']} now.")
    return 0


@app.command
def remove(segment: str, *, json: Json = False) -> int:
    """Remove a segment with a rule, unless a campaign or a segment asks for it."""
    with client() as house:
        answer = house.delete(path_of("/segments/{}", segment))
    if json:
        print_json(answer)
    else:
        say(f"{answer['removed']} is removed.")
    return 0


@app.command
def overlap(*segments: str, json: Json = False) -> int:
    """Count who is in each two of these segments, or of the largest ones."""
    with client() as house:
        found = house.get("/segments/overlap", segment=list(segments))
    if json:
        print_json(found)
        return 0
    named, both = found["segments"], found["both"]
    assert isinstance(named, list)
    assert isinstance(both, list)
    names = [str(each["name"]) for each in named]
    rows = [
        {"segment": name, **dict(zip(names, row, strict=True))}
        for name, row in zip(names, both, strict=True)
    ]
    print_rows(rows, ("segment", *names), as_json=False)
    return 0


@app.command
def suggest(*, json: Json = False) -> int:
    """Suggest segments worth making, with their size, what their people spent, and the rule."""
    with client() as house:
        found = house.get("/segments/suggestions")
    if json:
        print_json(found)
        return 0
    rows = found["suggestions"]
    assert isinstance(rows, list)
    if not rows:
        say("Nothing to suggest yet: too few people did anything.")
    for row in rows:
        say(f"{row['name']}: {row['evidence']}; {row['mailable']:,} may be mailed.")
        say(f"  {row['purpose']}")
        say(f"  drumbeat segments create \"{row['name']}\" --rule '{row['rule']}'")
    return 0


@app.command
def schema() -> int:
    """Print the JSON schema of a rule."""
    with client() as house:
        print_json(house.get("/segments/schema"))
    return 0


def _read(rule: str) -> object:
    """JSON or words, from a file or as they stand. Raises InvalidInput."""
    text = rule
    if rule == "-":
        text = sys.stdin.read()
    elif rule.endswith(".json"):
        try:
            text = Path(rule).read_text(encoding="utf-8")
        except OSError as error:
            raise InvalidInput(f"{rule}: {error.strerror}.", field="rule") from None
    if not text.lstrip().startswith(("{", "[")):
        return text.strip()
    try:
        return parsing.loads(text)
    except ValueError as error:
        raise InvalidInput(f"The rule is no JSON: {error}.", field="rule") from None


def _tell(why: Mapping[str, object], depth: int) -> None:
    parts = why["parts"]
    assert isinstance(parts, list)
    seen = f"  ({why['seen']})" if why["seen"] else ""
    say(f"{'  ' * depth}{'yes' if why['holds'] else 'no ':3}  {why['sentence']}{seen}")
    for part in parts:
        _tell(part, depth + 1)
