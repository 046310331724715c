"""Everybody's permission at once, as one small code a contact: what rules on consent ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Integer, LargeBinary, Select, column, select, table

from drumbeat.marketing.audience.model import MARKETING_TOPIC
from drumbeat.marketing.audience.permits import STATES
from drumbeat.marketing.audience.store_consent import audience_revision, consent, suppression
from drumbeat.storage.database import Connection

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_contact = table("contact", column("contact_no", Integer), column("address_key", LargeBinary))


@dataclass(frozen=True)
class PermitStore:
    connection: Connection

    def revision(self) -> int:
        """Moves with every change of consent or suppression."""
        return self.connection.scalar(select(audience_revision.c.permissions)) or 0

    def codes(self, size: int) -> NDArray[np.int8]:
        """`permits.permit_code` by contact number; of whom nothing is recorded it is 0."""
        import numpy as np

        marketing = consent.c.topic_no == MARKETING_TOPIC
        states = self._pairs(select(consent.c.contact_no, consent.c.state).where(marketing))
        same = suppression.c.address_key == _contact.c.address_key
        listed = suppression.join(_contact, same)
        reasons = self._pairs(
            select(_contact.c.contact_no, suppression.c.reason).select_from(listed)
        )
        codes = np.zeros(size, np.int8)
        for pairs, factor in ((states, 1), (reasons, STATES)):
            inside = pairs[:, 0] < size
            codes[pairs[inside, 0]] += (pairs[inside, 1] * factor).astype(np.int8)
        return codes

    def _pairs(self, wanted: Select[tuple[int, int]]) -> NDArray[np.int64]:
        import numpy as np

        rows = self.connection.execute(wanted).all()
        return np.array([tuple(row) for row in rows], np.int64).reshape(-1, 2)
