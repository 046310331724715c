"""The trail names who changed what, through whom and when, in every area that people decide in."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import Actor
from drumbeat.marketing.accounts import AuditEntry
from drumbeat.marketing.audience import ImportOptions, ImportUnit, import_contacts
from drumbeat.marketing.campaigns import Brief, Kind, TimingWish
from drumbeat.marketing.campaigns.pipeline import proceed
from drumbeat.marketing.senders import Sender
from tests.conftest import MONDAY_9, HandClock


def trail(house: Drumbeat, owner: Actor, subject: str | None = None) -> list[AuditEntry]:
    with house.look(owner) as department:
        return list(department.accounts.list_audit(subject))


def load(house: Drumbeat, owner: Actor, *, dry_run: bool = False) -> None:
    @contextmanager
    def begin() -> Iterator[ImportUnit]:
        with house.begin(owner) as department:
            yield department

    file = io.BytesIO(b"email\nada@example.com\nnobody\n")
    options = ImportOptions("subscribed", dry_run=dry_run, source_name="people.csv")
    import_contacts(begin, file, options)


def test_a_campaign_from_brief_to_yes_is_in_the_trail(house: Drumbeat, clock: HandClock) -> None:
    owner = house.owner()
    load(house, owner)
    brief = Brief(
        name="Spring letter",
        kind=Kind.NEWSLETTER,
        subject_line="What we planted",
        content_html="<p>Hello, <a href='https://example.com'>look</a>.</p>",
        audience=("all",),
        timing=TimingWish(),
    )
    with house.begin(owner) as department:
        campaign = department.campaigns.create(brief)
    proceed(house, campaign.id)
    clock.advance(minutes=5)
    with house.begin(owner) as department:
        department.campaigns.approve(campaign.id)
        department.campaigns.approve(campaign.id)
        department.campaigns.cancel(campaign.id)
    told = [
        (entry.action, entry.actor, entry.agent, (entry.at - MONDAY_9).total_seconds())
        for entry in reversed(trail(house, owner, campaign.id))
    ]
    assert told == [
        ("campaign.draft", "Owner", None, 0),
        ("campaign.planned", "Owner", "engine", 0),
        ("approval.asked", "Owner", "engine", 0),
        ("campaign.awaiting_approval", "Owner", "engine", 0),
        ("approval.approved", "Owner", None, 300),
        ("campaign.cancelled", "Owner", None, 300),
    ]


def test_an_import_is_two_entries_however_many_units_it_took(house: Drumbeat) -> None:
    owner = house.owner()
    load(house, owner, dry_run=True)
    assert trail(house, owner, "people.csv") == []
    load(house, owner)
    ended, began = trail(house, owner, "people.csv")
    assert (began.action, ended.action) == ("import.began", "import.ended")
    assert ended.detail["added"] == ended.detail["rejected"] == 1


def test_a_kept_sender_is_in_the_trail(house: Drumbeat) -> None:
    owner = house.owner()
    with house.begin(owner) as department:
        sender = Sender("Ada", "ada@example.com", "1 Long Road, Town")
        department.senders.save(sender)
    (entry,) = trail(house, owner, "ada@example.com")
    assert (entry.action, entry.actor) == ("sender.saved", "Owner")


def test_the_trail_is_read_page_by_page(house: Drumbeat) -> None:
    owner = house.owner()
    with house.begin(owner) as department:
        for number in range(5):
            department.accounts.record("thing.done", f"thing_{number}", {"number": number})
        first = department.accounts.list_audit(limit=3)
        second = department.accounts.list_audit(limit=3, before=first[-1].audit_no)
    numbers = [entry.detail.get("number") for entry in (*first, *second)]
    assert numbers == [4, 3, 2, 1, 0, None]


def test_what_was_taken_back_is_not_in_the_trail(house: Drumbeat) -> None:
    owner = house.owner()
    before = trail(house, owner)
    try:
        with house.begin(owner) as department:
            department.accounts.issue_key("never")
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert trail(house, owner) == before
