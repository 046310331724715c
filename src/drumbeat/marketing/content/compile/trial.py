"""A template is tried once, at save, in a process of its own that its limits may kill.

The limits inside (`guard.py`) stop what renders too much; this one stops what they cannot count:
an expression that the parser chokes on, memory taken in one piece. The child gets no environment,
so no secret of the server can be read through it.
"""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import drumbeat
from drumbeat.kit.errors import Conflict, InvalidInput
from drumbeat.marketing.content.compile.model import (
    SOURCE_LIMIT,
    Addressee,
    EmailTemplate,
    MailContext,
)

WALL_SECONDS = 30
AT_ONCE = 3
"""Children at a time: each may take `WALL_SECONDS` and 768 MB, and authors ask as they type."""
TURN_SECONDS = 5.0
"""How long somebody waits for their turn before they are told to try again."""
TURNS = threading.BoundedSemaphore(AT_ONCE)
_CHILD = "drumbeat.marketing.content.compile.dry_run"
_FIELDS = {
    "subject_line": "The subject line",
    "content_html": "The HTML",
    "content_text": "The text part",
    "preheader": "The preheader",
}


@dataclass(frozen=True)
class TriedArm:
    """One arm as a contact of whom nothing is known would get it."""

    subject: str
    html_bytes: int


@dataclass(frozen=True)
class Use:
    """Where an arm first says a name that must come from the contact."""

    name: str
    field: str
    line: int


@dataclass(frozen=True)
class Addressed:
    """One arm as one contact would get it: the production bytes, and the names the arm says."""

    message: bytes
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class Trial:
    """`used` are the contact fields that the arms name, `problems` the compiler's sentences,
    `failures` why a contact without fields would get no mail (that arm is not among `arms`);
    `links` the tracked targets by number; `addressed` is what the contact would get who was
    asked for."""

    arms: tuple[TriedArm, ...]
    used: tuple[str, ...]
    problems: tuple[str, ...]
    failures: tuple[str, ...]
    links: tuple[str, ...] = ()
    addressed: Addressed | None = None


def try_out(
    templates: Sequence[EmailTemplate],
    context: MailContext,
    *,
    to: Addressee | None = None,
    arm: int = 0,
) -> Trial:
    """Try all arms in a child process, for about 0.5 s. Raises InvalidInput naming field and line,
    Conflict when too many are tried already.

    `to` also gets one arm built, in the same child: what is not saved is rendered nowhere else.
    Never call it inside a unit of work.
    """
    for template in templates:
        _refuse_long(template)
    plain = [asdict(replace(t, fields=dict(t.fields))) for t in templates]
    request: dict[str, Any] = {"templates": plain, "context": asdict(context)}
    if to is not None:
        request["addressee"] = asdict(to) | {"date": to.date.isoformat()}
        request["arm"] = arm
    lines = _ask_in_turn(request)
    answer = lines[-1] if lines else {}
    if "refused" in answer:
        raise InvalidInput(answer["refused"], field=answer["field"])
    if not answer:
        raise Conflict("The template could not be tried: the trial did not start.")
    if "arms" not in answer:
        raise _died(answer["trying"])
    arms = tuple(TriedArm(**arm) for arm in answer["arms"] if arm)
    return Trial(
        arms,
        tuple(answer["used"]),
        tuple(answer["problems"]),
        tuple(answer["failures"]),
        tuple(answer["links"]),
        _addressed(answer) if to is not None else None,
    )


def _addressed(answer: dict[str, Any]) -> Addressed:
    uses = tuple(Use(**each) for each in answer["uses"])
    return Addressed(base64.b64decode(answer["message"]), uses)


def _ask_in_turn(request: dict[str, Any]) -> list[dict[str, Any]]:
    if not TURNS.acquire(timeout=TURN_SECONDS):
        raise Conflict("Too many templates are being tried at once: try again in a moment.")
    try:
        return _ask(request)
    finally:
        TURNS.release()


def _ask(request: dict[str, Any]) -> list[dict[str, Any]]:
    """What the child said before it ended, however it ended."""
    source = Path(drumbeat.__file__).parent.parent
    environment = {"PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
    if "SYSTEMROOT" in os.environ:  # Windows cannot start Python without it
        environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    child = subprocess.Popen(
        [sys.executable, "-m", _CHILD],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        said, _ = child.communicate(json.dumps(request).encode(), timeout=WALL_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        said, _ = child.communicate()
    return [json.loads(line) for line in said.splitlines() if line.endswith(b"}")]


def _refuse_long(template: EmailTemplate) -> None:
    sources = {
        "subject_line": template.subject,
        "preheader": template.preheader,
        "content_html": template.html,
        "content_text": template.text or "",
    }
    for field, source in sources.items():
        size = len(source.encode("utf-8", "replace"))
        if size > SOURCE_LIMIT:
            message = f"{_FIELDS[field]} has {size:,} bytes; a template may have {SOURCE_LIMIT:,}."
            raise InvalidInput(message, field=field)


def _died(field: str) -> InvalidInput:
    message = (
        f"{_FIELDS[field]} takes more time or memory to render than a template may, so it was "
        "stopped. Look for loops over large ranges and for text that grows in a loop."
    )
    return InvalidInput(message, field=field)
