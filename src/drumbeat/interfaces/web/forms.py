"""Every POST of a page: sent by our own page, by the browser the page was made for, and bounded.

A page shows `<input type="hidden" name="csrf" value="{{ csrf }}">` in each form and is rendered
with `csrf=csrf_token(request)`; the endpoint, signed in, reads `form = checked_form(request)`.
It raises NotPermitted for a foreign or outdated page, InvalidInput for what is no form.
The token is a hash of the cookie, which no other site and no script can read: nothing is kept.
"""

import hmac
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

from anyio import from_thread
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from drumbeat.kit.errors import DrumbeatError, InvalidInput, NotPermitted

SESSION = "drumbeat_session"
VISIT = "drumbeat_visit"
"""The cookie of a browser that has not signed in yet; its sign-in form is bound to it."""

FORM_BYTES = 1 << 20
_FIELDS = 200
_OUTDATED = "This page was opened before you signed in or out. Open it again and send it once more."


def csrf_token(request: Request, *, cookie: str = SESSION) -> str:
    """What the forms of this browser's pages carry; empty when it has no such cookie."""
    secret = request.cookies.get(cookie, "")
    return token_of(secret) if secret else ""


def token_of(secret: str) -> str:
    return hmac.digest(secret.encode("utf-8", "replace"), b"drumbeat form", "sha256").hex()


def checked_form(
    request: Request, *, cookie: str = SESSION, at_most: int = FORM_BYTES, files: int = 0
) -> FormData:
    """The fields of a form (and up to `files` uploads), for an endpoint that is a plain `def`.

    Whoever asks for uploads closes them: `upload.file.close()`.
    """
    require_own_page(request)
    form = from_thread.run(_read, request, at_most, files)
    try:
        _check(form, csrf_token(request, cookie=cookie))
    except DrumbeatError:
        for value in form.values():
            if isinstance(value, UploadFile):
                value.file.close()
        raise
    return form


def _check(form: FormData, expected: str) -> None:
    sent = form.get("csrf")
    if not expected or not isinstance(sent, str) or not _same(expected, sent):
        raise NotPermitted(_OUTDATED)
    if any(isinstance(value, str) and "\0" in value for value in form.values()):
        raise InvalidInput("A field holds a NUL character, which is no text.", field="form")


def text(form: FormData, name: str) -> str:
    """A field without the space around it; empty when it is missing or a file."""
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def require_own_page(request: Request) -> None:
    """Raises NotPermitted for a request that a browser says another site has caused."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    foreign = site not in (None, "same-origin", "none")
    # "null" hides where it comes from; a browser that vouches for the site has said enough.
    if origin is not None and not (origin == "null" and site == "same-origin"):
        foreign |= urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower()
    if foreign:
        raise NotPermitted("Another site asked for this. Use a page of your own Drumbeat.")


class _Bounded(Request):
    """A request whose body ends the reading when it grows beyond what a form may weigh."""

    at_most = FORM_BYTES

    async def stream(self) -> AsyncGenerator[bytes, None]:
        size = 0
        async for chunk in super().stream():
            size += len(chunk)
            if size > self.at_most:
                limit = f"{self.at_most >> 20} MB"
                raise InvalidInput(f"This form is larger than {limit}.", field="form")
            yield chunk


async def _read(request: Request, at_most: int, files: int) -> FormData:
    bounded = _Bounded(request.scope, request.receive)
    bounded.at_most = at_most
    try:
        return await bounded.form(max_files=files, max_fields=_FIELDS)
    except (HTTPException, MultiPartException, FormParserError) as error:
        said = getattr(error, "detail", None) or str(error)
        raise InvalidInput(f"This form cannot be read: {said}", field="form") from None


def _same(expected: str, sent: str) -> bool:
    return hmac.compare_digest(expected.encode(), sent.encode("utf-8", "replace"))
