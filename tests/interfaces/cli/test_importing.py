"""drumbeat audience|events import: what is written beside the file, told, and the exit code."""

import csv
import shlex
from pathlib import Path

import pytest

from tests.interfaces.cli.conftest import CONTACTS, Shell

MIXED = CONTACTS + "nobody,Nobody,subscribed\n"


def beside(shell: Shell) -> list[dict[str, str]]:
    with (shell.place / "contacts.rejected.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_rejected_rows_are_written_beside_the_file_with_their_reason(shell: Shell) -> None:
    file = shell.write("contacts.csv", MIXED)
    ran = shell.done("audience", "import", file, "--consent", "Status", "--json")
    told = ran.json()
    names = ("rows", "added", "updated", "unchanged", "rejected", "rejected_file")
    assert [told[name] for name in names] == [4, 3, 0, 0, 1, "contacts.rejected.csv"]
    (row,) = beside(shell)
    assert (row["Email"], row["row"]) == ("nobody", "5")
    assert "address" in row["reason"]


def test_a_second_import_changes_nothing(shell: Shell) -> None:
    file = shell.write("contacts.csv", CONTACTS)
    shell.done("audience", "import", file, "--consent", "Status")
    told = shell.done("audience", "import", file, "--consent", "Status", "--json").json()
    assert (told["rows"], told["unchanged"], told["rejected_file"]) == (3, 3, None)
    assert sorted(path.name for path in shell.place.iterdir()) == ["contacts.csv"]


def test_rejected_rows_of_before_do_not_stay_once_they_are_mended(shell: Shell) -> None:
    shell.done("audience", "import", shell.write("contacts.csv", MIXED))
    assert len(beside(shell)) == 1
    shell.done("audience", "import", shell.write("contacts.csv", CONTACTS), "--dry-run")
    assert len(beside(shell)) == 1
    shell.done("audience", "import", shell.write("contacts.csv", CONTACTS))
    assert not (shell.place / "contacts.rejected.csv").exists()


def test_strict_fails_when_a_row_is_rejected_and_still_imports_the_rest(shell: Shell) -> None:
    file = shell.write("contacts.csv", MIXED)
    ran = shell.run("audience", "import", file, "--strict", "--json")
    assert (ran.code, ran.json()["added"], ran.json()["rejected"]) == (1, 3, 1)
    file = shell.write("contacts.csv", CONTACTS)
    assert shell.run("audience", "import", file, "--strict").code == 0


def test_a_dry_run_writes_nothing_anywhere(shell: Shell) -> None:
    file = shell.write("contacts.csv", MIXED)
    told = shell.done("audience", "import", file, "--dry-run", "--json").json()
    assert (told["added"], told["rejected"], told["rejected_file"]) == (3, 1, None)
    assert sorted(path.name for path in shell.place.iterdir()) == ["contacts.csv"]
    assert shell.done("status", "--json").json()["total_contacts"] == 0


def test_a_file_that_cannot_be_read_fails_and_says_why(shell: Shell) -> None:
    for content, said in (
        (b"", "empty"),
        (b"PK\x03\x04" + bytes(200), "Excel"),
        (b"name,city\nAda,London\n", "name, city"),
        (b"email,Email\na@b.example,c@d.example\n", "more than once"),
    ):
        file = shell.write("contacts.csv", content)
        for area in ("audience", "events"):
            ran = shell.run(area, "import", file, "--json")
            assert (ran.code, ran.out) == (1, ""), ran.err
            assert said in ran.err, (content[:20], ran.err)
            assert "Traceback" not in ran.err
    assert sorted(path.name for path in shell.place.iterdir()) == ["contacts.csv"]


def test_a_file_that_is_not_there_is_named(shell: Shell) -> None:
    (shell.place / "folder").mkdir()
    for name in ("nowhere.csv", "folder"):
        for area in ("audience", "events"):
            ran = shell.run(area, "import", name, "--json")
            assert (ran.code, ran.out) == (1, "")
            assert name in ran.err
            assert "Traceback" not in ran.err


def test_events_are_imported_once(people: Shell) -> None:
    file = people.write(
        "purchases.csv",
        "email,kind,occurred_at,value,currency,order_id\n"
        "ada@example.com,purchased,2026-01-10T09:30:00Z,40.00,EUR,A-1\n"
        "eve@example.com,purchased,2026-01-11T16:05:00Z,25.50,EUR,A-2\n",
    )
    told = people.done("events", "import", file, "--json").json()
    assert (told["rows"], told["added"], told["rejected"]) == (2, 1, 1)
    assert told["rejected_file"] == "purchases.rejected.csv"
    told = people.done("events", "import", file, "--json").json()
    assert (told["added"], told["repeated"], told["rejected"]) == (0, 1, 1)
    assert people.run("events", "import", file, "--strict").code == 1


def test_people_are_told_in_words_and_nothing_is_on_stdout(shell: Shell) -> None:
    file = shell.write("contacts.csv", MIXED)
    ran = shell.done("audience", "import", file)
    assert ran.out == ""
    assert "4 rows" in ran.err
    assert "3 added" in ran.err
    assert str(Path("contacts.rejected.csv")) in ran.err


def test_a_dry_run_says_why_rows_would_be_rejected_and_what_each_column_is(shell: Shell) -> None:
    file = shell.write("contacts.csv", MIXED + "nobody either,Nobody,subscribed\n")
    said = shell.done("audience", "import", file, "--consent", "Status", "--dry-run").err
    assert "Nothing was written" in said
    assert "  Email: email\n" in said
    assert "2 × 'Email': the address " in said
    assert "(rows 5, 6)" in said


def test_an_address_column_of_another_name_is_mapped(shell: Shell) -> None:
    file = shell.write("contacts.csv", CONTACTS.replace("Email", "Kontakt", 1))
    refused = shell.run("audience", "import", file)
    assert refused.code == 1
    assert "map Kontakt=email" in refused.err
    told = shell.done("audience", "import", file, "--map", "Kontakt=email", "--json").json()
    assert (told["added"], told["rejected"]) == (3, 0)


def test_a_mended_file_of_rejected_rows_adds_only_what_the_list_had(shell: Shell) -> None:
    shell.done("audience", "import", shell.write("contacts.csv", MIXED))
    rejects = shell.place / "contacts.rejected.csv"
    mended = rejects.read_text(encoding="utf-8").replace("\nnobody,", "\nnoa@example.com,")
    shell.done("audience", "import", shell.write("mended.csv", mended))
    told = shell.done("audience", "list", "--email", "noa@example.com", "--json").json()
    attributes = told["attributes"]
    assert isinstance(attributes, dict)
    assert attributes.keys() <= {"first_name", "status"}


def test_a_file_without_an_address_column_is_answered_with_the_command_to_type(
    shell: Shell,
) -> None:
    file = shell.write("my list.csv", "Kontakt Nr,Vorname\nada@example.com,Ada\n")
    refused = shell.run("audience", "import", file, "--consent", "subscribed")
    assert (refused.code, refused.out) == (1, "")
    command = refused.err.splitlines()[-1].strip()
    assert command == (
        "drumbeat audience import 'my list.csv' --map 'Kontakt Nr=email' --consent subscribed"
    )
    assert refused.err.count("No column holds addresses") == 1
    report = shell.done(*shlex.split(command)[1:], "--json").json()
    assert report["added"] == 1
    nothing = shell.write("numbers.csv", "a,b\n1,2\n")
    assert "--map 'YOUR COLUMN=email'" in shell.run("audience", "import", nothing).err


@pytest.mark.parametrize(
    ("start", "kind", "mend"),
    [
        (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml" + bytes(90), "Excel", "as CSV"),
        (b"PK\x03\x04" + bytes(26) + b"list.csv" + bytes(90), "ZIP archive", "unpack it"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(200)), "picture (PNG)", "take the CSV file"),
        (bytes(range(1, 30)) * 9, "binary data", "take the CSV file"),
    ],
)
def test_a_file_that_is_no_text_is_named_with_what_to_do(
    shell: Shell, start: bytes, kind: str, mend: str
) -> None:
    refused = shell.run("audience", "import", shell.write("list.csv", start))
    assert (refused.code, refused.out) == (1, "")
    assert kind in refused.err
    assert mend in refused.err
    assert len(refused.err.strip().splitlines()) == 1
