"""kill -9 in the middle of an import: whole contacts only, it says where, and it goes on."""

from collections.abc import Iterator

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import Actor, Scope
from drumbeat.marketing.audience import Contact
from tests.journeys.household import PATIENCE, Household

OWNER = Actor("owner", frozenset(Scope))
pytestmark = pytest.mark.slow

PEOPLE = 60_000
FIRST = "First"


def count(drumbeat: Drumbeat) -> int:
    with drumbeat.look(OWNER) as department:
        return department.audience.count_audience().contacts


def everybody(drumbeat: Drumbeat) -> Iterator[tuple[Contact, bool]]:
    after = 0
    with drumbeat.look(OWNER) as department:
        while page := department.audience.list_contacts(after=after, limit=2_000):
            may = department.audience.permissions([each.contact_no for each in page])
            yield from ((each, may[each.contact_no].may_mail) for each in page)
            after = page[-1].contact_no


def test_an_import_that_is_killed_goes_on_where_it_was(home: Household) -> None:
    lines = (f"p{n}@d{n % 9}.example,{FIRST}{n},GB,yes\n" for n in range(PEOPLE))
    file = home.file("people.csv", "email,first name,country,wants mail\n" + "".join(lines))
    command = ("audience", "import", file, "--consent", "wants mail")
    home.run("init")
    killed = home.start(*command)
    with home.inside() as inside:
        while not count(inside.drumbeat) > 0 and killed.poll() is None:
            pass
        killed.kill()
        assert killed.wait(PATIENCE) == -9, "it was finished before it was killed"
        before = count(inside.drumbeat)
        assert 0 < before < PEOPLE
        for contact, may in everybody(inside.drumbeat):
            number = contact.address[1:].partition("@")[0]
            assert contact.attributes == {"first_name": f"{FIRST}{number}", "country": "GB"}
            assert (contact.zone, may) == ("Europe/London", True)
    ran = home.run(*command)
    assert f"interrupted at row {before:,}" in ran.stderr
    assert f"{PEOPLE - before:,} added" in ran.stderr
    assert f"{before:,} unchanged" in ran.stderr
    again = home.run(*command)
    assert "interrupted" not in again.stderr
    with home.inside() as inside:
        assert count(inside.drumbeat) == PEOPLE
