"""The use cases around saved settings: keep them, and answer them to whoever opens the house."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drumbeat.kit.actor import Actor, Scope
from drumbeat.marketing.accounts import Record

if TYPE_CHECKING:
    from drumbeat.marketing.connections.store import SavedSettingStore

_TRAIL = "settings"


@dataclass(frozen=True)
class ConnectionsService:
    actor: Actor
    store: "SavedSettingStore"
    record: Record

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
