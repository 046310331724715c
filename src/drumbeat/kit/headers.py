"""Which column of an export means what, whatever case and punctuation its header has."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from drumbeat.kit.errors import InvalidInput


def spelling(header: str) -> str:
    """A header without case and punctuation: "E-Mail_Address " and "e mail address" are one."""
    return " ".join(re.sub(r"[\W_]+", " ", header.casefold()).split())


def snake_case(header: str) -> str:
    """A name that a template can say: "Shoe Size" → shoe_size, "2nd" → x_2nd."""
    key = re.sub(r"\W+", "_", header.casefold()).strip("_")[:60]
    return f"x_{key}" if not key or key[0].isdigit() else key


def recognise(
    header: Sequence[str],
    synonyms: Mapping[str, Sequence[str]],
    forced: Mapping[int, str],
) -> dict[str, int]:
    """For each field the place of the column that says it best.

    `synonyms` gives headers for each field, the most telling first; a `forced` column (place →
    field) is taken before any other.
    """
    found = {field: at for at, field in forced.items() if field in synonyms}
    spelled = [spelling(name) for name in header]
    for field, headers in synonyms.items():
        if field in found:
            continue
        ranked = [
            (headers.index(name), at)
            for at, name in enumerate(spelled)
            if at not in forced and name in headers
        ]
        if ranked:
            found[field] = min(ranked)[1]
    return found


def place_of(column: str, header: Sequence[str]) -> int:
    """Where a column that a person named stands. Raises InvalidInput naming the nearest."""
    wanted = spelling(column)
    spelled = [spelling(name) for name in header]
    if column in header:
        return header.index(column)
    if wanted in spelled:
        return spelled.index(wanted)
    near = get_close_matches(wanted, spelled, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else f" There are: {', '.join(header[:20])}."
    raise InvalidInput(f"The file has no column {column[:60]!r}.{hint}", field=column[:60])
