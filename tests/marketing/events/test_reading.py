"""Events files, CSV or Parquet, give events of somebody, and every other row says why not."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.events import Kind
from drumbeat.marketing.events.reading import EventFile, EventRow, RejectedRow, read_event_file

AT = datetime(2026, 1, 2, 9, 30, tzinfo=UTC)
RETAIL = Path("../shared/data/online_retail/online_retail_II_2009_2010.parquet")


def read(text: str, currency: str = "") -> EventFile:
    return read_event_file(io.BytesIO(text.encode()), currency=currency)


def events(file: EventFile) -> list[EventRow]:
    return [row for row in file.rows if isinstance(row, EventRow)]


def reasons(text: str) -> list[tuple[int, str]]:
    return [(row.number, row.reason) for row in read(text).rows if isinstance(row, RejectedRow)]


def parquet(columns: dict[str, Any]) -> io.BytesIO:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    written = io.BytesIO()
    pq.write_table(pa.table(columns), written)
    return written


def test_every_column_of_the_contract_is_read() -> None:
    [row] = events(
        read(
            "email,external_id,kind,occurred_at,event_id,value,currency,order_id,campaign,"
            "message_id,variant,url,user_agent,ip,Category\n"
            "ana@example.com,A1,bought,2026-01-02T09:30:00Z,e1,12.50,eur,o1,cmp_1,msg_1,B,"
            "https://example.com/,Mozilla,192.0.2.1,Tea\n"
        )
    )
    assert (row.kind, row.occurred_at, row.email, row.external_id) == (
        Kind.purchased,
        AT,
        "ana@example.com",
        "A1",
    )
    assert (row.event_id, row.value_minor, row.currency, row.order_id) == ("e1", 1250, "EUR", "o1")
    assert (row.campaign, row.message_id, row.variant) == ("cmp_1", "msg_1", "B")
    assert (row.url, row.user_agent, row.ip) == ("https://example.com/", "Mozilla", "192.0.2.1")
    assert row.properties == {"category": "Tea"}


def test_other_names_for_the_same_columns_are_recognised() -> None:
    file = read("Customer ID;Event;Timestamp;Amount\n7;Open;2026-01-02 09:30;\n")
    assert file.columns["external_id"] == "Customer ID"
    [row] = events(file)
    assert (row.external_id, row.kind, row.occurred_at, row.value_minor) == (
        "7",
        Kind.opened,
        AT,
        0,
    )


def test_a_value_without_a_currency_is_in_the_one_that_the_caller_gives() -> None:
    text = "email,kind,occurred_at,value\na@example.com,purchase,2026-01-02 09:30,1000\n"
    [yen] = events(read(text, currency="JPY"))
    assert (yen.value_minor, yen.currency) == (1000, "JPY")


def test_every_row_that_is_no_event_says_why() -> None:
    head = "email,kind,occurred_at,value,currency\n"
    found = reasons(
        head
        + ",open,2026-01-02,,\n"
        + "a@example.com,danced,2026-01-02,,\n"
        + "a@example.com,open,03/04/2026,,\n"
        + "a@example.com,bought,2026-01-02,a lot,EUR\n"
        + "a@example.com,bought,2026-01-02,1,euros\n"
        + "a@example.com,open\n"
        + f"a@example.com,open,2026-01-02,,{'x' * 5000}\n"
    )
    assert [number for number, _ in found] == [2, 3, 4, 5, 6, 7, 8]
    expected = ["nobody", "danced", "occurred_at", "amount", "EURO", "2 cells", "'currency' is"]
    assert all(word in why for word, (_, why) in zip(expected, found, strict=True)), found


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("email,occurred_at", "'kind'"),
        ("email,kind", "'occurred_at'"),
        ("kind,occurred_at", "'email' or 'external_id'"),
        ("email,kind,occurred_at,Top Size,top_size", "both named 'top_size'"),
        ("email,kind,occurred_at," + ",".join(f"p{n}" for n in range(60)), "60 columns"),
    ],
)
def test_a_header_that_lacks_something_is_refused(header: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read(header + "\n")


def test_parquet_gives_the_same_events_as_csv() -> None:
    columns = {
        "email": ["a@example.com", "b@example.com", None],
        "kind": ["purchased", "opened", "opened"],
        "occurred_at": [AT, AT.replace(tzinfo=None), AT],
        "value": [12.5, None, None],
        "currency": ["EUR", None, None],
        "shelf": [3, None, 1],
    }
    from_parquet = list(read_event_file(parquet(columns)).rows)
    from_csv = list(
        read(
            "email,kind,occurred_at,value,currency,shelf\n"
            "a@example.com,purchased,2026-01-02T09:30:00+00:00,12.5,EUR,3\n"
            "b@example.com,opened,2026-01-02T09:30:00+00:00,,,\n"
            ",opened,2026-01-02T09:30:00+00:00,,,1\n"
        ).rows
    )
    assert [strip(row) for row in from_parquet] == [strip(row) for row in from_csv]


def strip(row: EventRow | RejectedRow) -> object:
    if isinstance(row, RejectedRow):
        return row.number, row.reason
    return row.number, row.email, row.kind, row.occurred_at, row.value_minor, row.properties


def test_nanoseconds_and_other_zones_are_read_as_utc() -> None:
    import pyarrow as pa

    nanos = pa.array([int(AT.timestamp()) * 10**9 + 1], pa.timestamp("ns", "America/New_York"))
    columns = {"email": ["a@example.com"], "kind": ["opened"], "occurred_at": nanos}
    [row] = events(read_event_file(parquet(columns)))
    assert row.occurred_at == AT


def test_a_damaged_parquet_file_is_refused() -> None:
    whole = parquet({"email": ["a@example.com"], "kind": ["opened"], "occurred_at": [AT]})
    with pytest.raises(InvalidInput, match="damaged"):
        read_event_file(io.BytesIO(whole.getvalue()[:-20]))


@pytest.mark.skipif(not RETAIL.exists(), reason="the Online Retail data is not beside this folder")
def test_real_purchases_are_read_from_parquet() -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(RETAIL).slice(0, 3_000)
    table = table.append_column("kind", pa.array(["purchased"] * len(table)))
    table = table.append_column("value", table.column("Price"))
    written = io.BytesIO()
    pq.write_table(table, written)
    file = read_event_file(written, currency="GBP")
    found = list(file.rows)
    assert file.columns["occurred_at"] == "InvoiceDate"
    bought = [row for row in found if isinstance(row, EventRow)]
    assert (bought[0].external_id, bought[0].order_id) == ("13085", "489434")
    assert bought[0].occurred_at == datetime(2009, 12, 1, 7, 45, tzinfo=UTC)
    assert all("nobody" in row.reason for row in found if isinstance(row, RejectedRow))
