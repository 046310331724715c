"""A letter whose every message leaves with the signatures of the sender's domain on top."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from drumbeat.engine.sending.letters import Letter
from drumbeat.marketing.senders.dkim import Signer


@dataclass(frozen=True)
class SignedLetter:
    letter: Letter
    signer: Signer

    @property
    def clean(self) -> bool:
        """The signatures are folded lines of our own, so the letter's word holds."""
        return self.letter.clean

    @property
    def relaxed(self) -> bool:
        return self.letter.relaxed

    def build(
        self,
        *,
        to: str,
        fields: Mapping[str, str | int | float | bool],
        token: str,
        message_id: str,
        date: datetime,
    ) -> bytes:
        """See `Letter.build`."""
        message = self.letter.build(
            to=to, fields=fields, token=token, message_id=message_id, date=date
        )
        return self.signer.signed(message, relaxed=self.letter.relaxed)
