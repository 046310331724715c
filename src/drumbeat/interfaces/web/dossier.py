"""Everything there is to know about a campaign before its results: what leaves, to whom, and when.

Read in one snapshot from the services that REST reads; `review.py` puts it in words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from drumbeat.kit.actor import Scope
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.approvals import Approval
from drumbeat.marketing.campaigns import Campaign
from drumbeat.marketing.campaigns.answer import campaign_line
from drumbeat.marketing.delivery import LedgerCounts
from drumbeat.marketing.department import Department
from drumbeat.marketing.experiments import Experiment
from drumbeat.marketing.senders import Sender

FIRST_FACES = 12


@dataclass(frozen=True)
class Dossier:
    """`view` is what a list of REST says of it; `counts` is None before the audience is frozen."""

    campaign: Campaign
    view: Mapping[str, object]
    approval: Approval | None
    experiment: Experiment | None
    sender: Sender
    counts: LedgerCounts | None
    next_due: datetime | None
    real_messenger: bool
    now: datetime


def read_dossier(department: Department, campaign_id: CampaignId) -> Dossier:
    """Raises NotFound."""
    campaign = department.campaigns.get(campaign_id)
    brief, plan = campaign.brief, campaign.plan
    test = plan.experiment_id
    number = plan.mailing_no
    return Dossier(
        campaign=campaign,
        view=campaign_line(department, campaign),
        approval=department.campaigns.approval_of(campaign),
        experiment=None if test is None else department.experiments.get_experiment(test),
        sender=department.senders.resolve(brief.sender_name, brief.sender_email),
        counts=None if number is None else department.delivery.ledger(number),
        next_due=None if number is None else department.delivery.next_due_of(number),
        real_messenger=department.office.real_messenger,
        now=department.office.clock(),
    )


def list_faces(department: Department) -> Sequence[str]:
    """Addresses to look at the mail as; empty for who may not see addresses."""
    if Scope.AUDIENCE_READ not in department.actor.scopes:
        return ()
    return [each.address for each in department.audience.list_contacts(limit=FIRST_FACES)]
