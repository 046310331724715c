"""Folded facts become sealed files: which family a kind belongs to, and the last word on verdicts.

Touches Arrow tables and files, no database: it runs between two units of work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from drumbeat.marketing.events.marks import rejudged
from drumbeat.marketing.events.model import FoldedFact, Kind
from drumbeat.marketing.events.verdicts import RULES, judge_neighbours
from drumbeat.storage.fact_marks import Mark
from drumbeat.storage.sealed_parquet import FactFile, SealedParquet
from drumbeat.storage.warehouse import Batch

FAMILY_OF = {int(kind): "engaged" for kind in Kind} | {
    int(Kind.sent): "sent",
    int(Kind.delivered): "sent",
    int(Kind.bounced): "sent",
    int(Kind.purchased): "bought",
}
SMALL_BYTES = 8 * 1024 * 1024
SMALL_FILES = 8


@dataclass(frozen=True)
class Sealed:
    """Files that count once they are adopted, and whose figures their last verdicts change."""

    files: tuple[FactFile, ...]
    changed: frozenset[Mark]


def seal_batches(files: SealedParquet, batches: Sequence[Batch]) -> Sealed:
    """Write the batches as files by family and month."""
    from drumbeat.storage.fact_tables import from_ipc, joined, seal_table

    table, changed = settle_verdicts(joined([from_ipc(batch.rows) for batch in batches]))
    return Sealed(tuple(seal_table(files, table, FAMILY_OF, RULES)), changed)


def compact(files: SealedParquet, old: Sequence[FactFile]) -> Sealed:
    """Write one file in place of several of one family and month."""
    from drumbeat.storage.fact_tables import joined, read_file, seal_file

    table, changed = settle_verdicts(joined([read_file(files, file.name) for file in old]))
    # Neighbours were judged by today's rules; single requests stay as the oldest file has them.
    rules = min(file.rules for file in old)
    return Sealed((seal_file(files, table, old[0].family, old[0].month, rules),), changed)


def choose_small(files: Sequence[FactFile]) -> tuple[FactFile, ...]:
    """Small files of one family and month that are worth compacting; empty if none are."""
    groups: dict[tuple[str, int], list[FactFile]] = {}
    for file in files:
        if file.bytes < SMALL_BYTES:
            groups.setdefault((file.family, file.month), []).append(file)
    crowded = [group for group in groups.values() if len(group) >= SMALL_FILES]
    return tuple(max(crowded, key=len, default=())[: 4 * SMALL_FILES])


def settle_verdicts(table: Any) -> tuple[Any, frozenset[Mark]]:
    """Judge opens and clicks again among all their neighbours in the table; and what changed."""
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    from drumbeat.storage.fact_tables import rows_of

    places = engaged_places(table)
    if not len(places):
        return table, frozenset()
    people = pc.unique(table.column("contact_no").take(places))
    sends = pc.and_(
        pc.equal(table.column("kind"), pa.scalar(int(Kind.sent), pa.int8())),
        pc.is_in(table.column("contact_no"), value_set=people),
    )
    before = [FoldedFact(*row) for row in rows_of(table.take(places))]
    context = [FoldedFact(*row) for row in rows_of(table.filter(sends))]
    after = judge_neighbours(before, context)
    return with_verdicts(table, places, after), rejudged(before, after)


def engaged_places(table: Any) -> Any:
    """Where in the table the opens and clicks stand."""
    kinds = table.column("kind").to_numpy()
    return ((kinds == Kind.opened) | (kinds == Kind.clicked)).nonzero()[0]


def with_verdicts(table: Any, places: Any, judged: Sequence[FoldedFact]) -> Any:
    """The table with the verdict and the reason of each judged fact at its place."""
    import pyarrow as pa

    from drumbeat.storage.fact_tables import COLUMNS

    for name in ("verdict", "reason"):
        values = table.column(name).to_numpy().copy()
        values[places] = [getattr(fact, name) for fact in judged]
        place = COLUMNS.get_field_index(name)
        table = table.set_column(place, COLUMNS.field(place), pa.array(values, pa.int8()))
    return table
