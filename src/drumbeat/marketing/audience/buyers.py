"""Use cases around people who bought: what their purchases say, and who they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.model import Bought, Buyers, Contact
from drumbeat.marketing.audience.rules import day_of

if TYPE_CHECKING:
    from drumbeat.marketing.audience.store_buyers import BuyerStore


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
        now = self.clock()
        day = day_of(as_of, now)
        return self.store.read(day, min(day + timedelta(days=ahead), now.date()))

    def read_bought(self, as_of: date | None = None) -> Bought:
        """How recently, how often and for how much everybody bought by the end of `as_of`.

        Cheaper than `read`, which keeps days apart. Raises InvalidInput for a day to come.
        """
        self.actor.require(Scope.AUDIENCE_READ)
        return self.store.read_bought(day_of(as_of, self.clock()))

    def list_people(self, contact_nos: Sequence[ContactNo]) -> list[Contact]:
        """Up to 2,000 buyers in order of number; who was erased since is absent."""
        self.actor.require(Scope.AUDIENCE_READ)
        return self.store.list_contacts(contact_nos)
