"""Who mail comes from: name, addresses, the postal address the law asks for, the list's id."""

from dataclasses import dataclass

from drumbeat.kit import placeholders

_NOBODYS_DOMAIN = ".invalid"  # RFC 2606


@dataclass(frozen=True)
class Sender:
    """`sender_no` is None for the house's default, which settings name, not a row."""

    name: str
    email: str
    postal_address: str
    reply_to: str = ""
    list_id: str = "news"
    sender_no: int | None = None

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2].lower()

    @property
    def has_domain(self) -> bool:
        """Whether there is a domain of anybody's to publish records in."""
        return not self.domain.endswith(_NOBODYS_DOMAIN)

    @property
    def is_placeholder(self) -> bool:
        """A sandbox identity: fit for the sandbox, refused by every real messenger."""
        return bool(self.placeholders)

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The settings that are still unset."""
        unset = []
        if self.name == placeholders.NAME:
            unset.append("DRUMBEAT_SENDER_NAME")
        if not self.has_domain:
            unset.append("DRUMBEAT_SENDER_EMAIL")
        if self.postal_address == placeholders.POSTAL_ADDRESS:
            unset.append("DRUMBEAT_POSTAL_ADDRESS")
        return tuple(unset)
