"""What a file tells before it is imported: its address column, how it writes numbers, our marks."""

import io
from pathlib import Path

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.audience import (
    ImportOptions,
    ImportReport,
    Unmapped,
    import_contacts,
    read_mapping,
)
from tests.conftest import MARIA

ODD = "Kontakt;Vorname;Umsatz;Notiz\nada@example.com;Ada;1.234,50;x\nbob@example.com;Bob;3,5;y\n"


def load(house: Drumbeat, text: str, **options: object) -> ImportReport:
    asked = ImportOptions(**options)  # type: ignore[arg-type]
    return import_contacts(lambda: house.begin(MARIA), io.BytesIO(text.encode()), asked)


def attributes(house: Drumbeat, address: str) -> dict[str, object]:
    with house.look(MARIA) as department:
        contact = department.audience.find_contact(address)
    assert contact is not None
    return dict(contact.attributes)


def test_a_file_without_a_known_address_column_says_which_one_looks_like_it(
    house: Drumbeat,
) -> None:
    with pytest.raises(Unmapped, match="'Kontakt' looks like it: map Kontakt=email") as refused:
        load(house, ODD)
    assert refused.value.field == "email"
    assert refused.value.samples[0] == ("ada@example.com", "bob@example.com")
    assert dict(refused.value.meanings)["Kontakt"] == "email"
    assert dict(refused.value.meanings)["Vorname"] == "first_name"


def test_a_file_in_which_nothing_looks_like_an_address_proposes_none(house: Drumbeat) -> None:
    with pytest.raises(Unmapped) as refused:
        load(house, "a,b\n1,2\n")
    assert refused.value.meanings == (("a", "a"), ("b", "b"))
    assert "looks like" not in str(refused.value)


def test_a_mapped_column_is_the_address_and_others_may_be_left_out(house: Drumbeat) -> None:
    report = load(house, ODD, mapping={"Kontakt": "email", "Notiz": "-"})
    assert (report.added, report.rejected) == (2, 0)
    assert attributes(house, "ada@example.com") == {"first_name": "Ada", "umsatz": 1234.5}


def test_decimal_commas_are_read_as_numbers_where_the_whole_column_has_them(
    house: Drumbeat,
) -> None:
    text = "email;umsatz;mal;plz\nada@example.com;1.234,50;3,5;1,5\nbob@example.com;1.000;n/a;2,5\n"
    report = load(house, text)
    assert report.numbers == {"umsatz": "1.234,50"}
    assert attributes(house, "ada@example.com") == {"umsatz": 1234.5, "mal": "3,5", "plz": "1,5"}
    assert attributes(house, "bob@example.com")["umsatz"] == 1000


def test_mended_rejected_rows_come_in_without_the_columns_we_added(
    house: Drumbeat, tmp_path: Path
) -> None:
    rejects = tmp_path / "list.rejected.csv"
    text = "email,phone,note\nada,+49 170 12,=1+1\n"
    assert load(house, text, rejected_file=rejects).rejected == 1
    mended = rejects.read_text(encoding="utf-8").replace("\nada,", "\nada@example.com,")
    assert mended.startswith("email,phone,note,row,reason")
    report = load(house, mended)
    assert report.added == 1
    assert attributes(house, "ada@example.com") == {"phone": "+49 170 12", "note": "=1+1"}
    assert dict(report.meanings)["reason"] == "-"


def test_rows_that_are_rejected_again_do_not_pile_up_our_columns(
    house: Drumbeat, tmp_path: Path
) -> None:
    again = tmp_path / "again.csv"
    load(house, "email,row,reason\nnobody,2,the address has no @\n", rejected_file=again)
    lines = again.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "email,row,reason"
    assert lines[1].startswith("nobody,2,")
    assert lines[1].count(",") == 2 or '"' in lines[1]


def test_whoever_has_columns_of_these_names_may_keep_them(house: Drumbeat) -> None:
    load(house, "email,row,reason\nada@example.com,7,vip\n", mapping={"reason": "reason"})
    assert attributes(house, "ada@example.com") == {"reason": "vip"}


def test_reasons_are_counted_with_the_first_rows_they_stand_at(house: Drumbeat) -> None:
    bad = "".join(f"nobody{n},x\n" for n in range(5))
    report = load(house, f"email,status\nada@example.com,yes\n{bad}", consent="status")
    first, *others = report.reasons
    assert (first.count, first.rows) == (5, (3, 4, 5))
    assert not others
    words = "".join(f"a{n}@example.com,maybe {n}\n" for n in range(60))
    report = load(house, f"email,status\n{words}", consent="status", dry_run=True)
    assert sum(each.count for each in report.reasons) == report.rejected == 60
    assert report.reasons[0].reason == "other reasons"


@pytest.mark.parametrize("told", ["email", "=email", "Contact=", "="])
def test_a_mapping_that_names_no_column_or_no_meaning_is_refused(told: str) -> None:
    with pytest.raises(InvalidInput, match="COLUMN=MEANING"):
        read_mapping([told])


def test_a_column_may_have_an_equals_sign_in_its_name() -> None:
    assert read_mapping(["a=b=email", "Notes = -"]) == {"a=b": "email", "Notes": "-"}
