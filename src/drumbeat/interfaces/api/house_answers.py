"""How answers about the house look: people, keys, the trail, the sandbox, the status."""

from pydantic import Field

from drumbeat.interfaces.api.shape import Instant, NextCursor, Rate, Shape
from drumbeat.marketing.accounts import Role


class PersonView(Shape):
    person_id: str
    email: str
    name: str
    role: Role
    created_at: Instant


class Invited(PersonView):
    invitation: str = Field(description="A link that lets them choose a password, shown this once.")


class Removed(PersonView):
    removed: bool


class PersonPage(Shape):
    people: list[PersonView]
    next_cursor: NextCursor


class Issued(Shape):
    label: str
    key: str = Field(description="Shown this once; only its hash is kept.")


class Revoked(Shape):
    label: str
    revoked: bool


class Ended(Shape):
    session_id: str
    ended: bool


class CredentialView(Shape):
    id: str
    label: str
    person: str
    scopes: list[str] | None = Field(description="Null: everything its person may do.")
    created_at: Instant
    expires_at: Instant | None


class KeyPage(Shape):
    keys: list[CredentialView]
    next_cursor: NextCursor


class SessionPage(Shape):
    sessions: list[CredentialView]
    next_cursor: NextCursor


class Entry(Shape):
    at: Instant
    actor: str
    agent: str | None
    action: str
    subject: str
    detail: dict[str, object]


class Trail(Shape):
    entries: list[Entry]
    next_cursor: NextCursor


class Status(Shape):
    """Totals over every campaign; `improvement` is null without a hold-out to compare with."""

    total_campaigns_sent: int
    total_emails_sent: int
    total_subscribers: int
    total_contacts: int
    total_segments_created: int
    total_ab_tests_run: int
    total_revenue_generated: float | None
    currency: str | None
    improvement: float | None
    automation_share: Rate
    campaigns: dict[str, int]
    simulated: bool
    as_of: Instant


class OutageView(Shape):
    trouble: str
    tried_again_at: Instant


class EngineView(Shape):
    running: bool
    due_now: bool
    next_due: Instant | None
    provisional: bool
    outages: list[OutageView] = Field(
        description="Mail servers that are left alone for a while: no attempt of anybody is burnt."
    )


class SandboxHead(Shape):
    no: int
    received_at: Instant
    from_: str = Field(alias="from")
    to: str
    subject: str
    message_id: str


class SandboxPage(Shape):
    messages: list[SandboxHead]
    total: int
    next_cursor: NextCursor


class SandboxMessage(SandboxHead):
    headers: list[list[str]]
    text: str | None
    html: str | None
    source: str


class Alive(Shape):
    status: str
