"""REST: who may come in, and what they may do with the key they showed."""

import httpx2
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api import create_api
from drumbeat.kit.actor import Actor, Scope
from tests.interfaces.api.conftest import BRIEF, PREFIX, Rest, key_of, refused
from tests.interfaces.serving import serving

# Every route, the scope it needs, and whether the way in looks at the scope before anything else.
ROUTES = (
    ("GET", "/campaigns", Scope.CAMPAIGNS_READ),
    ("POST", "/campaigns", Scope.CAMPAIGNS_WRITE),
    ("GET", "/campaigns/cmp_0", Scope.CAMPAIGNS_READ),
    ("PUT", "/campaigns/cmp_0", Scope.CAMPAIGNS_WRITE),
    ("GET", "/campaigns/cmp_0/analytics", Scope.CAMPAIGNS_READ),
    ("GET", "/campaigns/cmp_0/ledger", Scope.CAMPAIGNS_READ),
    ("GET", "/campaigns/cmp_0/ledger/rows", Scope.CAMPAIGNS_READ),
    ("GET", "/campaigns/cmp_0/preview?contact=a", Scope.CAMPAIGNS_READ),
    ("POST", "/campaigns/CAMPAIGN/approve", Scope.CAMPAIGNS_APPROVE),
    ("POST", "/campaigns/CAMPAIGN/decline", Scope.CAMPAIGNS_APPROVE),
    ("POST", "/campaigns/CAMPAIGN/launch", Scope.CAMPAIGNS_SEND),
    ("POST", "/campaigns/CAMPAIGN/pause", Scope.CAMPAIGNS_SEND),
    ("POST", "/campaigns/CAMPAIGN/resume", Scope.CAMPAIGNS_SEND),
    ("POST", "/campaigns/CAMPAIGN/cancel", Scope.CAMPAIGNS_SEND),
    ("POST", "/campaigns/CAMPAIGN/ledger/decide", Scope.CAMPAIGNS_SEND),
    ("POST", "/workflows/email", Scope.CAMPAIGNS_WRITE),
    ("GET", "/workflows/email/cmp_0", Scope.CAMPAIGNS_READ),
    ("GET", "/campaigns/CAMPAIGN/content", Scope.CONTENT_READ),
    ("GET", "/approvals", Scope.CAMPAIGNS_READ),
    ("GET", "/approvals/APPROVAL", Scope.CAMPAIGNS_READ),
    ("POST", "/approvals/APPROVAL/approve", Scope.CAMPAIGNS_APPROVE),
    ("POST", "/approvals/APPROVAL/decline", Scope.CAMPAIGNS_APPROVE),
    ("GET", "/experiments", Scope.CAMPAIGNS_READ),
    ("GET", "/experiments/exp_0", Scope.CAMPAIGNS_READ),
    ("POST", "/experiments/analyze", Scope.CAMPAIGNS_READ),
    ("PUT", "/contacts", Scope.AUDIENCE_WRITE),
    ("GET", "/contacts", Scope.AUDIENCE_READ),
    ("GET", "/contacts/export", Scope.AUDIENCE_READ),
    ("GET", "/contacts/CONTACT", Scope.AUDIENCE_READ),
    ("GET", "/contacts/CONTACT/timeline", Scope.AUDIENCE_READ),
    ("POST", "/contacts/CONTACT/unsubscribe", None),
    ("GET", "/contacts/CONTACT/choices", Scope.AUDIENCE_READ),
    ("POST", "/contacts/CONTACT/choices", Scope.AUDIENCE_WRITE),
    ("POST", "/contacts/CONTACT/sale", Scope.AUDIENCE_WRITE),
    ("GET", "/subjects?email=a@b.example", Scope.AUDIENCE_READ),
    ("POST", "/contacts/CONTACT/erase", Scope.AUDIENCE_WRITE),
    ("GET", "/erasure-requests", Scope.AUDIENCE_READ),
    ("GET", "/forms", Scope.CAMPAIGNS_READ),
    ("POST", "/forms", Scope.AUDIENCE_WRITE),
    ("PUT", "/forms/frm_0", Scope.AUDIENCE_WRITE),
    ("GET", "/topics", Scope.CAMPAIGNS_READ),
    ("POST", "/topics", Scope.AUDIENCE_WRITE),
    ("PUT", "/topics/marketing", Scope.AUDIENCE_WRITE),
    ("GET", "/segments", Scope.AUDIENCE_READ),
    ("POST", "/segments", Scope.AUDIENCE_READ),
    ("GET", "/segments/schema", Scope.AUDIENCE_READ),
    ("GET", "/segments/overlap", Scope.AUDIENCE_READ),
    ("GET", "/segments/suggestions", Scope.AUDIENCE_READ),
    ("POST", "/segments/preview", Scope.AUDIENCE_READ),
    ("POST", "/segments/explain", Scope.AUDIENCE_READ),
    ("GET", "/segments/SEGMENT", Scope.AUDIENCE_READ),
    ("PUT", "/segments/SEGMENT", Scope.AUDIENCE_READ),
    ("DELETE", "/segments/SEGMENT", Scope.AUDIENCE_READ),
    ("POST", "/events", Scope.AUDIENCE_READ),
    ("GET", "/sandbox/messages", Scope.AUDIENCE_READ),
    ("GET", "/sandbox/messages/1", Scope.AUDIENCE_READ),
    ("GET", "/audience/rfm", Scope.AUDIENCE_READ),
    ("GET", "/audience/rfm/rows", Scope.AUDIENCE_READ),
    ("GET", "/audience/value", Scope.AUDIENCE_READ),
    ("GET", "/audience/value/rows", Scope.AUDIENCE_READ),
    ("GET", "/audience/clusters", Scope.AUDIENCE_READ),
    ("GET", "/audience/clusters/rows", Scope.AUDIENCE_READ),
    ("GET", "/audience/propensity?deed=buy", Scope.AUDIENCE_READ),
    ("GET", "/audience/propensity/rows?deed=buy", Scope.AUDIENCE_READ),
    ("GET", "/audience/lookalikes?segment=Champions", Scope.AUDIENCE_READ),
    ("GET", "/audience/lookalikes/rows?segment=Champions", Scope.AUDIENCE_READ),
    ("GET", "/audience/journey", Scope.AUDIENCE_READ),
    ("GET", "/audience/duplicates", Scope.AUDIENCE_READ),
    ("POST", "/contacts/CONTACT/merge", Scope.AUDIENCE_WRITE),
    ("GET", "/audience/engagement/CONTACT", Scope.AUDIENCE_READ),
    ("GET", "/campaigns/CAMPAIGN/checks", Scope.CAMPAIGNS_READ),
    ("POST", "/campaigns/CAMPAIGN/checks", Scope.CAMPAIGNS_WRITE),
    ("GET", "/campaigns/CAMPAIGN/tests", Scope.CAMPAIGNS_SEND),
    ("POST", "/campaigns/CAMPAIGN/tests", Scope.CAMPAIGNS_SEND),
    ("POST", "/content/preview", Scope.CONTENT_WRITE),
    ("GET", "/delivery/bounces", Scope.CAMPAIGNS_READ),
    ("POST", "/delivery/bounces/import", None),
    ("POST", "/events/judge", None),
    ("GET", "/senders/dkim", Scope.CAMPAIGNS_READ),
    ("POST", "/senders/dkim", Scope.ACCOUNTS_WRITE),
    ("POST", "/senders/dkim/rotate", Scope.ACCOUNTS_WRITE),
    ("GET", "/senders/records", Scope.CAMPAIGNS_READ),
    ("POST", "/senders/records/check", Scope.ACCOUNTS_WRITE),
    ("GET", "/status", Scope.CAMPAIGNS_READ),
    ("GET", "/engine", Scope.CAMPAIGNS_READ),
    ("GET", "/accounts/keys", None),
    ("POST", "/accounts/keys", Scope.ACCOUNTS_OWN),
    ("DELETE", "/accounts/keys/old", Scope.ACCOUNTS_OWN),
    ("GET", "/accounts/sessions", Scope.ACCOUNTS_OWN),
    ("DELETE", "/accounts/sessions/ses_0", Scope.ACCOUNTS_OWN),
    ("GET", "/accounts/people", Scope.ACCOUNTS_READ),
    ("POST", "/accounts/people", Scope.ACCOUNTS_WRITE),
    ("PUT", "/accounts/people/per_0", Scope.ACCOUNTS_WRITE),
    ("DELETE", "/accounts/people/per_0", Scope.ACCOUNTS_WRITE),
    ("POST", "/accounts/people/per_0/invitation", Scope.ACCOUNTS_WRITE),
    ("GET", "/accounts/audit", Scope.ACCOUNTS_READ),
    ("POST", "/contacts/import", None),
    ("POST", "/contacts/connect", None),
    ("POST", "/events/import", None),
)
EVENT = {"events": [{"kind": "purchased", "occurred_at": "2026-11-01T00:00:00Z", "email": "a@b.c"}]}


