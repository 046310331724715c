"""What a program tells about contacts is merged as an import would, row by row."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import Actor
from drumbeat.kit.errors import NotPermitted
from drumbeat.marketing.audience import (
    AudienceService,
    Consent,
    Contact,
    PutReport,
    ToldContact,
    put_contacts,
)
from drumbeat.marketing.audience.putting import BATCH_ROWS, Told
from tests.conftest import GUEST, MARIA

Row = Mapping[str, Told]
ANA: Row = {"email": "ana@example.com", "external_id": "A1", "first_name": "Ana"}


def put(house: Drumbeat, *rows: Row, actor: Actor = MARIA) -> PutReport:
    """Each row's fields; what is told under "attributes." is an attribute."""

    @contextmanager
    def begin() -> Iterator[AudienceService]:
        with house.begin(actor) as d:
            yield d.audience

    return put_contacts(begin, [told(at, row) for at, row in enumerate(rows)], source="api")


def told(index: int, row: Row) -> ToldContact:
    fields = {name: value for name, value in row.items() if "." not in name}
    attributes = {
        name.removeprefix("attributes."): value for name, value in row.items() if "." in name
    }
    return ToldContact(index, fields, attributes)


def counts(report: PutReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, len(report.problems)


def contact(house: Drumbeat, address: str) -> Contact:
    with house.look(MARIA) as d:
        found = d.audience.find_contact(address)
    assert found is not None
    return found


def reason(house: Drumbeat, address: str) -> str:
    number = contact(house, address).contact_no
    with house.look(MARIA) as d:
        return d.audience.permissions([number])[number].reason


def test_who_is_put_again_is_unchanged(house: Drumbeat) -> None:
    assert counts(put(house, ANA)) == (1, 0, 0, 0)
    assert counts(put(house, ANA, {"email": " ANA@Example.com"})) == (0, 0, 2, 0)
    assert counts(put(house, {**ANA, "first_name": "Anna"})) == (0, 1, 0, 0)
    assert contact(house, "ana@example.com").attributes == {"first_name": "Anna"}


def test_what_is_left_out_null_or_empty_stays(house: Drumbeat) -> None:
    put(house, {**ANA, "consent": "subscribed", "attributes.plan": "yearly"})
    empty: Row = {"first_name": None, "consent": None, "attributes.plan": ""}
    assert counts(put(house, {"email": "ana@example.com", **empty})) == (0, 0, 1, 0)
    assert reason(house, "ana@example.com") == ""


def test_an_external_id_alone_names_who_is_known_also_since_an_earlier_row(
    house: Drumbeat,
) -> None:
    report = put(house, ANA, {"external_id": "A1", "city": "Porto"}, {"external_id": "B2"})
    assert counts(report) == (1, 1, 0, 1)
    assert (report.problems[0].index, report.problems[0].field) == (2, "external_id")
    assert contact(house, "ana@example.com").attributes["city"] == "Porto"
    assert counts(put(house, {"external_id": "A1", "city": "Faro"})) == (0, 1, 0, 0)


def test_values_are_read_as_in_a_file(house: Drumbeat) -> None:
    row: Row = {
        "attributes.Shoe Size": "42",
        "attributes.zip": "01234",
        "attributes.ratio": 0.30000000000000004,
        "attributes.vip": True,
        "attributes.account": 12345678901234567890,
        "timezone": "europe/lisbon",
    }
    put(house, {**ANA, **row})
    kept = contact(house, "ana@example.com")
    assert kept.zone == "Europe/Lisbon"
    assert kept.attributes == {
        "first_name": "Ana",
        "shoe_size": 42,
        "zip": "01234",
        "ratio": 0.30000000000000004,
        "vip": True,
        "account": "12345678901234567890",
    }


@pytest.mark.parametrize(
    "no",
    [
        {"consent": "unsubscribed"},
        {"consent": False},
        {"attributes.unsubscribed": True},
        {"consent": "subscribed", "attributes.Do not mail": "yes"},
    ],
)
def test_a_no_is_heard_and_no_later_yes_takes_it_back(house: Drumbeat, no: Row) -> None:
    put(house, {**ANA, "consent": "subscribed"})
    assert counts(put(house, {"external_id": "A1", **no})) == (0, 1, 0, 0)
    assert reason(house, "ana@example.com") == "unsubscribed"
    assert counts(put(house, {**ANA, "consent": True})) == (0, 0, 1, 0)
    assert reason(house, "ana@example.com") == "unsubscribed"


def test_somebody_new_of_whom_nothing_is_said_is_never_mailed(house: Drumbeat) -> None:
    put(house, ANA)
    assert reason(house, "ana@example.com") == "no_consent"


def test_a_change_of_consent_and_the_put_itself_name_who_did_it(house: Drumbeat) -> None:
    house.owner()
    put(house, {**ANA, "consent": "subscribed", "consented_at": "2026-05-04T09:30:00Z"})
    put(house, ANA)
    with house.look(MARIA) as d:
        [proof] = d.audience.list_proofs(contact(house, "ana@example.com").contact_no)
        trail = [each for each in d.accounts.list_audit(None, 10) if "import" in each.action]
    assert (proof.state, proof.source, proof.actor) == (Consent.subscribed, "api", "maria")
    assert proof.occurred_at.isoformat() == "2026-05-04T09:30:00+00:00"
    assert [(each.action, each.actor) for each in trail] == [("import.put", "maria")]


BAD: dict[str, tuple[Row, str]] = {
    "no address": ({"first_name": "X"}, "email"),
    "a mistyped address": ({"email": "x"}, "email"),
    "half a character": ({"email": "x@example.com", "city": "\ud800"}, "city"),
    "half a character in a name": ({"email": "x@example.com", "attributes.\ud800": "\ud800"}, ""),
    "no name": ({"email": "x@example.com", "attributes.??": "x"}, "attributes"),
    "no zone": ({"email": "x@example.com", "timezone": "Mars/Olympus"}, "timezone"),
    "a strange consent": ({"email": "x@example.com", "consent": "perhaps"}, "consent"),
    "a long id": ({"email": "x@example.com", "external_id": "x" * 201}, "external_id"),
    "a long text": ({"email": "x@example.com", "attributes.bio": "x" * 10_001}, "attributes.bio"),
    "no number": ({"email": "x@example.com", "attributes.n": float("nan")}, "attributes.n"),
    "one name twice": ({"email": "x@example.com", "attributes.A b": 1, "attributes.a_b": 2}, ""),
    "a field twice": ({"email": "x@example.com", "city": "A", "attributes.city": "B"}, ""),
    "another's id": ({"email": "x@example.com", "external_id": "A1"}, "external_id"),
}


def test_a_row_that_cannot_be_merged_names_its_field_and_holds_nobody_up(house: Drumbeat) -> None:
    put(house, ANA)
    rows = [row for row, _ in BAD.values()]
    report = put(house, *rows, {"email": "last@example.com"})
    assert counts(report) == (1, 0, 0, len(BAD))
    assert [problem.index for problem in report.problems] == list(range(len(BAD)))
    for problem, (what, (_, field)) in zip(report.problems, BAD.items(), strict=True):
        assert problem.field.startswith(field or "attributes"), what
        problem.field.encode()
        problem.reason.encode()
    with house.look(MARIA) as d:
        assert d.audience.count_audience().contacts == 2


def test_many_rows_are_merged_in_units_and_who_came_twice_keeps_the_first(house: Drumbeat) -> None:
    rows: list[Row] = [
        {"email": f"p{at % (BATCH_ROWS + 40)}@example.com", "city": f"city {at}"}
        for at in range(2 * BATCH_ROWS + 80)
    ]
    first = put(house, *rows)
    assert counts(first) == (BATCH_ROWS + 40, 0, BATCH_ROWS + 40, 0)
    assert counts(put(house, *rows)) == (0, 0, len(rows), 0)
    assert contact(house, "p7@example.com").attributes == {"city": "city 7"}


def test_who_may_not_write_puts_nobody_and_learns_nothing(house: Drumbeat) -> None:
    nameless: Row = {"external_id": "A1"}
    for rows in ([ANA], [], [nameless]):
        with pytest.raises(NotPermitted, match="audience:write"):
            put(house, *rows, actor=GUEST)
