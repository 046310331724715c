"""Every use case of the house and every role: who may call it, as one literal table."""

import inspect
from collections.abc import Callable

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import NOBODY, Actor
from drumbeat.kit.errors import NotPermitted
from drumbeat.marketing.accounts import Role, scopes_of
from drumbeat.marketing.events import Taken
from tests.architecture.services import services

# o owner, m marketer, a analyst, v viewer; a dash is NotPermitted. What everybody may call either
# reads what a result is made of, proves who somebody is, or changes only what is their own.
TABLE = """
omav  accounts.actor_for_key
omav  accounts.actor_for_session
o---  accounts.actor_of
omav  accounts.end_key
omav  accounts.end_session
----  accounts.end_sign_ins
o---  accounts.ensure_owner
omav  accounts.is_sign_in_link
omav  accounts.issue_key
o---  accounts.issue_sign_in_link
o---  accounts.list_audit
omav  accounts.list_keys
omav  accounts.list_sessions
o---  accounts.owner
omav  accounts.record
omav  accounts.redeem_link
omav  accounts.revoke_key
omav  accounts.session_id
omav  accounts.sign_out
o---  people.add
o---  people.change_role
o---  people.invite
o---  people.list_
o---  people.list_with_password
omav  people.me
o---  people.remove
omav  signing_in.accept
omav  signing_in.attempt
omav  signing_in.change_password
o---  signing_in.found
omav  signing_in.has_password
omav  signing_in.invited
omav  signing_in.needs_founder
omav  signing_in.sign_in
----  bounces.any_waiting
----  bounces.conclude
----  bounces.forget_old
----  bounces.give_up
omav  bounces.list_
----  bounces.list_waiting
om--  bounces.mailbox_mark
om--  bounces.take_from_mailbox
om--  bounces.take_in
omav  campaigns.find_look
om--  campaigns.keep_look
----  connections.end_outage
omav  connections.find_outage
omav  connections.list_outages
----  connections.note_outage
omav  delivery.list_plan_files
o---  dkim_keys.add
omav  dkim_keys.list_
o---  dkim_keys.note_published
----  dkim_keys.signing
om--  events.adopt_verdicts
om--  events.judge_file
om--  events.next_to_judge
om--  events.read_to_judge
----  mail_tests.arm
om--  mail_tests.ask
----  mail_tests.end
----  mail_tests.end_interrupted
omav  mail_tests.link_target
om--  mail_tests.list_
----  mail_tests.list_armed
----  mail_tests.list_waiting
oma-  behaviour.explain_engagement
oma-  behaviour.find_members
oma-  behaviour.read
oma-  behaviour.read_signs
om--  answers.append
----  asks.ask
----  asks.confirm
----  asks.expire
----  asks.find_ask
----  asks.list_waiting
om--  asks.note_mailed
----  asks.sign_up
----  asks.standing
oma-  duplicates.list_merged
oma-  duplicates.list_pairs
om--  duplicates.merge
om--  erasing.end
om--  erasing.erase
oma-  erasing.find_suppression
om--  erasing.leave_memberships
om--  erasing.list_memberships
om--  erasing.list_open
oma-  erasing.list_requests
----  erasing.retain
oma-  erasing.rows_of
oma-  events.facts_of
om--  events.mailings_of
om--  events.note_merged
om--  events.list_to_unname
om--  events.swap_batch
om--  events.swap_file
om--  forms.add_form
om--  forms.change_form
omav  forms.get_form
omav  forms.get_form_by_no
omav  forms.list_forms
om--  topics.add_topic
om--  topics.change_topic
oma-  topics.choices_of
om--  topics.choose
omav  topics.get_topic
omav  topics.list_topics
om--  topics.opt_out_of_sale
oma-  topics.opted_out_of_sale
om--  topics.pause
oma-  buyers.list_people
oma-  buyers.read
oma-  buyers.read_bought
omav  campaigns.approval_of
om--  campaigns.approve
om--  campaigns.ask_launch
om--  campaigns.cancel
om--  campaigns.change
omav  campaigns.count_states
omav  campaigns.count_transitions
om--  campaigns.create
om--  campaigns.decline
om--  campaigns.drop
omav  campaigns.expect
omav  campaigns.find
omav  campaigns.get
omav  campaigns.get_by_no
omav  campaigns.ledger
omav  campaigns.ledger_rows
omav  campaigns.list_
omav  campaigns.list_advancing
omav  campaigns.list_by_mailing
omav  campaigns.list_transitions
omav  campaigns.list_waiting
omav  campaigns.read_ahead
om--  campaigns.move
----  campaigns.hold
omav  campaigns.list_unsent
----  campaigns.note_trouble
om--  campaigns.pause
om--  campaigns.resume
om--  campaigns.save_plan
om--  approvals.approve
om--  approvals.ask
om--  approvals.decline
omav  approvals.count_waiting
omav  approvals.find
omav  approvals.get
omav  connections.revision
o---  connections.save
----  connections.saved
omav  approvals.list_waiting
omav  approvals.read_ahead
omav  analytics.as_of
----  analytics.find_outdated
----  analytics.recount
----  analytics.save_figures
----  counting.find_outdated
----  counting.known_of
----  counting.refresh_segments
oma-  comparing.overlap
oma-  comparing.suggest
----  mirroring.adopt
----  mirroring.find_changes
----  mirroring.keep
----  mirroring.read_page
----  mirroring.sweep
----  mirroring.unname
oma-  segments.count_members
om--  segments.define
oma-  segments.explain
oma-  segments.explain_segment
oma-  segments.find_outdated
oma-  segments.get
oma-  segments.known_attributes
oma-  segments.known_of
oma-  segments.list_changes
oma-  segments.named_by_rule
oma-  segments.preview
oma-  segments.recount
om--  segments.refresh
om--  segments.remove
om--  segments.rename
oma-  segments.rule_of
----  counting.recount
----  counting.save_counts
----  events.adopt
----  events.anything_to_fold
----  events.archive_due
----  events.compact
----  events.fold
om--  events.forget_evidence
omav  events.count_waiting
omav  events.provisional
----  events.read_batches
om--  events.record
om--  events.record_alike
om--  events.record_hits
om--  events.record_told
----  events.replace
----  events.seal
----  events.small_files
----  events.sweep
oma-  analytics.contact_figures
oma-  analytics.timeline
oma-  analytics.timeline_page
om--  audience.addresses_of
oma-  audience.audience_members
oma-  audience.contact_numbers
oma-  audience.contact_numbers_by_external_id
omav  audience.count_audience
oma-  audience.find_contact
oma-  audience.get_contact
oma-  audience.known_fields
oma-  audience.list_contacts
oma-  audience.list_proofs
oma-  audience.list_segments
oma-  audience.numbers_of
om--  audience.merge_contacts
om--  audience.note_import
om--  imports.add_ordinary
om--  imports.begin_import
om--  imports.list_topics
om--  imports.note_progress
oma-  audience.permission_of
omav  audience.permission_revision
oma-  audience.permissions
oma-  audience.read_profile
oma-  audience.recipients
om--  audience.refuse_all
om--  audience.save_segments
oma-  audience.segments_of
oma-  audience.still_there
om--  audience.suppress
om--  audience.withdraw
oma-  audience.zones_of
om--  deciding.decide
om--  deciding.decide_uncertain
om--  deciding.retry_given_up
----  deciding.take_evidence
om--  delivery.accept_plan
om--  delivery.cancel
om--  delivery.cancel_next
omav  delivery.count
omav  delivery.count_arms
om--  delivery.discard
om--  delivery.freeze_next
omav  delivery.get
oma-  delivery.count_planned
omav  delivery.history_of
omav  delivery.ledger
omav  delivery.ledger_rows
omav  delivery.link_target
omav  delivery.links
omav  delivery.list_exhausted
omav  delivery.next_due
omav  delivery.next_due_of
omav  delivery.read_ahead
om--  delivery.open_mailing
om--  delivery.pause
omav  delivery.recount
om--  delivery.resume
om--  delivery.save_links
----  delivery.settle
om--  delivery.start
om--  sending.exchange
----  sending.halt
omav  sending.list_claimants
omav  sending.look_around
omav  sending.pulse
----  sending.note_trouble
----  sending.record
----  sending.recover
omav  analytics.arm_counts
omav  analytics.campaign_report
omav  analytics.hourly
omav  analytics.revision_of
omav  analytics.status
omav  timing.plan_instants
omav  timing.plan_wall_time
----  timing.record_engagement
omav  experiments.analyse
omav  experiments.assign
omav  experiments.count_started
om--  experiments.decide
om--  experiments.design
omav  experiments.get_experiment
omav  experiments.judge_counts
omav  experiments.list_experiments
om--  experiments.start
oma-  content.compile_piece
omav  content.mail_context
oma-  content.preview
om--  content.save_email
oma-  content.version
omav  senders.default_sender
omav  senders.list_
omav  senders.resolve
om--  senders.save
"""

