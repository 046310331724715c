"""One email campaign from brief to result: its states, its steps, its answer.

`pipeline.advance` takes one bounded step; the campaign's row is the program counter.
"""

from drumbeat.marketing.campaigns.model import (
    Brief,
    Campaign,
    Kind,
    Launch,
    Plan,
    State,
    ExperimentWish,
    TimingWish,
    Transition,
)
from drumbeat.marketing.campaigns.service import CampaignsService

__all__ = [
    "Brief",
    "Campaign",
    "CampaignsService",
    "Kind",
    "Launch",
    "Plan",
    "State",
    "ExperimentWish",
    "TimingWish",
    "Transition",
]
