"""Answers `/s/{form}`, `/confirm/{token}` and `/p/{token}`: signing up, confirming, preferring.

Only POST changes anything. There is no cookie and no session, so an Origin proves nothing here and
none is asked for: what counts is a form's stamp, or the token that only one mailbox has got.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from drumbeat.bootstrap import Drumbeat
from drumbeat.bootstrap.erasing import everything_about
from drumbeat.interfaces.public import pages, sheets
from drumbeat.interfaces.public.consent import withdrawing
from drumbeat.interfaces.public.proof import Stamps, script
from drumbeat.interfaces.public.sheets import FilledIn, Standing
from drumbeat.kit.actor import PUBLIC_CHOICES, PUBLIC_SUBJECT
from drumbeat.kit.errors import Conflict, DrumbeatError, InvalidInput, NotFound
from drumbeat.kit.ids import ContactNo
from drumbeat.kit.signing import Recipient, TokenSigner
from drumbeat.marketing.audience import (
    Answered,
    Asked,
    AskKind,
    Consent,
    SignupForm,
    Taken,
    Topic,
    Visitor,
)
from drumbeat.marketing.department import Department
from drumbeat.marketing.events import Fact, Kind

LARGEST_FORM = 64 * 1024
MOST_FIELDS = 250
PLACES = ("/s/", "/confirm/", "/p/")
SOURCE = "preferences"
_MINIMUM = {
    "cache-control": "no-store, private",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
    "content-type": "text/html; charset=utf-8",
}
_PLAIN = {**_MINIMUM, "content-security-policy": pages.POLICY}

Form = dict[str, list[str]]


def choosing_app(drumbeat: Drumbeat) -> Starlette:
    house = _House(drumbeat)
    return Starlette(
        routes=[
            Route("/s/{form_id}", _endpoint(house.show_form, house.sign_up)),
            Route("/confirm/{token}", _endpoint(house.show_ask, house.confirm)),
            Route("/p/{token}", _endpoint(house.show_choices, house.choose)),
        ],
        exception_handlers={404: _no_such_page, 405: _no_such_page},
    )


Show = Callable[[Request], Response]
Act = Callable[[Request, Form], Response]


class _endpoint:  # a class, so that Starlette hands it every method
    """GET and HEAD look, POST acts; work on the house is done in a thread."""

    def __init__(self, show: Show, act: Act) -> None:
        self._show, self._act = show, act

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        request = Request(scope, receive, send)  # type: ignore[arg-type]
        response = await self._answer(request)
        await response(scope, receive, send)  # type: ignore[arg-type]

    async def _answer(self, request: Request) -> Response:
        try:
            if request.method in ("GET", "HEAD"):
                return await to_thread.run_sync(self._show, request)
            if request.method != "POST":
                raise HTTPException(405)
            form = await _read(request)
            if form is None:
                return _page(pages.not_found(), 413)
            return await to_thread.run_sync(self._act, request, form)
        except NotFound:
            return _page(pages.not_found(), 404)
        except (DrumbeatError, ClientDisconnect):
            return _page(pages.try_again(), 503)


async def _read(request: Request) -> Form | None:
    """The fields of a plain form, whatever bytes they are; None if there are too many."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            return None
    try:
        text = body.decode("utf-8", "replace")
        return parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return None


