"""The use cases around saved settings: keep them, and answer them to whoever opens the house."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drumbeat.kit.actor import Actor, Scope
from drumbeat.marketing.accounts import Record
from drumbeat.marketing.connections.outages import Outage, next_outage

if TYPE_CHECKING:
    from drumbeat.marketing.connections.store import SavedSettingStore
    from drumbeat.marketing.connections.store_outages import OutageStore

_TRAIL = "settings"


@dataclass(frozen=True)
class ConnectionsService:
    actor: Actor
    store: "SavedSettingStore"
    record: Record
    outages: "OutageStore"

    def save(self, values: Mapping[str, str]) -> None:
        """Keep each value under its setting's name; an empty one is forgotten.

        The trail says which settings changed, never to what: one of them holds a password.
        """
        self.actor.require(Scope.ACCOUNTS_WRITE)
        self.store.save({name: value for name, value in values.items() if value})
        self.store.remove([name for name, value in values.items() if not value])
        self.record("settings.saved", _TRAIL, {"names": sorted(values)})

    def saved(self) -> dict[str, str]:
        """Every saved setting with its value, passwords too: for the house itself alone."""
        self.actor.require(Scope.UPKEEP)
        return self.store.list_()

    def revision(self) -> str:
        """Moves whenever something was saved; says nothing of what."""
        return self.store.revision()

    def find_outage(self, provider: str) -> Outage | None:
        """How a provider stands with us; None while it takes our mail."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.outages.find(provider)

    def list_outages(self) -> list[Outage]:
        """The providers that are left alone for a while, each with why and until when."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.outages.list_()

    def note_outage(self, provider: str, trouble: str, *, asked: float, now: float) -> Outage:
        """It failed: leave it alone for a while, or for the `asked` seconds if that is longer."""
        self.actor.require(Scope.UPKEEP)
        before = self.outages.find(provider)
        outage = next_outage(before, provider, trouble, asked=asked, now=now)
        self.outages.save(outage)
        return outage

    def end_outage(self, provider: str) -> None:
        """It took our mail again."""
        self.actor.require(Scope.UPKEEP)
        self.outages.remove(provider)
