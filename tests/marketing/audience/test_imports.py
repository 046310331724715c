"""A contact file is imported as often as one likes, and every rejected row says why."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import (
    Contact,
    ImportOptions,
    ImportProgress,
    ImportReport,
    ImportUnit,
    ZoneSource,
    import_contacts,
)
from tests.conftest import MARIA

Import = Callable[..., ImportReport]
PLAIN = ImportOptions()
SUBSCRIBED = ImportOptions(consent="subscribed")


@pytest.fixture
def load(house: Drumbeat) -> Import:
    @contextmanager
    def begin() -> Iterator[ImportUnit]:
        with house.begin(MARIA) as d:
            yield d

    def load(text: str | bytes, options: ImportOptions = PLAIN) -> ImportReport:
        raw = text.encode() if isinstance(text, str) else text
        return import_contacts(begin, io.BytesIO(raw), options)

    return load


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    return report.rows, report.added, report.updated, report.unchanged, report.rejected


def contact(house: Drumbeat, address: str) -> Contact:
    with house.look(MARIA) as d:
        found = d.audience.find_contact(address)
    assert found is not None
    return found


def reason(house: Drumbeat, address: str) -> str:
    with house.look(MARIA) as d:
        number = d.audience.contact_numbers([address])[address]
        return d.audience.permissions([number])[number].reason


def test_importing_twice_changes_nothing(load: Import) -> None:
    text = "email,first name,age\nana@example.com,Ana,31\nben@example.com,Ben,44\n"
    assert counts(load(text)) == (2, 2, 0, 0, 0)
    assert counts(load(text)) == (2, 0, 0, 2, 0)


def test_a_large_file_is_imported_in_units_and_again_without_doubling(
    load: Import, house: Drumbeat
) -> None:
    people = "".join(f"person{n}@example.com,City {n % 7}\n" for n in range(2_500))
    doubled = "email,city\n" + people + "person3@example.com,Elsewhere\n"
    assert counts(load(doubled)) == (2_501, 2_500, 0, 1, 0)
    assert counts(load(doubled)) == (2_501, 0, 0, 2_501, 0)
    assert contact(house, "person3@example.com").attributes["city"] == "City 3"


def test_nobody_is_mailed_by_default(load: Import, house: Drumbeat) -> None:
    load("email,Email Marketing Consent\nana@example.com,SUBSCRIBED\n")
    assert reason(house, "ana@example.com") == "no_consent"


@pytest.mark.parametrize("word", ["subscribed", "Yes", "TRUE", "1", "opt-in", "2026-01-02 10:00"])
def test_a_consent_column_says_yes(load: Import, house: Drumbeat, word: str) -> None:
    load(f"email,Wants mail\nana@example.com,{word}\n", ImportOptions(consent="wants mail"))
    assert reason(house, "ana@example.com") == ""


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("unsubscribed", "unsubscribed"),
        ("No", "unsubscribed"),
        ("0", "unsubscribed"),
        ("cleaned", "suppressed:bounced"),
        ("spam", "unsubscribed"),
        ("NEVER_SUBSCRIBED", "no_consent"),
        ("pending", "no_consent"),
        ("", "no_consent"),
    ],
)
def test_a_consent_column_says_no(load: Import, house: Drumbeat, word: str, why: str) -> None:
    load(f"email,Wants mail\nana@example.com,{word}\n", ImportOptions(consent="Wants mail"))
    assert reason(house, "ana@example.com") == why


def test_a_word_that_is_neither_yes_nor_no_rejects_the_row(load: Import) -> None:
    report = load("email,wants\nana@example.com,perhaps\n", ImportOptions(consent="wants"))
    assert counts(report) == (1, 0, 0, 0, 1)
    assert "'perhaps' says neither yes nor no" in report.problems[0].reason


def test_an_unknown_consent_column_is_answered_with_the_nearest(load: Import) -> None:
    with pytest.raises(InvalidInput, match="Did you mean 'wants mail'"):
        load("email,Wants mail\nana@example.com,1\n", ImportOptions(consent="want mail"))


@pytest.mark.parametrize(
    "columns",
    [
        "email,Opted out of email: Marketing\nana@example.com,true\n",
        "email,UNSUB_TIME\nana@example.com,2026-01-02 10:00:00\n",
        "email,Email Marketing Consent\nana@example.com,UNSUBSCRIBED\n",
    ],
)
def test_a_no_in_the_file_beats_a_yes_on_the_command_line(
    load: Import, house: Drumbeat, columns: str
) -> None:
    load(columns, SUBSCRIBED)
    assert reason(house, "ana@example.com") == "unsubscribed"


def test_never_subscribed_in_the_file_beats_a_yes_on_the_command_line(
    load: Import, house: Drumbeat
) -> None:
    load("email,Email Marketing Consent\na@example.com,NEVER_SUBSCRIBED\n", SUBSCRIBED)
    assert reason(house, "a@example.com") == "no_consent"


def test_a_re_import_never_revives_who_left(load: Import, house: Drumbeat) -> None:
    text = "email\nana@example.com\n"
    load(text, SUBSCRIBED)
    with house.begin(MARIA) as d:
        d.audience.withdraw(ContactNo(1), source="one-click")
    assert counts(load(text, SUBSCRIBED)) == (1, 0, 0, 1, 0)
    assert reason(house, "ana@example.com") == "unsubscribed"


MAILCHIMP = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,TIMEZONE,CC,TAGS\n"
    "ana@example.com,Ana,Silva,4,2025-03-01 10:00:00,2025-03-01 11:00:00,Europe/Lisbon,PT,vip\n"
)
KLAVIYO = (
    "Email,First Name,Last Name,Phone Number,City,Country,Email Marketing Consent,Date Added\n"
    "ana@example.com,Ana,Silva,+351 912 000 000,Porto,Portugal,SUBSCRIBED,2025-03-01 11:00:00\n"
)
HUBSPOT = (
    "Record ID,First Name,Last Name,Email,Phone Number,Country/Region,Create Date,Time Zone\n"
    "000701,Ana,Silva,ana@example.com,+351912000000,Portugal,2025-03-01 11:00,\n"
)


@pytest.mark.parametrize("text", [MAILCHIMP, KLAVIYO, HUBSPOT])
def test_exports_that_people_have_are_recognised(load: Import, house: Drumbeat, text: str) -> None:
    assert counts(load(text, SUBSCRIBED)) == (1, 1, 0, 0, 0)
    found = contact(house, "ana@example.com")
    assert found.attributes["first_name"] == "Ana"
    assert found.attributes["last_name"] == "Silva"
    assert found.zone == "Europe/Lisbon"
    assert found.created_at == datetime(2025, 3, 1, 11, tzinfo=UTC)


def test_a_zone_remembers_where_it_comes_from(load: Import, house: Drumbeat) -> None:
    load(
        "email,country,timezone\na@example.com,Brazil,\nb@example.com,,asia/tokyo\n"
        "c@example.com,Atlantis,+02:00\nd@example.com,EIRE,nonsense\n"
    )
    zones = [
        (found.zone, found.zone_source)
        for found in (contact(house, f"{name}@example.com") for name in "abcd")
    ]
    assert zones == [
        ("America/Sao_Paulo", ZoneSource.country),
        ("Asia/Tokyo", ZoneSource.column),
        ("", ZoneSource.none),
        ("Europe/Dublin", ZoneSource.country),
    ]


def test_other_columns_become_attributes_of_their_type(load: Import, house: Drumbeat) -> None:
    load(
        "email,Shoe Size,Balance,VIP,Zip code,Note,Code\n"
        "ana@example.com,38,12.50,TRUE,01234,\u00a0likes tea ,007\n"
    )
    assert contact(house, "ana@example.com").attributes == {
        "shoe_size": 38,
        "balance": 12.5,
        "vip": True,
        "zip_code": "01234",
        "note": "likes tea",
        "code": "007",
    }


def test_a_column_may_be_told_what_it_means(load: Import, house: Drumbeat) -> None:
    options = ImportOptions(mapping={"Contact": "email", "Rufname": "first_name"})
    load("Contact,Rufname\nana@example.com,Ana\n", options)
    assert contact(house, "ana@example.com").attributes == {"first_name": "Ana"}


def test_two_columns_of_one_name_are_refused(load: Import) -> None:
    with pytest.raises(InvalidInput, match="'Shoe Size' and 'shoe_size' are both named"):
        load("email,Shoe Size,shoe_size\na@example.com,1,2\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,city\nAna,Porto\n", "No column holds addresses"),
        ("ana@example.com,Ana\n", "first row must name the columns"),
        ("email,Email\na@example.com,b@example.com\n", "more than once"),
    ],
)
def test_a_header_without_sense_is_refused(load: Import, text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        load(text)


HOSTILE = (
    "email,note\n"
    "ana@example.com,fine\n"
    "no address,=HYPERLINK(1)\n"
    '"eve@example.com\r\nBcc: all@example.com",x\n'
    f"{'a' * 300}@example.com,x\n"
    f"big@example.com,{'x' * 10_000_000}\n"
    f"long@example.com,{'x' * 20_000}\n"
    "ragged@example.com\n"
    "nul@example.com,\0\n"
)


def test_every_rejected_row_is_written_with_its_number_and_reason(
    load: Import, house: Drumbeat, tmp_path: Path
) -> None:
    path = tmp_path / "people.rejected.csv"
    report = load(HOSTILE, ImportOptions(rejected_file=path))
    assert counts(report) == (8, 1, 0, 0, 7)
    assert report.rejected_file == path
    with open(path, encoding="utf-8", newline="") as file:
        [header, *rows] = csv.reader(file)
    assert header == ["email", "note", "row", "reason"]
    assert [row[2] for row in rows] == ["3", "4", "5", "6", "7", "8", "9"]
    assert rows[0][1] == "'=HYPERLINK(1)"
    reasons = [row[3] for row in rows]
    expected = ["no @", "line break", "long", "is longer", "'note': is 20,000", "1 cells", "NUL"]
    assert all(word in why for word, why in zip(expected, reasons, strict=True)), reasons
    assert load("email\nana@example.com\n", ImportOptions(rejected_file=path)).rejected == 0
    assert not path.exists()


def test_strict_tells_that_rows_were_rejected(load: Import) -> None:
    strict = ImportOptions(strict=True)
    assert load(HOSTILE, strict).failed
    assert not load("email\nana@example.com\n", strict).failed
    assert not load(HOSTILE).failed


def test_a_dry_run_writes_nothing_anywhere(load: Import, house: Drumbeat, tmp_path: Path) -> None:
    path = tmp_path / "people.rejected.csv"
    options = replace(SUBSCRIBED, dry_run=True, rejected_file=path)
    assert counts(load(HOSTILE, options)) == (8, 1, 0, 0, 7)
    assert not path.exists()
    with house.look(MARIA) as d:
        assert d.audience.count_audience().contacts == 0
        assert d.audience.permission_revision() == 0


def test_a_dry_run_counts_what_the_real_run_then_does(load: Import) -> None:
    text = "email,city\nana@example.com,Porto\nana@example.com,Faro\nben@example.com,\n"
    tried = load(text, ImportOptions(dry_run=True))
    assert counts(tried) == counts(load(text))


def test_an_external_id_of_somebody_else_is_a_rejected_row(load: Import) -> None:
    report = load("email,Customer ID\nana@example.com,7\nben@example.com,7\n")
    assert counts(report) == (2, 1, 0, 0, 1)
    assert (report.problems[0].row, "another contact" in report.problems[0].reason) == (3, True)


def test_progress_is_told_unit_by_unit(house: Drumbeat) -> None:
    @contextmanager
    def begin() -> Iterator[ImportUnit]:
        with house.begin(MARIA) as d:
            yield d

    raw = ("email\n" + "".join(f"p{n}@example.com\n" for n in range(1_200))).encode()
    told: list[ImportProgress] = []
    import_contacts(begin, io.BytesIO(raw), PLAIN, told.append, real=lambda: 0.0)
    assert [step.rows for step in told] == [500, 1_000, 1_200]
    assert told[-1].bytes_read == told[-1].bytes_total == len(raw)


def test_an_import_that_is_cut_off_leaves_whole_units_and_goes_on_when_repeated(
    house: Drumbeat, load: Import, tmp_path: Path
) -> None:
    text = "email\nnobody\n" + "".join(f"p{n}@example.com\n" for n in range(1_200))
    opened: list[int] = []

    @contextmanager
    def begin() -> Iterator[ImportUnit]:
        opened.append(1)
        with house.begin(MARIA) as d:
            yield d
            if len(opened) == 3:  # the first only reads what topics there are
                raise KeyboardInterrupt

    options = ImportOptions(rejected_file=tmp_path / "people.rejected.csv")
    with pytest.raises(KeyboardInterrupt):
        import_contacts(begin, io.BytesIO(text.encode()), options)
    assert not list(tmp_path.glob("*.csv*"))
    with house.look(MARIA) as d:
        assert d.audience.count_audience().contacts == 500
    assert counts(load(text)) == (1_201, 700, 0, 500, 1)


def test_a_wrong_encoding_named_by_hand_rejects_the_rows_it_cannot_read(load: Import) -> None:
    raw = "email,city\na@example.com,Malmö\nb@example.com,Faro\n".encode("cp1252")
    report = load(raw, ImportOptions(encoding="utf-8"))
    assert counts(report) == (2, 1, 0, 0, 1)
    assert (report.problems[0].row, report.problems[0].reason) == (
        2,
        "column 2 is not readable as utf-8",
    )


def test_a_header_that_is_refused_leaves_no_file_behind(load: Import, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        load("city\nPorto\n", ImportOptions(rejected_file=tmp_path / "people.rejected.csv"))
    assert not list(tmp_path.glob("*.csv*"))


@pytest.mark.parametrize("hostile", ["=1+1", "{{ email }}", "</script>", "a\u202eb"])
def test_hostile_text_is_kept_as_text(load: Import, house: Drumbeat, hostile: str) -> None:
    load(f'email,first name\nana@example.com,"{hostile}"\n')
    assert contact(house, "ana@example.com").attributes == {"first_name": hostile}
