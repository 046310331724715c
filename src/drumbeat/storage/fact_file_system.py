"""How DuckDB reads sealed files: an fsspec file system over the files of one snapshot.

Imported only when facts are read: `fsspec` is slow to import.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from fsspec import AbstractFileSystem  # type: ignore[import-untyped]

from drumbeat.storage.sealed_parquet import PROTOCOL, SealedFile, SealedHandle

_UNCHANGING = datetime(2000, 1, 1, tzinfo=UTC)


class FactFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """Knows exactly the files of who reads now; sealed files never change."""

    protocol = PROTOCOL
    cachable = False

    def __init__(self) -> None:
        super().__init__()
        self._files: Mapping[str, SealedFile] = {}

    @contextmanager
    def showing(self, files: Mapping[str, SealedFile]) -> Iterator[None]:
        self._files = files
        try:
            yield
        finally:
            self._files = {}

    def open(self, path: str, mode: str = "rb", **_: Any) -> SealedHandle:
        return SealedHandle(self._find(path))

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        return {"name": path, "size": self._find(path).size, "type": "file"}

    def glob(self, path: str, **_: Any) -> list[str]:
        return [path]

    def exists(self, path: str, **_: Any) -> bool:
        return path.removeprefix(f"{PROTOCOL}://") in self._files

    def modified(self, path: str) -> datetime:
        return _UNCHANGING

    def _find(self, path: str) -> SealedFile:
        return self._files[path.removeprefix(f"{PROTOCOL}://")]
