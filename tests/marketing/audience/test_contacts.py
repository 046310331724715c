"""Contacts are merged without doubling, and found by whatever they are called."""

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.errors import InvalidInput, NotFound, NotPermitted
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import (
    Consent,
    ContactRow,
    MergeCounts,
    MergePolicy,
    SeenContacts,
    ZoneSource,
)
from tests.conftest import GUEST, MARIA

ANA = ContactRow("ana@example.com", external_id="A1", attributes={"first_name": "Ana", "age": 31})
BEN = ContactRow("ben@example.org", attributes={"first_name": "Ben"})


def merge(
    house: Drumbeat,
    *rows: ContactRow,
    policy: MergePolicy = MergePolicy.overwrite,
    seen: SeenContacts | None = None,
) -> MergeCounts:
    with house.begin(MARIA) as d:
        return d.audience.merge_contacts(rows, policy, seen=seen)


def attributes_of(house: Drumbeat, address: str) -> dict[str, object]:
    with house.look(MARIA) as d:
        found = d.audience.find_contact(address)
        assert found is not None
        return dict(found.attributes)


def test_a_second_merge_of_the_same_rows_changes_nothing(house: Drumbeat) -> None:
    assert merge(house, ANA, BEN) == MergeCounts(added=2)
    assert merge(house, ANA, BEN) == MergeCounts(unchanged=2)
    with house.look(MARIA) as d:
        assert d.audience.count_audience().contacts == 2


def test_a_row_overwrites_what_it_fills_in_and_keeps_the_rest(house: Drumbeat) -> None:
    merge(house, ANA)
    assert merge(house, ContactRow("ana@example.com", attributes={"age": 32})).updated == 1
    assert attributes_of(house, "ana@example.com") == {"first_name": "Ana", "age": 32}


def test_fill_adds_only_what_was_missing(house: Drumbeat) -> None:
    merge(house, ANA)
    row = ContactRow("ana@example.com", attributes={"age": 99, "city": "Porto"})
    assert merge(house, row, policy=MergePolicy.fill).updated == 1
    expected = {"first_name": "Ana", "age": 31, "city": "Porto"}
    assert attributes_of(house, "ana@example.com") == expected


def test_keep_leaves_a_known_contact_as_it_was(house: Drumbeat) -> None:
    merge(house, ANA)
    row = ContactRow("ana@example.com", attributes={"age": 99})
    assert merge(house, row, policy=MergePolicy.keep) == MergeCounts(unchanged=1)


def test_a_person_named_twice_in_one_file_is_one_contact_and_stays_stable(house: Drumbeat) -> None:
    twice = (
        ContactRow("ana@example.com", attributes={"city": "Porto"}),
        ContactRow("ana@example.com", attributes={"city": "Lisbon", "age": 31}),
    )
    assert merge(house, *twice) == MergeCounts(added=1, updated=1)
    assert merge(house, *twice) == MergeCounts(unchanged=2)
    assert attributes_of(house, "ana@example.com") == {"city": "Porto", "age": 31}


def test_a_person_named_twice_in_two_batches_of_one_import_stays_stable(house: Drumbeat) -> None:
    first = ContactRow("ana@example.com", attributes={"city": "Porto"})
    later = ContactRow("ana@example.com", attributes={"city": "Lisbon"})
    for expected in (MergeCounts(added=1), MergeCounts(unchanged=1)):
        seen = SeenContacts()
        assert merge(house, first, seen=seen) == expected
        assert merge(house, later, seen=seen) == MergeCounts(unchanged=1)


def test_an_external_id_of_somebody_else_refuses_the_row_only(house: Drumbeat) -> None:
    merge(house, ANA)
    counts = merge(house, ContactRow("eve@example.com", external_id="A1"), BEN)
    assert counts.added == 1
    assert [(r.index, r.reason) for r in counts.refused] == [
        (0, "external id 'A1' belongs to another contact")
    ]


