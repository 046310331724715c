"""Take every campaign's next bounded step, and settle what has been sent."""

import structlog

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_UPKEEP
from drumbeat.kit.errors import Conflict, DrumbeatError, Overtaken
from drumbeat.kit.ids import CampaignId
from drumbeat.kit.result import Again
from drumbeat.marketing.campaigns.pipeline import advance

log = structlog.get_logger()


def advance_all(drumbeat: Drumbeat) -> bool:
    """One step of each campaign; True while any of them has another one now."""
    with drumbeat.look(SYSTEM_UPKEEP) as department:
        waiting = [campaign.id for campaign in department.campaigns.list_advancing()]
    return any([_advance(drumbeat, campaign_id) for campaign_id in waiting])


def settle_exhausted(drumbeat: Drumbeat) -> bool:
    """Recount and close every mailing that has nothing left to send."""
    with drumbeat.look(SYSTEM_UPKEEP) as department:
        recounts = [
            department.delivery.recount(number) for number in department.delivery.list_exhausted()
        ]
    settled = False
    for recount in recounts:
        try:
            with drumbeat.begin(SYSTEM_UPKEEP) as department:
                department.delivery.settle(recount)
            settled = True
        except Conflict as error:
            log.warning("mailing.unsettled", mailing=recount.mailing_no, why=str(error))
    return settled


def _advance(drumbeat: Drumbeat, campaign_id: CampaignId) -> bool:
    """A campaign that cannot go on tells why in the log and leaves the others alone."""
    try:
        return isinstance(advance(drumbeat, campaign_id), Again)
    except Overtaken:
        return True  # a person or another engine was faster: read anew
    except DrumbeatError as error:
        log.warning("campaign.stuck", campaign=campaign_id, why=str(error))
        with drumbeat.begin(SYSTEM_UPKEEP) as department:
            department.campaigns.note_trouble(campaign_id, str(error))
        return False
