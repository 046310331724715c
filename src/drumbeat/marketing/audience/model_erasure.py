"""What is known of an erasure: when, by whom, and how far it has come. Nobody is named in it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Erasure:
    """`contact_no` leads to nobody any more; it is needed until the facts are nobody's too."""

    erasure_no: int
    contact_no: int
    asked_at: datetime
    done_at: datetime | None
