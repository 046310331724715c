"""The pages of whoever is not signed in: sign-in, the first run, an invitation; and signing out.

The first run is open to this machine alone, or with the link that `drumbeat serve` prints: behind
a proxy, or under a name that is not this machine's, the link is needed.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web import rendering
from drumbeat.interfaces.web.forms import SESSION, VISIT, checked_form, csrf_token, text, token_of
from drumbeat.interfaces.web.rendering import page
from drumbeat.kit.actor import NOBODY, SYSTEM_ACCOUNTS, Actor
from drumbeat.kit.errors import Conflict, DrumbeatError, InvalidInput, NotPermitted
from drumbeat.marketing.accounts import Newcomer, PasswordHash, Role, TryLater, Visitor
from drumbeat.marketing.accounts import hash_password as hash_of

COOKIE_SECONDS = 14 * 24 * 3600
_OWN_PAGE = re.compile(r"/\w[\w/-]{0,200}", re.ASCII)
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_WRONG = "That address and password do not belong together."
_SPENT = "This invitation no longer works. Ask whoever invited you for a fresh one."

Endpoint = Callable[[Request], Response]


@dataclass(frozen=True)
class SigningIn:
    """Who holds a session's cookie, and how everybody else gets one."""

    drumbeat: Drumbeat

    def routes(self) -> tuple[tuple[str, str, Endpoint], ...]:
        return (
            ("GET", "/sign-in", self.by_link),
            ("POST", "/sign-in", self._refusing(self.by_password)),
            ("POST", "/sign-out", self._refusing(self.sign_out)),
            ("GET", "/first-run", self._refusing(self.show_first_run)),
            ("POST", "/first-run", self._refusing(self.first_run)),
            ("GET", "/welcome", self._refusing(self.show_welcome)),
            ("POST", "/welcome", self._refusing(self.welcome)),
        )

    def person(self, request: Request) -> Actor | None:
        secret = request.cookies.get(SESSION, "")
        if not secret:
            return None
        with self.drumbeat.look(NOBODY) as department:
            return department.accounts.actor_for_session(secret)

    def way_in(self, request: Request) -> Response:
        """Instead of a page that needs somebody: the form, and back to that page after it."""
        return self._form(request, 401, to=request.url.path)

    def by_link(self, request: Request) -> Response:
        link = request.query_params.get("link")
        to = request.query_params.get("to", "")
        if link is None:
            return self._form(request, 200, to=to)
        with self.drumbeat.begin(NOBODY) as department:
            session = department.accounts.redeem_link(link, browser=_browser(request))
        if session is None:
            return self._form(request, 401, to=to, spent=True)
        return self._enter(request, session, to)

    def by_password(self, request: Request) -> Response:
        form = checked_form(request, cookie=VISIT)
        email, to, visitor = text(form, "email"), text(form, "to"), visitor_of(request)
        with self.drumbeat.begin(NOBODY) as department:
            attempt = department.signing_in.attempt(email, visitor)
        if isinstance(attempt, TryLater):
            answer = self._form(request, 429, to=to, email=email, wrong=_wait(attempt))
            answer.headers["Retry-After"] = str(attempt.seconds)
            return answer
        proof = attempt.prove(_password(form))
        session = None
        if proof is not None:
            with self.drumbeat.begin(NOBODY) as department:
                session = department.signing_in.sign_in(proof, visitor)
        if session is None:
            return self._form(request, 401, to=to, email=email, wrong=_WRONG)
        return self._enter(request, session, to)

    def sign_out(self, request: Request) -> Response:
        secret = request.cookies.get(SESSION, "")
        if secret:
            checked_form(request)
            with self.drumbeat.begin(NOBODY) as department:
                department.accounts.sign_out(secret)
        answer = _redirect("/sign-in")
        answer.delete_cookie(SESSION, httponly=True, samesite="lax")
        return answer

    # -- the first run ----------------------------------------------------------------------

    def show_first_run(self, request: Request) -> Response:
        link = request.query_params.get("link", "")
        self._require_founder(request, link)
        return self._first_run(request, 200, link=link)

    def first_run(self, request: Request) -> Response:
        form = checked_form(request, cookie=VISIT)
        link = text(form, "link")
        self._require_founder(request, link)
        founder = Newcomer(text(form, "email"), Role.OWNER, text(form, "name"))
        try:
            hash = _new_password(form, founder.email)
            with self.drumbeat.begin(SYSTEM_ACCOUNTS) as department:
                if link:
                    department.accounts.redeem_link(link)
                _, session = department.signing_in.found(founder, hash, visitor_of(request))
        except InvalidInput as error:
            kept = {"email": founder.email, "name": founder.name}
            return self._first_run(request, 400, link=link, wrong=str(error), **kept)
        return self._enter(request, session or "", "/dashboard")

    def _require_founder(self, request: Request, link: str) -> None:
        with self.drumbeat.look(NOBODY) as department:
            if not department.signing_in.needs_founder():
                raise Conflict("This Drumbeat has an owner already. Sign in, or ask them in.")
            if not from_this_machine(request) and not department.accounts.is_sign_in_link(link):
                message = "Open the first-run link that `drumbeat serve` prints where it runs."
                raise NotPermitted(message)

    def _first_run(self, request: Request, status: int, **shown: str) -> Response:
        blank = {"email": "", "name": "", "wrong": "", "link": ""}
        return _visited(request, "first_run.html", status, **blank | shown)

    # -- an invitation ----------------------------------------------------------------------

    def show_welcome(self, request: Request) -> Response:
        return self._welcome(request, 200, request.query_params.get("invitation", ""))

    def welcome(self, request: Request) -> Response:
        form = checked_form(request, cookie=VISIT)
        secret = text(form, "invitation")
        with self.drumbeat.look(NOBODY) as department:
            person = department.signing_in.invited(secret)
        if person is None:
            raise NotPermitted(_SPENT)
        try:
            hash = _new_password(form, person.email)
        except InvalidInput as error:
            return self._welcome(request, 400, secret, wrong=str(error))
        with self.drumbeat.begin(NOBODY) as department:
            session = department.signing_in.accept(secret, hash, visitor_of(request))
        if session is None:
            raise NotPermitted(_SPENT)
        return self._enter(request, session, "/dashboard")

    def _welcome(self, request: Request, status: int, secret: str, wrong: str = "") -> Response:
        with self.drumbeat.look(NOBODY) as department:
            person = department.signing_in.invited(secret)
        if person is None:
            raise NotPermitted(_SPENT)
        shown = {"invited": person, "invitation": secret, "wrong": wrong}
        return _visited(request, "welcome.html", status, **shown)

    # ---------------------------------------------------------------------------------------

    def _form(
        self, request: Request, status: int, *, to: str = "", spent: bool = False, **typed: str
    ) -> Response:
        with self.drumbeat.look(NOBODY) as department:
            first = department.signing_in.needs_founder()
        kept = {"email": "", "wrong": "", "to": to if _OWN_PAGE.fullmatch(to) else ""} | typed
        here = from_this_machine(request)
        return _visited(
            request, "sign_in.html", status, spent=spent, first=first, here=here, **kept
        )

    def _enter(self, request: Request, session: str, to: str) -> Response:
        """A new session's cookie; what this browser was signed in with before ends."""
        former = request.cookies.get(SESSION, "")
        if former:
            with self.drumbeat.begin(NOBODY) as department:
                department.accounts.sign_out(former)
        answer = _redirect(to if _OWN_PAGE.fullmatch(to) else "/dashboard")
        set_session(answer, session, secure=is_secure(self.drumbeat, request))
        return answer

    def _refusing(self, answer: Endpoint) -> Endpoint:
        def endpoint(request: Request) -> Response:
            try:
                return answer(request)
            except DrumbeatError as error:
                status = {NotPermitted: 403, Conflict: 409}.get(type(error), 400)
                return page("error.html", status, title="This cannot be done", detail=str(error))

        return endpoint


