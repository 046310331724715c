"""Test mail: production's bytes for one contact, sent to a colleague, in a ledger of its own.

It is in no tally and no figure, and its links count nothing. A row goes waiting → armed → sent |
failed | uncertain; nothing is tried twice, because whoever asked can ask again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock
from drumbeat.kit.errors import Conflict, InvalidInput, NotPermitted
from drumbeat.kit.ids import CampaignNo, PersonNo
from drumbeat.marketing.accounts import Record
from drumbeat.marketing.delivery.model import Accepted, Deferred, Outcome, Refused
from drumbeat.marketing.delivery.model_mail_tests import (
    Ended,
    MailTest,
    MailTestState,
    NewMailTest,
)

if TYPE_CHECKING:
    from drumbeat.marketing.delivery.store_mail_tests import MailTestStore

__all__ = [
    "MOST_A_DAY",
    "MOST_TESTERS",
    "Ended",
    "MailTest",
    "MailTestState",
    "MailTestsService",
    "NewMailTest",
    "ended_by",
]

MOST_TESTERS = 10
MOST_A_DAY = 50
"""Tests of one campaign within 24 hours: they are real mail that nobody approved."""
INTERRUPTED = "the engine was stopped before the mail server answered"


@dataclass(frozen=True)
class MailTestsService:
    actor: Actor
    store: "MailTestStore"
    clock: Clock
    record: Record

    def ask(self, new: NewMailTest, testers: Sequence[str], ids: Sequence[str]) -> list[MailTest]:
        """Queue one mail for each tester; an id that is there already is answered, not repeated.

        Raises InvalidInput for none or too many of them, Conflict above `MOST_A_DAY`, NotPermitted
        for an agent: a person answers for mail that nobody approved.
        """
        self.actor.require(Scope.CAMPAIGNS_SEND)
        if self.actor.agent is not None:
            raise NotPermitted("Only a person asks for test mail; an agent may show a preview.")
        if not 1 <= len(testers) <= MOST_TESTERS:
            message = f"A test goes to between 1 and {MOST_TESTERS} addresses, not {len(testers)}."
            raise InvalidInput(message, field="to")
        if self.actor.person_no is None:
            raise InvalidInput("A test needs a person who answers for it.", field="to")
        by, at = PersonNo(self.actor.person_no), self.clock()
        before = self.store.count_beside(new.campaign_no, at - timedelta(days=1), ids)
        if before + len(ids) > MOST_A_DAY:
            message = (
                f"A campaign has at most {MOST_A_DAY} test mails in 24 hours; this one had {before}"
                f" and {len(ids)} more are asked for. Approve it, or test again tomorrow."
            )
            raise Conflict(message)
        asked = [
            self.store.add(test_id, new, tester, by, at)
            for test_id, tester in zip(ids, testers, strict=True)
        ]
        self.record("campaign.tested", str(new.campaign_no), {"testers": len(asked)})
        return asked

    def list_(self, campaign_no: CampaignNo) -> list[MailTest]:
        """A campaign's last hundred tests, the newest first."""
        self.actor.require(Scope.CAMPAIGNS_SEND)
        return self.store.list_(campaign_no)

    def link_target(self, test_no: int, link_no: int) -> str | None:
        """Where a link of a test leads; its token is all the permission it takes."""
        return self.store.find_link(test_no, link_no)

    # the engine's side ----------------------------------------------------------------------

    def list_waiting(self) -> list[MailTest]:
        """Those that no engine has taken yet, oldest first."""
        self.actor.require(Scope.UPKEEP)
        return self.store.list_in(MailTestState.WAITING)

    def arm(self, numbers: Collection[int]) -> set[int]:
        """Take these tests in hand; answers those that nobody else had taken."""
        self.actor.require(Scope.UPKEEP)
        return {no for no in numbers if self.store.move(no, MailTestState.WAITING)}

    def end(self, endings: Mapping[int, Ended]) -> None:
        """Record what became of armed tests."""
        self.actor.require(Scope.UPKEEP)
        for number, ended in endings.items():
            self.store.end(number, ended, self.clock())

    def end_interrupted(self) -> int:
        """Tests that an engine left armed may have arrived or not; answers how many there were."""
        self.actor.require(Scope.UPKEEP)
        left = self.store.list_in(MailTestState.ARMED)
        self.end({each.test_no: Ended(MailTestState.UNCERTAIN, INTERRUPTED) for each in left})
        return len(left)

    def list_armed(self) -> list[MailTest]:
        """Those that an engine has taken and not ended."""
        self.actor.require(Scope.UPKEEP)
        return self.store.list_in(MailTestState.ARMED)


def ended_by(outcome: Outcome) -> Ended:
    """What a carrier's answer makes of a test; a deferral ends it too."""
    match outcome:
        case Accepted(provider_id):
            return Ended(MailTestState.SENT, provider_id=provider_id)
        case Refused(reason):
            return Ended(MailTestState.FAILED, reason)
        case Deferred(reason):
            return Ended(MailTestState.FAILED, f"not now: {reason}")
        case unknown:
            return Ended(MailTestState.UNCERTAIN, unknown.reason)
