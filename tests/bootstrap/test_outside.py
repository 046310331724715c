"""The look outside: links followed, DNS asked, both kept with their time; offline is no verdict."""

from dataclasses import replace
from pathlib import Path

import pytest

from drumbeat.bootstrap.outside import check_outside, signed_by
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import NotPermitted
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.campaigns.evidence import checklist_answer
from drumbeat.marketing.senders.dkim import Algorithm
from tests.conftest import GUEST, HandClock
from tests.mailroom import mailing_house, written_keys
from tests.marketing.campaigns.conftest import LETTER, invite, planned
from tests.name_server import Zone, name_server


def levels(folder: Path, clock: HandClock, zone: Zone, html: str) -> dict[str, JsonObject]:
    """Each item of the list after a look outside, by name."""
    told, keys = written_keys(folder, Algorithm.RSA)
    for key in keys:
        text = key.dns_text
        published = {"TXT": [f'"{text[:200]}" "{text[200:]}"']}
        zone = {**zone, key.dns_name: published} if zone else zone
    with (
        name_server(zone, silent=not zone) as place,
        mailing_house(folder, clock, **told, dns_server=place) as (house, _),
    ):
        owner = house.owner()
        invite(house, owner)
        campaign_id = planned(house, owner, replace(LETTER, content_html=html))
        check_outside(house, owner, campaign_id)
        clock.advance(hours=1)
        with house.look(owner) as department:
            answer = checklist_answer(department, campaign_id, signed_by(house, owner, campaign_id))
    assert answer["looked_outside_at"] == "2026-11-02T09:00:00+00:00"
    items = answer["items"]
    assert isinstance(items, list)
    return {item["name"]: item for item in items}


ZONE = {
    "shop.example": {"TXT": ['"v=spf1 a:mail.shop.example ~all"']},
    "_dmarc.shop.example": {"TXT": ['"v=DMARC1; p=quarantine"']},
}


def test_a_sender_whose_records_are_there_is_ok(tmp_path: Path, clock: HandClock) -> None:
    found = levels(tmp_path, clock, ZONE, "<p>Hello {{ first_name }}, no links at all here.</p>")
    told = {name: found[name]["level"] for name in ("signature", "dkim", "spf", "dmarc", "links")}
    assert set(told.values()) == {"ok"}, told


def test_a_record_that_is_missing_is_told_with_what_to_publish(
    tmp_path: Path, clock: HandClock
) -> None:
    found = levels(tmp_path, clock, {"other.example": {}}, "<p>Hello there, dear reader.</p>")
    assert found["dmarc"]["level"] == found["spf"]["level"] == "warning"
    assert str(found["dmarc"]["mend"]).startswith("_dmarc.shop.example: v=DMARC1; p=none")
    assert found["dkim"]["level"] == "ok"


def test_links_from_content_never_lead_into_the_house(tmp_path: Path, clock: HandClock) -> None:
    html = '<p><a href="http://127.0.0.1/admin">a</a> <a href="http://10.0.0.1/">b</a></p>'
    found = levels(tmp_path, clock, ZONE, html)
    assert found["links"]["level"] == "blocks"
    details = found["links"]["details"]
    assert isinstance(details, list)
    assert len(details) == 2
    assert "127.0.0.1" in details[0]


def test_what_cannot_be_asked_is_not_checked_and_not_wrong(
    tmp_path: Path, clock: HandClock
) -> None:
    html = '<p><a href="https://nowhere.invalid/x">a</a></p>'
    found = levels(tmp_path, clock, {}, html)
    assert {found[name]["level"] for name in ("links", "dkim", "spf", "dmarc")} == {"not_checked"}


def test_only_who_may_change_the_campaign_may_send_questions_out(
    tmp_path: Path, clock: HandClock
) -> None:
    with mailing_house(tmp_path, clock) as (house, _):
        invite(house, house.owner())
        campaign_id = planned(house, house.owner())
        with pytest.raises(NotPermitted):
            check_outside(house, GUEST, campaign_id)
        reader = replace(house.owner(), scopes=house.owner().scopes - {Scope.CAMPAIGNS_WRITE})
        house.__dict__["egress"] = None  # whoever asks anything of it fails
        with pytest.raises(NotPermitted):
            check_outside(house, reader, campaign_id)
