"""Who is calling: the folder's owner over the private socket, or whoever a key belongs to.

An endpoint asks for `Caller` and opens its unit of work itself: a `yield` dependency would commit
after the answer has left, and deadlocks SQLite's one writer.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api.errors import Unauthenticated
from drumbeat.kit.actor import GATEKEEPER, Actor
from drumbeat.marketing.department import Department


@dataclass(frozen=True)
class CallingHouse:
    """The open data folder, in the caller's hands."""

    drumbeat: Drumbeat
    actor: Actor

    def begin(self) -> AbstractContextManager[Department]:
        return self.drumbeat.begin(self.actor)

    def look(self) -> AbstractContextManager[Department]:
        return self.drumbeat.look(self.actor)


def calling_house(request: Request) -> CallingHouse:
    """Raises Unauthenticated unless the way in is trusted or a valid key was sent."""
    drumbeat: Drumbeat = request.app.state.drumbeat
    if request.app.state.trusted:
        return CallingHouse(drumbeat, drumbeat.owner())
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret:
        with drumbeat.look(GATEKEEPER) as department:
            actor = department.accounts.actor_for_key(secret.strip())
        if actor is not None:
            return CallingHouse(drumbeat, actor)
    raise Unauthenticated("Send a valid API key as `Authorization: Bearer KEY`.")


Caller = Annotated[CallingHouse, Depends(calling_house)]
