"""Which facts there are: the manifest of sealed files, the folded batches, and what is pending.

The manifest is the warehouse. DuckDB only reads, in memory, inside the caller's snapshot: any
process may, nobody locks, nothing plain touches the disk. A file without a manifest row does not
count and is swept; a manifest row is written only while its file is there.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    delete,
    func,
    select,
)
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_of

from drumbeat.kit.errors import Conflict
from drumbeat.storage.database import NUMBER, Connection, is_reading, metadata, take_turn
from drumbeat.storage.fact_ducks import FactDuck, FactDucks, Revision
from drumbeat.storage.same_people import ALIAS_MARKS, has_merged, list_merged, numbers_of
from drumbeat.storage.sealed_parquet import FactFile, SealedParquet

if TYPE_CHECKING:
    import duckdb

GRACE_SECONDS = 3_600
"""How long a replaced file stays for the readers that still name it."""

_NUMBERS_A_QUERY = 500

_TURN = "warehouse"
"""Taken by whoever moves facts from events to batches to files, and by who reads while writing."""

fact_batch = Table(
    "fact_batch",
    metadata,
    Column("batch_no", NUMBER, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("folded_at", BigInteger, nullable=False),
    Column("rows", LargeBinary, nullable=False),
    sqlite_autoincrement=True,  # a number is never given twice
)

warehouse_file = Table(
    "warehouse_file",
    metadata,
    Column("file_no", NUMBER, primary_key=True),
    Column("family", Text, nullable=False),
    Column("month", Integer, nullable=False),
    Column("name", Text, nullable=False, unique=True),
    Column("n", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("min_mailing", Integer, nullable=False),
    Column("max_mailing", Integer, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("replaced_at", BigInteger),
    Column("rules", SmallInteger, nullable=False, server_default="1"),
    Index(None, "family", "month"),
    sqlite_autoincrement=True,
)


_FILE, _BATCH = warehouse_file.c, fact_batch.c
_COUNTING = _FILE.replaced_at.is_(None)
_MARKS = select(
    select(func.count()).select_from(warehouse_file).where(_COUNTING).scalar_subquery(),
    select(func.max(_FILE.file_no)).where(_COUNTING).scalar_subquery(),
    select(func.count()).select_from(fact_batch).scalar_subquery(),
    select(func.max(_BATCH.batch_no)).scalar_subquery(),
    *ALIAS_MARKS,
)


@dataclass(frozen=True, slots=True)
class Batch:
    """Facts of one fold, as Arrow IPC."""

    batch_no: int
    rows: bytes


@dataclass(frozen=True)
class Warehouse:
    """The writing side: batches in, files adopted, files swept."""

    connection: Connection
    files: SealedParquet

    def add_batch(self, rows: bytes, n: int, now: int) -> int:
        take_turn(self.connection, _TURN)
        row = {"n": n, "folded_at": now, "rows": rows}
        result = self.connection.execute(insert_into(fact_batch).values(row))
        key = result.inserted_primary_key
        return int(key[0]) if key else 0

    def list_batches(self, limit: int | None = None) -> list[Batch]:
        """The oldest batches first."""
        query = select(fact_batch.c.batch_no, fact_batch.c.rows).order_by(fact_batch.c.batch_no)
        return [Batch(no, rows) for no, rows in self.connection.execute(query.limit(limit))]

    def list_batch_nos(self) -> list[int]:
        return list(self.connection.scalars(select(_BATCH.batch_no).order_by(_BATCH.batch_no)))

    def read_batches(self, numbers: Sequence[int]) -> list[Batch]:
        """Raises nothing for a number that is gone."""
        found = []
        for first in range(0, len(numbers), _NUMBERS_A_QUERY):
            some = _BATCH.batch_no.in_(numbers[first : first + _NUMBERS_A_QUERY])
            query = select(_BATCH.batch_no, _BATCH.rows).where(some)
            found += [Batch(no, rows) for no, rows in self.connection.execute(query)]
        return found

    def find_last_batch(self) -> Batch | None:
        query = select(fact_batch.c.batch_no, fact_batch.c.rows)
        row = self.connection.execute(query.order_by(fact_batch.c.batch_no.desc()).limit(1)).first()
        return None if row is None else Batch(row.batch_no, row.rows)

    def waiting(self) -> tuple[int, int | None]:
        """How many batches wait to become files, and when the oldest was folded."""
        query = select(func.count(), func.min(fact_batch.c.folded_at))
        row = self.connection.execute(query).one()
        return row[0], row[1]

    def adopt(self, files: Sequence[FactFile], batch_nos: Sequence[int], now: int) -> None:
        """Name `files` in the manifest in place of the batches they were made of.

        Raises Conflict, changing nothing once rolled back, if a batch or a file is gone.
        """
        take_turn(self.connection, _TURN)
        self._name(files, now)
        gone = delete(fact_batch).where(fact_batch.c.batch_no.in_(batch_nos))
        if self.connection.execute(gone).rowcount != len(batch_nos):
            raise Conflict("Another archiver was faster: a batch of facts is in a file already.")

    def replace(self, file: FactFile, old: Sequence[str], now: int) -> None:
        """Name the compacted `file` instead of the `old` ones, which stay readable for a while."""
        take_turn(self.connection, _TURN)
        self._name([file], now)
        current = warehouse_file.c.name.in_(old), warehouse_file.c.replaced_at.is_(None)
        swap = update_of(warehouse_file).where(*current).values(replaced_at=now)
        if self.connection.execute(swap).rowcount != len(old):
            raise Conflict("Another compaction was faster: a fact file is replaced already.")

    def replace_batch(self, batch_no: int, rows: bytes) -> None:
        """Other rows, as many, under a number of their own: whoever read the old ones reads anew.

        Raises Conflict if the batch is gone.
        """
        take_turn(self.connection, _TURN)
        query = select(fact_batch.c.n, fact_batch.c.folded_at)
        old = self.connection.execute(query.where(fact_batch.c.batch_no == batch_no)).first()
        if old is None:
            raise Conflict("This batch of facts is in a file already.")
        self.connection.execute(delete(fact_batch).where(fact_batch.c.batch_no == batch_no))
        row = {"n": old.n, "folded_at": old.folded_at, "rows": rows}
        self.connection.execute(insert_into(fact_batch).values(row))

    def list_files(self) -> list[FactFile]:
        """The files that count, by family, month and number."""
        t = warehouse_file.c
        query = select(*(t[name] for name in FactFile.__slots__)).where(t.replaced_at.is_(None))
        rows = self.connection.execute(query.order_by(t.family, t.month, t.file_no))
        return [FactFile(*row) for row in rows]

    def sweep(self, now: int) -> int:
        """Remove files that no row names, and those replaced long enough ago; answers how many.

        In its turn, so that no adoption can fall between the look and the removal.
        """
        take_turn(self.connection, _TURN)
        old = warehouse_file.c.replaced_at <= now - GRACE_SECONDS
        self.connection.execute(delete(warehouse_file).where(old))
        named = set(self.connection.scalars(select(warehouse_file.c.name)))
        orphans = [name for name in self.files.list_() if name not in named]
        for name in orphans:
            self.files.remove(name)
        return len(orphans)

    def _name(self, files: Sequence[FactFile], now: int) -> None:
        for file in files:
            if not self.files.exists(file.name):
                raise Conflict(f"The fact file {file.name} was swept before it was adopted.")
        rows = [{n: getattr(f, n) for n in FactFile.__slots__} | {"added_at": now} for f in files]
        if rows:
            self.connection.execute(insert_into(warehouse_file), rows)


@dataclass(frozen=True)
class FactReader:
    """Facts for stores that ask questions in DuckDB's SQL.

    `pending` answers the facts that are not folded yet, read on the same connection;
    `pending_mark` what moves whenever those change. `ducks` are those of the process.
    """

    connection: Connection
    files: SealedParquet
    pending: Callable[[], Any]
    pending_mark: Callable[[], tuple[int, int]]
    ducks: FactDucks = field(default_factory=partial(FactDucks, 0))

    @cached_property
    def revision(self) -> Revision | None:
        """Equal for two reading units that see the same facts; None in a writing unit."""
        settled = self.settled_revision
        return None if settled is None else settled + self.pending_mark()

    @cached_property
    def settled_revision(self) -> Revision | None:
        """The same of the facts that are folded: they change less often than any come."""
        if not is_reading(self.connection):
            return None
        return tuple(n or 0 for n in self.connection.execute(_MARKS).one())

    @cached_property
    def has_merged(self) -> bool:
        """Whether anybody's facts stand under more than one number."""
        return has_merged(self.connection)

    @contextmanager
    def open(self, *, settled: bool = False) -> "Iterator[duckdb.DuckDBPyConnection]":
        """A DuckDB in memory with one view, `facts`, of every fact in the caller's snapshot.

        `person_facts` are the same by whom they are about now: what a contact did who was merged
        stands there under the number that was kept, and what is nobody's since an erasure is left
        out. Figures of a mailing read `facts`.
        `settled` leaves out those that are not folded yet, which `list_pending` answers.

        contact_no, mailing_no int32 · occurred_at TIMESTAMP in UTC · kind, arm_no int8 · link_no
        int16 · verdict, reason int8 · value_minor, order_key int64 · currency, source text ·
        properties JSON text or NULL. No mailing is 0, no arm or link -1, no order 0.
        """
        # A writing unit may see what others commit while it reads: no fact may move meanwhile.
        take_turn(self.connection, _TURN)
        revision = self.settled_revision if settled else self.revision
        with self.ducks.lend(revision) as duck:
            if revision is None or duck.revision != revision:
                self._show(duck, revision, settled)
            with duck.reading(self.files) as reader:
                yield reader

    def list_pending(self, contact_no: int) -> list[tuple[Any, ...]]:
        """The contact's facts that are not folded yet, as rows in the order of COLUMNS."""
        from drumbeat.storage.fact_tables import of_contact, rows_of

        pending, numbers = self.pending(), numbers_of(self.connection, contact_no)
        return [row for number in numbers for row in rows_of(of_contact(pending, number))]

    def _show(self, duck: FactDuck, revision: Revision | None, settled: bool) -> None:
        """A batch never changes, but a number may be given again after a writing unit failed."""
        from drumbeat.storage.fact_tables import from_ipc, joined

        warehouse = Warehouse(self.connection, self.files)
        names = [file.name for file in warehouse.list_files()]
        numbers = warehouse.list_batch_nos()
        known = {} if revision is None else duck.batches
        missing = [number for number in numbers if number not in known]
        read = {batch.batch_no: from_ipc(batch.rows) for batch in warehouse.read_batches(missing)}
        batches = {number: read[number] if number in read else known[number] for number in numbers}
        pending, merged = joined(()) if settled else self.pending(), list_merged(self.connection)
        duck.show(revision, names, batches, pending, merged)
