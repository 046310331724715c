"""What a mailing says: letters, compiled once, and built per recipient just before they leave."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from drumbeat.marketing.delivery import Mailing


class Letter(Protocol):
    """One arm of a mailing, ready to be built for anybody.

    `clean` vouches for what it builds, as `Parcel.clean` says; `relaxed`, that no body it builds
    holds two spaces together or a tab, so that DKIM's relaxed form is the body itself.
    """

    @property
    def clean(self) -> bool: ...

    @property
    def relaxed(self) -> bool: ...

    def build(
        self,
        *,
        to: str,
        fields: Mapping[str, str | int | float | bool],
        token: str,
        message_id: str,
        date: datetime,
    ) -> bytes:
        """The whole message in wire form: RFC 5322, CRLF. Raises InvalidInput naming the field."""


LettersOf = Callable[[Mailing], Sequence[Letter]]
"""By arm number; raises DrumbeatError, written for a person, if this mailing must not be sent."""


class Letters:
    """The letters of the mailings under way."""

    def __init__(self, letters_of: LettersOf) -> None:
        self._letters_of = letters_of
        self._kept: dict[tuple[int, int], Sequence[Letter]] = {}

    def of(self, mailing: Mailing) -> Sequence[Letter]:
        key = (mailing.mailing_no, mailing.piece_revision)
        if key not in self._kept:
            self._kept[key] = self._letters_of(mailing)
        return self._kept[key]

    def forget(self, *, keep: set[int]) -> None:
        """Drop what no mailing of `keep` needs."""
        self._kept = {key: kept for key, kept in self._kept.items() if key[0] in keep}