@dataclass(frozen=True)
class _House:
    drumbeat: Drumbeat
    signer: TokenSigner = field(init=False)
    stamps: Stamps = field(init=False)

    def __post_init__(self) -> None:
        keys, clock = self.drumbeat.office.keys, self.drumbeat.office.clock
        object.__setattr__(self, "signer", TokenSigner(keys.derive("tracking")))
        object.__setattr__(self, "stamps", Stamps(keys.derive("stamps"), clock))

    # signing up -----------------------------------------------------------------------------

    def show_form(self, request: Request) -> Response:
        form, topics = self._form(request.path_params["form_id"])
        return self._sign_up_page(form, topics, FilledIn(self.stamps.issue(form.id)))

    def sign_up(self, request: Request, sent: Form) -> Response:
        """Sent from anywhere: without a proof of work the form is shown filled in, to do some."""
        form, topics = self._form(request.path_params["form_id"])
        email, wanted = _one(sent, "email"), sent.get("topic", [])
        proof = self.stamps.judge(form.id, _one(sent, "stamp"), _one(sent, "nonce"))
        filled = FilledIn(self.stamps.issue(form.id), email[:320], wanted)
        if proof is None:
            filled = FilledIn(filled.stamp, filled.email, wanted, "Please send it once more.")
            return self._sign_up_page(form, topics, filled)
        visitor = _visitor(request, stamp=proof.stamp, scripted=proof.scripted)
        try:
            with self.drumbeat.begin(PUBLIC_CHOICES) as department:
                outcome = department.asks.sign_up(form.id, email, wanted, visitor)
        except InvalidInput as error:
            filled = FilledIn(filled.stamp, filled.email, wanted, str(error))
            return self._sign_up_page(form, topics, filled, 422)
        if outcome is Taken.too_many:
            return _page(sheets.too_many(), 429)
        return _page(sheets.taken(form, self._sender))

    def _form(self, form_id: str) -> tuple[SignupForm, list[Topic]]:
        with self.drumbeat.look(PUBLIC_CHOICES) as department:
            form = department.forms.get_form(form_id)
            topics = {each.key: each for each in department.topics.list_topics()}
        if not form.open:
            raise NotFound("This form is closed.")
        return form, [topics[key] for key in form.topics]

    def _sign_up_page(
        self, form: SignupForm, topics: list[Topic], filled: FilledIn, status: int = 200
    ) -> Response:
        body = sheets.sign_up(form, topics, filled, self._sender)
        policy = {"content-security-policy": pages.policy_with(script())}
        return Response(body, status, _MINIMUM | policy)

    # confirming -----------------------------------------------------------------------------

    def show_ask(self, request: Request) -> Response:
        recipient = self._recipient(request)
        with self.drumbeat.look(PUBLIC_CHOICES) as department:
            found = department.asks.find_ask(recipient)
            names = {each.key: each.name for each in department.topics.list_topics()}
        if found is None:
            return _page(sheets.over(), 410)
        ask, form = found
        topics = [names.get(key, key) for key in ask.topics]
        return _page(sheets.confirm(ask.kind, form, topics, self._sender))

    def confirm(self, request: Request, _: Form) -> Response:
        recipient = self._recipient(request)
        with self.drumbeat.begin(PUBLIC_CHOICES) as department:
            found = department.asks.find_ask(recipient)
            answered = department.asks.confirm(recipient, _visitor(request))
            if found is not None and answered is Answered.confirmed:
                department.events.record(self._facts(recipient, found[0].kind))
        if found is None or answered is Answered.over:
            return _page(sheets.over(), 410)
        kind = found[0].kind
        if kind is AskKind.DATA:
            return self._data(recipient.contact_no)
        if answered is Answered.refused:
            return _page(sheets.refused(self._sender), 409)
        return _page(sheets.before(kind) if answered is Answered.before else sheets.confirmed(kind))

    def _data(self, contact_no: ContactNo) -> Response:
        """As often as they like, while the link works: it went to their mailbox alone."""
        with self.drumbeat.look(PUBLIC_SUBJECT) as department:
            address = department.audience.get_contact(contact_no).address
        told = everything_about(self.drumbeat, PUBLIC_SUBJECT, address)
        body = json.dumps(told, ensure_ascii=False, indent=1).encode()
        kind = {
            "content-type": "application/json; charset=utf-8",
            "content-disposition": 'attachment; filename="my-data.json"',
        }
        return Response(body, 200, _PLAIN | kind)

    def _facts(self, recipient: Recipient, kind: AskKind) -> list[Fact]:
        if kind is not AskKind.SIGN_UP:
            return []
        return [
            Fact(
                kind=Kind.signed_up,
                occurred_at=self.drumbeat.office.clock(),
                contact_no=recipient.contact_no,
                mailing_no=recipient.mailing_no,
                event_id=f"{recipient.mailing_no}:{recipient.contact_no}:{recipient.occasion}",
                source="sign-up",
            )
        ]

    # preferring -----------------------------------------------------------------------------

    def show_choices(self, request: Request) -> Response:
        recipient = self._recipient(request)
        with self.drumbeat.look(PUBLIC_CHOICES) as department:
            return self._preferences(department, recipient)

    def choose(self, request: Request, sent: Form) -> Response:
        recipient, deed = self._recipient(request), _one(sent, "do")
        if deed == "leave":
            withdrawing(self.drumbeat)(recipient)
            said = "You are unsubscribed from everything."
        else:
            try:
                with self.drumbeat.begin(PUBLIC_CHOICES) as department:
                    said = self._do(department, recipient, deed, sent.get("topic", []), request)
            except Conflict:
                said = f"That cannot be changed here. Please write to {self._sender}."
        with self.drumbeat.look(PUBLIC_CHOICES) as department:
            return self._preferences(department, recipient, said)

    def _do(
        self,
        department: Department,
        recipient: Recipient,
        deed: str,
        ticked: list[str],
        request: Request,
    ) -> str:
        number, topics = recipient.contact_no, department.topics
        if deed == "topics":
            asked = Asked(
                SOURCE,
                "What you want mail about",
                _visitor(request).evidence,
                mailing_no=recipient.mailing_no,
            )
            known = topics.choices_of(number).topics
            wanted = {c.topic.key: True for c in known if c.topic.key in ticked}
            held = (c for c in known if c.state is Consent.subscribed)
            wanted |= {c.topic.key: False for c in held if c.topic.key not in ticked}
            topics.choose(number, wanted, asked, own=True)
            return "Saved."
        if deed in ("pause", "resume"):
            topics.pause(number, source=SOURCE, days=0 if deed == "resume" else 30)
            return "Saved."
        if deed in ("sale", "sale_undo"):
            topics.opt_out_of_sale(number, source=SOURCE, opted_out=deed == "sale")
            return "Saved."
        if deed in ("data", "erase"):
            kind = AskKind.DATA if deed == "data" else AskKind.ERASE
            outcome = department.asks.ask(number, kind, _visitor(request))
            if outcome is Taken.too_many:
                return "Too much was asked within this hour. Please try again later."
            return "A mail is on its way to you: press the button in it."
        return ""

    def _preferences(
        self, department: Department, recipient: Recipient, said: str = ""
    ) -> Response:
        standing = department.asks.standing(recipient.contact_no)
        choices = department.topics.choices_of(recipient.contact_no)
        shown = Standing(standing.masked, choices, said, left=standing.left)
        return _page(sheets.preferences(shown, self._sender))

    # ----------------------------------------------------------------------------------------

    @property
    def _sender(self) -> str:
        return self.drumbeat.office.sender_name

    def _recipient(self, request: Request) -> Recipient:
        """Raises NotFound for a token that we never made, and for a tester's."""
        found = self.signer.read(request.path_params["token"])
        if found is None or found.is_test:
            raise NotFound("This link is none of ours.")
        return found


def _visitor(request: Request, *, stamp: bytes = b"", scripted: bool = True) -> Visitor:
    headers = request.headers
    return Visitor(
        ip=request.client.host if request.client else "",
        user_agent=headers.get("user-agent", "")[:500],
        page=(headers.get("referer") or headers.get("origin") or "")[:500],
        stamp=stamp,
        scripted=scripted,
    )


def _one(form: Form, name: str) -> str:
    return form.get(name, [""])[0]


def _page(body: bytes, status: int = 200) -> Response:
    return Response(body, status, _PLAIN)


def _no_such_page(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return _page(pages.not_found(), status)
