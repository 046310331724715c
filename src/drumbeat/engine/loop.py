"""When the engine looks for work: JOBS are level-triggered, carry no payload, find due rows.

Sending has a thread of its own, because a slow mail server must not hold up a pause or a fold.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine import (
    asks,
    bounces,
    campaigns,
    facts,
    figures,
    mail_tests,
    privacy,
    segments,
    upkeep,
)
from drumbeat.engine.keeping import LeaseKeeper
from drumbeat.engine.sending import Letter, Provider, SendingEngine
from drumbeat.engine.sending.signing import SignedLetter
from drumbeat.kit.actor import (
    GATEKEEPER,
    SYSTEM_BOUNCES,
    SYSTEM_FACTS,
    SYSTEM_UPKEEP,
    Actor,
)
from drumbeat.kit.clock import FileClock
from drumbeat.marketing.analytics import COUNTING
from drumbeat.marketing.campaigns.mail import compile_mailing
from drumbeat.marketing.campaigns.pipeline import next_due
from drumbeat.marketing.delivery import Mailing
from drumbeat.storage.leases import holder_name

ENGINE_OF = "DRUMBEAT_ENGINE_OF"
"""The process that started this engine: when it is gone, the engine ends too."""

LEASE_SECONDS = 30.0
POLL_SECONDS = 0.02
RESTED_SECONDS = 1.0
"""How long nothing is looked at while nobody wrote and nothing fell due."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Job:
    """`every` seconds it looks; it answers True to be asked again at once.

    `hurried` jobs are part of "nothing is due": the others are chores that can wait. One with a
    `rest` waits so many times as long as it took, so that it never fills the engine's time, and
    has its turn when the others have done all they found.
    """

    name: str
    every: float
    run: Callable[[Drumbeat], bool]
    hurried: bool = True
    rest: float = 0.0


JOBS = (
    Job("campaigns.settle", 0.1, campaigns.settle_exhausted),
    Job("campaigns.advance", 0.1, campaigns.advance_all),
    Job("tests.send", 0.2, mail_tests.send_tests),
    Job("asks.send", 0.2, asks.send),
    Job("asks.expire", 600.0, asks.expire, hurried=False),
    Job("bounces.read", 0.2, bounces.read),
    Job("facts.fold", 0.2, facts.fold),
    Job(COUNTING, 0.5, figures.count, rest=4.0),
    Job("figures.segment", 5.0, figures.segment, hurried=False, rest=20.0),
    Job("segments.mirror", 5.0, segments.mirror, hurried=False, rest=20.0),
    Job("segments.count", 5.0, segments.count, hurried=False, rest=20.0),
    Job("facts.archive", 1.0, facts.archive, hurried=False),
    Job("facts.tidy", 3600.0, facts.tidy, hurried=False),
    Job("upkeep.sweep", 600.0, upkeep.sweep, hurried=False),
    Job("privacy.erase", 5.0, privacy.finish_erasures, hurried=False),
    Job("privacy.retain", 3600.0, privacy.retain, hurried=False),
    Job("bounces.forget", 3600.0, bounces.forget, hurried=False),
    Job("upkeep.plans", 3600.0, upkeep.sweep_plans, hurried=False),
)


class Outdated(Exception):
    """Mail goes somewhere else than when this engine was made: nothing is begun with it."""


def sending_engine(drumbeat: Drumbeat) -> SendingEngine:
    """The sender of this process, with the carrier that the settings name."""
    messenger = drumbeat.settings.messenger
    drumbeat.database.keep_little()
    return SendingEngine(
        drumbeat,
        drumbeat.carrier,
        name=f"engine-{os.getpid()}-{time.time_ns():x}",
        folder=drumbeat.home / "wire",
        letters_of=lambda mailing: _letters(drumbeat, mailing, messenger),
        actor_for=lambda mailing: _decider(drumbeat, mailing),
        provider=Provider(drumbeat.provider, drumbeat.pace, drumbeat.lane_rates),
    )


def _letters(drumbeat: Drumbeat, mailing: Mailing, messenger: str) -> Sequence[Letter]:
    """By arm. Raises Conflict or InvalidInput if it must not leave this house as it is.

    Outdated is no fault of the mailing's, so it does not pause: a fresh engine sends it.
    """
    drumbeat.keep_up()
    if drumbeat.settings.messenger != messenger:
        raise Outdated(f"mail goes by {drumbeat.settings.messenger} now, not by {messenger}")
    with drumbeat.look(_decider(drumbeat, mailing)) as department:
        letters = compile_mailing(department, mailing).arms
    signer = drumbeat.signer_of(mailing.sender_email)
    return letters if signer is None else [SignedLetter(letter, signer) for letter in letters]


def _decider(drumbeat: Drumbeat, mailing: Mailing) -> Actor:
    """Whoever decided that this mailing is sent, with the rights they have now."""
    with drumbeat.look(GATEKEEPER) as department:
        return department.accounts.actor_of(mailing.decided_by).through("engine")


