"""Who is likely known twice, side by side with what they share; merging asks once more."""

from starlette.responses import Response

from drumbeat.interfaces.web.forms import text
from drumbeat.interfaces.web.source import patient
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import InvalidInput, NotFound
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import contact_id_of, contact_no_of
from drumbeat.marketing.campaigns.merging_contacts import merge_contacts

MOST = 50
SHARED = {"mailbox": "one mailbox", "external_id": "one id", "name_and_phone": "name and phone"}


def list_duplicates(visit: Visit) -> Response:
    return _shown(visit)


def merge(visit: Visit) -> Response:
    """`do` is look, which says what would happen, or merge."""
    sent = visit.form()
    visit.actor.require(Scope.AUDIENCE_WRITE)
    dry = text(sent, "do") != "merge"
    try:
        keys = visit.drumbeat.office.keys
        keep, other = (contact_no_of(text(sent, name), keys) for name in ("keep", "other"))
        told = merge_contacts(visit.look, visit.begin, keep, other, dry_run=dry)
    except (InvalidInput, NotFound) as error:
        return _shown(visit, 422, problem=str(error))
    if dry:
        return _shown(visit, merging=(told, text(sent, "keep"), text(sent, "other")))
    return visit.go(f"/audience/contacts/{text(sent, 'keep')}", "merged")


def _shown(visit: Visit, status: int = 200, problem: str = "", merging: object = None) -> Response:
    """Everybody is compared beside the request; an answer keeps numbers, not people."""
    visit.actor.require(Scope.AUDIENCE_READ)
    with visit.look() as department:
        counts, now = patient(department).audience.count_audience(), department.office.clock()
    revision = (counts.contacts, counts.subscribers, now.date())
    asked = visit.source.answers.ask("duplicates", revision, now, lambda: _numbers(visit))
    with visit.look() as department:
        found = department.duplicates.list_pairs(among=asked.answer or [])
        keys = department.office.keys
    pairs = [
        (
            each,
            contact_id_of(each.keep.contact_no, keys),
            contact_id_of(each.other.contact_no, keys),
        )
        for each in found
    ]
    return visit.page(
        "duplicates.html",
        status,
        pairs=pairs,
        problem=problem,
        asked=asked,
        merging=merging,
        shared=SHARED,
    )


def _numbers(visit: Visit) -> list[tuple[ContactNo, ContactNo]]:
    with visit.look() as department:
        pairs = department.duplicates.list_pairs(limit=MOST)
    return [(each.keep.contact_no, each.other.contact_no) for each in pairs]
