"""Two contacts that are one person become one: nothing they did is lost, and no no is."""

from datetime import timedelta

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.bootstrap.erasing import erase, everything_about
from drumbeat.engine.facts import archive, fold
from drumbeat.kit.actor import PUBLIC_CONSENT
from drumbeat.kit.errors import InvalidInput, NotFound
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.audience import (
    Asked,
    Consent,
    ContactRow,
    MergePolicy,
    SuppressionReason,
)
from drumbeat.marketing.audience.duplicate_rules import mailbox_of, pair_up, traces_of
from drumbeat.marketing.audience.rule_tree import parse_rule
from drumbeat.marketing.events import Fact, Kind
from tests.conftest import GUEST, MARIA, HandClock

KEEP, OTHER = ContactNo(1), ContactNo(2)
ADA, AGAIN = "ada.lovelace@gmail.com", "AdaLovelace+shop@googlemail.com"
YES, NO = Consent.subscribed, Consent.unsubscribed


@pytest.fixture
def twins(house: Drumbeat, clock: HandClock) -> Drumbeat:
    """One person under two addresses, each of whom did something, and a neighbour."""
    with house.begin(MARIA) as d:
        d.audience.merge_contacts(
            [
                ContactRow(ADA, external_id="A-1", attributes={"city": "London"}, consent=YES),
                ContactRow(
                    AGAIN.lower(), external_id="A-2", attributes={"city": "Paris", "plan": "pro"}
                ),
                ContactRow("bob@gmail.com", attributes={"city": "Rome"}, consent=YES),
            ]
        )
        d.events.record([bought(KEEP, clock, 1), bought(OTHER, clock, 2)])
    while fold(house):
        pass
    clock.advance(hours=1)
    while archive(house):
        pass
    with house.begin(MARIA) as d:
        d.events.record([bought(OTHER, clock, 3)])
    return house


def bought(who: ContactNo, clock: HandClock, number: int) -> Fact:
    return Fact(
        Kind.purchased,
        clock() - timedelta(days=number),
        who,
        MailingNo(0),
        value_minor=1_000,
        currency="EUR",
        order_id=f"o{number}",
        event_id=f"e{number}",
        source="shop",
    )


def merge(house: Drumbeat, keep: ContactNo = KEEP, other: ContactNo = OTHER) -> None:
    with house.begin(MARIA) as d:
        d.duplicates.merge(keep, other)


def why(house: Drumbeat, address: str) -> str:
    with house.look(MARIA) as d:
        permission = d.audience.permission_of(address)
    assert permission is not None
    return permission.reason


def test_providers_have_rules_of_their_own() -> None:
    assert mailbox_of(AGAIN) == mailbox_of(ADA) == "adalovelace@gmail.com"
    assert mailbox_of("a.b+c@outlook.com") == "a.b@outlook.com"
    assert mailbox_of("a.b+c@example.com") == "a.b+c@example.com"  # nobody knows their rules
    assert mailbox_of("+tag@gmail.com") == "+tag@gmail.com"


def test_pairs_are_told_with_what_they_share() -> None:
    rows = (
        ("a@x.org", "A 77", {"name": "Ada  Byron", "phone": "+44 20 7946 0958"}),
        ("b@x.org", "a-77", {"first_name": "ada", "last_name": "BYRON", "phone": "442079460958"}),
        ("c@x.org", None, {"name": "Ada Byron", "phone": "123"}),
        ("d@x.org", None, {"phone": "+44 20 7946 0958"}),
    )
    traces = [traces_of(ContactNo(at + 1), *row) for at, row in enumerate(rows)]
    [(one, two, signs)] = pair_up(traces, 10)
    assert (one, two, [each.kind for each in signs]) == (1, 2, ["external_id", "name_and_phone"])
    crowd = [traces_of(ContactNo(n), f"x+{n}@gmail.com", None, {}) for n in range(1, 50)]
    assert len(pair_up(crowd, 7)) == 7


def test_a_dry_run_says_what_happens_and_changes_nothing(twins: Drumbeat) -> None:
    with twins.look(MARIA) as d:
        [pair] = d.duplicates.list_pairs()
    assert (pair.keep.contact_no, pair.other.contact_no) == (KEEP, OTHER)
    assert [each.kind for each in pair.signs] == ["mailbox"]
    with twins.begin(MARIA) as d:
        told = d.duplicates.merge(KEEP, OTHER, dry_run=True)
        assert (told.changed, told.done) == ({"plan": "pro"}, False)
        over = d.duplicates.merge(KEEP, OTHER, MergePolicy.overwrite, dry_run=True)
        assert over.changed == {"city": "Paris", "plan": "pro"}
        assert over.external_id == "A-1"
        assert d.audience.get_contact(OTHER).contact_no == OTHER
        with pytest.raises(InvalidInput):
            d.duplicates.merge(KEEP, KEEP)
        with pytest.raises(NotFound):
            d.duplicates.merge(KEEP, ContactNo(99))


