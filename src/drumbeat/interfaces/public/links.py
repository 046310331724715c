"""Where a click leads: only to an address of the mailing's own link table.

A link table is fixed once its mailing is being sent, so rows are remembered, for a minute in case
that a preview was clicked before: a minute of real time, whatever the business clock does. An
address may hold placeholders after its host; they are filled for the one contact who clicked.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import PUBLIC_LINKS
from drumbeat.kit.clock import Clock, utc_now
from drumbeat.kit.errors import DrumbeatError, NotFound
from drumbeat.kit.ids import ContactNo
from drumbeat.kit.signing import Recipient
from drumbeat.marketing.content import resolve_target
from drumbeat.marketing.department import Department

REMEMBERED = 20_000
FRESH = timedelta(minutes=1)
# What RFC 3986 allows; "%" stays, because addresses are encoded already.
_SAFE = "!#$%&'()*+,/:;=?@[]~-._"
_ORIGIN = re.compile(r"https?://[^\s/?#{}\\]+", re.IGNORECASE)


Place = tuple[bool, int, int]


@dataclass(frozen=True)
class LinkTargets:
    """`look_up` finds one address, `fill` puts a contact's fields in; both may raise NotFound."""

    look_up: Callable[[Recipient, int], str | None]
    fill: Callable[[Recipient, str], str]
    clock: Clock
    _known: OrderedDict[Place, tuple[bytes, datetime]] = field(default_factory=OrderedDict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, drumbeat: Drumbeat) -> "LinkTargets":
        def look_up(recipient: Recipient, link_no: int) -> str | None:
            with drumbeat.look(PUBLIC_LINKS) as department:
                if recipient.is_test:
                    return department.mail_tests.link_target(recipient.mailing_no, link_no)
                return department.delivery.link_target(recipient.mailing_no, link_no)

        def fill(recipient: Recipient, address: str) -> str:
            with drumbeat.look(PUBLIC_LINKS) as department:
                known = _fields_of(department, recipient.contact_no)
            # Somebody who was erased since still gets the page, without their fields.
            return resolve_target(address, known)

        return cls(look_up, fill, utc_now)

    def remembered(self, recipient: Recipient, link_no: int) -> bytes | None:
        """The answer if it needs no database."""
        target, until = self._known.get(_place(recipient, link_no), (None, None))
        return target if until is not None and self.clock() < until else None

    def find(self, recipient: Recipient, link_no: int) -> bytes | None:
        """The value of a Location header, or None if the mailing has no such link."""
        try:
            address = self.look_up(recipient, link_no)
            if address is None:
                return None
            personal = "{{" in address or "{%" in address
            filled = self.fill(recipient, address) if personal else address
        except DrumbeatError:
            return None
        target = location(address, filled)
        if target is not None and not personal:
            self._remember(_place(recipient, link_no), target)
        return target

    def _remember(self, place: Place, target: bytes) -> None:
        with self._guard:
            self._known[place] = target, self.clock() + FRESH
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)


def _fields_of(department: Department, contact_no: ContactNo) -> Mapping[str, object]:
    """Of whom the number means now: also old links of an address that was merged."""
    known = department.audience.recipients([contact_no])
    if not known:
        with suppress(NotFound):
            kept = department.audience.get_contact(contact_no).contact_no
            known = department.audience.recipients([kept])
    return known[0].fields if known else {}


def _place(recipient: Recipient, link_no: int) -> Place:
    """Tests are numbered for themselves."""
    return recipient.is_test, recipient.mailing_no, link_no


def location(address: str, filled: str) -> bytes | None:
    """`filled` as header bytes; None unless it is a web address on the host that was written.

    A contact's field may choose the page, never the site: it could come from a public form.
    """
    written, led = _ORIGIN.match(address), _ORIGIN.match(filled)
    if written is None or led is None or written[0].lower() != led[0].lower():
        return None
    return quote(filled.strip(), safe=_SAFE).encode("ascii")
