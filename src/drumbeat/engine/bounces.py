"""Read mail that came back, and fetch it from the bounce mailbox in a thread of its own.

A mailbox that is slow or down must not hold up a pause or a fold. Nothing is ever answered.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import PUBLIC_BOUNCES, SYSTEM_BOUNCES, SYSTEM_UPKEEP
from drumbeat.kit.errors import Conflict, DrumbeatError
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.delivery import (
    MAILS_A_UNIT,
    UNOPENED,
    UNREADABLE,
    ArrivedMail,
    Reading,
    is_our_report,
    read_report,
    return_path_of,
    seal_mails,
)
from drumbeat.marketing.delivery.ports import BounceMailbox, OpenMailbox
from drumbeat.storage.database import UNKEEPABLE
from drumbeat.storage.leases import holder_name

LEASE = "bounces.fetch"
POLL_SECONDS = 60.0
LONGEST_PAUSE = 600.0
FETCHED_AT_ONCE = 20

log = structlog.get_logger()


def read(drumbeat: Drumbeat) -> bool:
    """Read waiting mails between two units, then record what follows; True if there were any.

    A mail that makes its unit fail is kept as unreadable, and those beside it count all the same.
    """
    with drumbeat.look(SYSTEM_BOUNCES) as department:
        waiting = department.bounces.list_waiting(MAILS_A_UNIT)
    if not waiting:
        return False
    readings = [(mail.number, _read(mail.raw)) for mail in waiting]
    try:
        softly = _conclude(drumbeat, readings)
    except Exception as error:  # the edge of a unit: one mail must not stop the others
        log.warning("bounces.one_by_one", error=type(error).__name__, mails=len(readings))
        softly = [each for reading in readings for each in _conclude_alone(drumbeat, reading)]
    for contact_no in dict.fromkeys(softly):
        with drumbeat.begin(SYSTEM_BOUNCES) as department:
            department.bounces.give_up(contact_no)
    return True


def _read(raw: bytes | None) -> Reading:
    if raw is None:
        log.warning("bounces.sealed")
        return UNOPENED
    try:
        return read_report(raw)
    except Exception as error:  # the edge of one mail: whoever wrote it wants us to stop here
        log.warning("bounces.unreadable", error=type(error).__name__)
        return UNREADABLE


def _conclude(drumbeat: Drumbeat, readings: Sequence[tuple[int, Reading]]) -> Sequence[ContactNo]:
    with drumbeat.begin(SYSTEM_BOUNCES) as department:
        return department.bounces.conclude(readings).softly


def _conclude_alone(drumbeat: Drumbeat, reading: tuple[int, Reading]) -> Sequence[ContactNo]:
    """Raises what a database raises that is busy or full: that is not the mail's doing."""
    try:
        return _conclude(drumbeat, [reading])
    except UNKEEPABLE as error:
        log.warning("bounces.unreadable", error=type(error).__name__)
        return _conclude(drumbeat, [(reading[0], UNREADABLE)])


def forget(drumbeat: Drumbeat) -> bool:
    """The bytes of mails that were about nobody, once they are old."""
    with drumbeat.begin(SYSTEM_BOUNCES) as department:
        return department.bounces.forget_old() > 0


def fetch(drumbeat: Drumbeat, mailbox: BounceMailbox) -> int:
    """Take in what is new in the mailbox, a few at a time; answers how many mails were.

    A report about our mail is marked as seen after it is kept: who dies in between reads on behind
    it all the same. Nothing else in the mailbox is touched: a person may read there too.
    Raises ProviderFailed, naming the server.
    """
    fetched = 0
    with mailbox.open() as opened:
        while batch := _fetch_some(drumbeat, mailbox.name, opened):
            fetched += batch
    return fetched


def _fetch_some(drumbeat: Drumbeat, name: str, opened: OpenMailbox) -> int:
    with drumbeat.look(PUBLIC_BOUNCES) as department:
        mark = department.bounces.mailbox_mark(name)
    found = opened.read(mark, FETCHED_AT_ONCE)
    if found.mark == mark:
        return 0
    arrived = (ArrivedMail(raw, "mailbox") for _, raw in found.mails)
    mails = seal_mails(arrived, drumbeat.office.keys)
    with drumbeat.begin(PUBLIC_BOUNCES) as department:
        department.bounces.take_from_mailbox(name, mark, found.mark, mails)
    returns, keys = return_path_of(drumbeat.office), drumbeat.office.keys
    opened.mark_seen([uid for uid, raw in found.mails if is_our_report(_read(raw), returns, keys)])
    return len(mails)


@dataclass(eq=False)
class MailboxWatch:
    """Fetches every minute while it runs, if a mailbox is set and no other engine does."""

    drumbeat: Drumbeat
    mailbox: BounceMailbox | None
    real: Callable[[], float] = time.time
    _stopping: threading.Event = field(default_factory=threading.Event)
    looked: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Nothing is started without a mailbox; with one it is looked into at once."""
        if self.mailbox is None:
            self.looked.set()
            yield
            return
        self._stopping.clear()
        self.looked.clear()
        thread = threading.Thread(target=self._work, args=(self.mailbox,), name="bounce-mailbox")
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()

    def busy(self) -> bool:
        """Whether the mailbox was not looked into yet."""
        return not self.looked.is_set()

    def _work(self, mailbox: BounceMailbox) -> None:
        pause = POLL_SECONDS
        while not self._stopping.is_set():
            try:
                if self._leased():
                    fetch(self.drumbeat, mailbox)
                pause = POLL_SECONDS
            except Conflict:
                pass  # another engine has read on: so do we, the next time
            except DrumbeatError as error:
                log.warning("bounces.mailbox", why=str(error))
                pause = min(2 * pause, LONGEST_PAUSE)
            except Exception as error:  # the edge of the thread: it looks again later
                log.exception("bounces.failed", error=type(error).__name__)
                pause = min(2 * pause, LONGEST_PAUSE)
            self.looked.set()
            self._stopping.wait(pause)

    def _leased(self) -> bool:
        """Held until the next look but one; a fetch that takes longer is safe all the same."""
        seconds = 2 * POLL_SECONDS
        with self.drumbeat.begin(SYSTEM_UPKEEP) as department:
            return department.leases.take(LEASE, holder_name(), now=self.real(), seconds=seconds)
