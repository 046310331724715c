"""Results while people react: as of when they are, and followed by the page that shows them."""

import time
from datetime import timedelta

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine import figures
from drumbeat.engine.loop import Engine
from drumbeat.interfaces.web.forms import SESSION
from drumbeat.kit.actor import NOBODY
from drumbeat.kit.ids import CampaignId, ContactNo, MailingNo
from drumbeat.marketing.accounts import Newcomer, Role, Visitor, hash_password
from drumbeat.marketing.analytics import COUNTING
from drumbeat.marketing.campaigns.pipeline import proceed
from drumbeat.marketing.events import Fact, Kind
from drumbeat.storage.leases import holder_name
from tests.conftest import MONDAY_9, HandClock
from tests.interfaces.web.browser import Browser
from tests.interfaces.web.conftest import add_campaign


def send(house: Drumbeat) -> CampaignId:
    """Sent to everybody who may be mailed; from now on people react."""
    campaign_id = add_campaign(house)
    with house.begin(house.owner()) as department:
        department.campaigns.approve(campaign_id)
        department.campaigns.ask_launch(campaign_id)
    proceed(house, campaign_id)
    Engine(house).run(until_idle=True)
    return campaign_id


def attend(house: Drumbeat, seconds: float) -> None:
    """An engine beside the pages: it holds the lease that long, in wall time."""
    with house.begin(house.owner()) as department:
        now, holder = time.time(), holder_name()
        assert department.leases.take(COUNTING, holder, now=now, seconds=seconds)


def open_mail(house: Drumbeat, campaign_id: CampaignId, contact_no: int) -> None:
    with house.begin(house.owner()) as department:
        number = department.campaigns.get(campaign_id).plan.mailing_no or MailingNo(0)
        at = MONDAY_9 + timedelta(minutes=1)
        fact = Fact(Kind.opened, at, ContactNo(contact_no), number, source="test")
        department.events.record([fact])


def test_a_page_shows_what_was_counted_last_and_as_of_when_and_follows(
    peopled: Drumbeat, owner: Browser, clock: HandClock
) -> None:
    campaign_id = send(peopled)
    at = f"/campaigns/{campaign_id}"
    attend(peopled, 60)
    body = owner.get(at).body.decode()
    assert "Nobody has reacted yet." in body
    assert f'data-live="{at}/figures"' in body
    assert "—" in body[body.index('id="funnel"') :]
    clock.advance(minutes=5)
    open_mail(peopled, campaign_id, 1)
    for path in (at, f"{at}/figures", "/dashboard"):
        body = owner.get(path).body.decode()
        assert "09:00" in body
        assert "09:05" not in body
    assert "Nobody has reacted yet." in owner.get(at).body.decode()
    assert figures.count(peopled)
    for path in (at, f"{at}/figures"):
        body = owner.get(path).body.decode()
        assert "Nobody has reacted yet." not in body
        assert "09:05" in body


def test_while_no_engine_counts_a_page_counts_itself(
    peopled: Drumbeat, owner: Browser, clock: HandClock
) -> None:
    campaign_id = send(peopled)
    clock.advance(minutes=5)
    open_mail(peopled, campaign_id, 1)
    attend(peopled, -1)
    body = owner.get(f"/campaigns/{campaign_id}").body.decode()
    assert "Nobody has reacted yet." not in body
    assert "09:05" in body


def test_home_asks_a_viewer_for_no_decision(peopled: Drumbeat, owner: Browser) -> None:
    add_campaign(peopled)
    with peopled.begin(peopled.owner()) as department:
        _, invitation = department.people.add(Newcomer("bob@example.com", Role.VIEWER, "Bob"))
    words = "correct horse battery"
    hash = hash_password(words, email="bob@example.com")
    with peopled.begin(NOBODY) as department:
        session = department.signing_in.accept(invitation, hash, Visitor("192.0.2.1"))
    body = Browser(owner.served, {SESSION: session or ""}).get("/dashboard").body.decode()
    assert "Nothing waits for you." in body
    assert "Waits for somebody else" in body
    assert "waits for a yes or no" in body
    assert "your yes" not in body


def test_the_counts_of_segments_follow_by_themselves(
    peopled: Drumbeat, owner: Browser, clock: HandClock
) -> None:
    at = "/audience/segments"
    assert "data-live" not in owner.get(at).body.decode()
    assert owner.send(at, at, by="demographic").status == 303
    assert f'data-live="{at}/live"' in owner.get(at).body.decode()
    assert '<span class="bar-amount">3</span>' in owner.get(f"{at}/live").body.decode()
    with peopled.begin(peopled.owner()) as department:
        department.audience.withdraw(ContactNo(1), source="test")
    clock.advance(minutes=1)
    assert figures.segment(peopled)
    body = owner.get(f"{at}/live").body.decode()
    assert '<span class="bar-amount">2</span>' in body
    assert "09:01" in body
