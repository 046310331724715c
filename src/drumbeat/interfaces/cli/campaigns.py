"""drumbeat campaigns …: create, approve, launch, follow; every verb is one REST call."""

import json
import sys
import tomllib
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from drumbeat.interfaces.cli.answers import print_json, print_rows, say
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.moments import moment
from drumbeat.interfaces.cli.paths import path_of
from drumbeat.interfaces.cli.variants import Variant, letter_of, number_of
from drumbeat.interfaces.sdk.client import JsonObject
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.spreadsheet import safe_cell

LACKS_APPROVAL = 3

app = App(name="campaigns", help="Create, approve, launch and follow email campaigns.")

Json = Annotated[bool, Parameter(name="--json", negative="", help="One JSON object on stdout.")]


@app.command
def create(*, file: Path, json: Json = False) -> int:
    """Create a campaign from a TOML or JSON file and plan it; it then waits for approval."""
    with client() as house:
        answer = house.post("/campaigns", read_request(file))
    if json:
        print_json(answer)
    else:
        _tell(answer)
        _tell_checks(answer)
    return 0


@app.command
def edit(campaign_id: str, *, file: Path, json: Json = False) -> int:
    """Replace what a campaign says by a TOML or JSON file; it is planned and asked for anew."""
    with client() as house:
        answer = house.put(path_of("/campaigns/{}", campaign_id), read_request(file))
    if json:
        print_json(answer)
    else:
        _tell(answer)
        _tell_checks(answer)
    return 0


@app.command(name="list")
def list_(*, json: Json = False) -> int:
    """List campaigns, newest first."""
    with client() as house:
        rows = house.pages("/campaigns", "campaigns")
        print_rows(rows, ("campaign_id", "name", "type", "status", "created_at"), as_json=json)
    return 0


@app.command
def show(campaign_id: str, *, json: Json = False) -> int:
    """Show one campaign: state, plan, what it waits for, and who moved it."""
    with client() as house:
        answer = house.get(path_of("/campaigns/{}", campaign_id))
    if json:
        print_json(answer)
    else:
        _tell(answer)
        _tell_checks(answer)
        _tell_history(answer)
    return 0


@app.command
def approve(campaign_id: str, *, json: Json = False) -> int:
    """Say yes to exactly what this campaign would send now."""
    return _act(campaign_id, "approve", json=json)


@app.command
def decline(campaign_id: str, *, json: Json = False) -> int:
    """Say no to what this campaign would send; it then waits for an edit."""
    return _act(campaign_id, "decline", json=json)


@app.command
def check(campaign_id: str, *, json: Json = False) -> int:
    """Go through the pre-send checklist: follow links, ask DNS; exit code 1 if something blocks."""
    with client() as house:
        answer = house.post(path_of("/campaigns/{}/checks", campaign_id), {})
    if json:
        print_json(answer)
    else:
        from drumbeat.interfaces.cli.checklists import print_checklist

        print_checklist(answer)
    return 1 if answer["verdict"] == "blocks" else 0


@app.command(name="test")
def send_test(
    campaign_id: str,
    *,
    to: Annotated[list[str] | None, Parameter(help="Who gets it: at most ten addresses.")] = None,
    seen_as: Annotated[
        str | None, Parameter(name="--as", help="The contact it is built for.")
    ] = None,
    variant: Variant = "A",
    json: Json = False,
) -> int:
    """Send production's bytes for one contact to a few colleagues; without --to, list the tests."""
    with client() as house:
        path = path_of("/campaigns/{}/tests", campaign_id)
        if to:
            if seen_as is None:
                raise InvalidInput("Name the contact it is built for: --as ADDRESS.", field="as")
            asked = {"to": to, "contact": seen_as, "variant": number_of(variant)}
            answer = house.post(path, asked)
        else:
            answer = house.get(path)
    if json:
        print_json(answer)
        return 0
    tests = answer["tests"]
    assert isinstance(tests, list)
    tests = [{**each, "variant": letter_of(each["variant"])} for each in tests]
    print_rows(tests, ("to", "variant", "state", "reason", "asked_at"), as_json=False)
    if any(each["state"] == "waiting" for each in tests):
        say("The engine sends what waits: it runs in `drumbeat serve` and `drumbeat worker`.")
    return 0


