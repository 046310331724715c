"""What a file says of topics goes into the ledger of consent, and takes back nobody's no."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import (
    Asked,
    Consent,
    ImportOptions,
    ImportReport,
    ImportUnit,
    MergePolicy,
    import_contacts,
)
from drumbeat.marketing.audience.topic_columns import HELD_BACK, find_topic_columns, read_topics
from tests.conftest import MARIA

Import = Callable[..., ImportReport]
YES, NO, NEVER = Consent.subscribed, Consent.unsubscribed, Consent.unconfirmed
SUBSCRIBED = ImportOptions(consent="subscribed", source_name="crm.csv")
ANA = "ana@example.com"


@pytest.fixture
def load(house: Drumbeat) -> Import:
    """Imports into a house with two topics."""
    with house.begin(MARIA) as d:
        d.topics.add_topic("Garden tips")
        d.topics.add_topic("Sales & offers", key="sales")

    @contextmanager
    def begin() -> Iterator[ImportUnit]:
        with house.begin(MARIA) as d:
            yield d

    def load(text: str, options: ImportOptions = SUBSCRIBED, bulk_from: int = 1) -> ImportReport:
        return import_contacts(begin, io.BytesIO(text.encode()), options, bulk_from=bulk_from)

    return load


def states(house: Drumbeat, address: str = ANA) -> dict[str, Consent]:
    with house.look(MARIA) as d:
        number = d.audience.contact_numbers([address])[address]
        return {each.topic.key: each.state for each in d.topics.choices_of(number).topics}


def number(house: Drumbeat, address: str = ANA) -> ContactNo:
    with house.look(MARIA) as d:
        return d.audience.contact_numbers([address])[address]


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    return report.rows, report.added, report.updated, report.unchanged, report.rejected


@pytest.mark.parametrize(
    "said", ["garden-tips,SALES", "Garden Tips; Sales & Offers", '["sales"|"garden tips"]']
)
def test_a_list_of_topics_is_a_yes_to_each_in_the_ledger(
    load: Import, house: Drumbeat, said: str
) -> None:
    quoted = said.replace('"', '""')
    report = load(f'email,Interests\n{ANA},"{quoted}"\nben@example.com,\n')
    assert (counts(report), report.noted) == ((2, 2, 0, 0, 0), 0)
    assert states(house) == {"marketing": YES, "garden-tips": YES, "sales": YES}
    assert states(house, "ben@example.com") == {
        "marketing": YES,
        "garden-tips": NEVER,
        "sales": NEVER,
    }
    assert dict(report.meanings)["Interests"] == "topics"
    with house.look(MARIA) as d:
        proofs = d.audience.list_proofs(number(house))
        assert d.audience.get_contact(number(house)).attributes["interests"]
    assert {(each.topic, each.source) for each in proofs} == {
        (key, "import:crm.csv") for key in ("marketing", "garden-tips", "sales")
    }


def test_importing_it_again_changes_nothing_and_more_of_it_updates(
    load: Import, house: Drumbeat
) -> None:
    text = f"email,topics\n{ANA},sales\nben@example.com,sales\n"
    assert counts(load(text)) == (2, 2, 0, 0, 0)
    assert counts(load(text)) == (2, 0, 0, 2, 0)
    more = f"email,Garden tips\n{ANA},yes\nben@example.com,\n"
    tried = load(more, replace(SUBSCRIBED, dry_run=True))
    assert counts(tried) == counts(load(more)) == (2, 0, 1, 1, 0)
    assert states(house)["garden-tips"] is YES
    with house.look(MARIA) as d:
        assert len(d.audience.list_proofs(number(house))) == 3


def test_a_column_for_each_topic_says_yes_and_no(load: Import, house: Drumbeat) -> None:
    text = (
        f"email,Garden tips,topic sales\n{ANA},yes,no\nben@example.com,0,\nc@example.com,1,TRUE\n"
    )
    report = load(text)
    assert dict(report.meanings) == {
        "email": "email", "Garden tips": "topic:garden-tips", "topic sales": "topic:sales",
    }  # fmt: skip
    assert states(house) == {"marketing": YES, "garden-tips": YES, "sales": NO}
    assert states(house, "ben@example.com")["garden-tips"] is NO
    assert states(house, "c@example.com") == {"marketing": YES, "garden-tips": YES, "sales": YES}
    with house.look(MARIA) as d:
        assert d.audience.get_contact(number(house)).attributes == {}


def test_names_that_are_no_topic_are_told_by_row_and_the_rows_are_imported(
    load: Import, house: Drumbeat
) -> None:
    report = load(f"email,topics\n{ANA},golf|sales\nben@example.com,golf; wine\n")
    assert (counts(report), report.noted) == ((2, 2, 0, 0, 0), 2)
    golf, wine = "there is no topic 'golf'", "there is no topic 'wine'"
    assert [(each.row, each.reason) for each in report.notes] == [(2, golf), (3, golf), (3, wine)]
    assert report.note_counts == {golf: 2, wine: 1}
    assert states(house)["sales"] is YES


@pytest.mark.parametrize("policy", list(MergePolicy))
def test_no_file_takes_back_a_no(load: Import, house: Drumbeat, policy: MergePolicy) -> None:
    load(f"email\n{ANA}\nben@example.com\n")
    ana, ben = number(house), number(house, "ben@example.com")
    with house.begin(MARIA) as d:
        d.topics.choose(ana, {"sales": False}, Asked("phone"))
        d.audience.withdraw(ben, source="phone")
    report = load(
        f"email,topics\n{ANA},sales;garden tips\nben@example.com,sales\n",
        replace(SUBSCRIBED, policy=policy),
    )
    assert states(house) == {"marketing": YES, "garden-tips": YES, "sales": NO}
    assert states(house, "ben@example.com")["sales"] is NEVER
    assert report.rejected == 0
    load(f"email,Garden tips\n{ANA},no\n", replace(SUBSCRIBED, policy=policy))
    assert states(house)["garden-tips"] is NO


def test_a_yes_is_worth_what_the_import_says_of_the_row(load: Import, house: Drumbeat) -> None:
    text = (
        f"email,newsletter,topics,Garden tips\n{ANA},yes,sales,no\nben@example.com,no,sales,yes\n"
    )
    report = load(text, ImportOptions())
    assert states(house) == {"marketing": NEVER, "garden-tips": NO, "sales": NEVER}
    assert report.note_counts == {HELD_BACK: 2}
    load(text, ImportOptions(consent="newsletter"))
    assert states(house) == {"marketing": YES, "garden-tips": NO, "sales": YES}
    assert states(house, "ben@example.com") == {
        "marketing": NO,
        "garden-tips": NEVER,
        "sales": NEVER,
    }


def test_a_later_row_of_the_same_person_adds_topics_and_no_beats_yes(
    load: Import, house: Drumbeat
) -> None:
    load(f"email,topics,Garden tips\n{ANA},sales,yes\n{ANA.upper()},,no\n")
    assert states(house) == {"marketing": YES, "garden-tips": NO, "sales": YES}


def test_a_yes_of_a_merged_address_stays_with_it_and_a_no_is_the_persons(
    load: Import, house: Drumbeat
) -> None:
    load(f"email\n{ANA}\nben@example.com\n")
    with house.look(MARIA) as d:
        numbers = d.audience.contact_numbers([ANA, "ben@example.com"])
    with house.begin(MARIA) as d:
        d.duplicates.merge(numbers[ANA], numbers["ben@example.com"])
    load("email,topics,Garden tips\nben@example.com,sales,no\n")
    assert states(house) == {"marketing": YES, "garden-tips": NO, "sales": NEVER}


def test_without_topics_such_columns_stay_fields_and_words_that_are_no_answer_too(
    load: Import, house: Drumbeat
) -> None:
    report = load(f"email,Garden tips\n{ANA},roses and lilies\n")
    assert dict(report.meanings)["Garden tips"] == "garden_tips"
    chosen = load(f"email,Likes\n{ANA},sales\n", replace(SUBSCRIBED, mapping={"Likes": "topics"}))
    assert dict(chosen.meanings)["Likes"] == "topics"
    assert states(house)["sales"] is YES
    own = replace(SUBSCRIBED, mapping={"Sold": "topic:sale"})
    with pytest.raises(InvalidInput, match="Did you mean sales"):
        load(f"email,Sold\n{ANA},no\n", own)


def test_a_house_without_topics_keeps_interests_as_a_field(house: Drumbeat) -> None:
    text = io.BytesIO(b"email,interests\nana@example.com,golf\n")
    report = import_contacts(lambda: house.begin(MARIA), text, SUBSCRIBED)
    assert (dict(report.meanings)["interests"], report.noted) == ("interests", 0)


@given(st.text(max_size=200), st.text(max_size=60), st.booleans())
def test_whatever_a_cell_holds_is_read_or_told(listed: str, answer: str, subscribed: bool) -> None:
    header = ["topics", "weekly"]
    told = find_topic_columns(header, [0], [], {0: "topics"}, lambda _: [])
    said, notes = read_topics(told, [listed, answer], header, subscribed=subscribed)
    assert said == {}
    assert len(notes) <= 6
