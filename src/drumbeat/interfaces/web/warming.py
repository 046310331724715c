"""The pages people open first, built once before anybody opens them.

The first of each costs several times a later one: code is loaded, statements are compiled, and what
the last campaigns brought is counted.
"""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence

from starlette.requests import Request

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web.pages import PAGES
from drumbeat.interfaces.web.source import LOOKED_THROUGH, WITH_RESULTS, Source
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.actor import GATEKEEPER, Actor
from drumbeat.marketing.audience import contact_id_of

log = logging.getLogger(__name__)

BREATH = 0.05
"""Seconds between two pages: whoever asks meanwhile goes first."""

_ALONE = (
    "/dashboard",
    "/campaigns",
    "/audience",
    "/audience/segments",
    "/campaigns/new",
    "/audience/import",
    "/sandbox",
    "/settings",
)
_OF_CAMPAIGN = (
    "/campaigns/{campaign_id}",
    "/campaigns/{campaign_id}/plan",
    "/campaigns/{campaign_id}/preview",
    "/campaigns/{campaign_id}/recipients",
)
_OF_CONTACT = ("/audience/contacts/{contact_id}/deeds", "/audience/contacts/{contact_id}")
_SHOWS = {path: show for method, path, show in PAGES if method == "GET"}

Named = Mapping[str, str]


def show_once(
    drumbeat: Drumbeat, source: Source, ending: threading.Event, *, breath: float = BREATH
) -> Sequence[str]:
    """Build the pages as the owner would see them; answers the paths of those that were built.

    Until `ending` is set. Nothing is written and nothing outside is asked. A page that cannot be
    built is told in the log only: whoever opens it is told why.
    """
    shown: list[str] = []
    with drumbeat.look(GATEKEEPER) as department:
        owner = department.accounts.owner()
        actor = None if owner is None else department.accounts.actor_of(owner.person_no)
    if actor is None:
        return shown
    for path, named in _addresses(drumbeat, actor):
        if ending.wait(breath):
            break
        try:
            _SHOWS[path](Visit(_request(path, named), drumbeat, actor, source))
        except Exception:
            log.warning("The page %s could not be built ahead.", path, exc_info=True)
        else:
            shown.append(path)
    return shown


def _addresses(drumbeat: Drumbeat, actor: Actor) -> Iterator[tuple[str, Named]]:
    with drumbeat.look(actor) as department:
        recent = department.campaigns.list_(limit=LOOKED_THROUGH)
        contacts = department.audience.list_contacts(limit=1)
        keys = department.office.keys
    yield from ((path, {}) for path in _ALONE)
    sent = [each for each in recent if each.state in WITH_RESULTS]
    for campaign in (*recent[:1], *sent[:1]):
        yield from ((path, {"campaign_id": campaign.id}) for path in _OF_CAMPAIGN)
    for contact in contacts:
        named = {"contact_id": contact_id_of(contact.contact_no, keys)}
        yield from ((path, named) for path in _OF_CONTACT)


def _request(path: str, named: Named) -> Request:
    """Of nobody's browser: it carries no cookie, so what is built holds nobody's token."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": path.format(**named),
        "query_string": b"",
        "headers": [],
        "path_params": named,
    }
    return Request(scope)