FIXED = {
    "/content/preview": {"subject_line": "Hello", "content_html": "<p>Hello</p>"},
    "/segments/preview": {"rule": "clicked"},
    "/segments/explain": {"rule": "clicked", "contact": "ada@example.com"},
}


def rows(rest: Rest, path: str) -> list[dict[str, object]]:
    listed = rest.get(path)[path[1:]]
    assert isinstance(listed, list)
    return listed


BODIES: dict[str, object] = {
    "/contacts": {"email": "eve@example.com"},
    "/experiments/analyze": {"arms": [{"name": each, "n": 9, "conversions": 4} for each in "AB"]},
    "/events": EVENT,
    "/content/preview": {"subject_line": "Hello", "content_html": "<p>Hello</p>"},
    "/accounts/keys": {"label": "new"},
    "/accounts/people": {"email": "eve@example.com", "role": "owner"},
    "/accounts/people/per_0": {"role": "owner"},
    "/topics": {"name": "Garden tips"},
    "/segments/SEGMENT": {"name": "Keen"},
    "/forms": {"name": "The letter", "topics": ["marketing"]},
    "/campaigns": BRIEF,
    "/workflows/email": BRIEF,
    "/campaigns/cmp_0": BRIEF,
}
ENDINGS: dict[str, object] = {
    "/ledger/decide": {"decision": "arrived", "all": "uncertain"},
    "/tests": {"to": ["me@example.com"], "contact": "ada@example.com"},
    "/choices": {"topics": {"marketing": True}},
}


