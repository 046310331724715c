"""The values of the house's own DKIM keys: a fresh pair, and what may be shown of a kept one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class KeyState(StrEnum):
    WAITING = "waiting"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True)
class NewKey:
    """A fresh pair: `private` is PEM, `public` what DNS has to say after `p=`."""

    algorithm: str
    private: bytes
    public: str


@dataclass(frozen=True)
class KeptKey:
    """What may be shown of a key."""

    domain: str
    selector: str
    algorithm: str
    public: str
    state: KeyState
    created_at: datetime

    @property
    def dns_name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def dns_text(self) -> str:
        return f"v=DKIM1; k={self.algorithm}; p={self.public}"
