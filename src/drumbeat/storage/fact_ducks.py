"""DuckDBs that stay open between readers: to open one costs more than most questions to it.

Each is lent to one reader at a time, with the facts of that reader's snapshot and no other. Between
two readers it holds no file, so nothing that was replaced is held on to: only DuckDB itself, and in
memory the facts that no file has yet.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from drumbeat.storage.sealed_parquet import PROTOCOL, SealedFile, SealedParquet

if TYPE_CHECKING:
    import duckdb

    from drumbeat.storage.fact_file_system import FactFileSystem

KEPT_OPEN = 2
"""Of more readers at once, the others open one for themselves."""

MEMORY_LIMIT = "512MB"

MOST_KEPT_ROWS = 500_000
"""Facts in no file yet; more of them are read anew by every reader rather than kept."""

_COLUMNS = (
    "contact_no, mailing_no, occurred_at, kind, arm_no, link_no, verdict, reason, value_minor,"
    " currency, order_key, source, properties"
)

_PERSONS = (
    "CREATE OR REPLACE VIEW person_facts AS SELECT * FROM facts WHERE contact_no >= 0",
    "CREATE OR REPLACE VIEW person_facts AS SELECT coalesce(s.contact_no, f.contact_no)"
    f" AS contact_no, {_COLUMNS.removeprefix('contact_no, ')} FROM"
    " (SELECT contact_no AS merged_no, * FROM facts) f"
    " LEFT JOIN same_people s USING (merged_no) WHERE f.contact_no >= 0",
)
"""Without anybody merged, and with: only then it costs a join. Below zero is nobody:
facts of people who were erased count for mailings, and are no person's."""

Revision = tuple[int, ...]


class FactDuck:
    """One DuckDB with a view of the snapshot that it was shown last."""

    def __init__(self) -> None:
        from drumbeat.storage.fact_file_system import FactFileSystem
        from drumbeat.storage.fact_tables import joined

        self.revision: Revision | None = None
        self.batches: Mapping[int, Any] = {}
        self._names: Sequence[str] = ()
        self._merged: Any = None
        self._viewed: tuple[Sequence[str], bool] | None = None
        self._recent = joined(())
        self._files = FactFileSystem()
        self._duck = _opened(self._files)
        self._duck.register("recent_facts", self._recent)  # the views are made on these
        self._duck.register("same_people", _same_people(()))

    def show(
        self,
        revision: Revision | None,
        names: Sequence[str],
        batches: Mapping[int, Any],
        pending: Any,
        merged: Sequence[tuple[int, int]] = (),
    ) -> None:
        """It shows these files, batches and facts; None: to nobody but this reader.

        `merged` are numbers of people who are kept under another one, and that one.
        """
        from drumbeat.storage.fact_tables import joined

        self._names, self._merged = names, _same_people(merged) if merged else None
        self._recent = joined([*batches.values(), pending])
        kept = revision is not None and self._recent.num_rows <= MOST_KEPT_ROWS
        self.revision, self.batches = (revision, batches) if kept else (None, {})

    @contextmanager
    def reading(self, files: SealedParquet) -> "Iterator[duckdb.DuckDBPyConnection]":
        """A connection of the reader's own: the temporary tables it makes end with it."""
        from drumbeat.storage.fact_tables import joined

        with ExitStack() as stack:
            opened: dict[str, SealedFile] = {}
            for name in self._names:
                opened[name] = files.open(name)
                stack.callback(opened[name].close)
            stack.enter_context(self._files.showing(opened))
            self._view()
            reader = self._duck.cursor()
            stack.callback(reader.close)
            reader.register("recent_facts", self._recent)
            if self._merged is not None:
                reader.register("same_people", self._merged)
            yield reader
        if self.revision is None:
            self._recent = joined(())

    def close(self) -> None:
        self._duck.close()

    def _view(self) -> None:
        wanted = self._names, self._merged is not None
        if self._viewed != wanted:
            self._duck.execute(_view_of(self._names))
            self._duck.execute(_PERSONS[self._merged is not None])
            self._viewed = wanted


@dataclass
class FactDucks:
    """Thread-safe; closed with the house. `most` is how many stay open while nobody reads."""

    most: int = KEPT_OPEN
    _idle: list[FactDuck] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def lend(self, revision: Revision | None) -> Iterator[FactDuck]:
        """Preferably one that shows this revision. After an error it is not lent again."""
        duck = self._take(revision) or FactDuck()
        try:
            yield duck
        except BaseException:
            duck.close()
            raise
        with self._lock:
            keep = len(self._idle) < self.most
            if keep:
                self._idle.append(duck)
        if not keep:
            duck.close()

    def warm(self) -> None:
        """Load what DuckDB needs and open one, so that no reader has to wait for that."""
        with self.lend(None):
            pass

    def close(self) -> None:
        with self._lock:
            self.most, idle, self._idle = 0, self._idle, []
        for duck in idle:
            duck.close()

    def _take(self, revision: Revision | None) -> FactDuck | None:
        with self._lock:
            for duck in reversed(self._idle):
                if duck.revision == revision:
                    self._idle.remove(duck)
                    return duck
            return self._idle.pop() if self._idle else None


def _opened(files: "FactFileSystem") -> "duckdb.DuckDBPyConnection":
    import duckdb

    duck = duckdb.connect(
        config={
            "threads": "1",
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": "",  # what spilled would lie there in plain
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
        }
    )
    duck.register_filesystem(files)
    duck.execute("SET GLOBAL disabled_filesystems = 'LocalFileSystem'")
    duck.execute("SET GLOBAL TimeZone = 'UTC'")
    duck.execute("SET GLOBAL lock_configuration = true")
    return duck


def _view_of(names: Sequence[str]) -> str:
    """In DuckDB's own catalog; each reader's connection has its own `recent_facts`."""
    recent = f"SELECT {_COLUMNS} FROM recent_facts"
    if not names:
        return f"CREATE OR REPLACE VIEW facts AS {recent}"
    paths = ", ".join(f"'{PROTOCOL}://{name}'" for name in names)
    sealed = f"SELECT {_COLUMNS} FROM read_parquet([{paths}])"
    return f"CREATE OR REPLACE VIEW facts AS {sealed} UNION ALL {recent}"


def _same_people(merged: Sequence[tuple[int, int]]) -> Any:
    import pyarrow as pa  # type: ignore[import-untyped]

    numbers = pa.schema([("merged_no", pa.int32()), ("contact_no", pa.int32())])
    columns = [[pair[at] for pair in merged] for at in (0, 1)]
    return pa.table(dict(zip(numbers.names, columns, strict=True)), numbers)
