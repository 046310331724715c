"""The mirror as a Parquet file, to be sealed: a column of words and one of numbers an attribute."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from drumbeat.marketing.audience.mirror import Mirror, MirrorColumn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_REVISION, _TEXT, _NUMBER = "revision", "t:", "n:"
_TIMES = (b"checked_at", b"compared_at")


def to_parquet(mirror: Mirror) -> bytes:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    columns: dict[str, Any] = {_REVISION: pa.array(mirror.revisions)}
    for key, column in mirror.columns.items():
        if column.texts:
            codes = pa.array(column.codes, mask=column.codes < 0)
            words = pa.array([_storable(text) for text in column.texts], pa.large_string())
            columns[_TEXT + key] = pa.DictionaryArray.from_arrays(codes, words)
        if column.numbers is not None:
            columns[_NUMBER + key] = pa.array(column.numbers, from_pandas=True)
    times = (str(mirror.checked_at).encode(), str(mirror.compared_at).encode())
    table = pa.table(columns).replace_schema_metadata(dict(zip(_TIMES, times, strict=True)))
    file = BytesIO()
    pq.write_table(table, file, compression="zstd", row_group_size=len(mirror.revisions) + 1)
    return file.getvalue()


def from_parquet(file: BinaryIO) -> Mirror:
    import numpy as np
    import pyarrow.parquet as pq

    names = pq.read_schema(file).names
    file.seek(0)
    texts = [name for name in names if name.startswith(_TEXT)]
    table = pq.read_table(file, read_dictionary=texts)
    columns = {}
    for key in dict.fromkeys(name[2:] for name in names if name != _REVISION):
        words: tuple[str, ...] = ()
        codes = np.full(table.num_rows, -1, np.int32)
        if _TEXT + key in names:
            codes, words = _codes(table[_TEXT + key])
        numbers = None
        if _NUMBER + key in names:
            numbers = table[_NUMBER + key].to_numpy().astype(np.float64, copy=False)
        columns[key] = MirrorColumn(codes, words, numbers).narrowed()
    checked_at, compared_at = (int(table.schema.metadata[name]) for name in _TIMES)
    return Mirror(table[_REVISION].to_numpy(), checked_at, compared_at, columns)


def _codes(chunked: Any) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    import numpy as np

    array = chunked.unify_dictionaries().combine_chunks()
    chunks = getattr(array, "chunks", None)
    array = chunks[0] if chunks else array
    indices = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return cast("NDArray[np.int32]", indices.astype(np.int32)), tuple(array.dictionary.to_pylist())


def _storable(text: str) -> str:
    """JSON may hold half a character, a file of UTF-8 may not."""
    return text.encode("utf-8", "replace").decode()