def body_of(path: str) -> object:
    ending = next((body for end, body in ENDINGS.items() if path.endswith(end)), {})
    return (BODIES | FIXED).get(path, ending)


def test_the_table_of_routes_is_complete(house: Drumbeat) -> None:
    told = {
        (method, path.split("?")[0].replace("CAMPAIGN", "cmp_0").replace("cmp_0", "{campaign_id}"))
        for method, path, _ in ROUTES
    }
    told = {
        (
            method,
            path.replace("messages/1", "messages/{number}")
            .replace("keys/old", "keys/{label}")
            .replace("ses_0", "{session_id}")
            .replace("per_0", "{person}")
            .replace("APPROVAL", "{approval_id}")
            .replace("CONTACT", "{contact_id}")
            .replace("SEGMENT", "{segment}")
            .replace("exp_0", "{experiment_id}")
            .replace("frm_0", "{form_id}")
            .replace("topics/marketing", "topics/{key}"),
        )
        for method, path in told
    }
    described = create_api(house).openapi()["paths"]
    served = {
        (method.upper(), path.removeprefix(PREFIX))
        for path, methods in described.items()
        if path.startswith(PREFIX)
        for method in methods
    }
    assert served == told


def test_without_a_valid_key_nobody_comes_in(house: Drumbeat, owner: Actor, base: str) -> None:
    with house.begin(owner) as department:
        revoked = department.accounts.issue_key("old")
        department.accounts.revoke_key("old")
    for key in (None, "wrong", revoked, "x" * 5_000):
        stranger = Rest(base + PREFIX, key)
        for method, path, _ in ROUTES if key is None else ROUTES[:1]:
            answer = stranger.ask(
                method, path, None if method in ("GET", "DELETE") else body_of(path)
            )
            refused(answer, 401, "unauthenticated")
            assert answer.headers["www-authenticate"] == "Bearer"


def test_a_strangers_file_is_not_taken(base: str, rest: Rest) -> None:
    file = b"email\n" + b"".join(b"p%d@example.com\n" % number for number in range(50_000))
    refused(
        Rest(rest.base, None).ask("POST", "/contacts/import", content=file), 401, "unauthenticated"
    )
    assert rest.get("/status")["total_contacts"] == 0


def test_another_scheme_is_not_a_key(rest: Rest) -> None:
    for header in ("", "Bearer", f"Basic {rest.key}", str(rest.key), "Bearer,x"):
        answer = Rest(rest.base, None).ask("GET", "/status", headers={"Authorization": header})
        refused(answer, 401, "unauthenticated")


def test_a_key_without_the_scope_is_told_which_one_is_missing(
    house: Drumbeat, owner: Actor, rest: Rest, people: tuple[str, ...]
) -> None:
    campaign = rest.campaign()
    [approval], contact = rows(rest, "/approvals"), rows(rest, "/contacts")[0]
    for method, path, scope in ROUTES:
        if scope is None:
            continue
        limited = Rest(rest.base, key_of(house, owner, *(owner.scopes - {scope})))
        body = None if method in ("GET", "DELETE") else body_of(path)
        if path.endswith("/merge"):
            body = {"other": str(contact["contact_id"])}
        path = path.replace("CAMPAIGN", campaign).replace("CONTACT", str(contact["contact_id"]))
        answer = limited.ask(method, path.replace("APPROVAL", str(approval["approval_id"])), body)
        assert scope.value in refused(answer, 403, "not-permitted"), path
    assert rest.get(f"/campaigns/{campaign}")["status"] == "awaiting_approval"


@pytest.mark.parametrize("path", ["/contacts/import", "/events/import"])
def test_an_import_without_the_scope_writes_nothing(
    house: Drumbeat, owner: Actor, rest: Rest, path: str
) -> None:
    file = b"email,kind,occurred_at\nada@example.com,purchased,2026-01-01\n"
    reader = Rest(rest.base, key_of(house, owner, Scope.CAMPAIGNS_READ))
    answer = reader.ask("POST", path, content=file)
    assert "may not do this" in refused(answer, 403, "not-permitted")
    assert rest.get("/status")["total_contacts"] == 0


def test_the_private_way_in_is_its_owners(house: Drumbeat, owner: Actor) -> None:
    with serving(create_api(house, trusted=True)) as served:
        inside = Rest(f"http://127.0.0.1:{served.port}{PREFIX}", None)
        assert inside.get("/status")["total_campaigns_sent"] == 0


def test_the_process_tells_whether_it_lives_without_a_key(base: str) -> None:
    for path in ("/healthz", "/readyz"):
        assert httpx2.get(base + path).json() == {"status": "ok"}
    described = httpx2.get(base + "/openapi.json").json()
    assert f"{PREFIX}/campaigns" in described["paths"]
