"""Import contacts: upload, see what each column means and what would change, then do it."""

from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from drumbeat.interfaces.web.forms import text
from drumbeat.interfaces.web.import_desk import Upload
from drumbeat.interfaces.web.rendering import PAGE_HEADERS, rendered
from drumbeat.interfaces.web.streams import Panel
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import InvalidInput, NotFound
from drumbeat.marketing.audience import FIELDS, IGNORED, MergePolicy

MOST_BYTES = 64 << 20
_AT = "/audience/import"
_LOCKED = ("consent", "refusal", "bounce")
"""What says who may be mailed is recognised, or chosen with the file; nobody maps it away."""


def show_upload(visit: Visit) -> Response:
    visit.actor.require(Scope.AUDIENCE_WRITE)
    return _form(visit)


def upload(visit: Visit) -> Response:
    """Take the file and begin the dry run."""
    visit.actor.require(Scope.AUDIENCE_WRITE)
    try:
        taken = _taken(visit)
    except InvalidInput as error:
        return _form(visit, str(error))
    visit.source.desk.check(visit.drumbeat, visit.actor, taken, {})
    return visit.go(f"{_AT}/{taken.key}")


def show_import(visit: Visit) -> Response:
    return visit.page("import_step.html", upload=_upload(visit), fields=FIELDS, ignored=IGNORED)


def show_import_live(visit: Visit) -> Response:
    """Only the panel, for a page that keeps it fresh."""
    return visit.page("import_live.html", upload=_upload(visit))


def look_import(visit: Visit) -> Panel:
    """The same for a stream."""
    found = _upload(visit)
    return Panel(rendered("import_live.html", upload=found), "" if found.busy else None)


def start_import(visit: Visit) -> Response:
    """Import what was checked; if a column was given another meaning, check that first."""
    form, found, desk = visit.form(), _upload(visit), visit.source.desk
    changed = _changed(form, found)
    if changed or found.state == "unmapped":
        desk.check(visit.drumbeat, visit.actor, found, {**found.mapping, **changed})
        return visit.go(f"{_AT}/{found.key}", "mapped")
    desk.start(visit.drumbeat, visit.actor, found)
    return visit.go(f"{_AT}/{found.key}")


def _changed(form: FormData, found: Upload) -> dict[str, str]:
    """The columns that were given another meaning than they were checked with, if they were."""
    meanings = found.meanings
    wanted = [text(form, f"column-{at}") for at in range(len(meanings))]
    return {
        name: meant
        for (name, was), meant in zip(meanings, wanted, strict=True)
        if meant and (meant != was or found.report is None) and was not in _LOCKED
    }


def download_rejected(visit: Visit) -> Response:
    """The rows that were not taken, as they came, each with its reason."""
    found = _upload(visit)
    if not found.rejected:
        raise NotFound("No row of this file was rejected.")
    headers = {"Content-Disposition": 'attachment; filename="rejected.csv"', **PAGE_HEADERS}
    return Response(found.rejected, 200, headers, "text/csv; charset=utf-8")


def _form(visit: Visit, problem: str = "") -> Response:
    return visit.page(
        "import.html",
        422 if problem else 200,
        problem=problem,
        most=MOST_BYTES >> 20,
        chosen="unconfirmed",
        column="",
    )


def _taken(visit: Visit) -> Upload:
    form = visit.form(at_most=MOST_BYTES, files=1)
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise InvalidInput("Choose a file first.", field="file")
    consent = text(form, "consent")
    if consent == "column":
        consent = text(form, "column")
    elif consent != "subscribed":
        consent = "unconfirmed"
    if not consent:
        file.file.close()
        raise InvalidInput("Name the column that says who wants mail.", field="column")
    return visit.source.desk.take(
        visit.actor, file.filename[:120], file.file, consent, _policy(form)
    )


def _policy(form: FormData) -> MergePolicy:
    asked = text(form, "policy")
    return MergePolicy(asked) if asked in set(MergePolicy) else MergePolicy.overwrite


def _upload(visit: Visit) -> Upload:
    visit.actor.require(Scope.AUDIENCE_WRITE)
    return visit.source.desk.get(visit.actor, visit.path("key"))
