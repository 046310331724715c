"""Take every campaign's next bounded step, and settle what has been sent."""

import structlog

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_UPKEEP
from drumbeat.kit.errors import Conflict, DrumbeatError, Overtaken
from drumbeat.kit.result import Again
from drumbeat.marketing.campaigns import Campaign
from drumbeat.marketing.campaigns.pipeline import advance

log = structlog.get_logger()


def advance_all(drumbeat: Drumbeat) -> bool:
    """One step of each campaign; True while any of them has another one now."""
    with drumbeat.look(SYSTEM_UPKEEP) as department:
        waiting = department.campaigns.list_advancing()
    return any([_advance(drumbeat, campaign) for campaign in waiting])


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


def _advance(drumbeat: Drumbeat, campaign: Campaign) -> bool:
    """A campaign that cannot go on tells why and leaves the others alone."""
    try:
        more = isinstance(advance(drumbeat, campaign.id), Again)
        return (campaign.trouble is not None and _note_trouble(drumbeat, campaign, None)) or more
    except Overtaken:
        return True  # a person or another engine was faster: read anew
    except DrumbeatError as error:
        why = str(error)
    except Exception as error:  # the edge of one campaign's step: the others go on
        why = f"Its next step failed unexpectedly ({type(error).__name__}); see the engine's log."
        log.exception("campaign.failed", campaign=campaign.id)
    log.warning("campaign.stuck", campaign=campaign.id, why=why)
    return _note_trouble(drumbeat, campaign, why)


def _note_trouble(drumbeat: Drumbeat, campaign: Campaign, why: str | None) -> bool:
    """Keep why for the owner; True, to look anew, if the campaign changed: then it is stale."""
    try:
        with drumbeat.begin(SYSTEM_UPKEEP) as department:
            department.campaigns.note_trouble(campaign, why)
    except Overtaken:
        return True
    return False
