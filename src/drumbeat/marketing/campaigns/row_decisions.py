"""What a person says about recipients whose message may have arrived, or was given up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import Conflict, InvalidInput
from drumbeat.kit.ids import CampaignId, ContactNo
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import contact_no_of
from drumbeat.marketing.campaigns.model import Campaign, State
from drumbeat.marketing.campaigns.ports import Unit
from drumbeat.marketing.delivery import Decided, Decision

MOST_NAMED = 500
_ALIVE = (State.SENDING, State.PAUSED, State.MEASURING)


@dataclass(frozen=True)
class WhichRows:
    """Named ones, by address or by `contact_id`; or all that are uncertain, or all given up."""

    emails: Sequence[str] = ()
    contact_ids: Sequence[str] = ()
    every: str = ""


def decide_rows(
    unit: Unit, campaign_id: CampaignId, decision: Decision, which: WhichRows
) -> JsonObject:
    """One bounded step: how many were decided, and how many like them are left.

    Raises InvalidInput naming an address that is nobody's, Conflict for a message whose end is
    known, and for sending again what belongs to a campaign that is over.
    """
    unit.deciding.actor.require(Scope.CAMPAIGNS_SEND)
    campaign = unit.campaigns.get(campaign_id)
    named = len(which.emails) + len(which.contact_ids)
    if bool(named) == bool(which.every):
        raise InvalidInput("Name recipients, or say which all are meant.", field="emails")
    if named > MOST_NAMED:
        message = f"{named} recipients at once; at most {MOST_NAMED}, or all."
        raise InvalidInput(message, field="emails")
    done = _decide(unit, campaign, decision, which)
    if done.rows and decision is Decision.send_again:
        _reopen(unit, campaign)
    return {"campaign_id": campaign.id, "decision": decision, "rows": done.rows, "left": done.left}


def _decide(unit: Unit, campaign: Campaign, decision: Decision, which: WhichRows) -> Decided:
    number, about = campaign.plan.mailing_no, campaign.id
    if number is None:
        raise Conflict(f"Campaign {about} is {campaign.state.value}: nothing of it was sent.")
    if decision is Decision.send_again and campaign.state not in _ALIVE:
        why = "send it again in a campaign of its own"
        raise Conflict(f"Campaign {about} is {campaign.state.value}: {why}.")
    match which.every:
        case "":
            return unit.deciding.decide(number, decision, _people(unit, which), about)
        case "uncertain":
            return unit.deciding.decide_uncertain(number, decision, about)
        case "given_up" if decision is Decision.send_again:
            return unit.deciding.retry_given_up(number, about)
    message = f"{which.every[:40]!r}: it is uncertain, or given_up to be sent again."
    raise InvalidInput(message, field="all")


def _reopen(unit: Unit, campaign: Campaign) -> None:
    """It sends once more, and whatever stops sending stops it: pause, cancel, a restore.

    One that sends already is written too: a step that has just read its mailing as settled must
    not move it to its results.
    """
    plan = replace(campaign.plan, settled_at=None)
    if campaign.state is State.MEASURING:
        unit.campaigns.move(replace(campaign, plan=plan), State.SENDING)
    elif campaign.state is State.SENDING:
        unit.campaigns.save_plan(campaign, plan)


def _people(unit: Unit, which: WhichRows) -> list[ContactNo]:
    found = unit.audience.contact_numbers(which.emails) if which.emails else {}
    for email in which.emails:
        if email not in found:
            raise InvalidInput(f"Nobody in the audience has {email[:80]!r}.", field="emails")
    ids = [contact_no_of(each, unit.office.keys) for each in which.contact_ids]
    return sorted({*found.values(), *ids})
