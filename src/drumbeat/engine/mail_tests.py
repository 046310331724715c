"""Sends test mail: builds each between two units, hands it to the carrier, records the answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import structlog

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.sending.engine import event_loops
from drumbeat.engine.sending.signing import SignedLetter
from drumbeat.kit.actor import GATEKEEPER, SYSTEM_SENDING
from drumbeat.kit.errors import DrumbeatError
from drumbeat.marketing.campaigns.testing import Built, build_test
from drumbeat.marketing.content import CompiledEmail
from drumbeat.marketing.delivery import Outcome, Place, return_path_of
from drumbeat.marketing.delivery.mail_tests import Ended, MailTest, MailTestState, ended_by
from drumbeat.marketing.delivery.ports import Parcel

PATIENCE = 20.0
"""Seconds that all tests of one turn may take: jobs of other campaigns wait meanwhile."""
_NOT_TRIED = "the mail server could not be reached"

log = structlog.get_logger()


def send_tests(drumbeat: Drumbeat) -> bool:
    """Send what waits; answers whether anything did. A lease keeps every other engine out."""
    with drumbeat.look(SYSTEM_SENDING) as department:
        waiting, left = department.mail_tests.list_waiting(), department.mail_tests.list_armed()
    if left:
        with drumbeat.begin(SYSTEM_SENDING) as department:
            department.mail_tests.end_interrupted()
    if not waiting:
        return bool(left)
    built, endings = _built(drumbeat, waiting)
    with drumbeat.begin(SYSTEM_SENDING) as department:
        department.mail_tests.end(endings)
        armed = department.mail_tests.arm([parcel.place.place for parcel in built])
    post = _Post([parcel for parcel in built if parcel.place.place in armed])
    with asyncio.Runner(loop_factory=event_loops()) as runner:
        runner.run(_carry(drumbeat, post))
    with drumbeat.begin(SYSTEM_SENDING) as department:
        department.mail_tests.end(post.endings())
    return True


def _built(drumbeat: Drumbeat, waiting: list[MailTest]) -> tuple[list[Parcel], dict[int, Ended]]:
    parcels, failed = [], {}
    for test in waiting:
        try:
            parcels.append(_parcel(drumbeat, test))
        except DrumbeatError as error:
            failed[test.test_no] = Ended(MailTestState.FAILED, str(error))
        except Exception as error:  # the edge of one message: the others go on
            log.exception("mail_test.not_built")
            reason = f"not built: {type(error).__name__}"
            failed[test.test_no] = Ended(MailTestState.FAILED, reason)
    return parcels, failed


def _parcel(drumbeat: Drumbeat, test: MailTest) -> Parcel:
    with drumbeat.look(GATEKEEPER) as department:
        actor = department.accounts.actor_of(test.asked_by).through("engine")
    with drumbeat.look(actor) as department:
        sender, message = build_test(department, test, _signing(drumbeat))
    returns = return_path_of(drumbeat.office).of(test.recipient)
    return Parcel(Place(0, 0, test.test_no), returns or sender, test.tester, message)


def _signing(drumbeat: Drumbeat) -> Callable[[str], Callable[[CompiledEmail], Built]]:
    """As production signs, so that a test is what it is a test of."""

    def for_sender(sender_email: str) -> Callable[[CompiledEmail], Built]:
        signer = drumbeat.signer_of(sender_email)
        if signer is None:
            return lambda letter: letter.build
        return lambda letter: SignedLetter(letter, signer).build

    return for_sender


async def _carry(drumbeat: Drumbeat, post: "_Post") -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await drumbeat.carrier.carry(post.parcels(), post)
    except TimeoutError:
        log.warning("mail_test.too_slow")  # what was pulled is settled, the rest was not tried


@dataclass
class _Post:
    """Hands out parcels and keeps what became of them."""

    waiting: list[Parcel]
    settled: dict[int, Outcome] = field(default_factory=dict)

    async def parcels(self) -> AsyncIterator[Parcel]:
        for parcel in self.waiting:
            yield parcel

    def writing(self, place: Place) -> bool:
        return True

    def settle(self, place: Place, outcome: Outcome) -> None:
        self.settled[place.place] = outcome

    def endings(self) -> dict[int, Ended]:
        numbers = [parcel.place.place for parcel in self.waiting]
        ended = {no: ended_by(outcome) for no, outcome in self.settled.items()}
        why = next((each.reason for each in ended.values() if each.reason), _NOT_TRIED)
        return {
            no: ended.get(no, Ended(MailTestState.FAILED, f"not tried: {why}")) for no in numbers
        }