@app.command
def report(campaign_id: str, *, json: Json = False) -> int:
    """Print what a campaign brought so far, and what to do next."""
    with client() as house:
        answer = house.get(path_of("/workflows/email/{}", campaign_id))
    if json:
        print_json(answer)
    else:
        from drumbeat.interfaces.cli.reports import print_report

        print_report(answer)
    return 0


@app.command
def launch(
    campaign_id: str,
    *,
    now: Annotated[bool, Parameter(negative="", help="Send at once, not at best hours.")] = False,
    json: Json = False,
) -> int:
    """Let the campaign go; without an approval it waits for one (exit code 3)."""
    return _act(campaign_id, "launch", json=json, now=now)


@app.command
def pause(campaign_id: str, *, json: Json = False) -> int:
    """Stop sending until `resume`."""
    return _act(campaign_id, "pause", json=json)


@app.command
def resume(campaign_id: str, *, json: Json = False) -> int:
    """Go on where the campaign was paused."""
    return _act(campaign_id, "resume", json=json)


@app.command
def cancel(campaign_id: str, *, json: Json = False) -> int:
    """Send nothing more; what was not sent ends as suppressed(cancelled)."""
    return _act(campaign_id, "cancel", json=json)


LEDGER_COLUMNS = (
    "email",
    "step",
    "state",
    "reason",
    "message_id",
    "variant",
    "planned_at",
    "sent_at",
    "provider",
)


@app.command
def ledger(
    campaign_id: str,
    *,
    rows: Annotated[bool, Parameter(negative="", help="Every recipient, as CSV.")] = False,
    state: Annotated[str, Parameter(help="With --rows: only those sent, failed, …")] = "",
    email: Annotated[str, Parameter(help="With --rows: only this address.")] = "",
    json: Json = False,
) -> int:
    """Count who got it, who did not, and why; `--rows` lists every recipient."""
    with client() as house:
        if rows or state or email:
            at = path_of("/campaigns/{}/ledger/rows", campaign_id)
            listed = house.pages(at, "rows", limit=2000, state=state, email=email)
            if json:
                told = ({name: row[name] for name in LEDGER_COLUMNS} for row in listed)
                print_rows(told, LEDGER_COLUMNS, as_json=True)
            else:
                _print_csv(listed)
            return 0
        answer = house.get(path_of("/campaigns/{}/ledger", campaign_id))
    if json:
        print_json(answer)
    else:
        print_rows([_flat(answer)], list(_flat(answer)), as_json=False)
        reasons = answer["reasons"]
        assert isinstance(reasons, dict)
        for reason, n in sorted(reasons.items(), key=lambda row: -int(row[1])):
            say(f"{n:,} × {reason}")
    return 0


@app.command
def decide(
    campaign_id: str,
    decision: Annotated[
        Literal["arrived", "give-up", "send-again"],
        Parameter(help="It counts as sent; as failed; or it may come twice, and goes once more."),
    ],
    *,
    email: Annotated[list[str] | None, Parameter(help="Whose message; may be repeated.")] = None,
    uncertain: Annotated[bool, Parameter(negative="", help="All that may have arrived.")] = False,
    given_up: Annotated[
        bool, Parameter(negative="", help="All whose server kept saying later.")
    ] = False,
    json: Json = False,
) -> int:
    """Say what became of messages whose end nobody saw, or have them sent once more."""
    if bool(email) + uncertain + given_up != 1:
        message = "Name recipients by --email, or say --uncertain, or --given-up."
        raise InvalidInput(message, field="--email")
    every = "uncertain" if uncertain else "given_up" if given_up else None
    about: JsonObject = {"decision": decision.replace("-", "_"), "all": every}
    rows, left = 0, 1
    with client() as house:
        while left:
            body = {**about, "emails": email or []}
            answer = house.post(path_of("/campaigns/{}/ledger/decide", campaign_id), body)
            rows += int(str(answer["rows"]))
            left = int(str(answer["left"])) if every and answer["rows"] else 0
    if json:
        print_json({**answer, "rows": rows})
    else:
        say(f"{rows:,} decided; {answer['left']:,} like them are left.")
    return 0