ARGUMENTS: dict[str, tuple[object, ...]] = {
    "events.record_hits": ([],),
    "events.record_told": (Taken(),),
}
"""Where a stand-in would fail before the right is asked for."""

PROOF_IS_ENOUGH = {
    "accounts.actor_for_key",
    "accounts.actor_for_session",
    "accounts.is_sign_in_link",
    "accounts.record",
    "accounts.redeem_link",
    "accounts.session_id",
    "accounts.sign_out",
    "signing_in.accept",
    "signing_in.attempt",
    "signing_in.invited",
    "signing_in.needs_founder",
    "signing_in.sign_in",
}
"""Use cases of accounts that need no scope: what is shown there proves who somebody is."""


class TakenBack(Exception):
    """Ends the unit without a trace."""


def rights() -> dict[str, str]:
    lines = (line.split() for line in TABLE.strip().splitlines())
    return {use_case: letters for letters, use_case in lines}


def may(house: Drumbeat, actor: Actor, use_case: str) -> bool:
    """Whether the call gets beyond its check; it is given stand-ins and always taken back."""
    area, name = use_case.split(".")
    allowed = True
    try:
        with house.begin(actor) as department:
            method = getattr(getattr(department, area), name)
            given, named = stand_ins(method)
            try:
                method(*ARGUMENTS.get(use_case, given), **named)
            except NotPermitted:
                allowed = False
            except Exception as error:  # a stand-in is no campaign: it came far enough to notice
                raise TakenBack from error
            raise TakenBack
    except TakenBack:
        return allowed