def set_session(answer: Response, session: str, *, secure: bool) -> None:
    answer.set_cookie(
        SESSION, session, max_age=COOKIE_SECONDS, httponly=True, samesite="lax", secure=secure
    )


def is_secure(drumbeat: Drumbeat, request: Request) -> bool:
    """Over HTTPS, also when it ends at a proxy in front of the public address."""
    public = urlsplit(drumbeat.office.public_url)
    fronted = public.scheme == "https" and public.netloc == request.headers.get("host")
    return request.url.scheme == "https" or fronted


def visitor_of(request: Request) -> Visitor:
    ip = request.client.host if request.client else ""
    return Visitor(ip, _browser(request))


def from_this_machine(request: Request) -> bool:
    """Asked by this machine's own address, under this machine's own name, through nobody."""
    if any(header in request.headers for header in _FORWARDED):
        return False
    named = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    asking = request.client.host if request.client else ""
    return _is_loopback(asking) and (named == "localhost" or _is_loopback(named))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _visited(request: Request, template: str, status: int, **shown: object) -> Response:
    """A page whose form is bound to this browser, which is not signed in."""
    token, fresh = csrf_token(request, cookie=VISIT), ""
    if not token:
        fresh = secrets.token_urlsafe(24)
        token = token_of(fresh)
    answer = page(template, status, csrf=token, **shown)
    if fresh:
        secure = request.url.scheme == "https"
        answer.set_cookie(VISIT, fresh, httponly=True, samesite="lax", secure=secure)
    return answer


def _password(form: FormData) -> str:
    value = form.get("password")
    return value if isinstance(value, str) else ""


def _new_password(form: FormData, email: str) -> PasswordHash:
    if form.get("password") != form.get("again"):
        raise InvalidInput("The two passwords are not the same.", field="again")
    return hash_of(_password(form), email=email)


def _wait(later: TryLater) -> str:
    minutes = -(-later.seconds // 60)
    span = f"{later.seconds} seconds" if minutes < 2 else f"{minutes} minutes"
    return f"Too many wrong passwords. Try again in {span}."


def _browser(request: Request) -> str:
    """What a list of sessions calls this browser."""
    said = request.headers.get("user-agent", "")
    names = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"))
    name = next((name for mark, name in (*names, ("Safari/", "Safari")) if mark in said), "Browser")
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")
    system = next((system for system in systems if system in said), "")
    return f"{name} on {system.replace('Mac OS X', 'macOS')}" if system else name


def _redirect(path: str) -> RedirectResponse:
    return RedirectResponse(path, 303, rendering.PAGE_HEADERS)
