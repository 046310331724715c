"""drumbeat audience export-subject, erase, erasure-requests: what a person may ask of the house."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from drumbeat.interfaces.cli.answers import FAILED, print_json, print_rows, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.contact_ids import contact_id
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.paths import path_of


def export_subject(
    email: str,
    *,
    out: Annotated[Path | None, Parameter(help="Write the JSON to this file.")] = None,
    json: Json = False,
) -> int:
    """Give out everything that is held about one person, from every area, as JSON."""
    with client() as house:
        answer = house.get("/subjects", email=email)
    if out is not None:
        import json as encoding

        out.write_text(encoding.dumps(answer, ensure_ascii=False, indent=1), encoding="utf-8")
        say(f"Everything about {email} is in {out}.")
        return 0
    print_json(answer)
    return 0


def erase(
    contact: str,
    *,
    yes: Annotated[bool, Parameter(negative="", help="It cannot be taken back.")] = False,
    json: Json = False,
) -> int:
    """Erase somebody, by id or address: their address is never mailed again, the rest is gone."""
    if not yes:
        say(f"This erases {contact} for good. Say --yes to do it.")
        return FAILED
    with client() as house:
        answer = house.post(path_of("/contacts/{}/erase", contact_id(house, contact)))
    if json:
        print_json(answer)
    else:
        say("Erased. The hash of the address and counts that name nobody stay.")
    return 0


def erasure_requests(*, json: Json = False) -> int:
    """List readers who confirmed by mail that they want to be erased."""
    with client() as house:
        rows = house.pages("/erasure-requests", "requests")
        print_rows(rows, ("contact_id", "asked_at"), as_json=json)
    return 0
