"""What customers are worth and whether they still are customers: models fitted by likelihood."""

from drumbeat.science.value.bg_bb import BgBb, Chances, fit_bg_bb
from drumbeat.science.value.bg_nbd import BgNbd, fit_bg_nbd
from drumbeat.science.value.gamma_gamma import GammaGamma, fit_gamma_gamma
from drumbeat.science.value.histories import Histories
from drumbeat.science.value.holdout import Holdout, auc, judge_forecast
from drumbeat.science.value.uncertainty import interval_of

__all__ = [
    "BgBb",
    "BgNbd",
    "Chances",
    "GammaGamma",
    "Histories",
    "Holdout",
    "auc",
    "fit_bg_bb",
    "fit_bg_nbd",
    "fit_gamma_gamma",
    "interval_of",
    "judge_forecast",
]
