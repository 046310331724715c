"""One email campaign from brief to result: its states, its steps, its answer.

`pipeline.advance` takes one bounded step; the campaign's row is the program counter.
"""

from drumbeat.marketing.campaigns.model import (
    Brief,
    Campaign,
    ExperimentWish,
    Kind,
    Launch,
    Plan,
    State,
    TimingWish,
    Transition,
)
from drumbeat.marketing.campaigns.rules import is_planned_from
from drumbeat.marketing.campaigns.service import CampaignsService

__all__ = [
    "Brief",
    "Campaign",
    "CampaignsService",
    "ExperimentWish",
    "Kind",
    "Launch",
    "Plan",
    "State",
    "TimingWish",
    "Transition",
    "is_planned_from",
]
