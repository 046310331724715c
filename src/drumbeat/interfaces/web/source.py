"""Where the pages read from: the same answer that the command line and REST give.

A result is the workflow's answer with two more rows of figures: `hourly` (the curve) and `arms`
(the counts of each variant).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from drumbeat.interfaces.web.answer_desk import AnswerDesk
from drumbeat.interfaces.web.connect_desk import ConnectDesk
from drumbeat.interfaces.web.dossier import Dossier, read_dossier
from drumbeat.interfaces.web.draft_desk import DraftDesk
from drumbeat.interfaces.web.import_desk import ImportDesk
from drumbeat.interfaces.web.reading import part
from drumbeat.kit.ids import CampaignId, MailingNo
from drumbeat.marketing.analytics import COUNTING
from drumbeat.marketing.campaigns import Campaign, State
from drumbeat.marketing.campaigns.answer import NO_MAILING, campaign_line, workflow_answer
from drumbeat.marketing.campaigns.judging import every_arm
from drumbeat.marketing.department import Department

RECENT = 4
LOOKED_THROUGH = 30
WITH_RESULTS = (State.SENDING, State.MEASURING, State.FINISHED)

Answer = Mapping[str, object]


def list_results(department: Department) -> Sequence[Answer]:
    """The newest that have been sent; without hours and arms, which a list does not show."""
    department = patient(department)
    listed = department.campaigns.list_(limit=LOOKED_THROUGH)
    sent = [campaign for campaign in listed if campaign.state in WITH_RESULTS]
    return [_answer(department, campaign) for campaign in sent[:RECENT]]


def _answer(department: Department, campaign: Campaign) -> Answer:
    answer = department.office.kept.get(
        ("answer", campaign.id),
        _revision(department, campaign),
        lambda: workflow_answer(department, campaign.id),
    )
    return answer | {"as_of": _as_of(department, campaign)}


def _revision(department: Department, campaign: Campaign) -> tuple[object, ...] | None:
    """What the page of a campaign that was sent hangs on: its row, ledger, trouble and facts."""
    number = campaign.plan.mailing_no
    if number is None or campaign.state not in WITH_RESULTS:
        return None
    facts = department.analytics.revision_of(number)
    if facts is None:
        return None
    counts, mailing = department.delivery.ledger(number), department.delivery.get(number)
    return (campaign.revision, campaign.trouble, str(counts), mailing.trouble, facts)


def get_result(department: Department, campaign_id: CampaignId) -> Answer:
    """Raises NotFound."""
    department = patient(department)
    campaign = department.campaigns.get(campaign_id)
    mailing_no = campaign.plan.mailing_no
    if mailing_no is None:
        return get_outline(department, campaign_id)
    result = department.office.kept.get(
        ("result", campaign_id),
        _revision(department, campaign),
        lambda: _result(department, campaign, mailing_no),
    )
    return {**result, "as_of": _as_of(department, campaign)}


def _as_of(department: Department, campaign: Campaign) -> str:
    number = campaign.plan.mailing_no
    return department.analytics.as_of(number or NO_MAILING).isoformat()


def patient(department: Department) -> Department:
    """While an engine counts, no page waits for a count: it shows the last, and as of when."""
    counting = department.leases.living(COUNTING, now=time.time())
    return department if counting is None else department.waiting_for_nothing()


def _result(department: Department, campaign: Campaign, mailing_no: MailingNo) -> Answer:
    answer = workflow_answer(department, campaign.id)
    arms = every_arm(department, campaign)
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
    exports: ConnectDesk = field(default_factory=ConnectDesk)
    answers: AnswerDesk = field(default_factory=AnswerDesk)
