"""The REST application: routers in, errors out."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api import (
    accounts,
    audience,
    campaigns,
    events,
    health,
    sandbox,
    status,
    workflows,
)
from drumbeat.interfaces.api.errors import (
    render_bug,
    render_error,
    render_invalid,
    render_refusal,
)
from drumbeat.interfaces.api.limits import BodyLimit
from drumbeat.kit.errors import DrumbeatError

PREFIX = "/api/v2/marketing"


def create_api(drumbeat: Drumbeat, *, trusted: bool = False) -> FastAPI:
    """`trusted`: every caller is the folder's owner, because the way in is theirs alone."""
    app = FastAPI(title="Drumbeat", version="2", docs_url=None, redoc_url=None)
    app.add_middleware(BodyLimit)
    app.state.drumbeat = drumbeat
    app.state.trusted = trusted
    for area in (accounts, campaigns, workflows, audience, events, sandbox, status):
        app.include_router(area.router, prefix=PREFIX)
    app.include_router(health.router)
    app.add_exception_handler(DrumbeatError, render_error)
    app.add_exception_handler(RequestValidationError, render_invalid)
    app.add_exception_handler(HTTPException, render_refusal)
    app.add_exception_handler(Exception, render_bug)
    return app
