"""What is held about somebody is given out whole; once they are erased nothing of it is left."""

from datetime import timedelta
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from drumbeat.bootstrap import Drumbeat
from drumbeat.bootstrap.erasing import erase, everything_about, finish
from drumbeat.engine.facts import archive, fold
from drumbeat.engine.privacy import finish_erasures, retain
from drumbeat.engine.segments import mirror
from drumbeat.kit.actor import PUBLIC_CHOICES, PUBLIC_CONSENT, SYSTEM_RETENTION
from drumbeat.kit.errors import NotFound, NotPermitted
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.audience import (
    Asked,
    AskKind,
    Consent,
    ContactRow,
    SegmentsService,
    SuppressionReason,
    Visitor,
    contact_id_of,
    define_segment,
    refresh_segment,
    segment_units,
)
from drumbeat.marketing.audience.rule_tree import parse_rule
from drumbeat.marketing.audience.store_memberships import holds, without
from drumbeat.marketing.audience.store_segments import packed
from drumbeat.marketing.audience.units import Opened
from drumbeat.marketing.events import Fact, Kind
from drumbeat.storage.database import metadata
from drumbeat.storage.persons import HOLDINGS, PERSON
from tests.conftest import GUEST, MARIA, HandClock
from tests.engine.test_asks import confirm, form_of, mails, recipient_of, sign_up, work

ADA, SECRET = "ada@example.com", "Ada's favourite rose"
ABOUT_DEEDS = {"opened": 1, "bought >= 2": 1, "opened 2 of last 5": 0, "score spent > 1": 1}
"""What rules answer once only the neighbour is left."""
READER = Visitor("203.0.113.77", "Roses/1")


@pytest.fixture
def ada(house: Drumbeat) -> ContactNo:
    """Somebody with something in every part of the house, and a neighbour whom nobody erases."""
    row = ContactRow(ADA, external_id="A-77", attributes={"note": SECRET})
    with house.begin(house.owner()) as d:
        d.audience.merge_contacts([row, ContactRow("bob@example.com", consent=Consent.subscribed)])
        number = d.audience.contact_numbers([ADA])[ADA]
    form = form_of(house)
    sign_up(house, form, ADA, visitor=READER)
    work(house)
    confirm(house, recipient_of(house, mails(house)[0]))
    with house.begin(house.owner()) as d:
        d.topics.opt_out_of_sale(number, source="page")
        d.topics.pause(number, source="page", days=3)
    facts(house, number)
    with house.begin(PUBLIC_CHOICES) as d:
        d.asks.ask(number, AskKind.DATA, READER)
    return number


def facts(house: Drumbeat, number: ContactNo) -> None:
    """Some in sealed files, some in a batch, some not folded yet."""
    for turn in range(3):
        with house.begin(house.owner()) as d:
            d.events.record(
                [
                    Fact(
                        kind=kind,
                        occurred_at=house.office.clock() - timedelta(days=turn),
                        contact_no=who,
                        mailing_no=MailingNo(5),
                        value_minor=900 if kind is Kind.purchased else 0,
                        currency="EUR" if kind is Kind.purchased else "",
                        order_id=f"order-{turn}-{who}" if kind is Kind.purchased else "",
                        event_id=f"{kind}{turn}{who}",
                        source="shop",
                        ip="203.0.113.77",
                        user_agent="Roses/1",
                    )
                    for kind in (Kind.opened, Kind.opened, Kind.purchased)
                    for who in (number, ContactNo(2))
                ]
            )
        if turn < 2:
            while fold(house):
                pass
        if turn < 1:
            house.office.clock.advance(hours=1)  # type: ignore[attr-defined]
            while archive(house):
                pass


def counted(house: Drumbeat) -> list[tuple[object, ...]]:
    """What figures are made of, without whose they are."""
    while fold(house):
        pass
    with house.look(MARIA) as d, d.facts.open() as duck:
        return duck.execute(
            "SELECT kind, mailing_no, count(*), count(DISTINCT contact_no), sum(value_minor), "
            "count(DISTINCT order_key) FILTER (order_key <> 0) FROM facts GROUP BY ALL ORDER BY ALL"
        ).fetchall()


