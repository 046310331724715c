"""At the root: /healthz and /readyz, for whoever watches the process."""

from fastapi import APIRouter, Request

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api.house_answers import Alive

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=Alive)
def show_alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", response_model=Alive)
def show_ready(request: Request) -> dict[str, str]:
    """The database answers too."""
    drumbeat: Drumbeat = request.app.state.drumbeat
    with drumbeat.database.look():
        return {"status": "ok"}
