"""What is told later of an address that was merged: its noes count, its yeses stay its own."""

import io
from contextlib import AbstractContextManager

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import PUBLIC_CHOICES
from drumbeat.kit.errors import Conflict
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import (
    Asked,
    Consent,
    ContactRow,
    ImportOptions,
    ImportUnit,
    SuppressionReason,
    import_contacts,
)
from drumbeat.marketing.campaigns.event_intake import record_events
from drumbeat.marketing.events import EventRow, Kind
from tests.conftest import MARIA, HandClock

KEEP, OTHER = ContactNo(1), ContactNo(2)
NEW, OLD = "new@example.com", "old@example.com"
YES, NO, UNSURE = Consent.subscribed, Consent.unsubscribed, Consent.unconfirmed


@pytest.fixture
def moved(house: Drumbeat) -> Drumbeat:
    """Somebody whose old address said yes, and was merged into one that never did."""
    with house.begin(MARIA) as d:
        d.audience.merge_contacts([ContactRow(NEW), ContactRow(OLD, consent=YES)])
        d.topics.add_topic("Tips")
        d.duplicates.merge(KEEP, OTHER)
    return house


def consent_of(house: Drumbeat, address: str) -> Consent:
    with house.look(MARIA) as d:
        found = d.audience.find_contact(address)
        assert found is not None
        return found.consent


def suppressed(house: Drumbeat, address: str) -> str:
    with house.look(MARIA) as d:
        permission = d.audience.permission_of(address)
    assert permission is not None
    return permission.reason


def brought(house: Drumbeat, csv: str) -> None:
    def begin() -> AbstractContextManager[ImportUnit]:
        return house.begin(MARIA)

    import_contacts(begin, io.BytesIO(csv.encode()), ImportOptions("Subscribed"), bulk_from=1)


def test_the_yes_of_a_merged_address_in_a_file_does_not_become_anothers(moved: Drumbeat) -> None:
    with moved.begin(MARIA) as d:
        d.audience.merge_contacts([ContactRow(OLD, consent=YES, attributes={"city": "Rome"})])
    assert consent_of(moved, NEW) is UNSURE
    with moved.begin(MARIA) as d:
        d.audience.merge_contacts([ContactRow(OLD, consent=NO)])
    assert consent_of(moved, NEW) is NO


@pytest.mark.parametrize("reason", [SuppressionReason.bounced, SuppressionReason.complained])
def test_a_file_that_calls_a_merged_address_dead_leaves_the_kept_one_alone(
    moved: Drumbeat, reason: SuppressionReason
) -> None:
    with moved.begin(MARIA) as d:
        d.audience.merge_contacts([ContactRow(OLD, suppress=reason)])
    told = suppressed(moved, NEW)
    assert told == (
        "no_consent" if reason is SuppressionReason.bounced else "suppressed:complained"
    )


def test_a_bounce_that_a_shop_reports_of_a_merged_address_is_that_mailboxes(
    moved: Drumbeat, clock: HandClock
) -> None:
    row = EventRow(1, (), Kind.bounced, clock(), email=OLD)
    told = record_events(
        lambda: moved.look(MARIA), lambda: moved.begin(MARIA), [row], source="provider"
    )
    assert told.added == 1
    assert suppressed(moved, NEW) == "no_consent"
    with moved.look(MARIA) as d:
        assert [each.kind for each in d.analytics.timeline(KEEP)] == ["bounced"]


def test_a_yes_from_the_old_mailbox_does_not_bring_back_who_left(moved: Drumbeat) -> None:
    with moved.begin(MARIA) as d:
        d.audience.withdraw(KEEP, source="page")
    with pytest.raises(Conflict, match="another address"), moved.begin(PUBLIC_CHOICES) as d:
        d.topics.choose(OTHER, {"tips": True}, Asked("preferences"), own=True)
    assert consent_of(moved, NEW) is NO
    with moved.begin(PUBLIC_CHOICES) as d:
        assert d.topics.choose(OTHER, {"tips": False}, Asked("preferences"), own=True)


def test_a_complaint_of_the_merged_person_outlives_a_bounce_that_is_lifted(
    house: Drumbeat,
) -> None:
    with house.begin(MARIA) as d:
        d.audience.merge_contacts([ContactRow(NEW, consent=YES), ContactRow(OLD, consent=YES)])
        d.audience.suppress(KEEP, SuppressionReason.bounced)
        d.audience.suppress(OTHER, SuppressionReason.complained)
        d.duplicates.merge(KEEP, OTHER)
    assert suppressed(house, NEW) == "suppressed:complained"


@pytest.mark.parametrize("gone", ["merged", "erased"])
def test_after_the_newest_contact_went_everybody_in_a_file_keeps_their_own_consent(
    house: Drumbeat, gone: str
) -> None:
    with house.begin(MARIA) as d:
        d.audience.merge_contacts([ContactRow(NEW, consent=YES), ContactRow(OLD, consent=YES)])
    with house.begin(MARIA) as d:
        if gone == "merged":
            d.duplicates.merge(KEEP, OTHER)
        else:
            d.erasing.erase(OTHER)
    said = {f"p{n}@example.org": "yes" if n % 3 else "" for n in range(30)}
    lines = "".join(f"{address},{yes}\n" for address, yes in said.items())
    brought(house, f"Email,Subscribed\n{lines}")
    wanted = {address: YES if yes else UNSURE for address, yes in said.items()}
    assert {address: consent_of(house, address) for address in said} == wanted
