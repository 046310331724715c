"""What do the ordinary rows of a block say, read column by column?

A row is ordinary if its address is plain, nothing in it is unreadable and it refuses nothing. All
others are read by ContactReader, whose answers these columns repeat exactly: every value that is
not plain text or a plain whole number is judged by the same functions, once for each different one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from drumbeat.kit.clock import epoch
from drumbeat.kit.delimited import Row
from drumbeat.kit.instants import read_time
from drumbeat.marketing.audience import cells
from drumbeat.marketing.audience.addresses import ADDRESS, MAX_ADDRESS, MAX_LOCAL
from drumbeat.marketing.audience.blocks import Plain
from drumbeat.marketing.audience.contact_rows import MAX_EXTERNAL_ID, ContactReader, Unreadable
from drumbeat.marketing.audience.model import Consent
from drumbeat.marketing.audience.number_styles import NumberStyle
from drumbeat.marketing.audience.zones import choose_zone

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa  # type: ignore[import-untyped]
    from numpy.typing import NDArray

T = TypeVar("T")

_PLAIN_TEXT = r"^[!#-\[\]-~](?:[ !#-\[\]-~]*[!#-\[\]-~])?$"
_MAYBE_TYPED = r"^(?:-?[0-9]|[tT][rR][uU][eE]$|[fF][aA][lL][sS][eE]$)"
_WHOLE_NUMBER = r"^(?:0|-?[1-9][0-9]{0,14})$"


@dataclass(frozen=True)
class PlainContacts:
    """Ordinary rows as columns of equal length; `rows` are their places in the block.

    `attributes` are JSON objects as text. `times` (known since, consented at) are epoch seconds or
    null, and absent when no row has any.
    """

    rows: NDArray[np.int64]
    addresses: pa.StringArray
    domains: pa.StringArray
    attributes: pa.StringArray
    zones: pa.StringArray
    zone_sources: pa.Int8Array
    consents: pa.Int8Array
    external_ids: pa.StringArray | None
    times: tuple[pa.Int64Array, pa.Int64Array] | None

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Block:
    """A block with what its ordinary rows say; `others` are the places of the rest."""

    plain: Plain
    ordinary: PlainContacts
    others: Sequence[int]

    def row(self, at: int) -> Row:
        """One row as the careful reader takes it."""
        number = self.plain.first_row + at
        return Row(number, [column[at].as_py() for column in self.plain.columns])


def read_block(plain: Plain, reader: ContactReader) -> Block:
    """Read every ordinary row of a block."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    columns, places = plain.columns, reader.columns.fields
    addresses = pc.ascii_lower(pc.ascii_trim(columns[places["email"]], " \t"))
    good = _mask(pc.match_substring_regex(addresses, f"^{ADDRESS}$"))
    good &= _mask(pc.less_equal(pc.binary_length(addresses), MAX_ADDRESS))
    good &= _mask(pc.less_equal(pc.find_substring(addresses, "@"), MAX_LOCAL))
    for place, _, _ in reader.columns.attributes:
        good &= _mask(pc.less_equal(pc.binary_length(columns[place]), cells.MAX_TEXT))
    consents, answered, consented = _answers(plain, reader)
    external_ids, bearable = _external_ids(plain, reader)
    good &= answered & bearable
    kept = np.flatnonzero(good)
    taken = pa.array(kept)
    zones, sources = _zones(plain, reader, kept)
    shown = addresses.take(taken)
    return Block(
        plain,
        PlainContacts(
            rows=kept,
            addresses=shown,
            domains=pc.replace_substring_regex(shown, "^[^@]*@", ""),
            attributes=_attributes(plain, reader, taken),
            zones=zones,
            zone_sources=sources,
            consents=pa.array(consents[kept]),
            external_ids=None if external_ids is None else external_ids.take(taken),
            times=_times(plain, reader, kept, consented),
        ),
        np.flatnonzero(~good).tolist(),
    )


def _attributes(plain: Plain, reader: ContactReader, kept: pa.Array) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    told = []
    for place, key, typed in reader.columns.attributes:
        style = reader.columns.numbers.get(place, NumberStyle.PLAIN)
        told.append(_members(plain.columns[place].take(kept), key, typed, style))
    if not told:
        return pa.repeat(pa.scalar("{}"), len(kept))
    # Not null_handling="skip": where all are null, that answers one row too few.
    joined = pc.binary_join_element_wise(*(pc.fill_null(each, "") for each in told), "")
    return pc.binary_join_element_wise("{", pc.ascii_rtrim(joined, ", "), "}", "")


def _members(column: Any, key: str, typed: bool, style: NumberStyle) -> Any:
    """For each cell its member of a JSON object and a comma, null where it says nothing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    name = f"{json.dumps(key)}: "

    def member(cell: str) -> str | None:
        value = cells.read_attribute(cell, typed=typed, style=style) if cell else ""
        return None if value == "" else f"{name}{json.dumps(value)}, "

    encoded = column.dictionary_encode()
    if 4 * len(encoded.dictionary) < len(column) or len(column) < 1_000:
        judged = [member(cell) for cell in encoded.dictionary.to_pylist()]
        return pa.array(judged, pa.string()).take(encoded.indices)
    text = pc.match_substring_regex(column, _PLAIN_TEXT)
    number = pa.scalar(False)
    if typed:
        text = pc.and_not(text, pc.match_substring_regex(column, _MAYBE_TYPED))
        if style is NumberStyle.PLAIN:
            number = pc.match_substring_regex(column, _WHOLE_NUMBER)
    quoted = pc.binary_join_element_wise(f'{name}"', column, '", ', "")
    found = pc.if_else(text, quoted, pc.binary_join_element_wise(name, column, ", ", ""))
    rest = pc.invert(pc.or_(text, number))
    odd = column.filter(rest).to_pylist()
    return pc.replace_with_mask(found, rest, pa.array([member(each) for each in odd], pa.string()))


def _by_value(column: Any, judge: Callable[[str], T]) -> tuple[NDArray[np.int64], list[T]]:
    """What `judge` says of each different cell, and for each cell which of them it has."""
    encoded = column.dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype("int64")
    return codes, [judge(cell) for cell in encoded.dictionary.to_pylist()]


def _combined(columns: Sequence[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each row which combination of cells it has, and for each combination a row with it."""
    import numpy as np

    codes = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        own, values = _by_value(column, str)
        codes = np.unique(codes * max(len(values), 1) + own, return_inverse=True)[1]
    _, firsts = np.unique(codes, return_index=True)
    return codes, firsts


