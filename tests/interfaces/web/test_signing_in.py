"""Founding, signing in and out, and invitations, over real HTTP and without JavaScript."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web import create_web
from drumbeat.interfaces.web.forms import SESSION, VISIT
from drumbeat.kit.actor import SYSTEM_ACCOUNTS, Actor
from drumbeat.marketing.accounts import Newcomer, Role, hash_password
from tests.conftest import HandClock
from tests.interfaces.serving import Answer, Served, serving
from tests.interfaces.web.browser import Browser

ADA = "ada@example.com"
WORDS = "correct horse battery"
FOUNDER = {"name": "Ada", "email": ADA, "password": WORDS, "again": WORDS}


@pytest.fixture
def served(house: Drumbeat) -> Iterator[Served]:
    with serving(Starlette(routes=create_web(house).routes)) as served:
        yield served


@pytest.fixture
def browser(served: Served) -> Browser:
    return Browser(served)


@pytest.fixture
def ada(house: Drumbeat) -> Actor:
    hash = hash_password(WORDS, email=ADA)
    with house.begin(SYSTEM_ACCOUNTS) as department:
        person, _ = department.signing_in.found(Newcomer(ADA, Role.OWNER, "Ada"), hash)
        return department.accounts.actor_of(person.person_no)


def sign_in(browser: Browser, password: str = WORDS, email: str = ADA, **more: str) -> Answer:
    return browser.send("/sign-in", "/sign-in", email=email, password=password, **more)


def is_in(browser: Browser) -> bool:
    return browser.get("/settings/people").status == 200


def test_the_first_browser_on_this_machine_becomes_the_owner(
    browser: Browser, house: Drumbeat
) -> None:
    first = browser.get("/dashboard")
    assert first.status == 401
    assert b'href="/first-run"' in first.body
    answer = browser.send("/first-run", "/first-run", **FOUNDER)
    assert (answer.status, answer.headers["location"]) == (303, "/dashboard")
    assert is_in(browser)
    stranger = Browser(browser.served)
    for answer in (stranger.get("/first-run"), stranger.send("/sign-in", "/first-run", **FOUNDER)):
        assert answer.status == 409
    assert b"/first-run" not in stranger.get("/sign-in").body


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "198.51.100.7"},
        {"Forwarded": "for=198.51.100.7"},
        {"Host": "drumbeat.example"},
        {"Host": "rebound.evil.example:80"},
    ],
)
def test_the_first_run_from_elsewhere_needs_the_printed_link(
    browser: Browser, house: Drumbeat, headers: dict[str, str]
) -> None:
    with house.begin(house.owner()) as department:
        link = department.accounts.issue_sign_in_link()
    browser.headers = headers
    assert b'href="/first-run"' not in browser.get("/dashboard").body
    assert browser.get("/first-run").status == 403
    assert browser.get("/first-run?link=dblink_guessed").status == 403
    assert browser.get(f"/first-run?link={link}").status == 200
    origin = f"http://{headers.get('Host', f'127.0.0.1:{browser.served.port}')}"
    token = browser.token(f"/first-run?link={link}")
    refused = browser.post("/first-run", {"csrf": token, **FOUNDER}, Origin=origin)
    assert refused.status == 403
    taken = browser.post("/first-run", {"csrf": token, "link": link, **FOUNDER}, Origin=origin)
    assert taken.status == 303
    assert is_in(browser)


def test_a_founder_who_mistypes_keeps_what_was_right(browser: Browser) -> None:
    for wrong in ({"again": "something else"}, {"password": "short", "again": "short"}):
        answer = browser.send("/first-run", "/first-run", **{**FOUNDER, **wrong})
        assert answer.status == 400
        assert b'value="ada@example.com"' in answer.body
        assert WORDS.encode() not in answer.body
    assert browser.send("/first-run", "/first-run", **{**FOUNDER, "email": "ada"}).status == 400
    assert not is_in(browser)


def test_signing_in_leads_back_and_changes_the_cookie(browser: Browser, ada: Actor) -> None:
    asked = browser.get("/settings/people")
    assert asked.status == 401
    assert b'name="to" value="/settings/people"' in asked.body
    visit = browser.cookies[VISIT]
    answer = sign_in(browser, to="/settings/people")
    assert answer.headers["location"] == "/settings/people"
    first = browser.cookies[SESSION]
    assert visit not in first
    token = browser.token("/sign-in")
    browser.post("/sign-in", {"csrf": token, "email": ADA, "password": WORDS})
    second = browser.cookies[SESSION]
    assert second != first
    assert not is_in(Browser(browser.served, {SESSION: first}))
    assert is_in(Browser(browser.served, {SESSION: second}))


def test_the_session_cookie_is_guarded_and_secure_over_https(browser: Browser, ada: Actor) -> None:
    cookie = sign_in(browser).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    fronted = Browser(browser.served, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in sign_in(fronted).headers["set-cookie"]


def test_wrong_words_and_unknown_people_hear_the_same(browser: Browser, ada: Actor) -> None:
    wrong, unknown = sign_in(browser, "wrong wrong wrong"), sign_in(browser, WORDS, "x@example.com")
    assert wrong.status == unknown.status == 401
    told = [a.body.replace(b"x@example.com", ADA.encode()) for a in (wrong, unknown)]
    assert told[0] == told[1]
    assert SESSION not in browser.cookies


def test_guessing_is_slowed_down_and_said(browser: Browser, ada: Actor, clock: HandClock) -> None:
    answers = [sign_in(browser, "wrong wrong wrong").status for _ in range(6)]
    assert answers == [401] * 5 + [429]
    late = sign_in(browser)
    assert late.status == 429
    assert late.headers["retry-after"] == "3"
    assert b"Try again in 3 seconds" in late.body
    clock.advance(seconds=3)
    assert sign_in(browser).status == 303


def test_a_sign_in_form_of_another_browser_is_refused(browser: Browser, ada: Actor) -> None:
    token = Browser(browser.served).token("/sign-in")
    browser.get("/sign-in")
    fields = {"csrf": token, "email": ADA, "password": WORDS}
    assert browser.post("/sign-in", fields).status == 403
    fields["csrf"] = browser.token("/sign-in")
    assert browser.post("/sign-in", fields, Origin="https://evil.example").status == 403
    assert not is_in(browser)


def test_only_ones_own_page_signs_out(browser: Browser, ada: Actor) -> None:
    sign_in(browser)
    token = browser.token("/settings/people")
    assert browser.post("/sign-out", {}).status == 403
    assert browser.post("/sign-out", {"csrf": token}, Sec_Fetch_Site="cross-site").status == 403
    assert is_in(browser)
    session = browser.cookies[SESSION]
    answer = browser.post("/sign-out", {"csrf": token})
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in")
    assert not is_in(Browser(browser.served, {SESSION: session}))


def test_an_invited_person_comes_in_by_their_link_once(
    browser: Browser, house: Drumbeat, ada: Actor
) -> None:
    with house.begin(ada) as department:
        _, secret = department.people.add(Newcomer("bob@example.com", Role.VIEWER, "Bob"))
    page = f"/welcome?invitation={secret}"
    fields = {"invitation": secret, "password": WORDS, "again": WORDS}
    assert browser.send(page, "/welcome", **{**fields, "again": "other"}).status == 400
    assert browser.send(page, "/welcome", **fields).status == 303
    assert b"Bob" in browser.get("/settings/people").body
    again = Browser(browser.served)
    assert again.get(page).status == 403
    assert again.send("/sign-in", "/welcome", **fields).status == 403


def test_pages_of_strangers_hold_no_code_and_are_never_kept(
    browser: Browser, house: Drumbeat
) -> None:
    for path in ("/sign-in", "/first-run", "/sign-in?link=spent", "/welcome?invitation=x"):
        answer = browser.get(path)
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert b"<style" not in answer.body
        assert b" style=" not in answer.body
