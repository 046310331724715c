"""drumbeat demo: a whole campaign on a simulated market, then its result page."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from drumbeat.interfaces.cli.answers import print_json, say
from drumbeat.interfaces.cli.campaigns import Json

if TYPE_CHECKING:
    from drumbeat.bootstrap.settings import Settings


def demo(
    *,
    contacts: Annotated[int, Parameter(help="How many people the market has.")] = 5_000,
    seed: Annotated[int, Parameter(help="The same seed draws the same market.")] = 7,
    serve: Annotated[bool, Parameter(help="Show the result page afterwards.")] = True,
    port: Annotated[int, Parameter(help="The first port to try.")] = 8000,
    json: Json = False,
) -> int:
    """Run a whole email campaign on a simulated market, print its report and show its page."""
    from drumbeat.interfaces.demo.story import run_campaign, stage
    from drumbeat.interfaces.demo.telling import Telling
    from drumbeat.interfaces.serve import free_port
    from drumbeat.kit.errors import InvalidInput

    if not 20 <= contacts <= 1_000_000:
        raise InvalidInput("--contacts is between 20 and 1,000,000.", field="contacts")
    with stage(free_port("127.0.0.1", port), seed) as on:
        answer = run_campaign(on, contacts=contacts, seed=seed, tell=Telling.to_stderr(quiet=json))
        if json:
            print_json(answer)
        else:
            from drumbeat.interfaces.cli.reports import print_report

            print_report(answer)
        if serve:
            with on.drumbeat.begin(on.drumbeat.owner()) as department:
                secret = department.accounts.issue_sign_in_link()
            say(f"\nSee it in your browser: {on.settings.public_url}/sign-in?link={secret}")
            say(f"Look around with: {look_around(on.settings)}")
            say("Ctrl-C ends the demo and removes its folder.")
            on.server.wait()
    return 0


def look_around(settings: "Settings") -> str:
    """A command that works as it stands, from whichever folder, while the demo runs."""
    told = {"DRUMBEAT_HOME": settings.home, "DRUMBEAT_KEY_FILE": settings.key_file}
    words = [f"{name}={shlex.quote(str(value))}" for name, value in told.items()]
    return " ".join([*words, *map(shlex.quote, _command()), "status"])


def _command() -> list[str]:
    """As it is found on the path, else where it was installed beside this Python."""
    if shutil.which("drumbeat"):
        return ["drumbeat"]
    beside = Path(sys.executable).parent / "drumbeat"
    return [str(beside)] if beside.exists() else [sys.executable, "-m", "drumbeat.interfaces.cli"]
