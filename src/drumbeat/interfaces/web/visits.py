"""One visit of a signed-in person: their rights, their units of work, and how a page answers them.

A page is a plain function `(Visit) -> Response`; `signed_in` makes it an endpoint.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web import rendering
from drumbeat.interfaces.web.forms import FORM_BYTES, checked_form, csrf_token
from drumbeat.interfaces.web.rendering import page
from drumbeat.interfaces.web.signing_in import SigningIn
from drumbeat.interfaces.web.source import Source
from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.errors import Conflict, DrumbeatError, NotFound, NotPermitted
from drumbeat.marketing.department import Department

NOTICES = {
    "approved": "Approved. It waits for its launch.",
    "launched": "Approved and on its way. The engine takes it from here.",
    "declined": "Declined. Edit it to ask again.",
    "paused": "Paused. Nothing more leaves until you resume.",
    "resumed": "Resumed.",
    "cancelled": "Cancelled. Nothing more will be sent.",
    "checked": "Looked outside just now.",
    "test-asked": "The test is on its way: the engine sends it within a moment.",
    "decided-arrived": "Noted: it arrived, and counts as sent.",
    "decided-give_up": "Noted: it counts as failed, and is not sent again.",
    "decided-send_again": "It goes once more, at the campaign's pace.",
    "created": "Saved and planned. Look it over; nothing leaves before somebody says yes.",
    "changed": "Saved and planned anew. An earlier approval no longer counts.",
    "mapped": "Checked with the columns as you chose them. Nothing has changed yet.",
    "sender-saved": "Saved. Every mail that is planned from now on comes from there.",
    "keys-made": "The keys are made. Publish their records, then ask DNS.",
    "server-saved": "The mail server let us in, and is saved. Engines take it up within seconds.",
    "sandbox-again": "Mail stays in the sandbox again.",
    "segment-saved": "Kept. Campaigns can name it as their audience; the engine keeps it current.",
    "segment-removed": "The segment is removed.",
    "segmented": "Segments are up to date.",
    "unsubscribed": "They will not be mailed again.",
    "merged": "They are one contact now.",
    "erased": "Erased. Nothing here names them any more.",
    "choice-kept": "Noted.",
    "form-added": "The form is open.",
    "form-changed": "Changed.",
    "topic-added": "The topic is there. Nobody has allowed mail about it yet.",
    "topic-changed": "Changed.",
    "role-changed": "The role is changed; they sign in again.",
    "person-removed": "They are out: sessions, links and keys have ended.",
    "key-removed": "The key no longer works.",
    "session-ended": "That browser is signed out.",
    "password-changed": "The password is changed. Every other browser is signed out.",
}


@dataclass(frozen=True)
class Visit:
    request: Request
    drumbeat: Drumbeat
    actor: Actor
    source: Source

    def look(self) -> AbstractContextManager[Department]:
        return self.drumbeat.look(self.actor)

    def begin(self) -> AbstractContextManager[Department]:
        return self.drumbeat.begin(self.actor)

    def may(self, scope: str) -> bool:
        return Scope(scope) in self.actor.scopes

    def form(self, *, at_most: int = FORM_BYTES, files: int = 0) -> FormData:
        """The fields that were posted, once they are known to come from a page of ours."""
        return checked_form(self.request, at_most=at_most, files=files)

    def path(self, name: str) -> str:
        return str(self.request.path_params[name])

    def query(self, name: str) -> str:
        """A value of the address, without the space around it; "" when it is not there."""
        return self.request.query_params.get(name, "").strip()

    def page(self, template: str, status: int = 200, **shown: object) -> Response:
        return page(
            template,
            status,
            person=self.actor.name,
            csrf=csrf_token(self.request),
            may=self.may,
            notice=NOTICES.get(self.query("said"), ""),
            **shown,
        )

    def go(self, path: str, said: str = "") -> Response:
        """After a change: the page that shows it, so that reloading repeats nothing."""
        return RedirectResponse(
            f"{path}?said={said}" if said else path, 303, rendering.PAGE_HEADERS
        )

    def refusal(self, error: DrumbeatError) -> Response:
        status, title = _refused(error)
        return self.page("error.html", status, title=title, detail=str(error))


Page = Callable[[Visit], Response]


def signed_in(
    drumbeat: Drumbeat, source: Source, signing_in: SigningIn, show: Page
) -> Callable[[Request], Response]:
    """An endpoint that shows `show` to whoever is signed in, and a way in to everybody else."""

    def endpoint(request: Request) -> Response:
        actor = signing_in.person(request)
        if actor is None:
            return signing_in.way_in(request)
        visit = Visit(request, drumbeat, actor, source)
        try:
            return show(visit)
        except DrumbeatError as error:
            return visit.refusal(error)

    return endpoint


def _refused(error: DrumbeatError) -> tuple[int, str]:
    if isinstance(error, NotFound):
        return 404, "There is no such page"
    if isinstance(error, NotPermitted):
        return 403, "This is not yours to do"
    if isinstance(error, Conflict):
        return 409, "This does not fit what happened meanwhile"
    return 400, "This cannot be done"
