"""The REST application: routers in, errors out."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api import audience, campaigns, events, sandbox, status, workflows
from drumbeat.interfaces.api.errors import render_error, render_invalid
from drumbeat.kit.errors import DrumbeatError

PREFIX = "/api/v2/marketing"


def create_api(drumbeat: Drumbeat, *, trusted: bool = False) -> FastAPI:
    """`trusted`: every caller is the folder's owner, because the way in is theirs alone."""
    app = FastAPI(title="Drumbeat", version="2", docs_url=None, redoc_url=None)
    app.state.drumbeat = drumbeat
    app.state.trusted = trusted
    for area in (campaigns, workflows, audience, events, sandbox, status):
        app.include_router(area.router, prefix=PREFIX)
    app.add_exception_handler(DrumbeatError, render_error)
    app.add_exception_handler(RequestValidationError, render_invalid)
    return app
