"""The use cases around sender identities: who is the default, who is meant, who was added."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from drumbeat.kit.actor import Actor, Scope
from drumbeat.marketing.accounts import Record
from drumbeat.marketing.senders.model import Sender
from drumbeat.marketing.senders.rules import checked

if TYPE_CHECKING:
    from drumbeat.marketing.senders.store import SenderStore


@dataclass(frozen=True)
class SendersService:
    """`house` is the identity that the settings name."""

    actor: Actor
    store: "SenderStore"
    house: Sender
    record: Record

    def default_sender(self) -> Sender:
        """The house's own identity; while its settings are unset, a sandbox placeholder."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return checked(self.house)

    def resolve(self, name: str | None = None, email: str | None = None) -> Sender:
        """The sender a request means: a kept one by its address, else the default under that
        name and address. Raises InvalidInput(field="sender_name" | "sender_email")."""
        default = self.default_sender()
        asked = checked(replace(default, name=name or default.name, email=email or default.email))
        kept = self.store.find(asked.email)
        if kept is None:
            return asked
        return replace(kept, name=asked.name if name else kept.name)

    def save(self, identity: Sender) -> Sender:
        """Keep an identity under its address, adding or replacing. Raises InvalidInput."""
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        saved = self.store.save(checked(identity))
        self.record("sender.saved", saved.email, {"name": saved.name})
        return saved

    def list_(self) -> list[Sender]:
        """The kept identities; the house's default is not among them."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.list_()
