"""What a restored backup may not go on with by itself: anything that could mail somebody twice.

A backup does not know what left the house after it was taken. So whatever was being sent, or was
about to be, waits for a person; only what was claimed at that moment is judged here, as uncertain.
"""

from datetime import datetime

from drumbeat.kit.actor import SYSTEM_UPKEEP
from drumbeat.marketing.campaigns.model import Campaign, State
from drumbeat.marketing.campaigns.ports import House, Unit
from drumbeat.marketing.delivery import MailingState


def hold_restored(house: House, taken_at: datetime) -> list[Campaign]:
    """Pause every run and drop every wish to launch; answers what may still be sent.

    A run whose mailing is settled has nothing left to send. Engines must not work here yet.
    """
    why = (
        f"It was restored from a backup of {taken_at:%Y-%m-%d %H:%M} UTC. Whom it mailed after "
        "that, and who unsubscribed, is not known here: going on may mail people a second time"
    )
    with house.begin(SYSTEM_UPKEEP) as unit:
        unsent = [each for each in unit.campaigns.list_unsent() if not _is_settled(unit, each)]
        found = [unit.campaigns.hold(each, why) for each in unsent]
        for campaign in found:
            if campaign.state is State.PAUSED and campaign.plan.mailing_no is not None:
                unit.sending.halt(campaign.plan.mailing_no, why)
    return found


def _is_settled(unit: Unit, campaign: Campaign) -> bool:
    number = campaign.plan.mailing_no
    return number is not None and unit.delivery.get(number).state is MailingState.settled
