"""Where the pages read from: the same answer that the command line and REST give.

A result is the workflow's answer with two more rows of figures: `hourly` (the curve) and `arms`
(the counts of each variant).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from drumbeat.interfaces.web.dossier import Dossier, read_dossier
from drumbeat.interfaces.web.draft_desk import DraftDesk
from drumbeat.interfaces.web.import_desk import ImportDesk
from drumbeat.interfaces.web.reading import part
from drumbeat.kit.ids import CampaignId, MailingNo
from drumbeat.marketing.campaigns import Campaign, State
from drumbeat.marketing.campaigns.answer import campaign_line, workflow_answer
from drumbeat.marketing.department import Department

RECENT = 4
_LOOKED_THROUGH = 30
_WITH_RESULTS = (State.SENDING, State.MEASURING, State.FINISHED)

Answer = Mapping[str, object]


def list_results(department: Department) -> Sequence[Answer]:
    """The newest that have been sent; without hours and arms, which a list does not show."""
    listed = department.campaigns.list_(limit=_LOOKED_THROUGH)
    sent = [campaign for campaign in listed if campaign.state in _WITH_RESULTS]
    return [_answer(department, campaign) for campaign in sent[:RECENT]]


def _answer(department: Department, campaign: Campaign) -> Answer:
    """Of a finished campaign the same one, for as long as no fact of its mailing comes."""
    return department.office.kept.get(
        ("answer", campaign.id),
        _revision(department, campaign),
        lambda: workflow_answer(department, campaign.id),
    )


def _revision(department: Department, campaign: Campaign) -> tuple[object, ...] | None:
    """What the result of a finished campaign hangs on; None for one that still moves."""
    number = campaign.plan.mailing_no
    if number is None or campaign.state is not State.FINISHED:
        return None
    facts = department.analytics.revision_of(number)
    return None if facts is None else (campaign.revision, facts)


def get_result(department: Department, campaign_id: CampaignId) -> Answer:
    """Raises NotFound."""
    campaign = department.campaigns.get(campaign_id)
    mailing_no = campaign.plan.mailing_no
    if mailing_no is None:
        return get_outline(department, campaign_id)
    result = department.office.kept.get(
        ("result", campaign_id),
        _revision(department, campaign),
        lambda: _result(department, campaign_id, mailing_no),
    )
    return {**result, "as_of": department.office.clock().isoformat()}


def _result(department: Department, campaign_id: CampaignId, mailing_no: MailingNo) -> Answer:
    answer = workflow_answer(department, campaign_id)
    arms = department.analytics.arm_counts(mailing_no).arms
    hourly = department.analytics.hourly(mailing_no)
    return answer | {"hourly": asdict(hourly), "arms": [asdict(arm) for arm in arms]}


def get_outline(department: Department, campaign_id: CampaignId) -> Answer:
    """What a page's head shows, from rows and tallies alone: no fact is read. Raises NotFound."""
    campaign = department.campaigns.get(campaign_id)
    ledger = department.campaigns.ledger(campaign_id)
    return {
        "campaign": campaign_line(department, campaign),
        "performance_metrics": {"sent_count": part(ledger, "states").get("sent")},
        "ledger": ledger,
        "simulated": department.office.simulated,
        "as_of": department.office.clock().isoformat(),
    }


@dataclass(frozen=True)
class Source:
    list_results: Callable[[Department], Sequence[Answer]] = list_results
    get_result: Callable[[Department, CampaignId], Answer] = get_result
    find_dossier: Callable[[Department, CampaignId], Dossier | None] = read_dossier
    desk: ImportDesk = field(default_factory=ImportDesk)
    drafts: DraftDesk = field(default_factory=DraftDesk)