def test_everything_about_both_is_found_under_the_one_that_is_kept(twins: Drumbeat) -> None:
    merge(twins)
    with twins.look(MARIA) as d:
        assert d.audience.get_contact(OTHER).contact_no == KEEP
        assert d.audience.find_contact(AGAIN) == d.audience.find_contact(ADA)
        assert d.audience.contact_numbers_by_external_id(["A-1", "A-2"]) == {"A-1": 1, "A-2": 1}
        assert d.audience.get_contact(KEEP).attributes == {"city": "London", "plan": "pro"}
        assert len(d.analytics.timeline(KEEP)) == 3
        assert d.analytics.contact_figures(KEEP).spent == (("EUR", 3_000),)
        bought = d.buyers.store.read_bought(d.office.clock().date())
        assert (bought.contact_nos.tolist(), bought.orders.tolist()) == ([KEEP], [3])
        assert d.segments.preview(parse_rule("bought >= 3")).count == 1
        [merged] = d.duplicates.list_merged(KEEP)
        assert (merged.address, merged.merged_by) == (AGAIN.lower(), MARIA.name)
        assert d.duplicates.list_pairs() == []
        [entry] = [e for e in d.accounts.list_audit() if e.action == "contact.merged"]
        assert entry.detail == {"merged": OTHER, "shared": ["mailbox"]}
        with d.facts.open() as duck:  # nothing is written anew
            numbers = duck.execute("SELECT contact_no FROM facts ORDER BY 1").fetchall()
    assert numbers == [(1,), (2,), (2,)]


def test_who_was_merged_does_not_come_back_by_a_file(twins: Drumbeat) -> None:
    merge(twins)
    rows = [
        ContactRow(AGAIN.lower(), external_id="A-2", attributes={"city": "Nice"}),
        ContactRow(ADA, external_id="A-1", attributes={"age": 36}),
    ]
    with twins.begin(MARIA) as d:
        counts = d.audience.merge_contacts(rows)
        assert (counts.added, counts.updated, counts.refused) == (0, 2, ())
        stolen = d.audience.merge_contacts([ContactRow("bob@gmail.com", external_id="A-2")])
        assert [each.reason for each in stolen.refused] == [
            "external id 'A-2' belongs to another contact"
        ]
    with twins.look(MARIA) as d:
        found = d.audience.get_contact(KEEP)
        assert len(d.audience.list_contacts()) == 2
    assert found.attributes == {"city": "Nice", "plan": "pro", "age": 36}
    assert found.external_id == "A-1"


@pytest.mark.parametrize("reason", list(SuppressionReason))
def test_a_no_of_the_person_follows_them_and_a_dead_mailbox_does_not(
    twins: Drumbeat, reason: SuppressionReason
) -> None:
    with twins.begin(MARIA) as d:
        d.audience.suppress(OTHER, reason)
    merge(twins)
    personal = reason not in (SuppressionReason.bounced, SuppressionReason.erased)
    assert bool(why(twins, ADA)) is personal


def test_a_yes_stays_with_the_address_that_gave_it(twins: Drumbeat) -> None:
    with twins.begin(MARIA) as d:
        d.topics.add_topic("Tips")
        d.topics.choose(KEEP, {"tips": True}, Asked("page"))
        d.topics.choose(OTHER, {"tips": False}, Asked("page"))
    merge(twins)
    assert why(twins, ADA) == ""
    with twins.look(MARIA) as d:
        states = {e.topic.key: e.state for e in d.topics.choices_of(OTHER).topics}
        proofs = d.audience.list_proofs(KEEP)
    assert states == {"marketing": YES, "tips": NO}
    assert [(p.contact_no, p.topic, p.state) for p in proofs if p.topic == "tips"] == [
        (KEEP, "tips", YES),
        (OTHER, "tips", NO),
        (KEEP, "tips", NO),
    ]
    assert proofs[-1].source == "merged with contact 2"


def test_the_other_way_round_nobody_is_mailed_who_never_said_yes(twins: Drumbeat) -> None:
    merge(twins, OTHER, KEEP)
    assert why(twins, ADA) == "no_consent"


def test_unsubscribing_in_an_old_mail_to_the_merged_address_counts(twins: Drumbeat) -> None:
    merge(twins)
    with twins.begin(PUBLIC_CONSENT) as d:
        assert d.audience.withdraw(OTHER, source="unsubscribe")
    assert why(twins, ADA) == why(twins, AGAIN) == "unsubscribed"
    with twins.look(MARIA) as d:
        assert d.audience.get_contact(KEEP).consent is NO


def test_a_bounce_of_the_merged_address_leaves_the_kept_one_alone(twins: Drumbeat) -> None:
    merge(twins)
    with twins.begin(MARIA) as d:
        d.audience.refuse_all({OTHER: 5}, SuppressionReason.bounced, source="bounce")
    assert why(twins, ADA) == ""


def test_a_chain_of_merges_leads_to_the_last_and_erasure_takes_them_all(twins: Drumbeat) -> None:
    bob = ContactNo(3)
    merge(twins)
    merge(twins, bob, KEEP)
    with twins.look(MARIA) as d:
        assert d.audience.get_contact(OTHER).contact_no == bob
        assert len(d.analytics.timeline(bob)) == 3
    told = everything_about(twins, twins.owner(), AGAIN)
    assert told["email"] == "bob@gmail.com"
    facts = told["facts"]
    assert isinstance(facts, list)
    assert len(facts) == 3
    erase(twins, twins.owner(), bob)
    for address in (ADA, AGAIN, "bob@gmail.com"):
        assert why(twins, address) == "suppressed:erased"
    with twins.look(MARIA) as d, d.facts.open() as duck:
        assert d.audience.list_contacts() == []
        [(named,)] = duck.execute("SELECT count(*) FROM facts WHERE contact_no > 0").fetchall()
    assert named == 0


def test_only_who_may_change_contacts_merges(twins: Drumbeat) -> None:
    from drumbeat.kit.errors import NotPermitted

    with twins.begin(GUEST) as d, pytest.raises(NotPermitted):
        d.duplicates.merge(KEEP, OTHER)
