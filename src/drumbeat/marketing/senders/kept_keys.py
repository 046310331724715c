"""DKIM keys of the house's own: made, published, in use, retired.

A key waits until DNS shows it, because a signature that nobody can check costs trust; then it
signs, and the one of its kind before it retires. That one's record may leave DNS a week later.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock
from drumbeat.kit.errors import Conflict, NotFound
from drumbeat.marketing.accounts import Record
from drumbeat.marketing.senders.key_model import KeptKey, KeyState, NewKey
from drumbeat.marketing.senders.records import domains_above

if TYPE_CHECKING:
    from drumbeat.marketing.senders.store_keys import DkimKeyStore


@dataclass(frozen=True)
class DkimKeysService:
    actor: Actor
    store: "DkimKeyStore"
    clock: Clock
    record: Record

    def list_(self, domain: str | None = None) -> list[KeptKey]:
        """Without their private halves, the oldest first."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return [key for key in self.store.list_() if domain in (None, key.domain)]

    def add(self, domain: str, fresh: Sequence[NewKey], *, rotating: bool) -> list[KeptKey]:
        """Keep new keys of a domain, waiting to be published.

        Raises Conflict if it has keys already, unless they are `rotating`; then NotFound if not.
        """
        self.actor.require(Scope.ACCOUNTS_WRITE)
        known = self.list_(domain)
        current = [key for key in known if key.state is not KeyState.RETIRED]
        if current and not rotating:
            raise Conflict(f"{domain} has keys already: rotate them instead.")
        if rotating and not current:
            raise NotFound(f"{domain} has no key that could be rotated: create one.")
        if any(key.state is KeyState.WAITING for key in known) and rotating:
            raise Conflict(f"{domain} has a key that waits to be published: publish it first.")
        now = self.clock()
        taken = {key.selector for key in known}
        for key in fresh:
            selector = _selector(key.algorithm, now, taken)
            taken.add(selector)
            self.store.add(domain, selector, key, now)
        self.record("sender.keys", domain, {"rotated": rotating, "count": len(fresh)})
        return [key for key in self.list_(domain) if key.state is KeyState.WAITING]

    def note_published(self, names: Collection[str]) -> list[KeptKey]:
        """Let the waiting keys whose records were seen in DNS sign from now on."""
        self.actor.require(Scope.ACCOUNTS_WRITE)
        seen = [
            key
            for key in self.store.list_()
            if key.state is KeyState.WAITING and key.dns_name in names
        ]
        # Two may look at once: only who moved the key may retire the one before it.
        moved = [key for key in seen if self.store.move(key, KeyState.ACTIVE)]
        for key in moved:
            self.store.retire_before(key)
            self.record("sender.keys", key.domain, {"signs_with": key.selector})
        return moved

    def signing(self, sender_domain: str) -> list[tuple[KeptKey, bytes]]:
        """The keys that sign for a sender: its own domain's, else those of the nearest above."""
        self.actor.require(Scope.UPKEEP)
        for domain in (sender_domain, *domains_above(sender_domain)):
            found = self.store.list_private(domain, KeyState.ACTIVE)
            if found:
                return found
        return []


def _selector(algorithm: str, now: datetime, taken: Collection[str]) -> str:
    """`d20261102r`: the day and the kind; a second key of one day gets a number."""
    base = f"d{now:%Y%m%d}{algorithm[0]}"
    number = 1
    while (name := base if number == 1 else f"{base}{number}") in taken:
        number += 1
    return name
