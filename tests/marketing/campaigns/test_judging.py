"""How what was counted of an arm becomes an experiment's counts."""

from dataclasses import replace

from drumbeat.marketing.analytics import ArmCounts
from drumbeat.marketing.campaigns.judging import counts_of_arm
from drumbeat.marketing.experiments import Counts, Metric

ARM = ArmCounts(
    arm_no=0,
    sent=10,
    delivered=8,
    opens=3,
    clicks=2,
    engaged=3,
    conversions=1,
    unsubscribes=0,
    complaints=0,
    revenue_minor=0,
    revenue_minor_squared=0.0,
    currency="",
)


def test_the_measure_decides_what_counts_as_success() -> None:
    assert counts_of_arm(ARM, Metric.OPEN_RATE) == Counts(8, 3)
    assert counts_of_arm(ARM, Metric.CLICK_RATE) == Counts(8, 2)
    assert counts_of_arm(ARM, Metric.CONVERSION_RATE) == Counts(8, 1)
    assert counts_of_arm(None, Metric.OPEN_RATE) == Counts(0, 0)


def test_readers_whose_mail_bounced_do_not_stop_the_judging() -> None:
    unlucky = replace(ARM, sent=1, delivered=0, opens=1)
    assert counts_of_arm(unlucky, Metric.OPEN_RATE) == Counts(1, 1)