def _answers(
    plain: Plain, reader: ContactReader
) -> tuple[NDArray[np.int8], NDArray[np.bool_], list[int | None] | None]:
    """Consents, which rows neither refuse nor cannot be understood, and when they were given."""
    import numpy as np

    told = reader.columns
    places = [*told.refusals, *told.bounces, *told.consent]
    if told.chosen_consent is not None:
        places.append(told.chosen_consent)
    count = len(plain.columns[0])
    if not places:
        return np.full(count, int(reader.consent), np.int8), np.ones(count, bool), None
    codes, firsts = _combined([plain.columns[place] for place in places])
    answers = [reader.answer(_sparse(plain, places, int(at))) for at in firsts]
    usable = [
        not isinstance(each, Unreadable)
        and each.suppress is None
        and each.consent is not Consent.unsubscribed
        for each in answers
    ]
    states = [0 if isinstance(each, Unreadable) else int(each.consent) for each in answers]
    times = [
        None if isinstance(each, Unreadable) or each.at is None else epoch(each.at)
        for each in answers
    ]
    at = [times[code] for code in codes.tolist()] if any(times) else None
    return np.array(states, np.int8)[codes], np.array(usable, bool)[codes], at


def _sparse(plain: Plain, places: Sequence[int], at: int) -> Row:
    """A row with only these cells: what its answer depends on."""
    said = [""] * len(plain.columns)
    for place in places:
        said[place] = plain.columns[place][at].as_py()
    return Row(plain.first_row + at, said)


def _external_ids(
    plain: Plain, reader: ContactReader
) -> tuple[pa.StringArray | None, NDArray[np.bool_]]:
    import numpy as np
    import pyarrow as pa

    place = reader.columns.fields.get("external_id")
    if place is None:
        return None, np.ones(len(plain.columns[0]), bool)
    said = [cells.clean_text(cell) for cell in plain.columns[place].to_pylist()]
    bearable = np.array([len(each) <= MAX_EXTERNAL_ID for each in said], bool)
    return pa.array([each or None for each in said], pa.string()), bearable


def _zones(plain: Plain, reader: ContactReader, kept: NDArray[np.intp]) -> tuple[Any, Any]:
    import numpy as np
    import pyarrow as pa

    place = reader.columns.fields.get("timezone")
    country = next((at for at, key, _ in reader.columns.attributes if key == "country"), None)
    phone = next((at for at, key, _ in reader.columns.attributes if key == "phone"), None)
    places = [at for at in (place, country) if at is not None]
    if not places and phone is not None:
        places = [phone]
    if not places:
        return pa.repeat(pa.scalar(""), len(kept)), pa.array(np.zeros(len(kept), np.int8))
    codes, firsts = _combined([plain.columns[at] for at in places])
    found = []
    for at in firsts.tolist():
        zone = "" if place is None else plain.columns[place][at].as_py()
        cell = "" if country is None else plain.columns[country][at].as_py()
        found.append(choose_zone(zone, cells.clean_text(cell)))
    chosen = [found[code] for code in codes[kept].tolist()]
    if phone is not None and any(not zone for zone, _ in found):
        numbers = plain.columns[phone]
        chosen = [
            each if each[0] else choose_zone("", "", cells.clean_text(numbers[at].as_py()))
            for each, at in zip(chosen, kept.tolist(), strict=True)
        ]
    zones = pa.array([zone for zone, _ in chosen], pa.string())
    return zones, pa.array([int(source) for _, source in chosen], pa.int8())


def _times(
    plain: Plain,
    reader: ContactReader,
    kept: NDArray[np.intp],
    answered: Sequence[int | None] | None,
) -> tuple[pa.Int64Array, pa.Int64Array] | None:
    import pyarrow as pa

    fields = reader.columns.fields
    if answered is None and not fields.keys() & {"known_since", "consented_at"}:
        return None
    since = _instants(plain, fields.get("known_since"))
    given = _instants(plain, fields.get("consented_at"))
    known: list[int | None] = []
    consented: list[int | None] = []
    for at in kept.tolist():
        told = None if answered is None else answered[at]
        consented.append(given[at] if told is None else told)
        known.append(since[at] if since[at] is not None else consented[-1])
    return pa.array(known, pa.int64()), pa.array(consented, pa.int64())


def _instants(plain: Plain, place: int | None) -> list[int | None]:
    if place is None:
        return [None] * len(plain.columns[0])

    def instant(cell: str) -> int | None:
        at = read_time(cell) if cell else None
        return None if at is None else epoch(at)

    codes, values = _by_value(plain.columns[place], instant)
    return [values[code] for code in codes.tolist()]


def _mask(found: Any) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = found.to_numpy(zero_copy_only=False).astype(bool)
    return mask
