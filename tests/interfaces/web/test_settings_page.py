"""Saving the sender and the mail server on the settings page: tested, sealed, and overruled."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.applications import Starlette

from drumbeat.bootstrap import Drumbeat, open_drumbeat
from drumbeat.bootstrap.saving import save_settings
from drumbeat.engine.loop import Engine
from drumbeat.interfaces.web import create_web
from drumbeat.kit.actor import SYSTEM_UPKEEP
from drumbeat.marketing.accounts import Newcomer, Role
from drumbeat.marketing.campaigns.pipeline import proceed
from tests.interfaces.serving import serving
from tests.interfaces.web.browser import Browser
from tests.interfaces.web.conftest import add_campaign
from tests.journeys.postbox import Postbox, free_port, listening

SENDER = {
    "sender_name": "The Corner Shop",
    "sender_email": "news@cornershop.example",
    "postal_address": "5 Market Lane\nGhent",
}


@pytest.fixture
def mail_server() -> Iterator[int]:
    port = free_port()
    with listening(Postbox(), port):
        yield port


def server(on: int, **fields: str) -> dict[str, str]:
    known = {"host": "127.0.0.1", "port": str(on), "security": "none", "user": "", "password": ""}
    return known | fields


def test_a_saved_sender_is_who_mail_comes_from_at_once_and_after_a_restart(
    house: Drumbeat, owner: Browser
) -> None:
    assert owner.send("/settings", "/settings/sender", **SENDER).status == 303
    body = owner.get("/settings?said=sender-saved").body.decode()
    assert 'value="The Corner Shop"' in body
    assert "placeholder, which" not in body
    with house.look(house.owner()) as department:
        assert department.senders.default_sender().email == "news@cornershop.example"
        [entry] = department.accounts.list_audit("settings", 10, None)
    assert entry.actor == "Owner"
    assert "Ghent" not in str(entry.detail)
    again = open_drumbeat(replace(house.told, clock=None))
    assert again.settings.postal_address == "5 Market Lane\nGhent"
    again.close()


def test_what_is_wrong_with_a_sender_is_said_at_its_field(house: Drumbeat, owner: Browser) -> None:
    bad = {**SENDER, "sender_email": "nobody"}
    answer = owner.send("/settings", "/settings/sender", **bad)
    assert answer.status == 422
    assert b'id="sender_email-error"' in answer.body
    assert b"The Corner Shop" in answer.body
    assert house.settings.sender_name == "Drumbeat Sandbox"


def test_only_a_server_that_lets_us_in_is_saved(
    house: Drumbeat, owner: Browser, mail_server: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    refused = owner.send("/settings", "/settings/server", **server(closed))
    assert refused.status == 422
    assert f"127.0.0.1:{closed} refused the connection" in refused.body.decode()
    assert house.settings.messenger == "sandbox"
    for wrong, field in (({"host": "a b"}, "host"), ({"port": "no"}, "port")):
        answer = owner.send("/settings", "/settings/server", **server(mail_server, **wrong))
        assert answer.status == 422
        assert f'id="{field}-error"' in answer.body.decode()
    assert owner.send("/settings", "/settings/server", **server(mail_server)).status == 303
    assert house.settings.messenger == "smtp"
    assert house.office.real_messenger
    assert f"127.0.0.1:{mail_server}" in owner.get("/settings").body.decode()
    assert owner.send("/settings", "/settings/sandbox").status == 303
    assert house.settings.messenger == "sandbox"


def test_a_saved_password_is_sealed_and_never_shown(house: Drumbeat, owner: Browser) -> None:
    url = "smtps://user:s3cr3t@mail.example.com:465"
    save_settings(house, house.owner(), {"smtp_url": url})
    body = owner.get("/settings").body.decode()
    assert "mail.example.com" in body
    assert "s3cr3t" not in body
    with house.look(SYSTEM_UPKEEP) as department:
        rows = department.connection.exec_driver_sql("SELECT value FROM saved_setting").fetchall()
        assert department.connections.saved() == {"smtp_url": url}
    assert not any(b"s3cr3t" in bytes(row[0]) for row in rows)


def test_a_file_wins_and_the_page_names_what_it_says(
    house: Drumbeat, owner: Browser, mail_server: int
) -> None:
    (house.home / "drumbeat.toml").write_text(
        'sender_name = "The Kitchen"\nmessenger = "sandbox"\n'
    )
    told = replace(house.settings, sender_name="The Kitchen")
    house.told, house.in_force = told, replace(house.in_force, settings=told)
    body = owner.get("/settings").body.decode()
    assert "DRUMBEAT_SENDER_NAME in" in body
    assert "drumbeat.toml</code>, which wins" in body
    assert "DRUMBEAT_MESSENGER in" in body
    assert owner.send("/settings", "/settings/sender", **SENDER).status == 303
    assert house.settings.sender_name == "The Kitchen"
    assert house.settings.sender_email == "news@cornershop.example"
    assert owner.send("/settings", "/settings/server", **server(mail_server)).status == 409


def test_mail_under_way_is_not_moved_elsewhere(
    peopled: Drumbeat, owner: Browser, mail_server: int
) -> None:
    campaign_id = add_campaign(peopled)
    with peopled.begin(peopled.owner()) as department:
        department.campaigns.approve(campaign_id)
        department.campaigns.ask_launch(campaign_id)
    proceed(peopled, campaign_id)
    answer = owner.send("/settings", "/settings/server", **server(mail_server))
    assert answer.status == 409
    assert b"on their way" in answer.body
    with peopled.look(SYSTEM_UPKEEP) as department:
        assert department.connections.saved() == {}


def test_a_marketer_sees_the_settings_and_saves_none(house: Drumbeat, owner: Browser) -> None:
    with house.begin(house.owner()) as department:
        _, secret = department.people.add(Newcomer("bo@shop.example", Role.MARKETER, "Bo"))
    with serving(Starlette(routes=create_web(house).routes)) as served:
        bo = Browser(served)
        words = "seven quiet drums at noon"
        fields = {"invitation": secret, "password": words, "again": words}
        assert bo.send(f"/welcome?invitation={secret}", "/welcome", **fields).status == 303
        assert b"Save sender" not in bo.get("/settings").body
        assert bo.send("/settings", "/settings/sender", **SENDER).status == 403
        assert bo.send("/settings", "/settings/server", **server(25)).status == 403


def test_an_engine_notices_what_was_saved(house: Drumbeat) -> None:
    """It ends, so that whoever runs it renews the house and starts a fresh one."""
    other = open_drumbeat(replace(house.told, clock=None))
    engine = Engine(other)
    save_settings(house, house.owner(), {"sender_name": "The Corner Shop"})
    engine.run()
    assert engine.outdated
    assert other.office.sender_name == "The Corner Shop"
    assert not Engine(other).outdated
    other.close()