def read_request(path: Path) -> JsonObject:
    """The request in a TOML or JSON file. Raises InvalidInput naming the file and the place."""
    raw = path.read_bytes()
    kind = "JSON" if path.suffix.lower() == ".json" or raw.lstrip()[:1] == b"{" else "TOML"
    try:
        text = raw.decode("utf-8-sig")
        parsed = json.loads(text) if kind == "JSON" else tomllib.loads(text)
        # As it will travel: an instant of TOML as text, half a character or NaN not at all.
        sent = json.dumps(parsed, ensure_ascii=False, allow_nan=False, default=_instant)
        plain = json.loads(sent.encode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path} is not valid {kind}: {error}.", field=str(path)) from None
    if not isinstance(plain, dict):
        raise InvalidInput(f"{path} must hold one object.", field=str(path))
    return plain


def _instant(value: object) -> str:
    if isinstance(value, date | time):  # a datetime is a date
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a request")


def _act(campaign_id: str, verb: str, *, json: bool, **options: object) -> int:
    with client() as house:
        answer = house.post(path_of("/campaigns/{}/" + verb, campaign_id), options)
    if json:
        print_json(answer)
    else:
        _tell(answer)
    return LACKS_APPROVAL if verb == "launch" and answer.get("approval_needed") else 0


def _tell(answer: JsonObject) -> None:
    say(f"{answer['campaign_id']}  {answer['name']}  is {answer['status']}.")
    if answer.get("mailable") == 0:
        say("Nobody of this audience may be mailed: see `drumbeat audience import --consent`.")
    if answer.get("approval_needed"):
        say(f"It waits for approval {answer['approval_id']}: {answer['approval_effect']}.")
        say(f"Say yes with: drumbeat campaigns approve {answer['campaign_id']}")
    elif answer.get("waiting_for") == "launch":
        say(f"It is approved. Let it go with: drumbeat campaigns launch {answer['campaign_id']}")
    elif answer.get("waiting_for"):
        when = f" (until {moment(answer['next_due'])})" if answer.get("next_due") else ""
        say(f"It waits for: {answer['waiting_for']}{when}.")
    if answer.get("trouble"):
        say(f"Trouble: {answer['trouble']}")


def _tell_checks(answer: JsonObject) -> None:
    """Where words were written or are looked at: not again with every step that follows."""
    for check in _rows(answer.get("checks")):
        say(f"{str(check['level']).capitalize()}: {check['message']}")


def _tell_history(answer: JsonObject) -> None:
    for step in _rows(answer.get("history")):
        through = f" through {step['through']}" if step.get("through") else ""
        note = f"  ({step['note']})" if step.get("note") else ""
        say(f"  {moment(step['at'])}  {step['state']!s:<18} by {step['by']}{through}{note}")


def _rows(value: object) -> list[JsonObject]:
    return value if isinstance(value, list) else []


def _flat(answer: JsonObject) -> dict[str, object]:
    states = answer["states"]
    assert isinstance(states, dict)
    return {"frozen": answer["frozen"], **states}


def _print_csv(rows: object) -> None:
    import csv
    from collections.abc import Iterable
    from typing import cast

    writer = csv.DictWriter(sys.stdout, LEDGER_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in cast(Iterable[JsonObject], rows):
        writer.writerow({key: _cell(row[key]) for key in LEDGER_COLUMNS})


def _cell(value: object) -> str:
    return "" if value is None else safe_cell(str(value))
