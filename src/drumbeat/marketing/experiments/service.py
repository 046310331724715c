"""Use cases of experiments: design, start, assign, analyse, decide."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock
from drumbeat.kit.errors import Conflict
from drumbeat.kit.ids import CampaignNo, ExperimentId, new_id
from drumbeat.marketing.experiments import rules
from drumbeat.marketing.experiments.model import (
    AssignedArms,
    Counted,
    Design,
    Experiment,
    ExperimentResult,
    ExperimentState,
    Judgement,
)
from drumbeat.marketing.experiments.store import ExperimentsStore
from drumbeat.science.experiments import Counts


@dataclass(frozen=True)
class ExperimentsService:
    actor: Actor
    store: ExperimentsStore
    clock: Clock
    secret: bytes

    def design(
        self, campaign_no: CampaignNo, design: Design, *, key: bytes | None = None
    ) -> Experiment:
        """Keep a design; a `key` of one's own (1 to 32 bytes) makes its arms repeatable."""
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        rules.check_design(design)
        if key is not None:
            rules.check_key(key)
        ordinal = self.store.count_of(campaign_no)
        now = self.clock()
        new = ExperimentId(new_id("exp", now))
        experiment = Experiment(
            id=new,
            campaign_no=campaign_no,
            design=design,
            key=key or rules.experiment_key(campaign_no, ordinal, self.secret),
            state=ExperimentState.DESIGNED,
            created_at=now,
        )
        self.store.add(experiment)
        return experiment

    def get_experiment(self, experiment_id: ExperimentId) -> Experiment:
        """Raises NotFound."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.get(experiment_id)

    def list_experiments(
        self, *, limit: int = 50, before: ExperimentId | None = None
    ) -> list[Experiment]:
        """Newest first; `before` is the last id of the page before."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.list_(limit=limit, before=before)

    def count_started(self) -> int:
        """Experiments whose arms were ever handed out."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.count_started()

    def assign(
        self, experiment_id: ExperimentId, contact_nos: npt.NDArray[np.integer]
    ) -> AssignedArms:
        """The arms of the whole frozen audience; the same audience gets the same arms, always.

        Changes nothing: call `start` when the arms are frozen. With a sample size, who takes part
        depends on everybody who is asked about, so never ask for a part of the audience.
        """
        self.actor.require(Scope.CAMPAIGNS_READ)
        return rules.assigned(self.store.get(experiment_id), np.asarray(contact_nos))

    def start(self, experiment_id: ExperimentId) -> None:
        """The arms are frozen and mail may leave. Starting a running one again changes nothing."""
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        if self.store.save_running(experiment_id):
            return
        if self.store.get(experiment_id).state is ExperimentState.DECIDED:
            raise Conflict(f"Experiment {experiment_id} is decided already.")

    def analyse(
        self,
        experiment_id: ExperimentId,
        counts: Sequence[Counts],
        *,
        sizes: Sequence[int] | None = None,
    ) -> ExperimentResult:
        """What these counts say today, without deciding; one `Counts` an arm, contacts in the test.

        `sizes` are the arms as assigned, when `counts` counts those delivered: the split is
        checked on them. Reading it daily and stopping at the first winner finds false ones.
        """
        self.actor.require(Scope.CAMPAIGNS_READ)
        return rules.result(self.store.get(experiment_id), counts, sizes)

    def judge_counts(self, counted: Counted) -> Judgement:
        """What counts of arms allow us to say, whoever ran the test; nothing is kept.

        Raises InvalidInput naming the arm and field.
        """
        self.actor.require(Scope.CAMPAIGNS_READ)
        return rules.judged(counted)

    def decide(
        self,
        experiment_id: ExperimentId,
        counts: Sequence[Counts],
        *,
        sizes: Sequence[int] | None = None,
    ) -> Experiment:
        """Close the experiment with what the counts say; the first decision is the only one."""
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        found = rules.result(self.store.get(experiment_id), counts, sizes)
        if not self.store.save_decision(experiment_id, found.to_json(), self.clock()):
            closed = self.store.get(experiment_id)
            if closed.state is ExperimentState.DESIGNED:
                raise Conflict(f"Experiment {experiment_id} has not started: nothing to decide.")
            return closed
        return self.store.get(experiment_id)
