"""The page 'People and keys': who has an account, keys, sessions, the password, and the trail.

A secret is shown in the answer to the form that made it, once, and on no other page.
"""

from datetime import timedelta

from starlette.responses import Response

from drumbeat.interfaces.web.forms import SESSION, text
from drumbeat.interfaces.web.signing_in import is_secure, set_session, visitor_of
from drumbeat.interfaces.web.visits import Page, Visit
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import Conflict, InvalidInput, NotPermitted
from drumbeat.marketing.accounts import Newcomer, Proof, Role, TryLater, hash_password

AT = "/settings/people"
TRAIL_PAGE = 50
_LIVES = {"30": "30 days", "90": "90 days", "365": "a year", "": "no end"}


def show_people(visit: Visit) -> Response:
    return _show(visit)


def add_person(visit: Visit) -> Response:
    form = visit.form()
    try:
        newcomer = Newcomer(text(form, "email"), _role(text(form, "role")), text(form, "name"))
        with visit.begin() as department:
            person, secret = department.people.add(newcomer)
    except InvalidInput as error:
        return _show(visit, 400, wrong={"person": str(error)})
    return _show(visit, secret=("invitation", person.email, _welcome(visit, secret)))


def invite(visit: Visit) -> Response:
    visit.form()
    with visit.begin() as department:
        person, secret = department.people.invite(visit.path("person_id"))
    return _show(visit, secret=("invitation", person.email, _welcome(visit, secret)))


def change_role(visit: Visit) -> Response:
    role = _role(text(visit.form(), "role"))
    try:
        with visit.begin() as department:
            department.people.change_role(visit.path("person_id"), role)
    except Conflict as error:
        return _show(visit, 409, wrong={"people": str(error)})
    return visit.go(AT, "role-changed")


def remove_person(visit: Visit) -> Response:
    visit.form()
    try:
        with visit.begin() as department:
            department.people.remove(visit.path("person_id"))
    except Conflict as error:
        return _show(visit, 409, wrong={"people": str(error)})
    return visit.go(AT, "person-removed")


def add_key(visit: Visit) -> Response:
    form = visit.form()
    days = text(form, "days")
    scopes = frozenset(Scope(s) for s in form.getlist("scopes") if s in visit.actor.scopes)
    try:
        if days not in _LIVES:
            raise InvalidInput("Choose how long the key lives.", field="days")
        clock = visit.drumbeat.office.clock
        expires = clock() + timedelta(days=int(days)) if days else None
        with visit.begin() as department:
            secret = department.accounts.issue_key(text(form, "label"), scopes or None, expires)
    except InvalidInput as error:
        return _show(visit, 400, wrong={"key": str(error)})
    return _show(visit, secret=("key", text(form, "label"), secret))


def remove_key(visit: Visit) -> Response:
    visit.form()
    with visit.begin() as department:
        department.accounts.end_key(visit.path("key_id"))
    return visit.go(AT, "key-removed")


def end_session(visit: Visit) -> Response:
    visit.form()
    with visit.begin() as department:
        department.accounts.end_session(visit.path("session_id"))
    return visit.go(AT, "session-ended")


def change_password(visit: Visit) -> Response:
    form = visit.form()
    new, again, old = (str(form.get(name, "")) for name in ("password", "again", "present"))
    try:
        with visit.look() as department:
            email = department.people.me().email
        if new != again:
            raise InvalidInput("The two passwords are not the same.", field="again")
        proof = _prove(visit, email, old) if old else None
        hash = hash_password(new, email=email)
        visitor = visitor_of(visit.request)
        with visit.begin() as department:
            session = department.signing_in.change_password(proof, hash, visitor)
    except (InvalidInput, NotPermitted) as error:
        return _show(visit, 400, wrong={"password": str(error)})
    answer = visit.go(AT, "password-changed")
    set_session(answer, session, secure=is_secure(visit.drumbeat, visit.request))
    return answer


def show_trail(visit: Visit) -> Response:
    before = visit.query("before")
    with visit.look() as department:
        last = int(before) if before.isdecimal() and len(before) < 18 else None
        subject = visit.query("subject")[:200] or None
        entries = department.accounts.list_audit(subject, TRAIL_PAGE + 1, last)
        names = {each.id: each.name for each in department.people.list_()}
    following = entries[TRAIL_PAGE - 1].audit_no if len(entries) > TRAIL_PAGE else None
    return visit.page(
        "trail.html",
        names=names,
        entries=entries[:TRAIL_PAGE],
        following=following,
        subject=subject,
    )


def to_people(visit: Visit) -> Response:
    return visit.go(AT)


PEOPLE: tuple[tuple[str, str, Page], ...] = (
    ("GET", "/settings", to_people),
    ("GET", AT, show_people),
    ("POST", AT, add_person),
    ("POST", AT + "/{person_id}/invitation", invite),
    ("POST", AT + "/{person_id}/role", change_role),
    ("POST", AT + "/{person_id}/remove", remove_person),
    ("POST", "/settings/keys", add_key),
    ("POST", "/settings/keys/{key_id}/remove", remove_key),
    ("POST", "/settings/sessions/{session_id}/end", end_session),
    ("POST", "/settings/password", change_password),
    ("GET", "/settings/trail", show_trail),
)


def _show(
    visit: Visit,
    status: int = 200,
    *,
    secret: tuple[str, str, str] | None = None,
    wrong: dict[str, str] | None = None,
) -> Response:
    cookie = visit.request.cookies.get(SESSION, "")
    owner = visit.may(Scope.ACCOUNTS_READ)
    with visit.look() as department:
        me = department.people.me()
        people = department.people.list_() if owner else [me]
        with_password = department.people.list_with_password() if owner else frozenset()
        has_password = department.signing_in.has_password()
        keys, sessions = department.accounts.list_keys(), department.accounts.list_sessions()
        here = department.accounts.session_id(cookie)
    return visit.page(
        "people.html",
        status,
        me=me,
        people=people,
        with_password=with_password,
        has_password=has_password,
        keys=keys,
        sessions=sessions,
        here=here,
        owner=visit.may(Scope.ACCOUNTS_WRITE),
        roles=tuple(Role),
        lives=_LIVES,
        scopes=sorted(visit.actor.scopes),
        secret=secret,
        wrong=wrong or {},
    )


def _prove(visit: Visit, email: str, password: str) -> Proof | None:
    with visit.begin() as department:
        attempt = department.signing_in.attempt(email, visitor_of(visit.request))
    if isinstance(attempt, TryLater):
        message = f"Too many wrong passwords. Try again in {attempt.seconds} seconds."
        raise InvalidInput(message, field="present")
    return attempt.prove(password)


def _role(named: str) -> Role:
    if named not in tuple(Role):
        raise InvalidInput("Choose a role: owner, marketer, analyst or viewer.", field="role")
    return Role(named)


def _welcome(visit: Visit, secret: str) -> str:
    """Where the invited person opens it: the same address that this page was asked at."""
    base = visit.drumbeat.settings.public_url or str(visit.request.base_url)
    return f"{base.rstrip('/')}/welcome?invitation={secret}"
