"""A delimited file gives its rows however it was written, and its broken rows by number."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.kit.delimited import MAX_RECORD, BrokenRow, Row, Sheet, read_sheet
from drumbeat.kit.errors import InvalidInput

HEADER = "email,city\n"


def sheet(text: str | bytes, encoding: str | None = None) -> Sheet:
    raw = text.encode() if isinstance(text, str) else text
    return read_sheet(io.BytesIO(raw), encoding=encoding)


def rows(text: str | bytes) -> list[Row | BrokenRow]:
    return list(sheet(text).rows)


def cells(text: str | bytes) -> list[list[str]]:
    return [row.cells for row in rows(text) if isinstance(row, Row)]


def broken(text: str | bytes) -> list[tuple[int, str]]:
    return [(row.number, row.reason) for row in rows(text) if isinstance(row, BrokenRow)]


@pytest.mark.parametrize(
    ("encoding", "city"),
    [
        ("utf-8", "Malmö"),
        ("utf-8-sig", "Malmö"),
        ("utf-16", "東京"),
        ("utf-16-le", "Malmö"),
        ("utf-16-be", "Malmö"),
        ("utf-32", "東京"),
        ("cp1252", "Besançon"),
        ("cp1252", "São Paulo"),
        ("cp1251", "Москва, Санкт-Петербург, Нижний Новгород"),
        ("cp1253", "Θεσσαλονίκη"),
        ("gb18030", "北京市朝阳区、上海市浦东新区、广州市"),
    ],
)
def test_the_encoding_is_found(encoding: str, city: str) -> None:
    assert cells(f'email,city\r\na@x.com,"{city}"\r\n'.encode(encoding)) == [["a@x.com", city]]


def test_one_byte_that_is_not_utf8_costs_its_row_and_no_other() -> None:
    raw = "email,city\na@x.com,Malmö\n".encode() + b"b@x.com,K\xf8ln\n" + "c@x.com,Åre\n".encode()
    assert cells(raw) == [["a@x.com", "Malmö"], ["c@x.com", "Åre"]]
    assert broken(raw) == [(3, "column 2 is not readable as utf-8")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_found(delimiter: str, newline: str) -> None:
    text = newline.join(["email{}city", "a@x.com{}Porto", ""]).format(delimiter, delimiter)
    assert cells(text) == [["a@x.com", "Porto"]]


def test_excels_own_hint_is_understood() -> None:
    assert cells("sep=;\nemail;city\na@x.com;Porto, North\n") == [["a@x.com", "Porto, North"]]


def test_blank_lines_count_as_a_spreadsheet_counts_them() -> None:
    assert rows(HEADER + "\n\na@x.com,Porto") == [Row(4, ["a@x.com", "Porto"])]


def test_columns_are_named_where_they_occur_twice() -> None:
    with pytest.raises(InvalidInput, match=r"'City' \(columns 2, 3\)"):
        sheet("email,City,city \na,b,c\n")


def test_ragged_rows_are_named() -> None:
    text = HEADER + "a@x.com\nb@x.com,Porto,extra\nc@x.com,Lisbon,,\n"
    assert cells(text) == [["c@x.com", "Lisbon"]]
    assert broken(text) == [
        (2, "has 1 cells where the header has 2"),
        (3, "has 3 cells where the header has 2"),
    ]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_cell_of_ten_megabytes_costs_its_row_and_no_other(quote: str) -> None:
    huge = quote + "x" * 10_000_000 + quote
    text = f"{HEADER}a@x.com,{huge}\nb@x.com,Porto\n"
    assert cells(text) == [["b@x.com", "Porto"]]
    assert broken(text) == [(2, f"is longer than {MAX_RECORD:,} characters")]
    assert csv.field_size_limit() == 131_072


def test_a_quote_that_never_closes_costs_its_row_and_no_other() -> None:
    text = HEADER + '"a@x.com,Porto\nb@x.com,Lisbon\nc@x.com,Faro\n'
    assert broken(text) == [(2, "a quote in it never closes")]
    assert cells(text) == [["b@x.com", "Lisbon"], ["c@x.com", "Faro"]]


def test_a_quote_that_never_closes_in_a_long_file_costs_its_row_and_no_other() -> None:
    text = HEADER + '"a@x.com,Porto\n' + "b@x.com,Lisbon\n" * 20_000
    assert broken(text) == [(2, "a quote in it never closes")]
    assert len(cells(text)) == 20_000


def test_a_nul_byte_is_named() -> None:
    assert broken(HEADER + "a@x.com,Po\0rto\n") == [(2, "column 2 holds a NUL byte")]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b"\n\n\n", "empty"),
        (b"PK\x03\x04rest", "Excel"),
        (b"\x1f\x8brest", "compressed"),
        (b'"email,city\nnever closed', "row 1"),
    ],
)
def test_what_is_no_table_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        sheet(raw)


def test_an_unknown_encoding_is_named() -> None:
    with pytest.raises(InvalidInput, match="klingon"):
        sheet("email\n", encoding="klingon")


TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\ufeff", exclude_categories=["Cs"]),
    max_size=20,
)


@given(st.lists(st.tuples(TEXT, TEXT).filter(any), max_size=8))
def test_what_pythons_csv_writes_is_read_back(table: list[tuple[str, str]]) -> None:
    written = io.StringIO()
    csv.writer(written).writerows([("email", "city"), *table])
    assert cells(written.getvalue().encode("utf-8-sig")) == [list(row) for row in table]


@given(st.binary(max_size=400))
def test_no_bytes_whatever_crash_it(raw: bytes) -> None:
    try:
        found = rows(b"email,city\n" + raw)
    except InvalidInput:
        return
    assert all(isinstance(row, Row | BrokenRow) for row in found)
    assert all(len(row.cells) == 2 for row in found if isinstance(row, Row))
