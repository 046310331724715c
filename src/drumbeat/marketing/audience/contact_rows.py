"""One row of a contact file becomes a ContactRow, or a reason why not.

Consent: what the caller says holds for every row (`subscribed`), or a column decides; whatever they
say, a row's own no is kept. Without either nobody may be mailed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from drumbeat.kit.delimited import Row
from drumbeat.kit.instants import read_time
from drumbeat.marketing.audience import cells
from drumbeat.marketing.audience.addresses import NotAnAddress, normalise_address
from drumbeat.marketing.audience.cells import UNCONFIRMED, UNSUBSCRIBED, Answer
from drumbeat.marketing.audience.columns import ColumnMap
from drumbeat.marketing.audience.model import Attribute, Consent, ContactRow
from drumbeat.marketing.audience.number_styles import NumberStyle
from drumbeat.marketing.audience.topic_columns import read_topics
from drumbeat.marketing.audience.zones import choose_zone

MAX_EXTERNAL_ID = 200


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a row is no contact; `field` is its column as whoever sent it calls it."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field!r}: {self.reason}"


@dataclass(frozen=True)
class ContactReader:
    """Reads rows of one file; `consent` is what holds for rows that say nothing themselves."""

    header: Sequence[str]
    columns: ColumnMap
    consent: Consent
    source: str

    def read(self, row: Row) -> ContactRow | Unreadable:
        """The contact, or why the row is rejected."""
        address = normalise_address(self._cell(row, "email"))
        if isinstance(address, NotAnAddress):
            return Unreadable(self._name("email"), f"the address {address.reason}")
        return self.read_rest(row, address.text)

    def read_rest(self, row: Row, address: str) -> ContactRow | Unreadable:
        """What the row says besides its address, which is known already."""
        attributes = self._attributes(row)
        if isinstance(attributes, Unreadable):
            return attributes
        answer = self.answer(row)
        if isinstance(answer, Unreadable):
            return answer
        external_id = cells.clean_text(self._cell(row, "external_id"))
        if len(external_id) > MAX_EXTERNAL_ID:
            reason = f"is longer than {MAX_EXTERNAL_ID} characters"
            return Unreadable(self._name("external_id"), reason)
        topics, notes = self._topics(row, answer)
        country = attributes.get("country", "")
        zone, zone_source = choose_zone(
            self._cell(row, "timezone"), str(country), str(attributes.get("phone", ""))
        )
        return ContactRow(
            address,
            external_id=external_id or None,
            zone=zone,
            zone_source=zone_source,
            attributes=attributes,
            consent=answer.consent,
            consented_at=answer.at or self._time(row, "consented_at"),
            known_since=self._time(row, "known_since"),
            suppress=answer.suppress,
            source=self.source,
            topics=topics,
            notes=notes,
        )

    def _topics(
        self, row: Row, answer: Answer
    ) -> tuple[Mapping[int, bool] | None, tuple[str, ...]]:
        if not self.columns.topics:
            return None, ()
        yes = answer.consent is Consent.subscribed and answer.suppress is None
        return read_topics(self.columns.topics, row.cells, self.header, subscribed=yes)

    def _attributes(self, row: Row) -> dict[str, Attribute] | Unreadable:
        found: dict[str, Attribute] = {}
        for place, key, typed in self.columns.attributes:
            cell = row.cells[place]
            if not cell:
                continue
            if len(cell) > cells.MAX_TEXT:
                return Unreadable(self.header[place], f"is {len(cell):,} characters long")
            style = self.columns.numbers.get(place, NumberStyle.PLAIN)
            value = cells.read_attribute(cell, typed=typed, style=style)
            if value != "":
                found[key] = value
        return found

    def answer(self, row: Row) -> Answer | Unreadable:
        """The most restrictive thing the row says; an unknown word in a chosen column is told."""
        said: list[Answer] = []
        if self.columns.chosen_consent is not None:
            cell = row.cells[self.columns.chosen_consent]
            chosen = cells.read_consent(cell)
            if chosen is None:
                name = self.header[self.columns.chosen_consent]
                return Unreadable(name, f"{cell[:40]!r} says neither yes nor no to mail")
            said.append(chosen)
        happened = cells.says_something
        said += [UNSUBSCRIBED for at in self.columns.refusals if happened(row.cells[at])]
        said += [cells.BOUNCED for at in self.columns.bounces if happened(row.cells[at])]
        for place in self.columns.consent:
            answer = cells.read_consent(row.cells[place])
            if answer is not None and row.cells[place].strip():
                said.append(self._unasked(answer))
        return _combined(said, self.consent)

    def _unasked(self, answer: Answer) -> Answer:
        """What a column says that nobody chose: its yes is worth what the caller said."""
        return Answer(self.consent) if answer.consent is Consent.subscribed else answer

    def _cell(self, row: Row, name: str) -> str:
        place = self.columns.fields.get(name)
        return "" if place is None else row.cells[place]

    def _name(self, name: str) -> str:
        return self.header[self.columns.fields[name]]

    def _time(self, row: Row, name: str) -> datetime | None:
        cell = self._cell(row, name)
        return read_time(cell) if cell else None


def _combined(said: Sequence[Answer], otherwise: Consent) -> Answer:
    """A refusal beats a doubt, a doubt beats a yes; with nothing said, what the caller said."""
    for answer in said:
        if answer.consent is Consent.unsubscribed:
            return answer
    for answer in said:
        if answer.suppress is not None or answer is UNCONFIRMED:
            return answer
    return said[0] if said else Answer(otherwise)


def sample(columns: ColumnMap, header: Sequence[str]) -> Mapping[str, str]:
    """Which column each field was recognised in: what a person checks before importing."""
    return {name: header[place] for name, place in columns.fields.items()}
