"""Which people are alike, by rules that can be read aloud: RFM, engagement, lifecycle, behaviour.

Arrays in contact order in, one `Segmentation` out: a segment for everybody and the sentence that
says who belongs to it. Nobody is in two segments of one criterion.
"""

from drumbeat.science.segmentation.behavior import Deeds, behavior_segments
from drumbeat.science.segmentation.engagement_score import (
    ENGAGEMENT_POINTS,
    HALF_LIFE_DAYS,
    decayed_points,
    engagement_score,
    engagement_segments,
)
from drumbeat.science.segmentation.lifecycle import lifecycle_segments
from drumbeat.science.segmentation.rfm import (
    RfmCuts,
    RfmScores,
    cut_points,
    rfm_scores,
    rfm_segments,
)
from drumbeat.science.segmentation.rule_book import Segmentation

__all__ = [
    "ENGAGEMENT_POINTS",
    "HALF_LIFE_DAYS",
    "Deeds",
    "RfmCuts",
    "RfmScores",
    "Segmentation",
    "behavior_segments",
    "cut_points",
    "decayed_points",
    "engagement_score",
    "engagement_segments",
    "lifecycle_segments",
    "rfm_scores",
    "rfm_segments",
]
