"""The routes of the pages, and who may see them: whoever holds a session's cookie.

What changes something is a POST from our own pages (`forms`).
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web import rendering
from drumbeat.interfaces.web.pages import PAGES, STREAMS
from drumbeat.interfaces.web.people import PEOPLE
from drumbeat.interfaces.web.reference import problem_of, reference_of, said
from drumbeat.interfaces.web.rendering import page
from drumbeat.interfaces.web.signing_in import SigningIn
from drumbeat.interfaces.web.source import Source
from drumbeat.interfaces.web.streams import Streaming, Streams
from drumbeat.interfaces.web.visits import signed_in

Describe = Callable[[], Mapping[str, Any]]


def create_web(
    drumbeat: Drumbeat,
    source: Source | None = None,
    describe: Describe | None = None,
    streams: Streams | None = None,
) -> APIRouter:
    """Include it last in the application that serves REST, which `describe` is about."""
    read = source or Source()

    router = APIRouter(include_in_schema=False)
    router.add_route("/", _to_dashboard, methods=["GET"])
    signing_in = SigningIn(drumbeat)
    for method, path, answer in signing_in.routes():
        router.add_route(path, answer, methods=[method])
    for method, path, show in (*PAGES, *PEOPLE):
        endpoint = signed_in(drumbeat, read, signing_in, show)
        router.add_route(path, endpoint, methods=[method])
    streaming = Streaming(drumbeat, read, signing_in, streams or Streams())
    for path, look in STREAMS:
        router.add_route(path, streaming.endpoint(look), methods=["GET"])
    if describe is not None:
        router.add_route("/docs", _reference(drumbeat, describe), methods=["GET"])
    router.add_route("/static/{version}/{name}", _asset, methods=["GET"])
    return router


def _reference(drumbeat: Drumbeat, describe: Describe) -> Callable[[Request], Response]:
    """The page of the API, made when it is first asked for."""

    @cache
    def shown() -> Response:
        told = reference_of(describe(), drumbeat.office.public_url)
        return page("reference.html", reference=told, problem=problem_of(describe()), said=said)

    def endpoint(request: Request) -> Response:
        return shown()

    return endpoint


def no_such_page(request: Request, _: Exception | None = None) -> Response:
    """Also for addresses that no route knows: as a page, with a way home."""
    return page("error.html", 404, title="There is no such page", detail="Nothing lies here.")


def _to_dashboard(request: Request) -> Response:
    return _redirect("/dashboard")


def _redirect(path: str) -> RedirectResponse:
    return RedirectResponse(path, 303, rendering.PAGE_HEADERS)


def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in rendering.ASSETS:
        return no_such_page(request)
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(rendering.asset(name), 200, headers, rendering.ASSETS[name])
