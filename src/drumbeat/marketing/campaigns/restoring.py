"""What a restored backup may not go on with by itself: anything that could mail somebody twice.

A backup does not know what left the house after it was taken. So whatever was being sent, or was
about to be, waits for a person; only what was claimed at that moment is judged here, as uncertain.
"""

from datetime import datetime

from drumbeat.kit.actor import SYSTEM_UPKEEP
from drumbeat.marketing.campaigns.model import Campaign, State
from drumbeat.marketing.campaigns.ports import House


def hold_restored(house: House, taken_at: datetime) -> list[Campaign]:
    """Pause every run and drop every wish to launch; answers what may still be sent.

    Engines must not work on the house yet.
    """
    why = (
        f"It was restored from a backup of {taken_at:%Y-%m-%d %H:%M} UTC. Whom it mailed after "
        "that, and who unsubscribed, is not known here: going on may mail people a second time"
    )
    with house.begin(SYSTEM_UPKEEP) as unit:
        found = [unit.campaigns.hold(each, why) for each in unit.campaigns.list_unsent()]
        for campaign in found:
            if campaign.state is State.PAUSED and campaign.plan.mailing_no is not None:
                unit.sending.halt(campaign.plan.mailing_no, why)
    return found
