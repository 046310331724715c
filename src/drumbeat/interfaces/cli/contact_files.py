"""drumbeat audience export and connect: contacts out into files, and in from other services."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from drumbeat.interfaces.cli.answers import FAILED, print_json, say
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.importing import upload
from drumbeat.interfaces.cli.whole_files import whole_file


def export(
    *,
    out: Annotated[Path | None, Parameter(help="The file; without it: standard output.")] = None,
    file_format: Annotated[
        Literal["csv", "json"] | None,
        Parameter(name="--format", help="Otherwise as the name of the file says, or csv."),
    ] = None,
    segment: Annotated[str | None, Parameter(help="Those of one segment.")] = None,
    json: Annotated[bool, Parameter(negative="", help="The same as --format json.")] = False,
) -> int:
    """Write all contacts, or those of a segment, with their consent and attributes.

    No cell of the CSV runs as a formula in a spreadsheet.
    """
    named_json = out is not None and out.suffix.lower() == ".json"
    form = file_format or ("json" if named_json or (json and out is None) else "csv")
    with client() as house:
        pieces = house.pieces("/contacts/export", format=form, segment=segment)
        if out is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return 0
        with whole_file(out) as part, part.open("wb") as file:
            for piece in pieces:
                file.write(piece)
    if json:
        print_json({"file": str(out), "format": form})
    else:
        say(f"The contacts are in {out}.")
    return 0


def connect(
    file: Path,
    *,
    kind: Annotated[
        str | None, Parameter(name="--as", help="Whose export it is; else its header tells.")
    ] = None,
    consent: Annotated[
        Literal["as_told", "unconfirmed"],
        Parameter(help="Whether the service's word counts for who may be mailed."),
    ] = "as_told",
    dry_run: Annotated[bool, Parameter(negative="", help="Count only, write nothing.")] = False,
    strict: Annotated[
        bool, Parameter(negative="", help="Exit with 1 if a row is rejected.")
    ] = False,
    json: Annotated[bool, Parameter(negative="", help="One JSON object.")] = False,
) -> int:
    """Bring in an export of Shopify, WooCommerce, Stripe, Mailchimp or Klaviyo as it is.

    Its people become contacts, what they did becomes events. Repeating it adds nothing.
    """
    options = {"kind": kind, "consent": consent, "dry_run": dry_run}
    report = upload("/contacts/connect", file, options)
    people, events = report["contacts"], report["events"]
    assert isinstance(people, dict)
    assert isinstance(events, dict)
    for told, name in ((people, "contacts"), (events, "events")):
        _keep_rejected(told, file.with_name(f"{file.stem}.{name}.rejected.csv"), dry_run=dry_run)
    rejected = int(people["rejected"]) + int(events["rejected"]) + int(str(report["broken"]))
    if json:
        print_json(report)
    else:
        _tell(report, people, events)
    return FAILED if strict and rejected else 0


def _keep_rejected(told: dict[str, object], beside: Path, *, dry_run: bool) -> None:
    text = told.pop("rejected_csv", None)
    told["rejected_file"] = None
    if isinstance(text, str) and text:
        beside.write_text(text, encoding="utf-8", newline="")
        told["rejected_file"] = str(beside)
    elif not dry_run:
        beside.unlink(missing_ok=True)


def _tell(
    report: Mapping[str, object], people: Mapping[str, object], events: Mapping[str, object]
) -> None:
    say(f"{report['title']}: {report['rows']:,} rows, {report['passed']:,} of them say nothing.")
    for name, told, counts in (
        ("Contacts", people, ("added", "updated", "unchanged", "rejected")),
        ("Events", events, ("added", "repeated", "rejected")),
    ):
        say(f"{name}: " + ", ".join(f"{told[count]:,} {count}" for count in counts) + ".")
        if told["rejected_file"]:
            say(f"  The rejected rows and their reasons are in {told['rejected_file']}.")
    for told in (report, people, events):
        problems = told["problems"]
        assert isinstance(problems, list)
        for each in problems[:3]:
            say(f"  Row {each['row']}: {each['reason']}.")
