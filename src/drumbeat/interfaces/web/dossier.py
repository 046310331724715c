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
from drumbeat.marketing.campaigns.answer import campaign_view
from drumbeat.marketing.delivery import LedgerCounts
from drumbeat.marketing.department import Department
from drumbeat.marketing.experiments import Experiment
from drumbeat.marketing.senders import Sender

FIRST_FACES = 12


@dataclass(frozen=True)
class Dossier:
    """`view` is what REST answers; `counts` is None before the audience is frozen.

    `faces` are addresses to look at the mail as; empty for who may not see addresses.
    """

    campaign: Campaign
    view: Mapping[str, object]
    approval: Approval | None
    experiment: Experiment | None
    sender: Sender
    counts: LedgerCounts | None
    next_due: datetime | None
    faces: Sequence[str]
    real_messenger: bool
    now: datetime


def read_dossier(department: Department, campaign_id: CampaignId) -> Dossier:
    """Raises NotFound."""
    campaign = department.campaigns.get(campaign_id)
    brief, plan = campaign.brief, campaign.plan
    test = plan.experiment_id
    number = plan.mailing_no
    faces: Sequence[str] = ()
    if Scope.AUDIENCE_READ in department.actor.scopes:
        faces = [each.address for each in department.audience.list_contacts(limit=FIRST_FACES)]
    return Dossier(
        campaign=campaign,
        view=campaign_view(department, campaign),
        approval=department.campaigns.approval_of(campaign),
        experiment=None if test is None else department.experiments.get_experiment(test),
        sender=department.senders.resolve(brief.sender_name, brief.sender_email),
        counts=None if number is None else department.delivery.ledger(number),
        next_due=None if number is None else department.delivery.next_due_of(number),
        faces=faces,
        real_messenger=department.office.real_messenger,
        now=department.office.clock(),
    )
