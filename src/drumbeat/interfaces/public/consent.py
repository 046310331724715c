"""What pressing Unsubscribe does: consent withdrawn and the fact recorded, in one unit of work."""

from collections.abc import Callable

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import PUBLIC_CONSENT
from drumbeat.kit.errors import NotFound
from drumbeat.kit.signing import Recipient
from drumbeat.marketing.events import Fact, Kind

SOURCE = "unsubscribe"


def withdrawing(drumbeat: Drumbeat) -> Callable[[Recipient], None]:
    """Returns once it is stored; a repetition changes nothing. Raises when it could not be stored.

    Somebody who was erased since gets the same answer: they will not be mailed either.
    """

    def withdraw(recipient: Recipient) -> None:
        fact = Fact(
            kind=Kind.unsubscribed,
            occurred_at=drumbeat.office.clock(),
            contact_no=recipient.contact_no,
            mailing_no=recipient.mailing_no,
            event_id=f"{recipient.mailing_no}:{recipient.contact_no}:{recipient.occasion}",
            source=SOURCE,
        )
        with drumbeat.begin(PUBLIC_CONSENT) as department:
            try:
                department.audience.withdraw(
                    recipient.contact_no, source=SOURCE, mailing_no=recipient.mailing_no
                )
            except NotFound:
                return
            department.events.record([fact])

    return withdraw
