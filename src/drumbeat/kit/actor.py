"""Who is asking: a person, an API key, a named system chore, or an agent on somebody's behalf."""

from dataclasses import dataclass, replace
from enum import StrEnum

from drumbeat.kit.errors import NotPermitted


class Scope(StrEnum):
    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    ACCOUNTS_OWN = "accounts:own"
    AUDIENCE_READ = "audience:read"
    AUDIENCE_WRITE = "audience:write"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    CAMPAIGNS_APPROVE = "campaigns:approve"
    CAMPAIGNS_SEND = "campaigns:send"
    CONSENT_CHOOSE = "consent:choose"
    CONSENT_WITHDRAW = "consent:withdraw"
    CONTENT_READ = "content:read"
    CONTENT_WRITE = "content:write"
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    FACTS_FOLD = "facts:fold"
    UPKEEP = "upkeep"


@dataclass(frozen=True)
class Actor:
    """`person_no` is None for system chores and the public; it names the author in the trail."""

    name: str
    scopes: frozenset[Scope]
    person_no: int | None = None
    agent: str | None = None

    def require(self, scope: Scope) -> None:
        if scope not in self.scopes:
            raise NotPermitted(f"{self.name} may not do this: scope {scope.value!r} is missing.")

    def through(self, agent: str) -> "Actor":
        """The same person's rights, used by an agent; never more than the person has."""
        return replace(self, agent=agent)


SYSTEM_FACTS = Actor(
    "system:facts",
    frozenset(
        {
            Scope.FACTS_FOLD,
            Scope.EVENTS_READ,
            Scope.EVENTS_WRITE,
            Scope.CONSENT_WITHDRAW,
        }
    ),
)
SYSTEM_SEGMENTS = Actor(
    "system:segments",
    frozenset({Scope.FACTS_FOLD, Scope.AUDIENCE_READ, Scope.AUDIENCE_WRITE, Scope.CAMPAIGNS_READ}),
)
"""Cuts anew, by the same rules, the segments that a person made; keeps those a campaign names."""
SYSTEM_BOUNCES = Actor(
    "system:bounces",
    frozenset(
        {
            Scope.FACTS_FOLD,
            Scope.EVENTS_WRITE,
            Scope.CONSENT_WITHDRAW,
            Scope.AUDIENCE_READ,
        }
    ),
)
"""Reads mail that came back: it may find whose it is, and only take permission away."""
SYSTEM_UPKEEP = Actor("system:upkeep", frozenset({Scope.UPKEEP, Scope.CAMPAIGNS_READ}))
SYSTEM_RETENTION = Actor("system:retention", frozenset({Scope.UPKEEP, Scope.FACTS_FOLD}))
"""Removes what is kept for a time only, and finishes what erasing somebody left to do."""
PUBLIC_TRACKING = Actor("public:tracking", frozenset({Scope.EVENTS_WRITE}))
PUBLIC_BOUNCES = Actor("public:bounces", frozenset({Scope.EVENTS_WRITE}))
PUBLIC_CONSENT = Actor("public:consent", frozenset({Scope.CONSENT_WITHDRAW, Scope.EVENTS_WRITE}))
PUBLIC_CHOICES = Actor(
    "public:choices",
    frozenset({Scope.CONSENT_CHOOSE, Scope.CONSENT_WITHDRAW, Scope.EVENTS_WRITE}),
)
"""Somebody who signs up or chooses, known by a link that only their mailbox has got."""
PUBLIC_SUBJECT = Actor(
    "public:subject",
    frozenset({Scope.AUDIENCE_READ, Scope.CAMPAIGNS_READ, Scope.EVENTS_READ}),
)
"""Gives somebody everything about themselves, by a link that only their mailbox has got."""
PUBLIC_LINKS = Actor("public:links", frozenset({Scope.AUDIENCE_READ}))
"""Fills a clicked link with the fields of whoever clicked it."""
SYSTEM_ACCOUNTS = Actor("system:accounts", frozenset({Scope.ACCOUNTS_READ, Scope.ACCOUNTS_WRITE}))
NOBODY = Actor("nobody", frozenset())
"""Whoever has not signed in: may prove who they are, and nothing else."""
GATEKEEPER = Actor("system:gatekeeper", frozenset({Scope.ACCOUNTS_READ}))

SYSTEM_SENDING = Actor(
    "system:sending",
    frozenset(
        {
            Scope.UPKEEP,
            Scope.CAMPAIGNS_READ,
            Scope.AUDIENCE_READ,
            Scope.EVENTS_WRITE,
        }
    ),
)
"""Finds what is due and records what happened; it may not decide that anything is sent."""
SYSTEM_CLEARING = Actor(
    "system:clearing",
    frozenset({Scope.UPKEEP, Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_WRITE}),
)
"""Finishes what a person cancelled: it only ever suppresses."""