def stand_ins(method: Callable[..., object]) -> tuple[list[object], dict[str, object]]:
    needed = [p for p in inspect.signature(method).parameters.values() if p.default is p.empty]
    given = [object() for p in needed if p.kind is p.POSITIONAL_OR_KEYWORD]
    return given, {p.name: object() for p in needed if p.kind is p.KEYWORD_ONLY}


def test_the_table_names_every_use_case() -> None:
    known = {f"{area}.{name}" for area, methods in services().items() for name in methods}
    assert rights().keys() == known, "Decide who may call it, and write it into the table."


@pytest.mark.parametrize("role", Role)
def test_a_role_may_call_what_the_table_says(house: Drumbeat, role: Role) -> None:
    house.owner()
    actor = Actor(role.value, scopes_of(role), person_no=1)
    expected = {use_case: role.value[0] in letters for use_case, letters in rights().items()}
    assert {use_case: may(house, actor, use_case) for use_case in expected} == expected


def test_a_viewer_changes_nothing_but_what_is_their_own(house: Drumbeat) -> None:
    viewers = {use_case for use_case, letters in rights().items() if "v" in letters}
    for verb in ("create", "change", "approve", "ask_launch", "pause", "resume", "cancel"):
        assert f"campaigns.{verb}" not in viewers
    assert not {each for each in viewers if each.startswith("sending.exchange")}


def test_nobody_comes_into_accounts_without_a_proof(house: Drumbeat) -> None:
    house.owner()
    accounts = {u for u in rights() if u.split(".")[0] in ("accounts", "people", "signing_in")}
    assert {u for u in accounts if may(house, NOBODY, u)} == PROOF_IS_ENOUGH
