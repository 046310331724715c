"""Use cases around people who bought: what their purchases say, and who they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.model import Bought, Buyers, Contact

if TYPE_CHECKING:
    from drumbeat.marketing.audience.store_buyers import BuyerStore

EARLIEST = date(1900, 1, 1)


@dataclass(frozen=True)
class BuyersService:
    actor: Actor
    store: "BuyerStore"
    clock: Clock

    def read(self, as_of: date | None = None, *, ahead: int = 0) -> Buyers:
        """Everybody who bought by the end of `as_of` (UTC; None is today). Dear: look, don't write.

        `ahead` days after it are looked at for `later`. Raises InvalidInput for a day to come.
        """
        self.actor.require(Scope.AUDIENCE_READ)
        day, today = self._day(as_of), self.clock().date()
        return self.store.read(day, min(day + timedelta(days=ahead), today))

    def read_bought(self, as_of: date | None = None) -> Bought:
        """How recently, how often and for how much everybody bought by the end of `as_of`.

        Cheaper than `read`, which keeps days apart. Raises InvalidInput for a day to come.
        """
        self.actor.require(Scope.AUDIENCE_READ)
        return self.store.read_bought(self._day(as_of))

    def list_people(self, contact_nos: Sequence[ContactNo]) -> list[Contact]:
        """Up to 2,000 buyers in order of number; who was erased since is absent."""
        self.actor.require(Scope.AUDIENCE_READ)
        return self.store.list_contacts(contact_nos)

    def _day(self, as_of: date | None) -> date:
        today = self.clock().date()
        day = today if as_of is None else as_of
        if not EARLIEST <= day <= today:
            message = f"{day} is not a day between {EARLIEST} and today, {today}."
            raise InvalidInput(message, field="as_of")
        return day
