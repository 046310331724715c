"""The one table from Drumbeat errors to HTTP statuses, as application/problem+json (RFC 9457)."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from drumbeat.kit import errors
from drumbeat.kit.full_disk import words_of_full_disk

STATUS: dict[type[errors.DrumbeatError], tuple[int, str]] = {
    errors.NotFound: (404, "not-found"),
    errors.NotPermitted: (403, "not-permitted"),
    errors.Conflict: (409, "conflict"),
    errors.Stale: (412, "stale"),
    errors.InvalidInput: (422, "invalid-input"),
    errors.ProviderFailed: (502, "provider-failed"),
}


MAY_MISS: dict[int | str, dict[str, object]] = {404: {}}
"""`responses` of a route that names something in its query or body instead of in its path."""


class Unauthenticated(errors.NotPermitted):
    """Nobody is signed in and no valid key was sent."""


def problem(status: int, kind: str, detail: str, field: str | None = None) -> JSONResponse:
    """`type` is stable and safe to switch on; `detail` is for people."""
    body = {
        "type": f"urn:drumbeat:problem:{kind}",
        "title": kind.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
    }
    if field is not None:
        body["field"] = field
    return JSONResponse(body, status, media_type="application/problem+json")


def render_error(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, Unauthenticated):
        answer = problem(401, "unauthenticated", str(error))
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    status, kind = next(STATUS[base] for base in type(error).__mro__ if base in STATUS)
    return problem(status, kind, _printable(str(error)), getattr(error, "field", None))


def render_invalid(request: Request, error: Exception) -> JSONResponse:
    """FastAPI's own validation, in the same shape: the first problem."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = [str(part) for part in first["loc"] if part not in ("body", "query", "path")]
    if first["type"] == "unknown_field":
        where.append(str(first["ctx"]["name"]))
    if first["type"] == "json_invalid":  # its place is an offset, not a field
        message = f"The body is not valid JSON: {first['ctx']['error']}, character {where[0]}."
        return problem(422, "invalid-input", message, "body")
    field = _printable(".".join(where) or "body")
    return problem(422, "invalid-input", _printable(f"{field}: {first['msg']}."), field)


def render_refusal(request: Request, error: Exception) -> JSONResponse:
    """What was refused before any use case was asked: no such path, a method, a size."""
    assert isinstance(error, HTTPException)
    status = error.status_code
    kind, detail = _REFUSALS.get(status, ("refused", str(error.detail)))
    path = _printable(request.url.path[:200])
    answer = problem(status, kind, detail.replace("{path}", path))
    answer.headers.update(error.headers or {})
    return answer


def problem_of_size() -> JSONResponse:
    return problem(413, *_REFUSALS[413])


def render_bug(request: Request, error: Exception) -> JSONResponse:
    """A full disk, or a mistake of ours; its traceback is in the log, for anybody may read this."""
    full = words_of_full_disk(error)
    if full is not None:
        return problem(507, "disk-full", full)
    return problem(500, "internal", "This is a bug in Drumbeat; its log says more.")


_REFUSALS = {
    400: ("unreadable", "The body cannot be read as JSON."),
    404: ("not-found", "There is no {path}."),
    405: ("method-not-allowed", "{path} does not take this method."),
    413: ("too-large", "The body is too large; files are sent to /contacts/import and the like."),
}


def _printable(text: str) -> str:
    """JSON answers are UTF-8: half a character pair from a request has no place in one."""
    return text.encode("utf-8", "backslashreplace").decode()