def test_everything_is_given_out_from_every_part(house: Drumbeat, ada: ContactNo) -> None:
    told = everything_about(house, house.owner(), "ADA@example.com")
    assert told["email"] == ADA
    contact, tables = told["contact"], told["tables"]
    assert isinstance(contact, dict)
    assert isinstance(tables, dict)
    assert contact["attributes"] == {"note": SECRET}
    assert contact["external_id"] == "A-77"
    assert {"consent", "consent_proof", "consent_pause", "sale_opt_out"} <= tables.keys()
    assert {"reader_ask", "evidence", "message"} <= tables.keys()
    assert tables["reader_ask"][0]["evidence"]["ip"] == "203.0.113.77"
    given = told["facts"]
    assert isinstance(given, list)
    assert sum(fact["kind"] == int(Kind.purchased) for fact in given) == 3
    sandbox = told["sandbox_mail"]
    assert isinstance(sandbox, list)
    assert "Please confirm" in sandbox[0]["subject"]
    assert "bob@" not in str(told)


def test_nothing_is_left_but_the_hash_and_counts_of_nobody(house: Drumbeat, ada: ContactNo) -> None:
    before = counted(house)
    with house.look(house.owner()) as d:
        ledger = d.delivery.ledger(MailingNo(1))
    erase(house, house.owner(), ada)
    assert counted(house) == before
    with house.look(house.owner()) as d:
        assert d.delivery.ledger(MailingNo(1)) == ledger
        assert d.audience.find_contact(ADA) is None
        permission = d.audience.permission_of(ADA)
        assert d.events.facts_of(ada) == []
    assert permission is not None
    assert permission.reason == "suppressed:erased"
    with house.database.look() as connection:
        for table in metadata.sorted_tables:
            if PERSON in table.c:
                rows = connection.execute(select(table).where(table.c[PERSON] == ada)).all()
                assert not rows, table.name
        for table in metadata.sorted_tables:
            found = str([tuple(row) for row in connection.execute(select(table)).all()])
            for trace in (ADA, SECRET, "A-77", "203.0.113.77'"):
                if table.name == "evidence":
                    continue  # the neighbour's own, from the same place
                assert trace not in found, (table.name, trace)
    assert [mail["To"] for mail in mails(house)] == []
    told = everything_about(house, house.owner(), ADA)
    assert (told["contact"], told["facts"], told["suppressed"]) == (None, [], "erased")


def test_the_neighbour_is_not_touched(house: Drumbeat, ada: ContactNo) -> None:
    before = everything_about(house, house.owner(), "bob@example.com")
    erase(house, house.owner(), ada)
    assert everything_about(house, house.owner(), "bob@example.com") == before


def test_a_re_import_does_not_bring_mail_back(house: Drumbeat, ada: ContactNo) -> None:
    erase(house, house.owner(), ada)
    with house.begin(house.owner()) as d:
        d.audience.merge_contacts([ContactRow(ADA, consent=Consent.subscribed)])
        number = d.audience.contact_numbers([ADA])[ADA]
        assert number != ada  # a number is never given out twice
        assert d.audience.permissions([number])[number].reason == "suppressed:erased"


def test_who_complained_stays_known_as_that_by_the_hash_alone(
    house: Drumbeat, ada: ContactNo
) -> None:
    with house.begin(house.owner()) as d:
        d.audience.suppress(ada, SuppressionReason.complained)
    erase(house, house.owner(), ada)
    assert everything_about(house, house.owner(), ADA)["suppressed"] == "complained"


def test_an_erasure_that_was_broken_off_is_finished_by_the_engine(
    house: Drumbeat, ada: ContactNo
) -> None:
    before = counted(house)
    with house.begin(house.owner()) as d:
        d.erasing.erase(ada)
    with house.look(house.owner()) as d:
        assert d.events.facts_of(ada) != []
    assert finish_erasures(house)
    assert not finish_erasures(house)
    assert not finish(house, SYSTEM_RETENTION)
    with house.look(house.owner()) as d:
        assert d.events.facts_of(ada) == []
    assert [row[:3] for row in counted(house)] == [row[:3] for row in before]


def test_an_erasure_is_in_the_trail_without_whom(house: Drumbeat, ada: ContactNo) -> None:
    erase(house, house.owner(), ada)
    with house.look(house.owner()) as d:
        [entry] = [each for each in d.accounts.list_audit() if each.action == "contact.erased"]
    assert ADA not in str(entry)
    with pytest.raises(NotFound):
        erase(house, house.owner(), ada)


