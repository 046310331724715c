"""The sandbox inbox: mail that never left the house, as its reader would see it and as it came."""

from starlette.responses import Response

from drumbeat.interfaces.web.mail_parts import FRAME_HEADERS, framed, read_letter
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import NotFound
from drumbeat.marketing.delivery.ports import SandboxMail

PAGE_ROWS = 40
_MOST = 10**15


def list_mail(visit: Visit) -> Response:
    """Newest first; addresses are seen only by who may see contacts."""
    visit.actor.require(Scope.AUDIENCE_READ)
    to, before = visit.query("to"), visit.query("before")
    inbox = visit.drumbeat.sandbox
    found = inbox.list_(PAGE_ROWS + 1, before_no=_number(before) if before else None, to=to or None)
    following = found[PAGE_ROWS - 1].no if len(found) > PAGE_ROWS else None
    return visit.page(
        "sandbox.html",
        mails=found[:PAGE_ROWS],
        following=following,
        total=inbox.count(),
        to=to,
        first=not before,
        real=visit.drumbeat.office.real_messenger,
    )


def show_mail(visit: Visit) -> Response:
    mail = _mail(visit)
    return visit.page("sandbox_mail.html", mail=mail, letter=read_letter(mail.raw))


def show_html(visit: Visit) -> Response:
    """The message's own HTML, alone in a sandboxed document."""
    letter = read_letter(_mail(visit).raw)
    if letter.html:
        return framed(letter.html)
    return Response(letter.text, 200, FRAME_HEADERS, "text/plain; charset=utf-8")


def _mail(visit: Visit) -> SandboxMail:
    visit.actor.require(Scope.AUDIENCE_READ)
    return visit.drumbeat.sandbox.get(_number(visit.path("number")))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text[:16]) > _MOST:
        raise NotFound(f"The sandbox holds no mail number {text[:20]!r}.")
    return int(text[:16])
