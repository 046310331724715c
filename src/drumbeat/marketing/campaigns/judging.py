"""What a campaign's test says: counts of the people in it, handed to the experiment's own rules."""

from drumbeat.kit.actor import Actor
from drumbeat.kit.ids import MailingNo
from drumbeat.marketing.analytics import ArmCounts
from drumbeat.marketing.campaigns.model import Campaign
from drumbeat.marketing.campaigns.ports import House, Unit
from drumbeat.marketing.experiments import Counts, Experiment, ExperimentResult, Metric

_SUCCESSES = {
    Metric.OPEN_RATE: lambda arm: arm.opens,
    Metric.CLICK_RATE: lambda arm: arm.clicks,
    Metric.CONVERSION_RATE: lambda arm: arm.conversions,
    Metric.ENGAGEMENT_RATE: lambda arm: arm.engaged,
}


def test_so_far(unit: Unit, campaign: Campaign) -> dict[str, object]:
    """The answer's `ab_testing`: the decision once there is one, else what the counts say today.

    `enabled` False without a test; `winner` None while nobody has won, or nobody will.
    """
    number, test = campaign.plan.mailing_no, campaign.plan.experiment_id
    if test is None:
        return {"enabled": campaign.brief.test is not None, "test_id": None, "winner": None}
    experiment = unit.experiments.get_experiment(test)
    if experiment.decision is not None:
        return {"enabled": True, "decided": True, **experiment.decision}
    counted = None if number is None else _counts(unit, experiment, number)
    if counted is None:
        return {"enabled": True, "decided": False, "test_id": test, **_nothing_yet(experiment)}
    counts, sizes = counted
    result: ExperimentResult = unit.experiments.analyse(test, counts, sizes=sizes)
    return {"enabled": True, "decided": False, **result.to_json()}


def every_arm(unit: Unit, campaign: Campaign) -> list[ArmCounts]:
    """What was counted of each arm of the campaign's test, with zeros for one that nobody got."""
    counted = list(unit.analytics.arm_counts(campaign.plan.mailing_no or MailingNo(0)).arms)
    test = campaign.plan.experiment_id
    if test is None:
        return counted
    known = {arm.arm_no: arm for arm in counted}
    currency = counted[0].currency if counted else ""
    arms = range(len(unit.experiments.get_experiment(test).design.arms))
    return [known.get(no) or _of_nobody(no, currency) for no in arms]


def _of_nobody(arm_no: int, currency: str) -> ArmCounts:
    return ArmCounts(arm_no, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.0, currency)


def decide_experiment(house: House, campaign: Campaign, actor: Actor) -> None:
    """Close the campaign's test with its final counts, if it has one."""
    number, test = campaign.plan.mailing_no, campaign.plan.experiment_id
    if number is None or test is None:
        return
    with house.look(actor) as unit:
        counted = _counts(unit, unit.experiments.get_experiment(test), number)
    if counted is not None:
        counts, sizes = counted
        with house.begin(actor) as unit:
            unit.experiments.decide(test, counts, sizes=sizes)


def _counts(
    unit: Unit, experiment: Experiment, number: MailingNo
) -> tuple[list[Counts], list[int]] | None:
    """(delivered and succeeded of each arm, contacts assigned to it); None before any mail."""
    seen = {arm.arm_no: arm for arm in unit.analytics.arm_counts(number).arms}
    if not seen:
        return None
    assigned = unit.delivery.count_arms(number)
    arms = range(len(experiment.design.arms))
    sizes = [sum(assigned.get(arm, {}).values()) for arm in arms]
    return [counts_of_arm(seen.get(arm), experiment.design.metric) for arm in arms], sizes


def counts_of_arm(arm: ArmCounts | None, metric: Metric) -> Counts:
    """Delivered and succeeded; nothing of an arm that nobody was sent."""
    if arm is None:
        return Counts(0, 0)
    successes = _SUCCESSES[metric](arm)
    # Whose mail bounced may have read it all the same: then it was delivered, or nobody's trial.
    return Counts(max(arm.delivered, successes), successes)


def _nothing_yet(experiment: Experiment) -> dict[str, object]:
    design = experiment.design
    return {
        "element": design.element.value,
        "metric": design.metric.value,
        "outcome": None,
        "winner": None,
        "reason": "nothing was delivered yet",
        "arms": [{"name": arm.name, "value": arm.value} for arm in design.arms],
        "comparisons": [],
    }