def trail(house: Drumbeat) -> list[tuple[str, str, str, dict[str, object]]]:
    with house.look(house.owner()) as d:
        return [(e.actor, e.action, e.subject, dict(e.detail)) for e in d.accounts.list_audit()]


def test_the_trail_about_them_is_given_out_and_then_tells_of_nobody(
    house: Drumbeat, ada: ContactNo
) -> None:
    owner, keys = house.owner(), house.office.keys
    bob, name = ContactNo(2), contact_id_of(ada, keys)
    with house.begin(owner) as d:
        d.audience.merge_contacts([ContactRow(f"{n}@example.com") for n in range(9)])
        d.audience.merge_contacts([ContactRow("ada.too@example.com"), ContactRow("carl@x.org")])
        d.topics.choose(ada, {"marketing": False}, Asked("phone call from Ada", "She said no."))
        twin, carl = d.audience.contact_numbers(["ada.too@example.com", "carl@x.org"]).values()
        d.duplicates.merge(ada, twin)
        for other in (bob, carl):
            d.topics.opt_out_of_sale(other, source="page")
        named = [name, contact_id_of(twin, keys), contact_id_of(bob, keys)]
        d.accounts.record("delivery.decided", "campaign x", {"rows": 3, "contacts": named})
    before = trail(house)
    told = everything_about(house, owner, ADA)["tables"]
    assert isinstance(told, dict)
    actions = [each["action"] for each in told["audit"]]
    assert {"sale.opted_out", "consent.recorded", "contact.merged"} <= set(actions)
    assert actions[-1] == "delivery.decided"
    erase(house, owner, ada)
    after = trail(house)[1:]  # the newest says that somebody was erased
    assert [each[:2] for each in after] == [each[:2] for each in before]
    about = {(subject, str(detail)) for _, action, subject, detail in after if "erased" in subject}
    assert about == {("erased contact", "{}")}
    [(_, _, _, decided)] = [each for each in after if each[1] == "delivery.decided"]
    assert decided == {"rows": 3, "contacts": ["erased contact"] * 2 + named[2:]}
    assert sum(each[2] in (f"contact {bob}", f"contact {carl}") for each in after) == 2
    for trace in (f"contact {ada}'", f"contact {twin}'", name, named[1], "phone call"):
        assert trace not in str(after)


def segments_of(house: Drumbeat) -> tuple[Opened[SegmentsService], Opened[SegmentsService]]:
    look, begin = partial(house.look, house.owner()), partial(house.begin, house.owner())
    return segment_units(look), segment_units(begin)


def test_no_kept_membership_has_them_any_more_and_no_count_changes(
    house: Drumbeat, ada: ContactNo, clock: HandClock
) -> None:
    opened = segments_of(house)
    name = "everybody there is"
    define_segment(*opened, name, parse_rule("never clicked"))
    clock.advance(days=1)
    with house.begin(house.owner()) as d:
        d.audience.merge_contacts([ContactRow("dora@example.com")])
    refresh_segment(*opened, name)
    with house.look(house.owner()) as d:
        store = d.segments.stores.by_rule
        before, growth = d.segments.get(name).subscriber_count, d.segments.list_changes(name)
        moves = store.moves_of(name, ada)
        assert len(d.erasing.list_memberships(ada)) == 3  # twice in, once entered
    assert (before, len(moves)) == (3, 1)
    with house.begin(house.owner()) as d:
        d.erasing.erase(ada)
    assert finish_erasures(house)
    with house.look(house.owner()) as d:
        assert d.erasing.list_memberships(ada) == []
        assert d.segments.stores.by_rule.moves_of(name, ada) == []
        assert d.segments.get(name).subscriber_count == before
        assert d.segments.list_changes(name) == growth
        assert len(d.erasing.list_memberships(2)) == 3
    refresh_segment(*opened, name)
    with house.look(house.owner()) as d:
        told = {line: d.segments.preview(parse_rule(line)).count for line in ABOUT_DEEDS}
        assert told == ABOUT_DEEDS  # nobody's facts are in no answer, and no answer fails of them
        assert d.segments.get(name).subscriber_count == 2
        assert d.erasing.list_memberships(ada) == []


