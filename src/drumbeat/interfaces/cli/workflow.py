"""drumbeat workflow …: a whole campaign from one request."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from drumbeat.bootstrap.settings import read_settings
from drumbeat.interfaces.cli.answers import FAILED, print_json
from drumbeat.interfaces.cli.campaigns import LACKS_APPROVAL, Json, read_request
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.paths import path_of
from drumbeat.interfaces.local import answers, socket_of
from drumbeat.interfaces.sdk.client import Client, JsonObject
from drumbeat.kit.errors import ProviderFailed

POLL_SECONDS = 0.3

app = App(name="workflow", help="Run a whole campaign from one request.")


@app.command
def email(
    request: Path,
    *,
    wait: Annotated[bool, Parameter(negative="", help="Until nothing more is due now.")] = False,
    json: Json = False,
) -> int:
    """Segment, test, time, ask for approval, send and report, as the request says.

    Without `approve = true` it stops at awaiting_approval, sends nothing and exits with 3.
    """
    settings = read_settings()
    with client(settings) as house:
        answer = house.post("/workflows/email", read_request(request))
        campaign_id = _of(answer)["campaign_id"]
        if wait and not answer.get("approval_id"):
            here = not settings.url and not answers(socket_of(settings.home))
            answer = _follow(house, str(campaign_id), work=_work_here if here else _wait)
    if json:
        print_json(answer)
    else:
        from drumbeat.interfaces.cli.reports import print_report

        print_report(answer)
    if _of(answer)["status"] == "awaiting_approval":
        return LACKS_APPROVAL
    return 0 if answer["success"] else FAILED


def _work_here() -> None:
    """No server runs, so no engine does: start one for as long as something is due."""
    command = [sys.executable, "-m", "drumbeat.interfaces.cli", "worker", "--until-idle"]
    ended = subprocess.run(command, check=False, stdout=sys.stderr)
    if ended.returncode != 0:  # it has said why on stderr
        message = "The engine could not go on; what was not sent stays planned."
        raise ProviderFailed(message, permanent=False)


def _wait() -> None:
    time.sleep(POLL_SECONDS)


def _follow(house: Client, campaign_id: str, *, work: Callable[[], None]) -> JsonObject:
    """The answer once the campaign has nothing to do until later."""
    while True:
        answer = house.get(path_of("/workflows/email/{}", campaign_id))
        if not answer["due_now"]:
            return answer
        work()


def _of(answer: JsonObject) -> JsonObject:
    campaign = answer["campaign"]
    assert isinstance(campaign, dict)
    return campaign
