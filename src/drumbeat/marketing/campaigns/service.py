"""Use cases of campaigns: create, ask for the launch, pause, resume, cancel, look up.

The steps between are taken by `pipeline.advance`; this file changes one campaign in one unit.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock
from drumbeat.kit.errors import Conflict, Stale
from drumbeat.kit.ids import ApprovalId, CampaignId, CampaignNo, MailingNo, PersonNo, new_id
from drumbeat.kit.json_objects import JsonObject
from drumbeat.kit.result import NeedsApproval
from drumbeat.marketing.accounts import Record
from drumbeat.marketing.approvals import Approval, ApprovalsService, ApprovalState
from drumbeat.marketing.campaigns.checklist import Outlook
from drumbeat.marketing.campaigns.model import (
    Brief,
    Campaign,
    Plan,
    State,
    TimingWish,
    Transition,
)
from drumbeat.marketing.campaigns.rules import (
    check_brief,
    check_launch,
    check_transition,
    is_asked,
)
from drumbeat.marketing.campaigns.store import CampaignsStore
from drumbeat.marketing.delivery import DeliveryService, LedgerLine, MailingState

_UNSAVED = CampaignNo(0)  # the database numbers it


@dataclass(frozen=True)
class CampaignsService:
    actor: Actor
    store: CampaignsStore
    approvals: ApprovalsService
    delivery: DeliveryService
    clock: Clock
    record: Record

    def create(self, brief: Brief, campaign_id: CampaignId | None = None) -> Campaign:
        """A draft: nothing is planned or asked yet. Raises InvalidInput naming the field."""
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        check_brief(brief)
        if self.actor.person_no is None:
            raise Conflict("A campaign needs a person who answers for it.")
        now = self.clock()
        new = Campaign(
            no=_UNSAVED,
            id=campaign_id or CampaignId(new_id("cmp", now)),
            brief=brief,
            plan=Plan(),
            state=State.DRAFT,
            state_since=now,
            launch=None,
            held=None,
            owner_no=PersonNo(self.actor.person_no),
            created_at=now,
            revision=0,
        )
        added = self.store.add(new)
        self._note(added, None)
        return added

    def change(self, campaign_id: CampaignId, brief: Brief) -> Campaign:
        """Replace the brief of an unscheduled campaign; it is planned and asked for anew."""
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        check_brief(brief)
        campaign = self.store.get(campaign_id)
        if campaign.state is not State.DRAFT:
            check_transition(campaign, State.DRAFT, "be edited")
        plan = Plan(experiment_id=None)
        return self.move(replace(campaign, brief=brief, plan=plan), State.DRAFT)

    def get(self, campaign_id: CampaignId) -> Campaign:
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.get(campaign_id)

    def find(self, campaign_id: CampaignId) -> Campaign | None:
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.find(campaign_id)

    def get_by_no(self, number: CampaignNo) -> Campaign:
        """The campaign that an experiment or a mailing belongs to. Raises NotFound."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.get_by_no(number)

    def list_by_mailing(self, numbers: Collection[MailingNo]) -> dict[MailingNo, Campaign]:
        """The campaigns of these mailings; one that belongs to none is absent."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return {_mailing(each): each for each in self.store.list_by_mailing(numbers)}

    def expect(self, campaign_id: CampaignId, revisions: Collection[int]) -> Campaign:
        """In a writing unit nobody changes it after this. Raises Stale if it is at another one."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        campaign = self.store.get(campaign_id)
        if campaign.revision not in revisions:
            message = f"was changed since you read it; it is {campaign.state.value} now"
            raise Stale(f"Campaign {campaign.id} {message}. Read it again.")
        return campaign

    def list_(self, *, limit: int = 50, before: CampaignId | None = None) -> list[Campaign]:
        """Newest first; `before` is the last id of the page before."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.list_(limit=limit, before=before)

    def read_ahead(self, campaigns: Sequence[Campaign]) -> None:
        """For a list: approvals, mailings and tallies of all these campaigns, read at once."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        self.approvals.read_ahead([each.id for each in campaigns])
        numbers = (each.plan.mailing_no for each in campaigns)
        self.delivery.read_ahead([number for number in numbers if number is not None])

    def list_advancing(self) -> list[Campaign]:
        """Every campaign that may have a next step, oldest first."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.list_advancing()

    def list_transitions(self, campaign_id: CampaignId) -> list[Transition]:
        """Every change of state, oldest first, with whose hands made it."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.list_transitions(self.store.get(campaign_id).no)

    def ask_launch(
        self, campaign_id: CampaignId, timing: TimingWish | None = None
    ) -> Campaign | NeedsApproval:
        """Remember that the campaign is to go, as briefed or as `timing` says.

        Without an approval of exactly this content the wish is kept and NeedsApproval returned.
        Raises Conflict naming the state, InvalidInput for a wish that its test forbids.
        """
        self.actor.require(Scope.CAMPAIGNS_SEND)
        campaign = self.store.get(campaign_id)
        if campaign.state in (State.CANCELLED, State.FINISHED, State.MEASURING, State.SENDING):
            check_transition(campaign, State.SCHEDULED, "be launched")
        launch = timing or campaign.brief.timing
        check_launch(campaign.brief, launch)
        if campaign.launch != launch:
            if campaign.plan.mailing_no is not None:
                message = "the send times are fixed already; cancel it to plan anew"
                raise Conflict(f"Campaign {campaign.id} is {campaign.state.value}: {message}.")
            campaign = self.store.save(replace(campaign, launch=launch))
            self._note(campaign, campaign.state, f"launch asked: {launch.mode.value}")
        approval = self.approval_of(campaign)
        if approval is not None and approval.state is ApprovalState.DECLINED:
            message = "it was declined, so it needs an edit first"
            raise Conflict(f"Campaign {campaign.id} cannot be launched: {message}.")
        if approval is not None and approval.state is not ApprovalState.APPROVED:
            return NeedsApproval(approval.id)
        return campaign

    def approve(self, campaign_id: CampaignId, asked: ApprovalId | None = None) -> Approval:
        """Say yes to the campaign as it stands, or only if that is what `asked` asks about.

        Raises Conflict if it does not wait for that.
        """
        self.actor.require(Scope.CAMPAIGNS_APPROVE)
        campaign = self.store.get(campaign_id)
        approval = self._current(campaign, asked)
        if approval is None or campaign.state in (State.CANCELLED, State.DRAFT, State.PLANNED):
            message = f"it is {campaign.state.value} and does not wait for an approval"
            raise Conflict(f"Campaign {campaign.id} cannot be approved: {message}.")
        return self.approvals.approve(approval.id)

    def decline(self, campaign_id: CampaignId, asked: ApprovalId | None = None) -> Approval:
        """Say no to the campaign as it stands, as `approve` says yes; it then waits for an edit."""
        self.actor.require(Scope.CAMPAIGNS_APPROVE)
        campaign = self.store.get(campaign_id)
        approval = self._current(campaign, asked)
        if approval is None or campaign.state is not State.AWAITING_APPROVAL:
            message = f"it is {campaign.state.value} and does not wait for an approval"
            raise Conflict(f"Campaign {campaign.id} cannot be declined: {message}.")
        return self.approvals.decline(approval.id)

    def approval_of(self, campaign: Campaign) -> Approval | None:
        """The approval of exactly what would be sent; None while that is still being planned."""
        if campaign.plan.approval_hash is None:
            return None
        return self.approvals.find(campaign.id, campaign.plan.approval_hash)

    def find_look(self, campaign: Campaign) -> Outlook | None:
        """What a look outside found for what it says now; None if nobody looked since."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.find_look(campaign.no, campaign.plan.piece_revision or 0)

    def keep_look(self, campaign: Campaign, outlook: Outlook) -> None:
        """Keep what was found outside for what the campaign said when it was asked."""
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        self.store.save_look(campaign.no, campaign.plan.piece_revision or 0, outlook)

    def list_waiting(self) -> list[tuple[Approval, Campaign]]:
        """What a person has to say yes or no to now, the oldest question first."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        asked = [
            (approval, self.store.find(CampaignId(approval.subject)))
            for approval in self.approvals.list_waiting()
        ]
        return [
            (approval, campaign)
            for approval, campaign in asked
            if campaign is not None and is_asked(approval, campaign)
        ]

    def pause(self, campaign_id: CampaignId) -> Campaign:
        """Stop sending; what is on the wire ends. Raises Conflict naming the states that can."""
        self.actor.require(Scope.CAMPAIGNS_SEND)
        campaign = self.store.get(campaign_id)
        check_transition(campaign, State.PAUSED, "be paused")
        if campaign.plan.mailing_no is not None:
            self.delivery.pause(campaign.plan.mailing_no)
        return self.move(replace(campaign, held=campaign.state), State.PAUSED)

    def resume(self, campaign_id: CampaignId) -> Campaign:
        """Go on where it was paused, or where the engine halted for want of a right or a sender."""
        self.actor.require(Scope.CAMPAIGNS_SEND)
        campaign = self.store.get(campaign_id)
        if campaign.state is State.SENDING and self._is_halted(campaign):
            self.delivery.resume(_mailing(campaign))
            self._note(campaign, campaign.state, "resumed after trouble")
            return campaign
        if campaign.state is not State.PAUSED or campaign.held is None:
            message = (
                f"Campaign {campaign.id} is {campaign.state.value}: only a paused one resumes."
            )
            raise Conflict(message)
        if campaign.plan.mailing_no is not None:
            self.delivery.resume(campaign.plan.mailing_no)
        return self.move(replace(campaign, held=None), campaign.held)

    def cancel(self, campaign_id: CampaignId) -> Campaign:
        """Send nothing more; every row still planned ends as suppressed(cancelled)."""
        self.actor.require(Scope.CAMPAIGNS_SEND)
        campaign = self.store.get(campaign_id)
        check_transition(campaign, State.CANCELLED, "be cancelled")
        if campaign.plan.mailing_no is not None:
            self.delivery.cancel(campaign.plan.mailing_no)
        return self.move(replace(campaign, held=None), State.CANCELLED)

    def list_unsent(self) -> list[Campaign]:
        """Every campaign that may have something to send, also a paused one, oldest first."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.list_unsent()

    def hold(self, campaign: Campaign, why: str) -> Campaign:
        """Whatever happens next, a person asks for it: a run is paused, a wish to launch dropped.

        Its mailing is the caller's to halt. Raises Overtaken if it changed since it was read.
        """
        self.actor.require(Scope.UPKEEP)
        was = campaign.state
        if was in (State.SCHEDULED, State.SENDING, State.MEASURING):
            now, plan = self.clock(), replace(campaign.plan, settled_at=None)
            back = State.SENDING if was is State.MEASURING else was
            held = replace(campaign, plan=plan, held=back, trouble=why)
            held = replace(held, state=State.PAUSED, state_since=now)
        elif was is State.PAUSED:
            held = replace(campaign, trouble=why)
        else:
            held = replace(campaign, launch=None)
        saved = self.store.save(held)
        self._note(saved, was, why)
        return saved

    def drop(self, made: Campaign) -> None:
        """Take back what was just made and cannot be planned, as if it had never been written.

        Planning has moved its revision since. Raises Conflict if anybody did more: edited it,
        asked for its launch, was asked to approve it.
        """
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        campaign = self.store.get(made.id)
        states = {step.now for step in self.store.list_transitions(campaign.no)}
        wanted = campaign.brief == made.brief and campaign.launch == made.launch
        if not wanted or not states <= {State.DRAFT, State.PLANNED}:
            raise Conflict(f"Campaign {campaign.id} is {campaign.state.value}: cancel it instead.")
        self.store.remove(campaign.no)

    def save_plan(self, campaign: Campaign, plan: Plan) -> Campaign:
        """Keep a planning step's decision. Raises Conflict if the campaign changed meanwhile."""
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        return self.store.save(replace(campaign, plan=plan, trouble=None))

    def note_trouble(self, campaign: Campaign, trouble: str | None) -> None:
        """Keep why the next step cannot be taken, for the owner to read; None: it can again.

        Raises Overtaken if the campaign changed since it was read: that step is another one now.
        """
        self.actor.require(Scope.UPKEEP)
        if campaign.trouble != trouble:
            self.store.save(replace(campaign, trouble=trouble))

    def move(self, campaign: Campaign, state: State) -> Campaign:
        """Save `campaign` in its next state and note whose hands moved it."""
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        now = self.clock()
        changed = replace(campaign, state=state, state_since=now, trouble=None)
        moved = self.store.save(changed)
        if moved.state is not campaign.state:
            self._note(moved, campaign.state)
        return moved

    def ledger(self, campaign_id: CampaignId) -> dict[str, object]:
        """Who got it, who did not, and why: counts that sum to the frozen audience."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        campaign = self.store.get(campaign_id)
        number = campaign.plan.mailing_no
        counts = self.delivery.count([] if number is None else [number])
        return {
            "campaign_id": campaign.id,
            "frozen": counts.frozen,
            "states": dict(counts.states),
            "reasons": dict(counts.reasons),
        }

    def ledger_rows(
        self,
        campaign_id: CampaignId,
        cursor: str | None,
        limit: int,
        *,
        state: str = "",
        email: str = "",
    ) -> JsonObject:
        """A page of recipients in sending order; `email` is null for who may not read contacts."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        number = self.store.get(campaign_id).plan.mailing_no
        if number is None:
            return {"rows": [], "next_cursor": None}
        lines = self.delivery.ledger_rows(
            number, state=state, email=email, after=cursor or "", limit=limit
        )
        following = lines[-1].after if len(lines) == limit and not email else None
        return {"rows": [_row(line) for line in lines], "next_cursor": following}

    def count_states(self) -> dict[State, int]:
        """How many campaigns are in each state; a state without any is absent."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.count_states()

    def count_transitions(self) -> tuple[int, int]:
        """(changes of state made by the engine, all of them)."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.count_transitions()

    def _current(self, campaign: Campaign, asked: ApprovalId | None) -> Approval | None:
        approval = self.approval_of(campaign)
        if asked is not None and (approval is None or approval.id != asked):
            message = f"campaign {campaign.id} was changed since it was asked for"
            raise Conflict(f"The approval {asked} is superseded: {message}.")
        return approval

    def _is_halted(self, campaign: Campaign) -> bool:
        return self.delivery.get(_mailing(campaign)).state is MailingState.paused

    def _note(self, campaign: Campaign, was: State | None, note: str = "") -> None:
        actor, now = self.actor, self.clock()
        step = Transition(was, campaign.state, now, actor.name, actor.agent, note)
        self.store.add_transition(campaign.no, step)
        detail = {"was": was, "note": note} if note else {"was": was}
        self.record(f"campaign.{campaign.state.value}", campaign.id, detail)


def _mailing(campaign: Campaign) -> MailingNo:
    assert campaign.plan.mailing_no is not None, "it is being sent"
    return campaign.plan.mailing_no


def _row(line: LedgerLine) -> dict[str, object]:
    return {
        "contact_id": line.contact_id,
        "email": line.email or None,
        "step": line.step,
        "state": line.state,
        "reason": line.reason,
        "message_id": line.message_id,
        "variant": line.variant,
        "planned_at": None if line.planned_at is None else line.planned_at.isoformat(),
        "sent_at": None if line.sent_at is None else line.sent_at.isoformat(),
        "provider": line.provider,
    }
