"""Columns of whole numbers, a million at a time: each comes as one text.

A driver makes a Python row of every row, which costs ten times what reading the number does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, FromClause, String, cast, func, select

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement


def read_numbers(
    connection: Connection,
    columns: Sequence[ColumnElement[int]],
    of: FromClause,
    *where: ColumnElement[bool],
) -> list[NDArray[np.int64]]:
    """Arrays of equal length, one a column, in no order but the same; no value may be NULL."""
    import numpy as np

    texts = [func.aggregate_strings(cast(column, String), ",") for column in columns]
    row = connection.execute(select(*texts).select_from(of).where(*where)).one()
    return [np.fromstring(text or "", np.int64, sep=",") for text in row]
