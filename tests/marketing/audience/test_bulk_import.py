"""A file that is read column by column gives what it gives row by row, whatever is in it."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.bootstrap import Drumbeat, open_folder
from drumbeat.kit.clock import epoch
from drumbeat.kit.delimited import BrokenRow, Row, read_sheet
from drumbeat.marketing.audience import (
    Contact,
    ImportOptions,
    ImportReport,
    ImportUnit,
    MergePolicy,
    SeenContacts,
    import_contacts,
)
from drumbeat.marketing.audience.blocks import Careful, Plain, blocks
from drumbeat.marketing.audience.bulk_merging import MetKeys
from drumbeat.marketing.audience.bulk_reading import read_block
from drumbeat.marketing.audience.columns import map_columns
from drumbeat.marketing.audience.contact_rows import ContactReader
from drumbeat.marketing.audience.model import Consent, ContactRow
from tests.conftest import MARIA, HandClock

HEADER = "Email,First Name,Customer ID,Country,Time zone,Age,Newsletter,Unsub time,Created at,Note"
NAMES = ("Ada", " Grace", "", "007", "Zoë", '"Alan ""T"" Turing"', "=1+1", "-3", "O'Hara", "true")
IDS = ("", "", "c-{n}", "c-{n}", "c-{half}", "  c-{n} ", "x" * 201)
COUNTRIES = ("GB", "Germany", "", "Nowhere", "fr", '"Korea, South"')
ZONES = ("", "", "Europe/Paris", "america/new_york", "UTC+3")
AGES = ("31", "", "1.5", "007", "-0", "1e5", "TRUE", "12345678901234567", "2,5")
YES = ("yes", "subscribed", "", "no", "maybe", "2026-01-02", "cleaned", "1")
UNSUBS = ("", "", "", "", "2026-01-02 10:00:00", "no")
SINCE = ("", "2024-05-06", "2024-05-06 07:08:09", "yesterday", "1700000000")
NOTES = (
    "",
    "plain",
    "tab\there",
    '"two\nlines"',
    "a\\b",
    "\u00a0x",
    '"a, b"',
    "x" * 300,
    '"',
)


def address(rng: np.random.Generator, n: int) -> str:
    who = rng.integers(n + 1) if rng.random() < 0.3 else n
    plain = f"person{who}@example{who % 3}.com"
    odd = (f" {plain} ", plain.upper(), f"<{plain}>", "nobody", "", f"p{who}@bücher.example")
    return pick(rng, odd) if rng.random() < 0.2 else plain


def pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[rng.integers(len(options))]


def nasty_file(rng: np.random.Generator, rows: int, notes: tuple[str, ...] = NOTES[:-1]) -> str:
    lines = [HEADER]
    for n in range(rows):
        said = [pick(rng, options) for options in (NAMES, IDS, COUNTRIES, ZONES, AGES, YES)]
        said[1] = said[1].format(n=n, half=n // 2)
        said += [pick(rng, UNSUBS), pick(rng, SINCE), pick(rng, notes)]
        line = ",".join([address(rng, n), *(cell.replace("2,5", '"2,5"') for cell in said)])
        lines.append(line + ("," if rng.random() < 0.01 else ""))
        if rng.random() < 0.01:
            lines.append("," * 9)
    return "\n".join(lines) + "\n"


@pytest.fixture
def other(tmp_path: Path, clock: HandClock) -> Iterator[Drumbeat]:
    drumbeat = open_folder(tmp_path / "other", tmp_path / "other-key", clock=clock)
    yield drumbeat
    drumbeat.close()


def load(house: Drumbeat, raw: bytes, options: ImportOptions, bulk_from: int) -> ImportReport:
    def begin() -> AbstractContextManager[ImportUnit]:
        return house.begin(MARIA)

    return import_contacts(begin, io.BytesIO(raw), options, bulk_from=bulk_from)


def everybody(house: Drumbeat) -> dict[str, tuple[Contact, str]]:
    with house.look(MARIA) as d:
        found = d.audience.list_contacts(limit=2_000)
        may = d.audience.permissions([each.contact_no for each in found])
    return {
        each.address: (replace(each, contact_no=0), may[each.contact_no].reason)  # type: ignore[arg-type]
        for each in found
    }


@pytest.mark.parametrize("policy", MergePolicy)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_both_ways_of_reading_leave_the_same_contacts(
    house: Drumbeat, other: Drumbeat, seed: int, policy: MergePolicy, line: str
) -> None:
    rng = np.random.default_rng(seed)
    options = ImportOptions(consent="Newsletter", policy=policy)
    for _ in range(2):
        raw = nasty_file(rng, 400).replace("\n", line).encode()
        fast, careful = load(house, raw, options, 0), load(other, raw, options, 1 << 40)
        assert fast.rows == careful.rows
        assert fast.problems == careful.problems
        assert fast.rejected == careful.rejected
        assert fast.added == careful.added
        assert everybody(house) == everybody(other)


@pytest.mark.parametrize(
    "end", [b"", b"\n", b'a@example.com,"never closed\n', b"a\xffb@example.com\n"]
)
def test_what_only_one_of_them_could_read_is_read_with_care(
    house: Drumbeat, other: Drumbeat, end: bytes
) -> None:
    raw = b"email,city\n" + b"".join(b"p%d@example.com,Porto\n" % n for n in range(50)) + end
    fast, careful = load(house, raw, ImportOptions(), 0), load(other, raw, ImportOptions(), 1 << 40)
    assert (fast.rows, fast.added, fast.problems) == (careful.rows, careful.added, careful.problems)
    assert everybody(house) == everybody(other)


def test_the_same_file_again_changes_nothing(house: Drumbeat) -> None:
    raw = nasty_file(np.random.default_rng(5), 300).encode()
    options = ImportOptions(consent="Newsletter")
    first = load(house, raw, options, 0)
    before = everybody(house)
    again = load(house, raw, options, 0)
    assert (again.added, again.updated) == (0, 0)
    assert again.unchanged == first.added + first.updated + first.unchanged
    assert everybody(house) == before


def test_a_dry_run_counts_what_the_import_then_does(house: Drumbeat) -> None:
    raw = nasty_file(np.random.default_rng(6), 300).encode()
    options = ImportOptions(consent="Newsletter")
    dry = load(house, raw, replace(options, dry_run=True), 0)
    assert everybody(house) == {}
    real = load(house, raw, options, 0)
    assert (dry.rows, dry.added, dry.rejected) == (real.rows, real.added, real.rejected)


cell = st.one_of(
    st.sampled_from(["", "true", "False", "0", "-0", "-1", "1.50", "1e9", "007", " x ", "x" * 40]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cell, cell, cell), min_size=1, max_size=30), st.booleans())
def test_every_ordinary_row_says_what_the_careful_reader_hears(
    said: list[tuple[str, str, str]], distinct: bool
) -> None:
    import pyarrow as pa  # type: ignore[import-untyped]

    rows = [[f"p{n}@example.com", *cells] for n, cells in enumerate(said)]
    if distinct:  # a column of few different values is read another way
        rows = rows * (1 + 1_000 // len(rows))
    header = ["email", "score", "country", "note"]
    reader = ContactReader(header, map_columns(header), Consent.unconfirmed, "test")
    columns = [pa.array([row[at] for row in rows], pa.string()) for at in range(4)]
    block = read_block(Plain(2, columns, 0), reader)
    told = block.ordinary
    for at, place in enumerate(told.rows.tolist()):
        row = reader.read(Row(0, rows[place]))
        assert isinstance(row, ContactRow)
        assert json.loads(told.attributes[at].as_py()) == row.attributes
        assert (told.zones[at].as_py(), told.zone_sources[at].as_py()) == (
            row.zone,
            row.zone_source,
        )
    assert len(told) + len(block.others) == len(rows)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.lists(st.text('ab",\r\n é', max_size=6), min_size=2, max_size=2), min_size=1, max_size=8
    ),
    st.text('ab,"\n\r', max_size=12),
    st.integers(16, 60),
)
def test_blocks_hold_the_rows_of_the_sheet(rows: list[list[str]], tail: str, size: int) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["email", "city"], *rows])
    raw = (out.getvalue() + tail).encode()
    expected = list(read_sheet(io.BytesIO(raw)).rows)
    source = io.BytesIO(raw)
    sheet = read_sheet(source)
    found: list[Row | BrokenRow] = []
    for part in blocks(source, sheet, size):
        if isinstance(part, Careful):
            found += part.rows
        else:
            cells = zip(*(column.to_pylist() for column in part.columns), strict=True)
            read = [Row(part.first_row + at, list(row)) for at, row in enumerate(cells)]
            found += [row for row in read if any(row.cells)]
    assert found == expected


def test_a_range_of_seen_contacts_is_each_of_them() -> None:
    for first, count in ((1, 0), (1, 3), (5, 20), (8, 8), (7, 9), (3, 5_000)):
        seen = SeenContacts()
        seen.add_range(first, count)
        known = [number for number in range(first + count + 20) if number in seen]
        assert known == list(range(first, first + count))


def test_times_are_kept_by_either_way(house: Drumbeat) -> None:
    raw = b"email,Created at,Confirm time\nana@example.com,2024-05-06,2024-06-07 08:09:10\n"
    load(house, raw, ImportOptions(consent="subscribed"), 0)
    with house.look(MARIA) as d:
        contact = d.audience.find_contact("ana@example.com")
        assert contact is not None
        proofs = d.audience.list_proofs(contact.contact_no)
    assert contact.created_at.isoformat() == "2024-05-06T00:00:00+00:00"
    assert [epoch(proof.occurred_at) for proof in proofs] == [1717747750]


@given(st.lists(st.sets(st.integers(0, 60)), max_size=6))
def test_who_was_named_by_an_earlier_block_is_known_in_a_later_one(blocks: list[set[int]]) -> None:
    met, named = MetKeys(), set[int]()
    for block in blocks:
        starts = np.array(sorted(block), np.uint64)
        assert met.among(starts).tolist() == [each in named for each in sorted(block)]
        met.add(starts)
        named |= block