def test_a_dry_run_counts_and_writes_nothing(house: Drumbeat) -> None:
    merge(house, ANA)
    seen = SeenContacts()
    changed = ContactRow("ana@example.com", attributes={"age": 32})
    with house.look(MARIA) as d:  # a reading unit would refuse any write
        counts = d.audience.merge_contacts([changed, BEN, BEN], seen=seen, dry_run=True)
    assert counts == MergeCounts(added=1, updated=1, unchanged=1)
    assert attributes_of(house, "ana@example.com")["age"] == 31


def test_a_zone_from_a_column_is_not_replaced_by_one_guessed_from_a_country(
    house: Drumbeat,
) -> None:
    column, country = ZoneSource.column, ZoneSource.country
    merge(house, ContactRow("ana@example.com", zone="Asia/Tokyo", zone_source=column))
    merge(house, ContactRow("ana@example.com", zone="Europe/Lisbon", zone_source=country))
    with house.look(MARIA) as d:
        found = d.audience.find_contact("ana@example.com")
    assert found is not None
    assert (found.zone, found.zone_source) == ("Asia/Tokyo", column)


def test_contacts_are_found_however_the_address_is_spelled(house: Drumbeat) -> None:
    merge(house, ANA, BEN)
    with house.look(MARIA) as d:
        asked = ["ANA@Example.com ", "nobody@example.com", "not an address"]
        numbers = d.audience.contact_numbers(asked)
        assert list(numbers) == ["ANA@Example.com "]
        assert d.audience.contact_numbers_by_external_id(["A1", "A2"]) == {
            "A1": numbers["ANA@Example.com "]
        }


def test_recipients_come_in_the_order_asked_for_with_their_fields(house: Drumbeat) -> None:
    merge(house, ANA, BEN)
    with house.look(MARIA) as d:
        ben, ana = d.audience.recipients([ContactNo(2), ContactNo(1)])
    assert (ben.address, ana.address) == ("ben@example.org", "ana@example.com")
    assert ana.fields == {
        "first_name": "Ana",
        "age": 31,
        "email": "ana@example.com",
        "external_id": "A1",
    }


def test_pages_of_contacts_follow_each_other(house: Drumbeat) -> None:
    merge(house, ANA, BEN)
    with house.look(MARIA) as d:
        [first] = d.audience.list_contacts(limit=1)
        [second] = d.audience.list_contacts(after=first.contact_no, limit=5)
    assert (first.address, second.address) == ("ana@example.com", "ben@example.org")
    assert first.consent is Consent.unconfirmed


def test_a_unit_takes_at_most_two_thousand_rows(house: Drumbeat) -> None:
    with house.begin(MARIA) as d, pytest.raises(InvalidInput, match="2000"):
        d.audience.merge_contacts([ANA] * 2001)


def test_a_guest_may_neither_read_nor_write(house: Drumbeat) -> None:
    with house.begin(GUEST) as d:
        with pytest.raises(NotPermitted):
            d.audience.merge_contacts([ANA])
        with pytest.raises(NotPermitted):
            d.audience.audience_members("all")


def test_a_contact_that_does_not_exist_is_named(house: Drumbeat) -> None:
    with house.look(MARIA) as d, pytest.raises(NotFound, match="7"):
        d.audience.get_contact(ContactNo(7))


def test_each_contact_is_read_with_their_own_consent(house: Drumbeat) -> None:
    states = (Consent.subscribed, Consent.unconfirmed, Consent.unsubscribed, Consent.subscribed)
    rows = [ContactRow(f"p{place}@example.com", consent=said) for place, said in enumerate(states)]
    for _ in range(2):
        with house.begin(MARIA) as department:
            counts = department.audience.merge_contacts(rows, MergePolicy.overwrite)
        with house.look(MARIA) as department:
            listed = department.audience.list_contacts()
        assert tuple(contact.consent for contact in listed) == states
    assert counts.unchanged == len(states)
