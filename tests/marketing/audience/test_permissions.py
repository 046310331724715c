"""Nobody is mailed who did not say yes, or said no."""

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import PUBLIC_CONSENT
from drumbeat.kit.errors import NotFound, NotPermitted
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import Consent, ContactRow, Permission, SuppressionReason
from tests.conftest import GUEST, MARIA

ONE = ContactNo(1)
YES = Permission(True)


def merge(house: Drumbeat, consent: Consent, suppress: SuppressionReason | None = None) -> None:
    row = ContactRow("ana@example.com", consent=consent, suppress=suppress, source="import:a.csv")
    with house.begin(MARIA) as d:
        d.audience.merge_contacts([row])


def permission(house: Drumbeat) -> Permission:
    with house.look(MARIA) as d:
        return d.audience.permissions([ONE])[ONE]


def revision(house: Drumbeat) -> int:
    with house.look(MARIA) as d:
        return d.audience.permission_revision()


def test_an_unconfirmed_contact_is_never_mailed(house: Drumbeat) -> None:
    merge(house, Consent.unconfirmed)
    assert permission(house) == Permission(False, "no_consent")


def test_a_subscriber_may_be_mailed(house: Drumbeat) -> None:
    merge(house, Consent.subscribed)
    assert permission(house) == YES


def test_an_unknown_contact_may_not_be_mailed(house: Drumbeat) -> None:
    assert permission(house) == Permission(False, "suppressed:erased")


def test_a_withdrawal_counts_at_once_and_only_once(house: Drumbeat) -> None:
    merge(house, Consent.subscribed)
    with house.begin(PUBLIC_CONSENT) as d:
        assert d.audience.withdraw(ONE, source="one-click", mailing_no=3)
    after = revision(house)
    with house.begin(PUBLIC_CONSENT) as d:
        assert not d.audience.withdraw(ONE, source="one-click", mailing_no=3)
    assert permission(house) == Permission(False, "unsubscribed")
    assert revision(house) == after


def test_a_re_import_never_revives_somebody_who_unsubscribed(house: Drumbeat) -> None:
    merge(house, Consent.subscribed)
    with house.begin(PUBLIC_CONSENT) as d:
        d.audience.withdraw(ONE, source="one-click")
    merge(house, Consent.subscribed)
    assert permission(house) == Permission(False, "unsubscribed")


def test_a_re_import_does_not_take_a_subscription_away(house: Drumbeat) -> None:
    merge(house, Consent.subscribed)
    merge(house, Consent.unconfirmed)
    assert permission(house) == YES


def test_an_imported_no_ends_a_subscription(house: Drumbeat) -> None:
    merge(house, Consent.subscribed)
    merge(house, Consent.unsubscribed, SuppressionReason.unsubscribed)
    assert permission(house) == Permission(False, "unsubscribed")


def test_a_suppressed_address_is_not_mailed_whatever_is_imported(house: Drumbeat) -> None:
    merge(house, Consent.subscribed)
    with house.begin(MARIA) as d:
        assert d.audience.suppress(ONE, SuppressionReason.bounced, source="delivery")
        assert not d.audience.suppress(ONE, SuppressionReason.complained)
    merge(house, Consent.subscribed)
    assert permission(house) == Permission(False, "suppressed:bounced")


def test_the_revision_moves_with_permission_and_with_nothing_else(house: Drumbeat) -> None:
    merge(house, Consent.unconfirmed)
    before = revision(house)
    merge(house, Consent.subscribed)
    subscribed = revision(house)
    with house.begin(MARIA) as d:
        d.audience.merge_contacts([ContactRow("ana@example.com", attributes={"city": "Porto"})])
    assert (before, subscribed > before, revision(house)) == (0, True, subscribed)


def test_subscribers_are_counted_without_those_who_may_not_be_mailed(house: Drumbeat) -> None:
    merge(house, Consent.subscribed)
    with house.look(MARIA) as d:
        assert d.audience.count_audience().subscribers == 1
    with house.begin(MARIA) as d:
        d.audience.suppress(ONE, SuppressionReason.complained)
        assert d.audience.count_audience().subscribers == 0


def test_every_change_of_consent_leaves_its_proof(house: Drumbeat) -> None:
    merge(house, Consent.subscribed)
    with house.begin(PUBLIC_CONSENT) as d:
        d.audience.withdraw(ONE, source="one-click", mailing_no=3)
    with house.look(MARIA) as d:
        proofs = d.audience.list_proofs(ONE)
    assert [(p.state, p.source, p.actor, p.mailing_no) for p in proofs] == [
        (Consent.subscribed, "import:a.csv", "maria", None),
        (Consent.unsubscribed, "one-click", "public:consent", 3),
    ]


def test_refusals_told_by_facts_pass_over_people_who_are_gone(house: Drumbeat) -> None:
    merge(house, Consent.subscribed)
    refused = {ONE: 3, ContactNo(99): 3}
    with house.begin(PUBLIC_CONSENT) as d:
        d.audience.refuse_all(refused, SuppressionReason.unsubscribed, source="import")
    after = revision(house)
    with house.begin(PUBLIC_CONSENT) as d:
        d.audience.refuse_all(refused, SuppressionReason.unsubscribed, source="import")
    assert permission(house) == Permission(False, "unsubscribed")
    assert revision(house) == after


def test_nobody_can_unsubscribe_a_contact_that_does_not_exist(house: Drumbeat) -> None:
    with house.begin(PUBLIC_CONSENT) as d, pytest.raises(NotFound, match="99"):
        d.audience.withdraw(ContactNo(99), source="one-click")


def test_a_guest_may_take_no_permission_away(house: Drumbeat) -> None:
    merge(house, Consent.subscribed)
    with house.begin(GUEST) as d, pytest.raises(NotPermitted):
        d.audience.withdraw(ONE, source="one-click")
