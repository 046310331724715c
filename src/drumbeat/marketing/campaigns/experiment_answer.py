"""What people and programs are told about tests: their design, how they stand, what was decided."""

from collections.abc import Sequence

from drumbeat.kit.ids import ExperimentId
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.campaigns.judging import test_so_far
from drumbeat.marketing.campaigns.model import Campaign
from drumbeat.marketing.campaigns.ports import Unit
from drumbeat.marketing.experiments import Experiment


def experiment_rows(unit: Unit, experiments: Sequence[Experiment]) -> list[JsonObject]:
    """The tests that a campaign has now; one that an edit has replaced is not among them."""
    tested = [(each, unit.campaigns.get_by_no(each.campaign_no)) for each in experiments]
    return [_view(each, campaign) for each, campaign in tested if _is_current(each, campaign)]


def experiment_answer(unit: Unit, experiment_id: ExperimentId) -> JsonObject:
    """One test with its analysis: interval, p-value and verdict of what was counted so far.

    `analysis` is null for a test that an edit of its campaign has replaced.
    """
    experiment = unit.experiments.get_experiment(experiment_id)
    campaign = unit.campaigns.get_by_no(experiment.campaign_no)
    current = _is_current(experiment, campaign)
    return {
        **_view(experiment, campaign),
        "analysis": test_so_far(unit, campaign) if current else None,
        "simulated": unit.office.simulated,
        "as_of": unit.office.clock().isoformat(),
    }


def _is_current(experiment: Experiment, campaign: Campaign) -> bool:
    return campaign.plan.experiment_id == experiment.id


def _view(experiment: Experiment, campaign: Campaign) -> JsonObject:
    design, decided = experiment.design, experiment.decided_at
    return {
        "experiment_id": experiment.id,
        "campaign_id": campaign.id,
        "campaign_name": campaign.brief.name,
        "state": experiment.state.value,
        "element": design.element.value,
        "metric": design.metric.value,
        "arms": [
            {"name": arm.name, "value": arm.value, "weight": arm.weight} for arm in design.arms
        ],
        "sample_size": design.sample_size,
        "confidence_level": design.confidence_level,
        "minimum_effect": design.minimum_effect,
        "created_at": experiment.created_at.isoformat(),
        "decided_at": None if decided is None else decided.isoformat(),
    }
