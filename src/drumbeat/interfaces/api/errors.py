"""The one table from Drumbeat errors to HTTP statuses, as application/problem+json (RFC 9457)."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from drumbeat.kit import errors

STATUS: dict[type[errors.DrumbeatError], tuple[int, str]] = {
    errors.NotFound: (404, "not-found"),
    errors.NotPermitted: (403, "not-permitted"),
    errors.Conflict: (409, "conflict"),
    errors.InvalidInput: (422, "invalid-input"),
    errors.ProviderFailed: (502, "provider-failed"),
}


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
    return problem(status, kind, str(error), getattr(error, "field", None))


def render_invalid(request: Request, error: Exception) -> JSONResponse:
    """FastAPI's own validation, in the same shape: the first problem."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = [str(part) for part in first["loc"] if part not in ("body", "query", "path")]
    field = ".".join(where) or "body"
    answer = problem(422, "invalid-input", f"{field}: {first['msg']}.", field)
    return answer