@given(st.sets(st.integers(0, 300)), st.integers(0, 400))
def test_one_is_taken_out_of_a_membership_and_nobody_else(people: set[int], who: int) -> None:
    bits = packed(np.array(sorted(people), np.int32))
    assert holds(bits, who) == (who in people)
    left = without(bits, who)
    assert left == packed(np.array(sorted(people - {who}), np.int32))


def test_nothing_is_told_of_an_address_that_nobody_has(house: Drumbeat) -> None:
    for address in ("nobody@example.com", "", "x" * 5_000, "\x00@x"):
        with pytest.raises(NotFound):
            everything_about(house, house.owner(), address)
    with pytest.raises(NotPermitted):
        everything_about(house, GUEST, ADA)


def test_every_table_with_a_person_in_it_is_known_to_erasure(house: Drumbeat) -> None:
    with house.look(MARIA) as d:
        assert d.erasing is not None
    with house.database.look() as connection:
        from sqlalchemy import inspect

        look = inspect(connection)
        named = {
            t for t in look.get_table_names() if PERSON in {c["name"] for c in look.get_columns(t)}
        }
    assert named == HOLDINGS.keys()


def test_who_signed_up_and_never_confirmed_is_forgotten_and_may_come_again(
    house: Drumbeat, clock: HandClock
) -> None:
    from drumbeat.engine.asks import expire

    form = form_of(house)
    with house.begin(house.owner()) as d:
        d.audience.merge_contacts([ContactRow("known@example.com")])
    clock.advance(minutes=1)
    for name in ("new", "known"):
        sign_up(house, form, f"{name}@example.com")
    work(house)
    clock.advance(days=8)
    while expire(house):
        pass
    assert not retain(house)
    clock.advance(days=30)
    assert retain(house)
    assert not retain(house)
    finish_erasures(house)
    with house.look(house.owner()) as d:
        assert d.audience.find_contact("new@example.com") is None
        assert d.audience.find_contact("known@example.com") is not None
        assert d.audience.permission_of("new@example.com") is None
        trail = [e for e in d.accounts.list_audit() if e.action == "retention.removed"]
    assert [dict(each.detail) for each in trail] == [{"unconfirmed": 1}]


def test_the_evidence_of_a_yes_is_forgotten_and_the_yes_is_kept(
    house: Drumbeat, clock: HandClock
) -> None:
    with house.begin(house.owner()) as d:
        d.audience.merge_contacts([ContactRow(ADA)])
        d.topics.choose(
            ContactNo(1), {"marketing": True}, Asked("x", "Yes.", {"ip": "203.0.113.1"})
        )
    clock.advance(days=1_096)
    assert retain(house)
    assert not retain(house)
    with house.look(house.owner()) as d:
        [proof] = d.audience.list_proofs(ContactNo(1))
    assert (proof.evidence, proof.wording, proof.state) == (None, "Yes.", Consent.subscribed)


def test_a_reader_who_confirmed_an_erasure_waits_for_a_person(house: Drumbeat) -> None:
    with house.begin(house.owner()) as d:
        d.audience.merge_contacts([ContactRow(ADA, consent=Consent.subscribed)])
    with house.begin(PUBLIC_CHOICES) as d:
        d.asks.ask(ContactNo(1), AskKind.ERASE, READER)
    work(house)
    with house.look(house.owner()) as d:
        assert d.erasing.list_requests() == []
    confirm(house, recipient_of(house, mails(house)[0]))
    with house.look(house.owner()) as d:
        [request] = d.erasing.list_requests()
    assert request.contact_no == 1
    erase(house, house.owner(), ContactNo(1))
    with house.look(house.owner()) as d:
        assert d.erasing.list_requests() == []
    with house.begin(PUBLIC_CONSENT) as d, pytest.raises(NotPermitted):
        d.erasing.erase(ContactNo(1))


def test_the_copy_that_segments_are_counted_from_forgets_them_too(
    house: Drumbeat, ada: ContactNo
) -> None:
    mirror(house)
    assert house.office.mirror_files.list_()
    erase(house, house.owner(), ada)
    assert house.office.mirror_files.list_() == []
    mirror(house)
    [name] = house.office.mirror_files.list_()
    with house.look(house.owner()) as d:
        assert d.mirroring.store.file_name() == name
        assert d.mirroring.store.newest().people == 1
