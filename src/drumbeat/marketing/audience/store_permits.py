"""Everybody's permission at once, as one small code a contact: what rules on consent ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, FromClause, select

from drumbeat.marketing.audience.model import MARKETING_TOPIC, Consent
from drumbeat.marketing.audience.permits import STATES
from drumbeat.marketing.audience.store import contact
from drumbeat.marketing.audience.store_consent import audience_revision, consent, suppression
from drumbeat.storage.database import Connection
from drumbeat.storage.number_columns import read_numbers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class PermitStore:
    connection: Connection

    def revision(self) -> int:
        """Moves with every change of consent or suppression."""
        return self.connection.scalar(select(audience_revision.c.permissions)) or 0

    def codes(self, size: int) -> NDArray[np.int8]:
        """`permits.permit_code` by contact number; of whom nothing is recorded it is 0."""
        import numpy as np

        codes = np.zeros(size, np.int8)
        marketing = consent.c.topic_no == MARKETING_TOPIC
        for state in (Consent.subscribed, Consent.unsubscribed):
            same = consent.c.state == int(state)
            (numbers,) = self._numbers([consent.c.contact_no], consent, marketing, same)
            codes[numbers[numbers < size]] = state
        same = suppression.c.address_key == contact.c.address_key
        listed = suppression.join(contact, same)
        numbers, reasons = self._numbers([contact.c.contact_no, suppression.c.reason], listed)
        inside = numbers < size
        codes[numbers[inside]] += (reasons[inside] * STATES).astype(np.int8)
        return codes

    def _numbers(
        self, columns: list[Any], of: FromClause, *where: ColumnElement[bool]
    ) -> list[NDArray[np.int64]]:
        return read_numbers(self.connection, columns, of, *where)
