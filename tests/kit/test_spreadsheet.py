"""No cell of an export runs as a formula in the spreadsheet that opens it."""

from pathlib import Path

import pytest

from drumbeat.kit.spreadsheet import RejectedRows, rejected_path, safe_cell


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", " =1", "\t=1"])
def test_formulas_become_text(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "plain", "-12.5", "+351912000000", "a=b", "ana@example.com"])
def test_what_calculates_nothing_stays_as_it_is(cell: str) -> None:
    assert safe_cell(cell) == cell


def test_the_file_of_rejected_rows_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = rejected_path(tmp_path / "people.csv")
    assert path.name == "people.rejected.csv"
    rows = RejectedRows(path, header=("email", "city"))
    rows.add(7, ["no address"], "the address has no @")
    assert not path.exists()
    rows.discard()
    assert list(tmp_path.iterdir()) == []
    rows.add(7, ["=no address", "b", "too many"], "the address has no @")
    assert rows.close() == path
    assert path.read_text() == ("email,city,row,reason\n'=no address,b,7,the address has no @\n")