class Engine:
    """One engine process: runs the jobs it can lease, and sends."""

    def __init__(self, drumbeat: Drumbeat) -> None:
        self._drumbeat = drumbeat
        self._holder = holder_name()
        self._stopping = threading.Event()
        self._due = dict.fromkeys(JOBS, 0.0)
        self._leased = dict.fromkeys(JOBS, 0.0)
        drumbeat.keep_up()
        self._made_for = drumbeat.in_force.saved
        self._sending = sending_engine(drumbeat)
        self._mailbox = bounces.MailboxWatch(drumbeat, drumbeat.bounce_mailbox)
        self._keeper = LeaseKeeper(drumbeat, self._holder, LEASE_SECONDS)
        self._parent = int(os.environ.get(ENGINE_OF, "0"))

    @property
    def outdated(self) -> bool:
        """Settings were saved since it was made: whoever runs it makes a fresh one."""
        return self._drumbeat.in_force.saved != self._made_for

    def stop(self) -> None:
        """End soon: what is on the wire is answered first. Safe to call from a signal handler."""
        self._stopping.set()
        self._sending.stop()

    def run(self, *, until_idle: bool = False) -> None:
        """Work until `stop`, or until nothing is due now."""
        with self._sending.running(), self._mailbox.running(), self._keeper.running():
            while not self._stopping.is_set() and not self._orphaned():
                version = self._drumbeat.database.version()
                if version != self._drumbeat.in_force.version:
                    self._drumbeat.keep_up()
                if self.outdated:
                    break
                if self._turn(all_jobs=until_idle):
                    continue
                if until_idle and self._idle():
                    break
                if until_idle and (failure := self._sending.failure()) is not None:
                    raise failure
                self._rest(version)
        self._give_back()

    def _rest(self, version: str) -> None:
        """Wait until somebody writes, something falls due, or a chore may be looked at again."""
        with self._drumbeat.look(SYSTEM_UPKEEP) as department:
            due = next_due(department)
        clock, end = self._drumbeat.office.clock, time.monotonic() + RESTED_SECONDS
        # What is due already and was not done waits for something else, such as a mail server.
        awaited = due if due is not None and due > clock() else None
        while time.monotonic() < end and not (self._stopping.is_set() or self.outdated):
            self._stopping.wait(POLL_SECONDS)
            if awaited is not None and awaited <= clock():
                self._due.update({job: 0.0 for job in JOBS if job.hurried and not job.rest})
                self._sending.wake()
                return
            if self._drumbeat.database.version() != version and self._any_due():
                self._sending.wake()
                return

    def _any_due(self) -> bool:
        """By each job's own pace: a front that writes all the time must not keep an engine busy."""
        return time.monotonic() >= min(
            self._due[job] for job in JOBS if job.hurried and not job.rest
        )

    def _orphaned(self) -> bool:
        return self._parent != 0 and os.getppid() != self._parent

    def run_until(self, end: datetime, clock: FileClock) -> None:
        """Move the clock's file from one due time to the next, working each off, up to `end`."""
        self.run(until_idle=True)
        while not self._stopping.is_set() and not self.outdated and clock() < end:
            with self._drumbeat.look(SYSTEM_UPKEEP) as department:
                due = next_due(department)
            clock.set(end if due is None or due > end else max(due, clock()))
            self.run(until_idle=True)

    def _turn(self, *, all_jobs: bool) -> bool:
        """Each job that is due and can be leased, once; True if any wants another turn."""
        worked = False
        for job in JOBS:
            if not self._has_its_turn(job, worked, all_jobs=all_jobs):
                continue
            began = time.monotonic()
            self._due[job] = began + job.every
            if self._lease(job) and self._run(job):
                self._due[job] = 0.0
                worked = True
            took = time.monotonic() - began
            self._due[job] = max(self._due[job], began + took + job.rest * took)
        return worked

    def _has_its_turn(self, job: Job, worked: bool, *, all_jobs: bool) -> bool:
        if all_jobs and job.hurried:
            return not (worked and job.rest)
        return time.monotonic() >= self._due[job]

    def _run(self, job: Job) -> bool:
        try:
            with self._keeper.at_work(job.name):
                return job.run(self._drumbeat)
        except Exception as error:  # the edge of a job: the others go on
            log.exception("job.failed", job=job.name, error=type(error).__name__)
            self._due[job] = time.monotonic() + 5.0
            return False

    def _lease(self, job: Job) -> bool:
        """Ours, and for long enough: written only when a third of it is left."""
        now = time.time()
        if self._leased[job] > now + LEASE_SECONDS / 3:
            return True
        with self._drumbeat.begin(SYSTEM_UPKEEP) as department:
            taken = department.leases.take(job.name, self._holder, now=now, seconds=LEASE_SECONDS)
        self._leased[job] = now + LEASE_SECONDS if taken else 0.0
        return taken

    def _idle(self) -> bool:
        """Nothing is due at this instant, in any area, for any engine."""
        with self._drumbeat.look(SYSTEM_UPKEEP) as department:
            dues = (next_due(department), department.delivery.next_due())
        if any(due is not None and due <= self._drumbeat.office.clock() for due in dues):
            return False
        if self._mailbox.busy() or self._bounces_wait():
            return False
        # Asked before the facts: what the sender still records would be folded too late.
        if self._sending.busy():
            return False
        with self._drumbeat.look(SYSTEM_FACTS) as department:
            return not department.events.anything_to_fold()

    def _bounces_wait(self) -> bool:
        with self._drumbeat.look(SYSTEM_BOUNCES) as department:
            return department.bounces.any_waiting()

    def _give_back(self) -> None:
        with self._drumbeat.begin(SYSTEM_UPKEEP) as department:
            for job in JOBS:
                department.leases.give_back(job.name, self._holder)
                self._leased[job] = 0.0
