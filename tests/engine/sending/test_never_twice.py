"""Whatever happens in whatever order, nobody is mailed twice and every row says what happened."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import numpy as np
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import Actor
from drumbeat.kit.errors import Conflict
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.delivery import Accepted, Deferred, MailingState, Outcome, Refused
from drumbeat.marketing.delivery.ports import Parcel
from drumbeat.marketing.department import Department
from tests.conftest import MARIA, HandClock
from tests.engine.sending.cast import Answer, FakeCarrier, Killed, engine_for
from tests.marketing.delivery.cast import address, invite, open_frozen, plan_for, states

PEOPLE = 150
CONNECTIONS = 3


@dataclass
class Fate:
    """Kills the process at a random unit of work, before or after its commit, or on the wire."""

    chance: np.random.Generator
    alive: bool = True
    kills: int = 0
    deadly: float = 0.01

    def strikes(self) -> bool:
        if self.alive and self.chance.random() < self.deadly:
            self.alive, self.kills = False, self.kills + 1
        return not self.alive


@dataclass(eq=False)
class MortalHouse(Drumbeat):
    """The same folder, seen by a process that may be killed."""

    fate: Fate = field(default_factory=lambda: Fate(np.random.default_rng(0)))

    @contextmanager
    def begin(self, actor: Actor) -> Iterator[Department]:
        with super().begin(actor) as department:
            yield department
            if self.fate.strikes():
                raise Killed
        if self.fate.strikes():
            raise Killed

    @contextmanager
    def look(self, actor: Actor) -> Iterator[Department]:
        if not self.fate.alive:
            raise Killed
        with super().look(actor) as department:
            yield department


@dataclass
class World:
    """Everything that may happen to one mailing; `arrived` counts what servers really took."""

    house: Drumbeat
    clock: HandClock
    chance: np.random.Generator
    mailing_no: MailingNo
    arrived: Counter[str] = field(default_factory=Counter)
    left: set[str] = field(default_factory=set)
    mailed_after_leaving: list[str] = field(default_factory=list)
    kills: int = 0
    hung_up: int = 0
    engines: int = 0

    def send(self, *, deadly: float = 0.01) -> None:
        """One step of an engine that may die in it."""
        self.engines += 1
        fate = Fate(self.chance, deadly=deadly)
        house = self.house
        mortal = MortalHouse(house.home, house.database, house.told, house.in_force, fate=fate)
        carrier = FakeCarrier(
            lambda parcel: self._after_the_body(parcel, fate),
            self._before_the_body,
            self._begun,
            connections=CONNECTIONS,
            accepted=self.arrived,
        )
        engine = engine_for(mortal, carrier, name=f"engine-{self.engines % 3}")
        try:
            engine.step()
            engine.close()
        except (Killed, BaseExceptionGroup):
            self.kills += 1
            assert engine._log is not None
            with suppress(OSError):  # it died after it had let go of it
                engine._log.close()  # as the kernel does for a dead process

    def _begun(self, parcel: Parcel) -> None:
        if parcel.recipient in self.left:
            self.mailed_after_leaving.append(parcel.recipient)

    def _before_the_body(self, parcel: Parcel) -> Outcome | None:
        luck = self.chance.random()
        if luck < 0.02:
            self.unsubscribe()
        if luck < 0.05:
            return Refused("550 5.1.1 no such user", True, 550)
        if luck < 0.1:
            return Deferred("451 try later", "recipient")
        return Deferred("connection reset", "transport") if luck < 0.13 else None

    def _after_the_body(self, parcel: Parcel, fate: Fate) -> Answer:
        luck = self.chance.random()
        if luck < 0.04:
            self.arrived[parcel.recipient] += int(luck < 0.02)
            self.hung_up += 1
            return None
        if fate.strikes():
            self.arrived[parcel.recipient] += 1
            return Killed()
        return Accepted("")

    def unsubscribe(self) -> None:
        number = int(self.chance.integers(1, PEOPLE + 1))
        with self.house.begin(MARIA) as department:
            department.audience.withdraw(ContactNo(number), source="test")
        self.left.add(address(number))

    def switch(self) -> None:
        with self.house.begin(MARIA) as department:
            state = department.delivery.get(self.mailing_no).state
            if state is MailingState.sending:
                department.delivery.pause(self.mailing_no)
            elif state is MailingState.paused:
                department.delivery.resume(self.mailing_no)

    def cancel(self) -> None:
        with self.house.begin(MARIA) as department:
            department.delivery.cancel(self.mailing_no)
        with self.house.begin(MARIA) as department:
            department.delivery.cancel_next(self.mailing_no, limit=20)

    def something_happens(self) -> None:
        luck = self.chance.random()
        if luck < 0.6:
            self.send()
        elif luck < 0.75:
            self.clock.advance(minutes=30)
        elif luck < 0.85:
            self.unsubscribe()
        elif luck < 0.98:
            self.switch()
        else:
            self.cancel()

    def come_to_an_end(self) -> None:
        with self.house.begin(MARIA) as department:
            over = department.delivery.get(self.mailing_no).state is MailingState.cancelled
            if not over:
                department.delivery.resume(self.mailing_no)
        while states(self.house, self.mailing_no).keys() & {"planned", "claimed"}:
            self.send(deadly=0.0)
            self.clock.advance(hours=13)
            if over:
                self.cancel()


@pytest.mark.parametrize("seed", range(10))
def test_whatever_happens_nobody_is_mailed_twice_and_nobody_is_lost(
    house: Drumbeat, clock: HandClock, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    invite(house, PEOPLE)
    later = chance.integers(0, 7200, PEOPLE).tolist()
    mailing_no = open_frozen(house, plan_for(house, PEOPLE, later=later, barred={9: "no_consent"}))
    world = World(house, clock, chance, mailing_no)
    for _ in range(25):
        world.something_happens()
        states(house, mailing_no)  # Σ states = frozen, tallies = rows, at every moment
    world.come_to_an_end()

    assert not world.mailed_after_leaving
    assert set(world.arrived.values()) <= {0, 1}
    with house.look(MARIA) as department:
        lines = department.delivery.ledger_rows(mailing_no, limit=PEOPLE)
    ended = {line.email: line.state for line in lines}
    arrived = {email for email, n in world.arrived.items() if n}
    assert {ended[email] for email in arrived} <= {"sent", "uncertain"}
    assert {email for email, state in ended.items() if state == "sent"} <= arrived
    uncertain = sum(state == "uncertain" for state in ended.values())
    assert uncertain <= world.hung_up + world.kills * CONNECTIONS


def test_two_engines_on_one_folder_share_the_work(house: Drumbeat) -> None:
    invite(house, 300)
    mailing_no = open_frozen(house, plan_for(house, 300))
    arrived: Counter[str] = Counter()
    engines = [
        engine_for(house, FakeCarrier(accepted=arrived), name=name) for name in ("one", "two")
    ]
    with engines[0].running(), engines[1].running():
        while any(engine.busy() for engine in engines):
            pass
    assert len(arrived) == 300
    assert set(arrived.values()) == {1}
    assert states(house, mailing_no) == {"sent": 300}


def test_two_engines_of_one_name_are_refused(house: Drumbeat) -> None:
    first, second = (engine_for(house, FakeCarrier()) for _ in range(2))
    first.step()
    with pytest.raises(Conflict, match="running already"):
        second.step()
    first.close()
