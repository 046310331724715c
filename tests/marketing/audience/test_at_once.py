"""Several imports and refusals of the same people at the same moment, from several threads."""

import threading
from collections.abc import Callable

from drumbeat.bootstrap import Drumbeat
from drumbeat.marketing.audience import Consent, ContactRow, SuppressionReason
from tests.conftest import MARIA

PEOPLE = 120
ROUNDS = 4


def merge(house: Drumbeat, attribute: str) -> None:
    """Everybody, each round from another end, with one attribute that only this thread knows."""
    for turn in range(ROUNDS):
        rows = [
            ContactRow(
                f"reader{n}@example.com", attributes={attribute: turn}, consent=Consent.subscribed
            )
            for n in range(1, PEOPLE + 1)
        ]
        with house.begin(MARIA) as department:
            department.audience.merge_contacts(rows[:: -1 if turn % 2 else 1])


def refuse(house: Drumbeat) -> None:
    """Whoever is there already, the last first."""
    for _ in range(ROUNDS):
        with house.begin(MARIA) as department:
            numbers = [c.contact_no for c in department.audience.list_contacts(limit=PEOPLE)]
            department.audience.refuse_all(
                dict.fromkeys(reversed(numbers)), SuppressionReason.complained, source="test"
            )


def test_nobody_is_added_twice_and_nothing_of_anybody_is_lost(house: Drumbeat) -> None:
    failures: list[Exception] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            failures.append(error)

    works: list[Callable[[], None]] = [
        lambda: merge(house, "left"),
        lambda: merge(house, "right"),
        lambda: refuse(house),
    ]
    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    with house.look(MARIA) as department:
        people = department.audience.list_contacts(limit=1000)
        proofs = [department.audience.list_proofs(person.contact_no) for person in people]
    assert len(people) == PEOPLE
    assert {tuple(sorted(p.attributes.items())) for p in people} == {
        (("left", ROUNDS - 1), ("right", ROUNDS - 1))
    }
    assert {len(each) for each in proofs} == {1}
