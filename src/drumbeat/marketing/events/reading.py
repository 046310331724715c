"""Rows of an events file, CSV or Parquet, as events of somebody or as a reason why not.

Pure: nothing is looked up. Who is meant (`email` or `external_id`) and which mailing `campaign`,
`message_id` and `variant` name is resolved by whoever imports. Columns without a meaning of their
own are kept as properties, which segments can use.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple

from drumbeat.kit.clock import parse_instant
from drumbeat.kit.delimited import BrokenRow, Row, read_sheet
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.headers import recognise, snake_case
from drumbeat.kit.instants import read_time
from drumbeat.kit.money import to_minor
from drumbeat.marketing.events.model import Kind
from drumbeat.marketing.events.rules import kind_of

MAX_TEXT = 2_000
MAX_PROPERTIES = 50
_BATCH = 2_000
_BLANK = " \t\r\n\u00a0"
_FIELDS = (
    "email", "external_id", "kind", "occurred_at", "event_id", "value", "currency",
    "order_id", "campaign", "message_id", "variant", "url", "user_agent", "ip",
)  # fmt: skip
"""In the order of `EventRow`, behind its number and cells."""

Cells = tuple[str, ...]

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "email address", "e mail", "customer email", "recipient", "mail"),
    "external_id": (
        "external id", "customer id", "customerid", "user id", "userid", "contact id",
        "subscriber id", "profile id",
    ),
    "kind": ("kind", "event", "event type", "event name", "type", "action", "activity", "metric"),
    "occurred_at": (
        "occurred at", "occurred", "timestamp", "event time", "event timestamp", "time",
        "datetime", "date", "created at", "invoicedate", "invoice date", "order date",
    ),
    "event_id": ("event id", "eventid", "event uuid", "uuid"),
    "value": (
        "value", "amount", "revenue", "total", "order total", "order value", "total price",
    ),
    "currency": ("currency", "currency code"),
    "order_id": (
        "order id", "orderid", "order number", "order", "invoice", "invoice id", "invoice no",
        "invoiceno", "transaction id",
    ),
    "campaign": ("campaign", "campaign id", "campaign name"),
    "message_id": ("message id", "messageid"),
    "variant": ("variant", "arm", "variation", "ab variant"),
    "url": ("url", "link", "link url", "clicked url"),
    "user_agent": ("user agent", "useragent", "ua"),
    "ip": ("ip", "ip address", "ipaddress"),
}  # fmt: skip


class EventRow(NamedTuple):
    """One event as the file tells it; `email` is as written, "" when another column says who."""

    number: int
    cells: Sequence[str]
    kind: Kind
    occurred_at: dt.datetime
    email: str = ""
    external_id: str = ""
    event_id: str | None = None
    value_minor: int = 0
    currency: str = ""
    order_id: str = ""
    campaign: str = ""
    message_id: str = ""
    variant: str = ""
    url: str = ""
    user_agent: str = ""
    ip: str = ""
    properties: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RejectedRow:
    number: int
    cells: Sequence[str]
    reason: str


@dataclass(frozen=True)
class EventFile:
    """`rows` may be read once. `columns` says which column each field was recognised in."""

    header: tuple[str, ...]
    columns: Mapping[str, str]
    rows: Iterator[EventRow | RejectedRow]


def read_event_file(
    source: BinaryIO, *, encoding: str | None = None, currency: str = ""
) -> EventFile:
    """Open a seekable events file; `currency` is that of values whose row names none.

    Raises InvalidInput when the file, its header or a needed column cannot be read.
    """
    source.seek(0)
    parquet = source.read(4) == b"PAR1"
    header, rows = _parquet(source) if parquet else _delimited(source, encoding)
    fields = recognise(header, _SYNONYMS, {})
    _require(header, fields)
    reader = _Reader(header, _places(header, fields), _property_keys(header, fields), currency)
    found = {name: header[place] for name, place in fields.items()}
    return EventFile(header, found, (reader.read(row) for row in rows))


def _require(header: Sequence[str], fields: Mapping[str, int]) -> None:
    shown = ", ".join(name[:30] for name in header[:15])
    for name in ("kind", "occurred_at"):
        if name not in fields:
            message = f"No column holds {name!r}. The columns are: {shown}."
            raise InvalidInput(message, field=name)
    if "email" not in fields and "external_id" not in fields:
        message = f"No column holds 'email' or 'external_id'. The columns are: {shown}."
        raise InvalidInput(message, field="email")


def _property_keys(header: Sequence[str], fields: Mapping[str, int]) -> dict[int, str]:
    places: dict[str, int] = {}
    for at, name in enumerate(header):
        if at in fields.values():
            continue
        key = snake_case(name)
        if key in places:
            message = f"The columns {header[places[key]]!r} and {name!r} are both named {key!r}."
            raise InvalidInput(message, field="header")
        places[key] = at
    if len(places) > MAX_PROPERTIES:
        message = f"The file has {len(places)} columns of properties; at most {MAX_PROPERTIES}."
        raise InvalidInput(message, field="header")
    return {at: key for key, at in places.items()}


def _places(header: Sequence[str], fields: Mapping[str, int]) -> Callable[[Sequence[str]], Cells]:
    """Picks the cells of `_FIELDS` out of a row with one empty cell behind its last."""
    return itemgetter(*(fields.get(name, len(header)) for name in _FIELDS))


class _Reject(Exception):
    """The reason why a row is no event."""


@dataclass(frozen=True)
class _Reader:
    header: Sequence[str]
    pick: Callable[[Sequence[str]], Cells]
    properties: Mapping[int, str]
    currency: str

    def read(self, row: Row | BrokenRow) -> EventRow | RejectedRow:
        if isinstance(row, BrokenRow):
            return RejectedRow(row.number, row.cells, row.reason)
        try:
            return self._event(row)
        except _Reject as rejected:
            return RejectedRow(row.number, row.cells, str(rejected))
        except InvalidInput as mistake:
            return RejectedRow(row.number, row.cells, f"{mistake.field}: {mistake}")

    def _event(self, row: Row) -> EventRow:
        cells = [cell.strip(_BLANK) for cell in row.cells]
        if max(map(len, cells)) > MAX_TEXT:
            raise _Reject(self._too_long(cells))
        cells.append("")
        picked = self.pick(cells)
        email, external_id, kind, at, event_id, value, code = picked[:7]
        order_id, campaign, message_id, variant, url, user_agent, ip = picked[7:]
        if not email and not external_id:
            raise _Reject("names nobody: email and external_id are empty")
        currency = code.upper() or self.currency
        if len(currency) > 3 or not (currency == "" or currency.isalpha()):
            raise _Reject(f"currency: {currency[:20]!r} is not a code such as EUR")
        return EventRow(
            row.number,
            row.cells,
            kind_of(kind),
            self._instant(at),
            email,
            external_id,
            event_id or None,
            to_minor(value, currency) if value else 0,
            currency if value else "",
            order_id,
            campaign,
            message_id,
            variant,
            url,
            user_agent,
            ip,
            {key: cells[at] for at, key in self.properties.items() if cells[at]},
        )

    def _too_long(self, cells: Sequence[str]) -> str:
        place = next(at for at, cell in enumerate(cells) if len(cell) > MAX_TEXT)
        return f"{self.header[place]!r} is {len(cells[place]):,} characters long"

    def _instant(self, cell: str) -> dt.datetime:
        found = read_time(cell)
        return parse_instant(cell, field="occurred_at") if found is None else found


def _delimited(
    source: BinaryIO, encoding: str | None
) -> tuple[tuple[str, ...], Iterator[Row | BrokenRow]]:
    sheet = read_sheet(source, encoding=encoding)
    return sheet.header, sheet.rows


def _parquet(source: BinaryIO) -> tuple[tuple[str, ...], Iterator[Row | BrokenRow]]:
    """Header and rows; a row is numbered as if the column names were row 1."""
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    source.seek(0)
    try:
        file = pq.ParquetFile(source)
    except (pa.ArrowException, OSError):
        message = "This Parquet file is damaged or not readable."
        raise InvalidInput(message, field="file") from None
    header = tuple(file.schema_arrow.names)
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise InvalidInput(f"The column {twice!r} occurs more than once.", field="header")
    return header, _parquet_rows(file, header)


def _parquet_rows(file: Any, header: Sequence[str]) -> Iterator[Row | BrokenRow]:
    import pyarrow as pa

    number = 1
    try:
        for batch in file.iter_batches(batch_size=_BATCH):
            columns = [_plain(batch.column(at)).to_pylist() for at in range(len(header))]
            for values in zip(*columns, strict=True):
                number += 1
                yield Row(number, [_cell(value) for value in values])
    except (pa.ArrowException, OSError):
        message = f"This Parquet file is damaged behind row {number}."
        raise InvalidInput(message, field="file") from None


def _plain(column: Any) -> Any:
    """Instants as Python can hold them: microseconds, in UTC where a zone is named."""
    import pyarrow as pa

    if not pa.types.is_timestamp(column.type):
        return column
    zone = None if column.type.tz is None else "UTC"
    return column.cast(pa.timestamp("us", zone), safe=False)


def _cell(value: object) -> str:
    """A Parquet value as the text a CSV would hold."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return str(value)
