"""Tracking in front of a real department: what a request leaves behind in the database."""

from collections.abc import Iterator

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.public import Intake, TrackingApp, quick_protocol, recording_hits
from drumbeat.interfaces.public.links import LinkTargets
from drumbeat.kit.actor import SYSTEM_ACCOUNTS, Actor
from drumbeat.kit.ids import ContactNo, MailingNo, PersonNo
from drumbeat.kit.signing import Recipient, TokenSigner
from drumbeat.marketing.audience import Consent, ContactRow, MergePolicy
from drumbeat.marketing.delivery import NewMailing
from drumbeat.marketing.events import Kind, Verdict
from tests.conftest import HandClock
from tests.interfaces.serving import Served, serving

URLS = ["https://shop.example/sale", "https://shop.example/for?name={{ first_name }}"]
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


@pytest.fixture
def owner(house: Drumbeat) -> Actor:
    with house.begin(SYSTEM_ACCOUNTS) as department:
        person = department.accounts.ensure_owner()
        return department.accounts.actor_of(person.person_no)


@pytest.fixture
def ada(house: Drumbeat, owner: Actor) -> Recipient:
    """A subscriber with a mailing on its way to her."""
    row = ContactRow(
        "ada@example.com", attributes={"first_name": "Ada"}, consent=Consent.subscribed
    )
    with house.begin(owner) as department:
        department.audience.merge_contacts([row], MergePolicy.overwrite)
        contact_no = department.audience.contact_numbers(["ada@example.com"])["ada@example.com"]
        new = NewMailing(
            None, "newsletter", "Shop", "shop@example.com", 1, 1, decided_by=_no(owner)
        )
        mailing_no = department.delivery.open_mailing(new)
        department.delivery.save_links(mailing_no, URLS)
    return Recipient(mailing_no, contact_no)


@pytest.fixture
def intake(house: Drumbeat) -> Iterator[Intake]:
    taking = Intake(recording_hits(house))
    taking.start()
    yield taking
    taking.close()


@pytest.fixture
def served(house: Drumbeat, intake: Intake) -> Iterator[Served]:
    tracking = TrackingApp(house, intake)
    with serving(tracking, quick_protocol(tracking)) as server:
        yield server


def token_of(house: Drumbeat, recipient: Recipient) -> str:
    return TokenSigner(house.office.keys.derive("tracking")).token(recipient)


def recorded(house: Drumbeat) -> list[tuple[int, int, int, int, int]]:
    with house.database.look() as connection:
        rows = connection.exec_driver_sql(
            "SELECT kind, contact_no, mailing_no, link_no, verdict FROM event ORDER BY event_no"
        )
        return [tuple(row) for row in rows]


def test_an_open_and_a_click_become_facts(
    house: Drumbeat, intake: Intake, served: Served, ada: Recipient
) -> None:
    token = token_of(house, ada)
    assert served.ask("GET", f"/o/{token}.gif", headers=BROWSER).status == 200
    answer = served.ask("GET", f"/c/0/{token}", headers=BROWSER)
    assert answer.headers["location"] == URLS[0]
    served.ask("HEAD", f"/c/0/{token}", headers=BROWSER)
    intake.close()
    about = (ada.contact_no, ada.mailing_no)
    assert [row[:4] for row in recorded(house)] == [
        (Kind.opened, *about, -1),
        (Kind.clicked, *about, 0),
        (Kind.clicked, *about, 0),
    ]
    assert recorded(house)[2][4] == Verdict.machine
    assert intake.lost == 0


def test_a_link_is_filled_with_the_fields_of_who_clicked(
    house: Drumbeat, served: Served, ada: Recipient
) -> None:
    answer = served.ask("GET", f"/c/1/{token_of(house, ada)}")
    assert answer.headers["location"] == "https://shop.example/for?name=Ada"


def test_an_old_link_of_a_merged_address_is_filled_with_the_fields_of_the_kept_one(
    house: Drumbeat, owner: Actor, served: Served, ada: Recipient
) -> None:
    with house.begin(owner) as department:
        row = ContactRow("a.lovelace@example.com", attributes={"first_name": "Augusta"})
        department.audience.merge_contacts([row])
        kept = department.audience.contact_numbers([row.address])[row.address]
        department.duplicates.merge(kept, ada.contact_no)
    answer = served.ask("GET", f"/c/1/{token_of(house, ada)}")
    assert answer.headers["location"] == "https://shop.example/for?name=Augusta"


def test_a_business_clock_that_leaps_makes_no_link_be_looked_up_again(
    house: Drumbeat, ada: Recipient, clock: HandClock
) -> None:
    targets = LinkTargets.of(house)
    assert targets.find(ada, 0) == URLS[0].encode()
    clock.advance(days=1)
    assert targets.remembered(ada, 0) == URLS[0].encode()


def test_a_link_that_the_mailing_does_not_have_leads_nowhere(
    house: Drumbeat, intake: Intake, served: Served, ada: Recipient
) -> None:
    elsewhere = Recipient(MailingNo(ada.mailing_no + 1), ada.contact_no)
    assert served.ask("GET", f"/c/2/{token_of(house, ada)}").status == 404
    assert served.ask("GET", f"/c/0/{token_of(house, elsewhere)}").status == 404
    intake.close()
    assert recorded(house) == []


def test_unsubscribing_withdraws_permission_once_and_for_all(
    house: Drumbeat, owner: Actor, served: Served, ada: Recipient
) -> None:
    path = f"/u/{token_of(house, ada)}"
    with house.look(owner) as department:
        assert department.audience.permissions([ada.contact_no])[ada.contact_no].may_mail
        before = department.audience.permission_revision()
    served.ask("GET", path)
    with house.look(owner) as department:
        assert department.audience.permissions([ada.contact_no])[ada.contact_no].may_mail
    for _ in range(3):
        answer = served.ask("POST", path, b"List-Unsubscribe=One-Click")
        assert answer.status == 200
    with house.look(owner) as department:
        permission = department.audience.permissions([ada.contact_no])[ada.contact_no]
        assert (permission.may_mail, permission.reason) == (False, "unsubscribed")
        assert department.audience.permission_revision() == before + 1
    assert [row[:3] for row in recorded(house)] == [
        (Kind.unsubscribed, ada.contact_no, ada.mailing_no)
    ]


def test_somebody_who_was_erased_is_told_they_are_out(
    house: Drumbeat, served: Served, ada: Recipient
) -> None:
    gone = Recipient(ada.mailing_no, ContactNo(ada.contact_no + 1))
    assert served.ask("POST", f"/u/{token_of(house, gone)}", b"").status == 200
    assert recorded(house) == []


def _no(actor: Actor) -> PersonNo:
    return PersonNo(actor.person_no or 0)
