"""Facts of somebody who was erased become nobody's: batches and sealed files are written anew.

Read in one unit, written in none, swapped in another, as compaction does. The facts of each mailing
get a number of their own that leads nowhere: counts stay true, and tell nobody's story.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol

from drumbeat.kit.errors import Conflict
from drumbeat.storage.persons import LARGEST

if TYPE_CHECKING:
    from drumbeat.storage.sealed_parquet import FactFile, SealedParquet
    from drumbeat.storage.warehouse import Batch


class Unnaming(Protocol):
    """The part of EventsService that this needs in each unit."""

    def list_to_unname(self) -> "tuple[Sequence[Batch], Sequence[FactFile], SealedParquet]": ...

    def swap_batch(self, batch: "Batch", rows: bytes) -> None: ...

    def swap_file(self, old: "FactFile", new: "FactFile") -> None: ...


class _Unit(Protocol):
    @property
    def events(self) -> Unnaming: ...


def unname(
    look: Callable[[], AbstractContextManager[_Unit]],
    begin: Callable[[], AbstractContextManager[_Unit]],
    contact_no: int,
) -> int:
    """Make every folded fact of one number nobody's; answers how many there were.

    It may be broken off and begun again. Whatever is folded or compacted meanwhile is met in its
    new shape: it goes on until a whole turn finds nothing.
    """
    import secrets

    total, salt = 0, secrets.token_bytes(16)
    while found := _turn(look, begin, contact_no, salt):
        total += found
    return total


def _turn(
    look: Callable[[], AbstractContextManager[_Unit]],
    begin: Callable[[], AbstractContextManager[_Unit]],
    contact_no: int,
    salt: bytes,
) -> int:
    from drumbeat.storage.fact_tables import from_ipc, read_file, seal_file, to_ipc

    found = 0
    with look() as unit:
        batches, old_files, files = unit.events.list_to_unname()
    for batch in batches:
        table, n = _without(from_ipc(batch.rows), contact_no, salt)
        if n:
            _swapped(begin, partial(_swap_batch, batch=batch, rows=to_ipc(table)))
            found += n
    for old in old_files:
        try:
            table, n = _without(read_file(files, old.name), contact_no, salt)
        except FileNotFoundError:  # compacted and swept meanwhile
            found += 1
            continue
        if n:
            new = seal_file(files, table, old.family, old.month, old.rules)
            _swapped(begin, partial(_swap_file, old=old, new=new))
            found += n
    return found


def _swap_batch(events: Unnaming, *, batch: "Batch", rows: bytes) -> None:
    events.swap_batch(batch, rows)


def _swap_file(events: Unnaming, *, old: "FactFile", new: "FactFile") -> None:
    events.swap_file(old, new)


def _swapped(
    begin: Callable[[], AbstractContextManager[_Unit]], swap: Callable[[Unnaming], None]
) -> None:
    """What somebody else moved meanwhile, the next turn meets again."""
    with suppress(Conflict), begin() as unit:
        swap(unit.events)


def _without(table: Any, contact_no: int, salt: bytes) -> tuple[Any, int]:
    """The table with nobody in that person's place; and in how many rows they were."""
    import secrets

    import pyarrow as pa  # type: ignore[import-untyped]

    from drumbeat.storage.fact_tables import COLUMNS

    places = (table.column("contact_no").to_numpy() == contact_no).nonzero()[0]
    if not len(places):
        return table, 0
    mailings = table.column("mailing_no").to_numpy()
    for name in ("contact_no", "order_key"):
        values = table.column(name).to_numpy().copy()
        for place in places:
            if name == "contact_no":
                values[place] = _nobody_of(int(mailings[place]), salt)
            elif values[place]:
                values[place] = 1 + secrets.randbelow(2**62)
        table = _replaced(table, COLUMNS, name, pa.array(values, COLUMNS.field(name).type))
    told = table.column("properties").to_pylist()
    for place in places:
        told[place] = None
    told_type = COLUMNS.field("properties").type
    return _replaced(table, COLUMNS, "properties", pa.array(told, told_type)), len(places)


def _nobody_of(mailing_no: int, salt: bytes) -> int:
    """One nobody a mailing, so that who opened twice still counts once; forgotten with `salt`."""
    hashed = blake2b(mailing_no.to_bytes(8, "big", signed=True), key=salt, digest_size=8).digest()
    return -1 - int.from_bytes(hashed, "big") % LARGEST


def _replaced(table: Any, columns: Any, name: str, values: Any) -> Any:
    place = columns.get_field_index(name)
    return table.set_column(place, columns.field(place), values)
