"""The visible half of a market: a list that looks like a list and reaches nobody."""

import csv
import io
import re
from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from drumbeat.science.simulation import contacts_csv
from drumbeat.science.simulation.people import fold
from tests.science.simulation.worlds import AS_OF, town

RESERVED = re.compile(r"@([a-z0-9-]+\.)*(example|example\.(com|org|net))$")


def test_every_address_is_reserved_so_nobody_can_be_reached() -> None:
    assert all(RESERVED.search(contact.email) for contact in town().contacts)


def test_addresses_are_plain_and_unique() -> None:
    emails = [contact.email for contact in town().contacts]
    assert len(set(emails)) == len(emails)
    assert all(re.fullmatch(r"[a-z0-9._]+@[a-z0-9.-]+", email) for email in emails)


def test_consent_is_mostly_given_and_sometimes_missing_or_withdrawn() -> None:
    shares = Counter(contact.consent for contact in town().contacts)
    assert shares["subscribed"] / len(town()) == pytest.approx(0.93, abs=0.012)
    assert 0.02 < shares["unconfirmed"] / len(town()) < 0.04
    assert 0.03 < shares["unsubscribed"] / len(town()) < 0.05


def test_everybody_signed_up_before_the_market_opens_in_a_real_zone() -> None:
    for contact in town().contacts:
        assert contact.signed_up_at < AS_OF
        assert contact.signed_up_at.tzinfo is UTC
    assert all(ZoneInfo(zone) for zone in {contact.zone for contact in town().contacts})


def test_a_few_have_no_name_so_that_templates_need_their_defaults() -> None:
    nameless = sum(not contact.first_name for contact in town().contacts)
    assert 0.015 < nameless / len(town()) < 0.045
    assert any(not contact.first_name.isascii() for contact in town().contacts)
    assert any("'" in contact.last_name for contact in town().contacts)


def test_one_provider_is_large_and_organisations_have_a_long_tail() -> None:
    sizes = Counter(town().people.domains)
    (largest, count), *_ = sizes.most_common(1)
    assert largest == "gmail.example"
    assert 0.35 < count / len(town()) < 0.45
    assert len(sizes) > 40


@pytest.mark.parametrize(
    ("name", "folded"),
    [("Łukasz", "lukasz"), ("O'Brien", "obrien"), ("Groß", "gross"), ("Møller", "moller")],
)
def test_names_fold_to_what_people_put_into_addresses(name: str, folded: str) -> None:
    assert fold(name) == folded


def test_the_export_has_mailchimps_headers_and_one_row_per_contact() -> None:
    text = contacts_csv(town().contacts[:200])
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert text.startswith("Email Address,First Name,Last Name,")
    assert len(rows) == 200
    for row, contact in zip(rows, town().contacts, strict=False):
        assert row["Email Address"] == contact.email
        assert row["Last Name"] == contact.last_name
        assert row["Status"] == contact.consent
        joined = datetime.strptime(row["OPTIN_TIME"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        assert joined == contact.signed_up_at
        assert bool(row["CONFIRM_TIME"]) == (contact.consent != "unconfirmed")
