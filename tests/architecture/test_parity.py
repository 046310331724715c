"""One function, every way in: a use case has a route and a route has a command, or says why not."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from cyclopts import App

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api import create_api
from drumbeat.interfaces.cli.__main__ import app as cli
from tests.architecture.services import services
from tests.architecture.tree import SOURCE, area_calls

REST = SOURCE / "interfaces" / "api"
PREFIX = "/api/v2/marketing"


@dataclass(frozen=True)
class Exempt:
    """Methods without a route of their own: why, and where they are called instead."""

    reason: str
    called_in: tuple[str, ...]
    methods: str


EXEMPT = (
    Exempt(
        "a step of the campaign, a part of its answer, or of the import of events: creating, "
        "approving, launching, changing and showing a campaign, and importing, are the routes",
        ("marketing/campaigns",),
        """
        accounts.actor_of
        approvals.approve approvals.ask approvals.decline approvals.find approvals.read_ahead
        delivery.read_ahead
        analytics.arm_counts analytics.campaign_report analytics.status
        audience.audience_members audience.contact_numbers audience.contact_numbers_by_external_id
        segments.named_by_rule
        audience.count_audience audience.known_fields
        audience.permissions audience.recipients audience.still_there
        campaigns.approval_of campaigns.count_transitions campaigns.create
        campaigns.drop campaigns.find campaigns.find_look campaigns.get_by_no
        campaigns.list_by_mailing
        campaigns.list_transitions campaigns.move
        campaigns.save_plan
        content.compile_piece content.mail_context content.preview content.save_email
        content.version
        deciding.decide deciding.decide_uncertain deciding.retry_given_up
        delivery.accept_plan delivery.cancel delivery.cancel_next delivery.count
        delivery.count_arms delivery.discard delivery.freeze_next delivery.get delivery.ledger
        delivery.ledger_rows delivery.links delivery.next_due delivery.next_due_of
        delivery.open_mailing delivery.pause delivery.resume delivery.save_links delivery.start
        experiments.analyse experiments.assign experiments.count_started experiments.decide
        experiments.design experiments.get_experiment experiments.start
        events.record_told
        forms.get_form_by_no
        senders.resolve
        topics.get_topic
        timing.plan_instants timing.plan_wall_time
        """,
    ),
    Exempt(
        "what routes and pages ask of the audience as a whole, read by one function for both",
        ("marketing/audience/insights.py",),
        """
        behaviour.read_signs buyers.read
        """,
    ),
    Exempt(
        "the engine's own work on rows that are due; nobody asks for it",
        ("engine", "marketing/folds.py"),
        """
        answers.append erasing.retain
        asks.expire asks.list_waiting asks.note_mailed
        audience.permission_revision audience.refuse_all audience.zones_of
        campaigns.list_advancing campaigns.note_trouble
        delivery.list_exhausted delivery.list_plan_files delivery.recount delivery.settle
        analytics.find_outdated analytics.recount analytics.save_figures
        counting.recount counting.save_counts
        counting.find_outdated counting.known_of counting.refresh_segments
        deciding.take_evidence
        mirroring.adopt mirroring.find_changes mirroring.keep mirroring.read_page mirroring.sweep
        segments.find_outdated
        events.adopt events.anything_to_fold events.archive_due events.compact events.fold
        events.read_batches
        events.replace events.seal events.small_files events.sweep
        mail_tests.arm mail_tests.end mail_tests.end_interrupted mail_tests.list_armed
        mail_tests.list_waiting
        sending.exchange sending.halt sending.list_claimants sending.look_around
        sending.note_trouble sending.record sending.recover
        connections.end_outage connections.find_outage connections.note_outage
        timing.record_engagement
        bounces.any_waiting bounces.conclude bounces.forget_old bounces.give_up
        bounces.list_waiting
        bounces.mailbox_mark bounces.take_from_mailbox
        """,
    ),
    Exempt(
        "readers of our mail ask by the token in it, outside REST",
        ("interfaces/public",),
        """
        asks.ask asks.confirm asks.find_ask asks.sign_up asks.standing
        delivery.link_target events.record events.record_hits forms.get_form
        mail_tests.link_target topics.pause
        """,
    ),
    Exempt(
        "a browser signs in and out by pages",
        ("interfaces/web",),
        """
        accounts.actor_for_session accounts.end_key accounts.is_sign_in_link accounts.redeem_link
        accounts.session_id accounts.sign_out
        campaigns.read_ahead people.me
        signing_in.accept signing_in.attempt signing_in.change_password signing_in.has_password
        signing_in.invited signing_in.needs_founder signing_in.sign_in
        """,
    ),
    Exempt(
        "what a restored backup may not go on with by itself",
        ("marketing/campaigns/restoring.py",),
        "campaigns.hold campaigns.list_unsent",
    ),
    Exempt(
        "for whoever owns the folder, on the machine where it lies",
        ("bootstrap", "interfaces/cli"),
        """
        accounts.end_sign_ins accounts.ensure_owner accounts.owner signing_in.found
        senders.default_sender
        """,
    ),
    Exempt(
        "how long a page may show what was counted; programs are told figures of this moment",
        ("interfaces/web",),
        "analytics.as_of analytics.revision_of",
    ),
    Exempt(
        "a page offers names to choose from; programs are told the nearest one",
        ("interfaces/web",),
        "segments.known_attributes",
    ),
    Exempt(
        "every use case writes the trail itself, in its own unit",
        ("marketing/department.py", "marketing/audience_department.py"),
        "accounts.record",
    ),
    Exempt(
        "inside erasing somebody and giving out what is held, which have routes: files too",
        ("bootstrap/erasing.py", "marketing/campaigns", "marketing/events"),
        """
        erasing.end erasing.erase erasing.find_suppression erasing.list_open erasing.rows_of
        erasing.leave_memberships erasing.list_memberships
        events.facts_of events.list_to_unname events.swap_batch events.swap_file mirroring.unname
        """,
    ),
    Exempt(
        "a look outside is taken between two units, by bootstrap",
        ("bootstrap",),
        "campaigns.keep_look dkim_keys.add dkim_keys.note_published dkim_keys.signing",
    ),
    Exempt(
        "what delivery tells of its own ledger, within the unit that records it",
        ("marketing/delivery",),
        "events.record_alike audience.numbers_of",
    ),
    Exempt(
        "settings: programs and engines are told by files and the environment; a page saves them",
        ("bootstrap", "engine"),
        "connections.revision connections.save connections.saved",
    ),
    Exempt(
        "inside the import, the put of contacts and the segmentation, which have routes",
        ("marketing/audience",),
        """
        audience.addresses_of audience.merge_contacts audience.note_import audience.read_profile
        imports.add_ordinary imports.begin_import imports.list_topics imports.note_progress
        audience.save_segments
        segments.count_members segments.define segments.known_of segments.recount segments.refresh
        """,
    ),
    Exempt(
        "inside merging two contacts, which has a route: planned mail and figures hang on it",
        ("marketing/campaigns/merging_contacts.py",),
        """
        delivery.count_planned duplicates.merge events.mailings_of events.note_merged
        """,
    ),
    Exempt(
        "renaming and removing a segment, which have routes: campaigns are asked first",
        ("marketing/campaigns/segment_use.py",),
        "segments.remove segments.rename",
    ),
    Exempt(
        "inside a test of a campaign, which has a route",
        ("marketing/campaigns",),
        "audience.permission_of mail_tests.ask",
    ),
    Exempt(
        "inside judging again, which has a route",
        ("marketing/events/rejudging.py",),
        "events.adopt_verdicts events.judge_file events.next_to_judge events.read_to_judge",
    ),
    Exempt(
        "one contact's page at REST, the list of them, and what waits for an answer",
        ("marketing/campaigns",),
        """
        analytics.contact_figures analytics.hourly analytics.timeline analytics.timeline_page
        approvals.list_waiting
        audience.list_contacts audience.list_proofs audience.segments_of
        duplicates.list_merged
        campaigns.list_waiting
        delivery.history_of
        mail_tests.list_
        """,
    ),
    Exempt(
        "no way in yet: senders beside the house's own, exports for ads",
        (),
        """
        audience.suppress events.forget_evidence senders.list_ senders.save
        topics.opted_out_of_sale
        """,
    ),
)

COMMANDS = {
    "POST /campaigns": "campaigns create",
    "GET /campaigns": "campaigns list",
    "GET /campaigns/{campaign_id}": "campaigns show",
    "PUT /campaigns/{campaign_id}": "campaigns edit",
    "POST /campaigns/{campaign_id}/approve": "campaigns approve",
    "POST /campaigns/{campaign_id}/decline": "campaigns decline",
    "POST /campaigns/{campaign_id}/launch": "campaigns launch",
    "POST /campaigns/{campaign_id}/pause": "campaigns pause",
    "POST /campaigns/{campaign_id}/resume": "campaigns resume",
    "POST /campaigns/{campaign_id}/cancel": "campaigns cancel",
    "GET /campaigns/{campaign_id}/ledger": "campaigns ledger",
    "GET /campaigns/{campaign_id}/ledger/rows": "campaigns ledger",
    "POST /campaigns/{campaign_id}/ledger/decide": "campaigns decide",
    "GET /campaigns/{campaign_id}/preview": "content preview",
    "POST /content/preview": "content preview",
    "POST /campaigns/{campaign_id}/checks": "campaigns check",
    "POST /campaigns/{campaign_id}/tests": "campaigns test",
    "GET /campaigns/{campaign_id}/tests": "campaigns test",
    "GET /senders/dkim": "senders dkim show",
    "POST /senders/dkim": "senders dkim create",
    "POST /senders/dkim/rotate": "senders dkim rotate",
    "GET /senders/records": "senders records",
    "POST /senders/records/check": "senders check",
    "POST /workflows/email": "workflow email",
    "GET /workflows/email/{campaign_id}": "workflow email",
    "POST /contacts/import": "audience import",
    "POST /contacts/connect": "audience connect",
    "POST /events/import": "events import",
    "POST /events/judge": "events judge",
    "PUT /contacts": "audience put",
    "GET /contacts": "audience list",
    "GET /contacts/export": "audience export",
    "GET /contacts/{contact_id}": "audience show",
    "GET /contacts/{contact_id}/timeline": "audience timeline",
    "GET /contacts/{contact_id}/choices": "audience choices",
    "POST /contacts/{contact_id}/choices": "audience choose",
    "POST /contacts/{contact_id}/sale": "audience opt-out-of-sale",
    "GET /subjects": "audience export-subject",
    "POST /contacts/{contact_id}/erase": "audience erase",
    "GET /erasure-requests": "audience erasure-requests",
    "GET /forms": "audience forms list",
    "POST /forms": "audience forms add",
    "PUT /forms/{form_id}": "audience forms change",
    "GET /topics": "audience topics list",
    "POST /topics": "audience topics add",
    "PUT /topics/{key}": "audience topics change",
    "POST /contacts/{contact_id}/unsubscribe": "audience unsubscribe",
    "GET /delivery/bounces": "delivery bounces list",
    "POST /delivery/bounces/import": "delivery bounces import",
    "GET /campaigns/{campaign_id}/content": "content show",
    "GET /approvals": "approvals list",
    "GET /approvals/{approval_id}": "approvals show",
    "POST /approvals/{approval_id}/approve": "approvals approve",
    "POST /approvals/{approval_id}/decline": "approvals decline",
    "GET /experiments": "experiments list",
    "GET /experiments/{experiment_id}": "experiments show",
    "POST /experiments/analyze": "experiments analyze",
    "GET /audience/rfm": "audience rfm",
    "GET /audience/rfm/rows": "audience rfm",
    "GET /audience/value": "audience value",
    "GET /audience/value/rows": "audience value",
    "GET /audience/clusters": "audience clusters",
    "GET /audience/clusters/rows": "audience clusters",
    "GET /audience/propensity": "audience propensity",
    "GET /audience/propensity/rows": "audience propensity",
    "GET /audience/lookalikes": "audience lookalikes",
    "GET /audience/lookalikes/rows": "audience lookalikes",
    "GET /audience/journey": "audience journey",
    "GET /audience/engagement/{contact_id}": "audience engagement",
    "GET /audience/duplicates": "audience duplicates",
    "POST /contacts/{contact_id}/merge": "audience merge",
    "GET /segments": "segments list",
    "POST /segments": "segments create",
    "GET /segments/schema": "segments schema",
    "POST /segments/preview": "segments preview",
    "GET /segments/overlap": "segments overlap",
    "GET /segments/suggestions": "segments suggest",
    "POST /segments/explain": "segments explain",
    "GET /segments/{segment}": "segments show",
    "PUT /segments/{segment}": "segments rename",
    "DELETE /segments/{segment}": "segments remove",
    "GET /sandbox/messages": "sandbox list",
    "GET /sandbox/messages/{number}": "sandbox show",
    "GET /accounts/people": "accounts list-people",
    "POST /accounts/people": "accounts add-person",
    "PUT /accounts/people/{person}": "accounts change-role",
    "DELETE /accounts/people/{person}": "accounts remove-person",
    "POST /accounts/people/{person}/invitation": "accounts invite",
    "GET /accounts/keys": "accounts list-keys",
    "POST /accounts/keys": "accounts add-key",
    "DELETE /accounts/keys/{label}": "accounts remove-key",
    "GET /accounts/sessions": "accounts list-sessions",
    "DELETE /accounts/sessions/{session_id}": "accounts end-session",
    "GET /accounts/audit": "accounts audit",
    "GET /status": "status",
}

NO_COMMAND = {
    "GET /campaigns/{campaign_id}/checks": "the list without a look outside, for pages",
    "GET /campaigns/{campaign_id}/analytics": "for charts; `campaigns report` prints the figures",
    "POST /events": "for programs that report one fact at a time; files have `events import`",
    "GET /engine": "what `workflow email --wait` polls",
}


def use_cases() -> set[str]:
    return {f"{area}.{name}" for area, methods in services().items() for name in methods}


def exempt() -> dict[str, Exempt]:
    return {method: each for each in EXEMPT for method in each.methods.split()}


def routes(house: Drumbeat) -> set[str]:
    paths: Mapping[str, Mapping[str, object]] = create_api(house).openapi()["paths"]
    return {
        f"{verb.upper()} {path.removeprefix(PREFIX)}"
        for path, verbs in paths.items()
        if path.startswith(PREFIX)
        for verb in verbs
    }


def test_every_use_case_has_a_route_or_says_why_not() -> None:
    missing = use_cases() - area_calls(REST) - exempt().keys()
    assert not missing, "Give it a route, or a line in EXEMPT that says why it needs none."


def test_no_exempt_use_case_is_unknown_or_has_a_route_by_now() -> None:
    assert not exempt().keys() - use_cases()
    assert not exempt().keys() & area_calls(REST)


@pytest.mark.parametrize("each", EXEMPT, ids=lambda each: each.reason[:30])
def test_an_exempt_use_case_is_called_where_its_reason_says(each: Exempt) -> None:
    called = area_calls(*(SOURCE / place for place in each.called_in))
    assert not set(each.methods.split()) - called or not each.called_in


def test_a_use_case_without_a_way_in_is_called_nowhere() -> None:
    without = {method for method, each in exempt().items() if not each.called_in}
    assert not without & area_calls(SOURCE)


def test_every_route_has_a_command_or_says_why_not(house: Drumbeat) -> None:
    assert routes(house) == COMMANDS.keys() | NO_COMMAND.keys()


@pytest.mark.parametrize("command", sorted(set(COMMANDS.values())))
def test_every_command_of_a_route_exists(command: str) -> None:
    found: App = cli
    for word in command.split():
        found = found[word]
    assert found.help
