"""Reads and writes experiments. The only module of `experiments` that knows SQL."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    func,
    insert,
    select,
    update,
)

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.errors import NotFound
from drumbeat.kit.ids import CampaignNo, ExperimentId
from drumbeat.marketing.experiments.model import (
    Arm,
    Design,
    Element,
    Experiment,
    ExperimentState,
    Metric,
)
from drumbeat.storage.database import Connection, metadata

experiment = Table(
    "experiment",
    metadata,
    Column("experiment_no", Integer, primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("campaign_no", Integer, nullable=False),
    Column("element", String(16), nullable=False),
    Column("metric", String(16), nullable=False),
    Column("arms", JSON, nullable=False),
    Column("key", LargeBinary(32), nullable=False),
    Column("sample_size", Integer),
    Column("confidence_level", Float, nullable=False),
    Column("minimum_effect", Float, nullable=False),
    Column("state", String(12), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("decision", JSON(none_as_null=True)),
    Index("ix_experiment_campaign_no", "campaign_no"),
)


@dataclass(frozen=True)
class ExperimentsStore:
    connection: Connection

    def add(self, new: Experiment) -> None:
        design = new.design
        self.connection.execute(
            insert(experiment).values(
                id=new.id,
                campaign_no=new.campaign_no,
                element=design.element,
                metric=design.metric,
                arms=[asdict(arm) for arm in design.arms],
                key=new.key,
                sample_size=design.sample_size,
                confidence_level=design.confidence_level,
                minimum_effect=design.minimum_effect,
                state=new.state,
                created_at=epoch(new.created_at),
            )
        )

    def get(self, experiment_id: ExperimentId) -> Experiment:
        query = select(experiment).where(experiment.c.id == experiment_id)
        row = self.connection.execute(query).first()
        if row is None:
            raise NotFound(f"There is no experiment {experiment_id!r}.")
        return _experiment(row)

    def list_(self, *, limit: int, before: ExperimentId | None = None) -> list[Experiment]:
        """Newest first; `before` is the last id of the page before."""
        query = select(experiment).order_by(experiment.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(experiment.c.id < before)
        return [_experiment(row) for row in self.connection.execute(query)]

    def count_of(self, campaign_no: CampaignNo) -> int:
        """How many were ever designed for this campaign."""
        query = select(func.count()).where(experiment.c.campaign_no == campaign_no)
        return self.connection.execute(query).scalar_one()

    def count_started(self) -> int:
        query = select(func.count()).where(experiment.c.state != ExperimentState.DESIGNED)
        return self.connection.execute(query).scalar_one()

    def save_running(self, experiment_id: ExperimentId) -> bool:
        """Designed → running; False if it was not designed any more."""
        return self._leave(experiment_id, ExperimentState.DESIGNED, state=ExperimentState.RUNNING)

    def save_decision(
        self, experiment_id: ExperimentId, decision: Mapping[str, object], at: datetime
    ) -> bool:
        """Running → decided; False if it was not running: a decision is never replaced."""
        return self._leave(
            experiment_id,
            ExperimentState.RUNNING,
            state=ExperimentState.DECIDED,
            decision=dict(decision),
            decided_at=epoch(at),
        )

    def _leave(self, experiment_id: ExperimentId, was: ExperimentState, **values: object) -> bool:
        changed = self.connection.execute(
            update(experiment)
            .where(experiment.c.id == experiment_id, experiment.c.state == was)
            .values(**values)
        )
        return changed.rowcount == 1


def _experiment(row: Row[Any]) -> Experiment:
    return Experiment(
        id=ExperimentId(row.id),
        campaign_no=CampaignNo(row.campaign_no),
        design=Design(
            element=Element(row.element),
            metric=Metric(row.metric),
            arms=tuple(Arm(**arm) for arm in row.arms),
            sample_size=row.sample_size,
            confidence_level=row.confidence_level,
            minimum_effect=row.minimum_effect,
        ),
        key=row.key,
        state=ExperimentState(row.state),
        created_at=from_epoch(row.created_at),
        decided_at=None if row.decided_at is None else from_epoch(row.decided_at),
        decision=row.decision,
    )
