"""The REST application: routers in, errors out."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api import (
    accounts,
    approvals,
    audience,
    bounces,
    buyers,
    campaigns,
    connectors,
    contacts,
    content,
    duplicates,
    events,
    experiments,
    forms,
    health,
    local,
    mail_tests,
    metrics,
    patterns,
    sandbox,
    segments,
    senders,
    status,
    subjects,
    topics,
    workflows,
)
from drumbeat.interfaces.api.description import DescribedApi
from drumbeat.interfaces.api.errors import (
    render_bug,
    render_error,
    render_invalid,
    render_refusal,
)
from drumbeat.interfaces.api.idempotency import Idempotency
from drumbeat.interfaces.api.limits import BodyLimit
from drumbeat.interfaces.api.tags import Tagging
from drumbeat.kit.errors import DrumbeatError

PREFIX = "/api/v2/marketing"
AREAS = (
    accounts,
    campaigns,
    mail_tests,
    content,
    duplicates,
    workflows,
    approvals,
    experiments,
    audience,
    segments,
    buyers,
    connectors,
    patterns,
    contacts,
    topics,
    forms,
    subjects,
    events,
    bounces,
    sandbox,
    senders,
    status,
)


def create_api(drumbeat: Drumbeat, *, trusted: bool = False) -> FastAPI:
    """`trusted`: every caller is the folder's owner, because the way in is theirs alone."""
    app = DescribedApi(
        title="Drumbeat",
        version="2",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.add_middleware(Tagging)
    app.add_middleware(Idempotency)
    app.add_middleware(BodyLimit)
    app.state.drumbeat = drumbeat
    app.state.trusted = trusted
    for area in AREAS:
        app.include_router(area.router, prefix=PREFIX)
    if trusted:
        app.include_router(local.router, prefix=PREFIX)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.add_exception_handler(DrumbeatError, render_error)
    app.add_exception_handler(RequestValidationError, render_invalid)
    app.add_exception_handler(HTTPException, render_refusal)
    app.add_exception_handler(Exception, render_bug)
    return app
