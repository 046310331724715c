"""Home, the sandbox inbox and the settings."""

import socket
from dataclasses import replace

from starlette.applications import Starlette

from drumbeat.adapters.messengers.sandbox import open_mail_folder
from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web import create_web
from drumbeat.storage.mail_folder import NewMail
from tests.conftest import MONDAY_9
from tests.interfaces.serving import serving
from tests.interfaces.web.browser import Browser
from tests.interfaces.web.conftest import add_campaign

RAW = (
    b"From: Shop <news@sandbox.invalid>\r\nTo: ada@example.com\r\nSubject: Hello\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Hi <script>alert(1)</script></p>\r\n"
)


def test_home_says_what_needs_you_first(peopled: Drumbeat, owner: Browser) -> None:
    campaign_id = add_campaign(peopled)
    body = owner.get("/dashboard").body.decode()
    assert "1 campaign needs you." in body
    assert "waits for your yes or no" in body
    assert f'href="/campaigns/{campaign_id}"' in body
    assert "May be mailed" in body


def test_an_empty_house_shows_where_to_begin(house: Drumbeat, owner: Browser) -> None:
    body = owner.get("/dashboard").body
    assert b"three steps away" in body
    assert b'href="/audience/import"' in body
    assert b"Nothing has arrived yet" in owner.get("/sandbox").body


def test_mail_in_the_sandbox_is_listed_and_shown_alone(house: Drumbeat, owner: Browser) -> None:
    folder = open_mail_folder(house.home, house.office.keys.derive("sandbox"))
    mail = NewMail(MONDAY_9, "news@sandbox.invalid", "ada@example.com", "Hello", "<1@x>", RAW)
    [number] = folder.add([mail])
    folder.close()
    assert b"ada@example.com" in owner.get("/sandbox?to=ADA@example.com").body
    assert b"Nobody of that address" in owner.get("/sandbox?to=bob@example.com").body
    page = owner.get(f"/sandbox/{number}")
    assert b"<script>alert" not in page.body
    assert b"Content-Type" in page.body
    frame = owner.get(f"/sandbox/{number}/html")
    assert b"<p>Hi" in frame.body
    assert frame.headers["content-security-policy"].startswith("sandbox;")
    assert owner.get("/sandbox/99").status == 404
    assert owner.get("/sandbox/x").status == 404


def test_settings_say_where_each_comes_from(house: Drumbeat, owner: Browser) -> None:
    (house.home / "drumbeat.toml").write_text('sender_name = "The Kitchen"\n')
    body = owner.get("/settings").body.decode()
    assert "drumbeat.toml</code>, which wins" in body
    assert "DRUMBEAT_POSTAL_ADDRESS" in body
    assert "Mail stays in the" in body
    assert owner.send("/settings", "/settings/connection").status == 409


def test_a_mail_server_that_refuses_is_named(house: Drumbeat, owner: Browser) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"smtp://user:s3cr3t@127.0.0.1:{port}?starttls=0"
    set = replace(house.settings, smtp_url=url, messenger="smtp")
    told = replace(house, in_force=replace(house.in_force, settings=set))
    with serving(Starlette(routes=create_web(told).routes)) as served:
        browser = Browser(served, dict(owner.cookies))
        body = browser.send("/settings", "/settings/connection").body.decode()
    assert f"127.0.0.1:{port} refused the connection" in body
    assert "s3cr3t" not in body
