"""Who is calling: the folder's owner over the private socket, or whoever a key belongs to.

An endpoint asks for `Caller` and opens its unit of work itself: a `yield` dependency would commit
after the answer has left, and deadlocks SQLite's one writer.
"""

import time
from collections.abc import Callable, Iterator, Set
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Annotated

from fastapi import Depends, Request, Response
from starlette.datastructures import MutableHeaders

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api.errors import Unauthenticated
from drumbeat.interfaces.api.tags import revisions_of
from drumbeat.kit.actor import GATEKEEPER, Actor
from drumbeat.kit.errors import Stale
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.campaigns import is_planned_from
from drumbeat.marketing.campaigns.pipeline import proceed
from drumbeat.marketing.department import Department
from drumbeat.storage.kept_requests import Claim


@dataclass(frozen=True)
class CallingHouse:
    """The open data folder, in the caller's hands.

    `claim` is there under an Idempotency-Key; `expected` are the revisions that If-Match names;
    `headers` go with the answer.
    """

    drumbeat: Drumbeat
    actor: Actor
    claim: Claim | None = None
    expected: Set[int] | None = None
    headers: MutableHeaders = field(default_factory=MutableHeaders)

    @contextmanager
    def begin(self) -> Iterator[Department]:
        """A writing unit. Under a key it commits only while the key is still this request's."""
        with self.drumbeat.begin(self.actor) as department:
            self._hold(department)
            yield department

    @contextmanager
    def changing(self, campaign_id: CampaignId) -> Iterator[Department]:
        """A writing unit on a campaign. Raises Stale if it is not what If-Match names any more."""
        with self.drumbeat.begin(self.actor) as department:
            self._hold(department)
            if self.expected is not None:
                department.campaigns.expect(campaign_id, self.expected)
            yield department

    @contextmanager
    def replacing(
        self, revision: Callable[[Department], int] | None = None
    ) -> Iterator[Department]:
        """A writing unit on anything else. Raises Stale if `revision` is not what If-Match names.

        Without a revision it has no ETag of its own, and If-Match can name nothing but any.
        """
        with self.drumbeat.begin(self.actor) as department:
            self._hold(department)
            if self.expected is not None:
                now = None if revision is None else revision(department)
                if now not in self.expected:
                    raise Stale("It is not what If-Match names. Read it again.")
            yield department

    def planned(self, campaign_id: CampaignId) -> "CallingHouse":
        """Plan it as far as it gets, if it is what If-Match names. Raises Stale before it acts.

        What this planning alone made of it is what If-Match means from then on.
        """
        if self.expected is None:
            proceed(self.drumbeat, campaign_id)
            return self
        with self.look() as department:
            read = department.campaigns.expect(campaign_id, self.expected)
        proceed(self.drumbeat, campaign_id)
        with self.look() as department:
            now = department.campaigns.get(campaign_id)
        return replace(self, expected={now.revision}) if is_planned_from(read, now) else self

    def _hold(self, department: Department) -> None:
        if self.claim is not None:
            department.requests.hold(self.claim, now=time.time())

    def campaign_id(self) -> CampaignId | None:
        """Under a key: what the campaign that this request makes is called, in every run of it."""
        return None if self.claim is None else CampaignId(self.claim.id.replace("req", "cmp", 1))

    def look(self) -> AbstractContextManager[Department]:
        return self.drumbeat.look(self.actor)


def calling_house(request: Request) -> CallingHouse:
    """Raises Unauthenticated unless the way in is trusted or a valid key was sent.

    A caller who was asked for before, by `Idempotency`, is not asked again.
    """
    known: CallingHouse | None = getattr(request.state, "caller", None)
    if known is not None:
        return known
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


def _calling(request: Request, response: Response) -> CallingHouse:
    expected = revisions_of(request.headers.get("if-match"))
    return replace(calling_house(request), expected=expected, headers=response.headers)


Caller = Annotated[CallingHouse, Depends(_calling)]
