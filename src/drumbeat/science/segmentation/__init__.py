"""Which people are alike, by rules that can be read aloud: RFM, engagement, lifecycle, behaviour.

Arrays in contact order in, one `Segmentation` out: a segment for everybody and the sentence that
says who belongs to it. Nobody is in two segments of one criterion.
"""

from drumbeat.science.segmentation.behavior import Deeds, behavior_segments
from drumbeat.science.segmentation.clusters import (
    MOST_CLUSTERS,
    Clusters,
    find_clusters,
    structure_of,
)
from drumbeat.science.segmentation.engagement_score import (
    ENGAGEMENT_POINTS,
    HALF_LIFE_DAYS,
    POINTS_SCALE,
    decayed_points,
    engagement_score,
    engagement_segments,
)
from drumbeat.science.segmentation.features import Feature, Scale, scale_of
from drumbeat.science.segmentation.journey import (
    NOT_YET,
    Journey,
    Stay,
    kaplan_meier,
    median_duration,
    trace_journey,
)
from drumbeat.science.segmentation.lifecycle import lifecycle_segments
from drumbeat.science.segmentation.lookalikes import Lookalikes, find_lookalikes
from drumbeat.science.segmentation.propensity import (
    CalibrationBin,
    Logistic,
    Propensity,
    Stretch,
    Validation,
    calibration_of,
    fit_logistic,
    learn_propensity,
)
from drumbeat.science.segmentation.rfm import (
    LEAST_BUYERS,
    TOO_FEW,
    RfmCuts,
    RfmScores,
    cut_points,
    rfm_scores,
    rfm_segments,
    too_few_to_score,
)
from drumbeat.science.segmentation.rule_book import Segmentation

__all__ = [
    "ENGAGEMENT_POINTS",
    "HALF_LIFE_DAYS",
    "LEAST_BUYERS",
    "MOST_CLUSTERS",
    "NOT_YET",
    "POINTS_SCALE",
    "TOO_FEW",
    "CalibrationBin",
    "Clusters",
    "Deeds",
    "Feature",
    "Journey",
    "Logistic",
    "Lookalikes",
    "Propensity",
    "RfmCuts",
    "RfmScores",
    "Scale",
    "Segmentation",
    "Stay",
    "Stretch",
    "Validation",
    "behavior_segments",
    "calibration_of",
    "cut_points",
    "decayed_points",
    "engagement_score",
    "engagement_segments",
    "find_clusters",
    "find_lookalikes",
    "fit_logistic",
    "kaplan_meier",
    "learn_propensity",
    "lifecycle_segments",
    "median_duration",
    "rfm_scores",
    "rfm_segments",
    "scale_of",
    "structure_of",
    "too_few_to_score",
    "trace_journey",
]
