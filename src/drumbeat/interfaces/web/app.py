"""The routes of the pages, and who may see them: whoever holds a session's cookie.

Cookies are HttpOnly and SameSite=Lax; what changes something is a POST from our own pages.
"""

import re
from collections.abc import Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web import rendering
from drumbeat.interfaces.web.rendering import page
from drumbeat.interfaces.web.result_page import result_page
from drumbeat.interfaces.web.source import Source
from drumbeat.kit.actor import NOBODY, Actor
from drumbeat.kit.errors import DrumbeatError, NotFound, NotPermitted
from drumbeat.kit.ids import CampaignId

COOKIE = "drumbeat_session"
COOKIE_SECONDS = 14 * 24 * 3600
_OWN_PAGE = re.compile(r"/(?:dashboard|campaigns/\w{1,64})", re.ASCII)

Endpoint = Callable[[Request], Response]
Shown = Callable[[Request, Actor], Response]


def create_web(drumbeat: Drumbeat, source: Source | None = None) -> APIRouter:
    """Include it last in the application that serves REST."""
    read = source or Source()

    def dashboard(request: Request, actor: Actor) -> Response:
        with drumbeat.look(actor) as department:
            results = read.list_results(department)
        campaigns = [result_page(result) for result in results]
        return page("dashboard.html", campaigns=campaigns, person=actor.name)

    def campaign(request: Request, actor: Actor) -> Response:
        campaign_id = CampaignId(request.path_params["campaign_id"])
        with drumbeat.look(actor) as department:
            result = read.get_result(department, campaign_id)
        return page("campaign.html", result=result_page(result), person=actor.name)

    router = APIRouter(include_in_schema=False)
    router.add_route("/", _to_dashboard, methods=["GET"])
    router.add_route("/sign-in", _sign_in(drumbeat), methods=["GET"])
    router.add_route("/sign-out", _sign_out(drumbeat), methods=["POST"])
    router.add_route("/dashboard", _signed_in(drumbeat, dashboard), methods=["GET"])
    router.add_route("/campaigns/{campaign_id}", _signed_in(drumbeat, campaign), methods=["GET"])
    router.add_route("/static/{version}/{name}", _asset, methods=["GET"])
    return router


def _signed_in(drumbeat: Drumbeat, show: Shown) -> Endpoint:
    def endpoint(request: Request) -> Response:
        secret = request.cookies.get(COOKIE, "")
        with drumbeat.look(NOBODY) as department:
            actor = department.accounts.actor_for_session(secret) if secret else None
        if actor is None:
            return page("signed_out.html", 401, spent=False)
        try:
            return show(request, actor)
        except DrumbeatError as error:
            return _refusal(error)

    return endpoint


def _refusal(error: DrumbeatError) -> Response:
    if isinstance(error, NotFound):
        return page("error.html", 404, title="There is no such page", detail=str(error))
    status = 403 if isinstance(error, NotPermitted) else 400
    return page("error.html", status, title="This cannot be shown", detail=str(error))


def _sign_in(drumbeat: Drumbeat) -> Endpoint:
    def sign_in(request: Request) -> Response:
        with drumbeat.begin(NOBODY) as department:
            session = department.accounts.redeem_link(request.query_params.get("link", ""))
        if session is None:
            return page("signed_out.html", 401, spent="link" in request.query_params)
        wanted = request.query_params.get("to", "")
        answer = _redirect(wanted if _OWN_PAGE.fullmatch(wanted) else "/dashboard")
        answer.set_cookie(
            COOKIE,
            session,
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return answer

    return sign_in


def _sign_out(drumbeat: Drumbeat) -> Endpoint:
    def sign_out(request: Request) -> Response:
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            detail = "Use the button on a page of your own Drumbeat."
            return page("error.html", 403, title="Another site asked for this", detail=detail)
        with drumbeat.begin(NOBODY) as department:
            department.accounts.sign_out(request.cookies.get(COOKIE, ""))
        answer = _redirect("/dashboard")
        answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
        return answer

    return sign_out


def _to_dashboard(request: Request) -> Response:
    return _redirect("/dashboard")


def _redirect(path: str) -> RedirectResponse:
    return RedirectResponse(path, 303, rendering.PAGE_HEADERS)


def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in rendering.ASSETS:
        return page("error.html", 404, title="There is no such page", detail="Nothing lies here.")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(rendering.asset(name), 200, headers, rendering.ASSETS[name])
