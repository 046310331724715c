"""drumbeat audience …: people in by file or one by one, looked up, and let go."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from drumbeat.interfaces.cli import (
    buyers,
    contact_files,
    duplicates,
    forms,
    patterns,
    subjects,
    topics,
)
from drumbeat.interfaces.cli.answers import FAILED, print_json, print_rows, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.contact_ids import contact_id
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.importing import import_file
from drumbeat.interfaces.cli.json_files import read_objects
from drumbeat.interfaces.cli.moments import moment
from drumbeat.interfaces.cli.paths import path_of

app = App(name="audience", help="The people you may write to.")
app.command(buyers.rfm)
app.command(buyers.value)
app.command(patterns.clusters)
app.command(patterns.propensity)
app.command(patterns.lookalikes)
app.command(patterns.journey)
app.command(contact_files.export)
app.command(contact_files.connect)
app.command(topics.app)
app.command(forms.app)
app.command(topics.choices)
app.command(topics.choose)
app.command(topics.opt_out_of_sale)
app.command(duplicates.duplicates)
app.command(duplicates.merge)
app.command(subjects.export_subject)
app.command(subjects.erase)
app.command(subjects.erasure_requests)


@app.command(name="import")
def import_(  # noqa: PLR0913 — each is an option of the command
    file: Path,
    *,
    dry_run: Annotated[bool, Parameter(negative="", help="Count only, write nothing.")] = False,
    strict: Annotated[
        bool, Parameter(negative="", help="Exit with 1 if a row is rejected.")
    ] = False,
    consent: Annotated[
        str, Parameter(help="subscribed, unconfirmed, or the column that says so.")
    ] = "unconfirmed",
    policy: Annotated[
        Literal["overwrite", "fill", "keep"],
        Parameter(help="What the file does to fields of people who are known already."),
    ] = "overwrite",
    column_map: Annotated[
        list[str] | None,
        Parameter(name="--map", negative="", help="COLUMN=email, or another meaning; - is none."),
    ] = None,
    json: Json = False,
) -> int:
    """Import contacts from a CSV file; rejected rows go to FILE.rejected.csv with reasons.

    Repeating it changes nothing. Unconfirmed contacts are kept, but never mailed.
    """
    options = {"dry_run": dry_run, "consent": consent, "policy": policy, "map": column_map}
    return import_file("/contacts/import", file, options, strict=strict, json=json)


@app.command
def put(
    file: Path,
    *,
    strict: Annotated[
        bool, Parameter(negative="", help="Exit with 1 if a row is rejected.")
    ] = False,
    json: Json = False,
) -> int:
    """Add or update contacts of a JSON file: one, an array, or JSON lines (`-` reads stdin).

    They are matched by email, or by external_id once they are known; repeating it changes nothing.
    """
    contacts = read_objects(file)
    with client() as house:
        report = house.put_contacts(contacts)
    if json:
        print_json(report)
    else:
        counts = ("rows", "added", "updated", "unchanged", "rejected")
        say(", ".join(f"{report[name]:,} {name}" for name in counts) + ".")
        problems = report["problems"]
        assert isinstance(problems, list)
        for problem in problems:
            say(f"Row {problem['index']}: {problem['field']}: {problem['reason']}.")
    return FAILED if strict and report["rejected"] else 0


@app.command(name="list")
def list_(
    *,
    segment: Annotated[str | None, Parameter(help="Those of one segment.")] = None,
    email: Annotated[str | None, Parameter(help="The one with this address.")] = None,
    external_id: Annotated[str | None, Parameter(help="The one with this external id.")] = None,
    json: Json = False,
) -> int:
    """List contacts, each with whether they may be mailed now, and why not."""
    asked = {"segment": segment, "email": email, "external_id": external_id}
    with client() as house:
        rows = house.pages("/contacts", "contacts", limit=1000, **asked)
        columns = ("contact_id", "email", "consent", "may_mail", "reason", "created_at")
        print_rows(rows, columns, as_json=json)
    return 0


@app.command
def show(contact: str, *, json: Json = False) -> int:
    """Show one contact, by id or address: permission, segments, mailings and what they did."""
    with client() as house:
        answer = house.get(path_of("/contacts/{}", contact_id(house, contact)))
    if json:
        print_json(answer)
        return 0
    why = "" if answer["may_mail"] else f" ({answer['reason']})"
    may = "may" if answer["may_mail"] else "may not"
    say(f"{answer['contact_id']}  {answer['email']}  {may} be mailed{why}")
    timeline, segments = answer["timeline"], answer["segments"]
    assert isinstance(timeline, list)
    assert isinstance(segments, list)
    say(
        f"Opened {answer['total_opens']:,}, clicked {answer['total_clicks']:,}, "
        f"bought {answer['total_purchases']:,} times{_spent(answer)}."
    )
    if segments:
        say("In: " + ", ".join(str(each["name"]) for each in segments))
    for each in timeline:
        machine, at = _judged(each), moment(each["at"])
        say(f"  {at}  {each['kind']}  {each['campaign_name'] or ''}{machine}".rstrip())
    return 0


@app.command
def timeline(
    contact: str,
    *,
    limit: Annotated[int | None, Parameter(help="Only the newest so many.")] = None,
    json: Json = False,
) -> int:
    """List everything that ever happened to one contact, by id or address, newest first."""
    with client() as house:
        path = path_of("/contacts/{}/timeline", contact_id(house, contact))
        rows = islice(house.pages(path, "timeline", limit=min(limit or 1_000, 1_000)), limit)
        print_rows(rows, ("at", "kind", "campaign_name", "verdict", "value"), as_json=json)
    return 0


def _spent(answer: Mapping[str, object]) -> str:
    if answer["lifetime_value"] is None:
        return ""
    return f", for {answer['lifetime_value']:,.2f} {answer['lifetime_value_currency']} so far"


def _judged(each: Mapping[str, object]) -> str:
    """What is said of an open or a click that is not plainly a person's."""
    why = f": {each['why']}" if each["why"] else ""
    if each["by_machine"]:
        return f" (a machine{why})"
    return f" (unsure{why})" if each["verdict"] == "unsure" else ""


@app.command
def unsubscribe(contact: str, *, json: Json = False) -> int:
    """Somebody, by id or address, wants no more mail: none is sent from now on."""
    with client() as house:
        answer = house.post(path_of("/contacts/{}/unsubscribe", contact_id(house, contact)))
    if json:
        print_json(answer)
    else:
        before = "" if answer["changed"] else ", as they were before"
        say(f"{contact} is unsubscribed{before}.")
    return 0


@app.command
def engagement(contact: str, *, as_of: buyers.AsOf = None, json: Json = False) -> int:
    """Say why one contact, by id or address, is as engaged as they are."""
    with client() as house:
        path = path_of("/audience/engagement/{}", contact_id(house, contact))
        answer = house.get(path, as_of=as_of)
    if json:
        print_json(answer)
        return 0
    say(f"{answer['score']:.2f}  {answer['level']}, on {answer['as_of']}")
    parts = answer["parts"]
    assert isinstance(parts, list)
    print_rows(parts, ("deed", "times", "last", "points"), as_json=False)
    say(str(answer["definition"]))
    return 0
