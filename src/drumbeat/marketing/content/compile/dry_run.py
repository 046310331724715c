"""What one template does when it is tried, seen from inside a process that may die of it.

Run as `python -m …compile.dry_run` by `trial.py`: reads one JSON request from standard input,
limits itself, names each field before it is tried, and prints one JSON answer.
"""

import base64
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.content.compile.compiler import compile_emails
from drumbeat.marketing.content.compile.language import (
    failure,
    first_uses,
    names_used,
    parse,
)
from drumbeat.marketing.content.compile.message import CompiledEmail
from drumbeat.marketing.content.compile.model import EmailTemplate, MailContext

CPU_SECONDS = 3
MEMORY_BYTES = 768 << 20
_MOMENT = datetime(2026, 1, 15, 12, tzinfo=UTC)
_IN_HTML = ("content_html", "preheader")
_FULL = "Alexandra"


def limit_resources() -> None:
    """CPU time, memory, files and processes of this process from now on; nothing on Windows."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def try_emails(
    templates: list[EmailTemplate], context: MailContext, to: Mapping[str, Any] | None, arm: int
) -> dict[str, Any]:
    """What the checks need: names used by all arms, per-arm results on an unknown contact; and
    what `to` would get of one arm.

    Raises InvalidInput. Each source is tried as written before the compiler changes its lines.
    """
    used: set[str] = set()
    failures: list[str] = []
    for template in templates:
        for field, source in sources_of(template):
            print(json.dumps({"trying": field}), flush=True)  # noqa: T201 (the answer's channel)
            parsed = parse(source, field=field, html=field in _IN_HTML)
            names = names_used(parsed)
            known = {"now": _MOMENT, **template.fields}
            # Text in every field takes other branches; what it breaks may be sound on real values.
            failure(parsed, dict.fromkeys(names, _FULL) | known, field=field)
            failures.append(failure(parsed, known, field=field))
            used |= names - template.fields.keys()
    print(json.dumps({"trying": "content_html"}), flush=True)  # noqa: T201
    compiled = compile_emails(templates, context)
    addressed = {} if to is None else _addressed(templates[arm], compiled.arms[arm], to)
    return addressed | {
        "arms": [_tried(arm) for arm in compiled.arms],
        "used": sorted(used),
        "problems": list(compiled.problems),
        "links": list(compiled.links),
        "failures": [sentence for sentence in failures if sentence],
    }


def _addressed(
    template: EmailTemplate, compiled: CompiledEmail, to: Mapping[str, Any]
) -> dict[str, Any]:
    uses = [
        {"name": name, "field": field, "line": line}
        for field, source in sources_of(template)
        for name, line in first_uses(
            parse(source, field=field, html=field in _IN_HTML), source
        ).items()
        if name not in template.fields
    ]
    given = {**to, "date": datetime.fromisoformat(to["date"])}
    # HTML before the text that is made from it: what fails is then named where it was written.
    compiled.rendered(**{name: given[name] for name in ("to", "fields", "token", "date")})
    return {"message": base64.b64encode(compiled.build(**given)).decode(), "uses": uses}


def _tried(arm: CompiledEmail) -> dict[str, Any] | None:
    try:
        seen = arm.rendered(to="a@example.invalid", fields={}, token="t" * 30, date=_MOMENT)
    except InvalidInput:
        return None  # told among the failures
    return {"subject": seen.subject, "html_bytes": len(seen.html.encode("utf-8", "replace"))}


def sources_of(template: EmailTemplate) -> list[tuple[str, str]]:
    sources = [("subject_line", template.subject), ("content_html", template.html)]
    sources += [("preheader", template.preheader)] if template.preheader else []
    return sources if template.text is None else [*sources, ("content_text", template.text)]


def main() -> None:
    limit_resources()
    request: Mapping[str, Any] = json.load(sys.stdin)
    templates = [EmailTemplate(**template) for template in request["templates"]]
    try:
        answer = try_emails(
            templates,
            MailContext(**request["context"]),
            request.get("addressee"),
            request.get("arm", 0),
        )
    except InvalidInput as error:
        answer = {"refused": str(error), "field": error.field}
    print(json.dumps(answer))  # noqa: T201


if __name__ == "__main__":
    main()
