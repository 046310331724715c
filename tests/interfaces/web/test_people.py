"""The page 'People and keys': what an owner changes there, and what others cannot."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from starlette.applications import Starlette

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web import create_web
from drumbeat.interfaces.web.forms import SESSION
from drumbeat.kit.actor import NOBODY, Actor, Scope
from drumbeat.marketing.accounts import Newcomer, Role, Visitor, hash_password
from tests.conftest import HandClock
from tests.interfaces.serving import Answer, Served, serving
from tests.interfaces.web.browser import Browser

AT = "/settings/people"
WORDS = "correct horse battery"
NASTY = '<script>alert("1")</script>'


@pytest.fixture
def served(house: Drumbeat) -> Iterator[Served]:
    with serving(Starlette(routes=create_web(house).routes)) as served:
        yield served


@pytest.fixture
def owner(house: Drumbeat, served: Served) -> Browser:
    with house.begin(house.owner()) as department:
        link = department.accounts.issue_sign_in_link()
    browser = Browser(served, headers={"User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    assert browser.get(f"/sign-in?link={link}").status == 303
    return browser


def member(house: Drumbeat, served: Served, role: Role, email: str = "bob@example.com") -> Browser:
    hash = hash_password(WORDS, email=email)
    with house.begin(house.owner()) as department:
        _, secret = department.people.add(Newcomer(email, role, "Bob"))
    with house.begin(NOBODY) as department:
        session = department.signing_in.accept(secret, hash, Visitor("192.0.2.1"))
    return Browser(served, {SESSION: session or ""})


def secret_of(answer: Answer) -> str:
    assert answer.status == 200, answer.body
    found = re.search(r'class="panel secret".*?<code>([^<]+)</code>', answer.body.decode(), re.S)
    assert found is not None
    return unescape(found[1])


def actor_for(house: Drumbeat, key: str) -> Actor | None:
    with house.look(NOBODY) as department:
        return department.accounts.actor_for_key(key)


def test_a_key_is_shown_once_and_can_be_removed(house: Drumbeat, owner: Browser) -> None:
    made = owner.send(AT, "/settings/keys", label="nightly", days="30", scopes="campaigns:read")
    key = secret_of(made)
    actor = actor_for(house, key)
    assert actor is not None
    assert actor.scopes == {Scope.CAMPAIGNS_READ}
    page = owner.get(AT).body.decode()
    assert key not in page
    assert "nightly" in page
    (path,) = re.findall(r'action="(/settings/keys/key_\w+/remove)"', page)
    assert owner.send(AT, path).status == 303
    assert actor_for(house, key) is None
    assert owner.send(AT, path).status == 404


def test_a_key_with_a_life_of_ones_own_making_is_refused(owner: Browser) -> None:
    for days in ("-1", "99999999999", "x"):
        assert owner.send(AT, "/settings/keys", label="x", days=days).status == 400
    assert owner.send(AT, "/settings/keys", label="  ", days="30").status == 400


def test_somebody_is_invited_promoted_and_removed(
    house: Drumbeat, served: Served, owner: Browser
) -> None:
    link = secret_of(owner.send(AT, AT, email="eve@example.com", name="Eve", role="analyst"))
    assert "/welcome?invitation=dbinvite_" in link
    page = owner.get(AT).body.decode()
    assert "eve@example.com · analyst · no password yet" in page
    eve = re.findall(r'action="/settings/people/(per_\w+)/role"', page)[-1]
    assert owner.send(AT, f"{AT}/{eve}/role", role="owner").status == 303
    assert "eve@example.com · owner" in owner.get(AT).body.decode()
    assert secret_of(owner.send(AT, f"{AT}/{eve}/invitation")) != link
    assert owner.send(AT, f"{AT}/{eve}/remove").status == 303
    assert "eve@example.com" not in owner.get(AT).body.decode()


def test_the_last_owner_is_told_why_they_stay(owner: Browser) -> None:
    page = owner.get(AT).body.decode()
    (me,) = re.findall(r'action="/settings/people/(per_\w+)/role"', page)
    for path, fields in ((f"{AT}/{me}/role", {"role": "viewer"}), (f"{AT}/{me}/remove", {})):
        answer = owner.send(AT, path, **fields)
        assert answer.status == 409
        assert b"last owner" in answer.body


def test_an_address_twice_and_an_unknown_role_are_said_on_the_page(owner: Browser) -> None:
    answer = owner.send(AT, AT, email="owner@localhost", role="viewer")
    assert answer.status == 400
    assert b"has an account already" in answer.body
    assert owner.send(AT, AT, email="eve@example.com", role="king").status == 400


def test_a_viewer_sees_themselves_and_changes_nobody(
    house: Drumbeat, served: Served, owner: Browser
) -> None:
    viewer = member(house, served, Role.VIEWER)
    body = viewer.get(AT).body.decode()
    assert "You are Bob, a viewer" in body
    assert "Invite somebody" not in body
    assert "owner@localhost" not in body
    me = re.findall(r'action="/settings/people/(per_\w+)/role"', owner.get(AT).body.decode())[-1]
    refused = [
        viewer.send(AT, AT, email="eve@example.com", role="owner"),
        viewer.send(AT, f"{AT}/{me}/role", role="owner"),
        viewer.send(AT, f"{AT}/{me}/remove"),
        viewer.send(AT, f"{AT}/{me}/invitation"),
        viewer.get("/settings/trail"),
    ]
    assert [answer.status for answer in refused] == [403] * 5


def test_a_viewer_makes_keys_that_may_no_more_than_they(house: Drumbeat, served: Served) -> None:
    viewer = member(house, served, Role.VIEWER)
    made = viewer.send(AT, "/settings/keys", label="mine", days="", scopes="campaigns:send")
    actor = actor_for(house, secret_of(made))
    assert actor is not None
    assert Scope.CAMPAIGNS_SEND not in actor.scopes


def test_a_role_change_signs_the_person_out(house: Drumbeat, served: Served) -> None:
    bob = member(house, served, Role.MARKETER)
    assert bob.get(AT).status == 200
    with house.begin(house.owner()) as department:
        department.people.change_role("bob@example.com", Role.VIEWER)
    assert bob.get(AT).status == 401


def test_sessions_are_listed_by_browser_and_ended(
    owner: Browser, house: Drumbeat, clock: HandClock
) -> None:
    clock.advance(seconds=1)  # newest first: the other browser
    with house.begin(house.owner()) as department:
        link = department.accounts.issue_sign_in_link()
    other = Browser(owner.served, headers={"User-Agent": "Chrome/140 Safari/537 (Windows)"})
    other.get(f"/sign-in?link={link}")
    page = owner.get(AT).body.decode()
    assert "Firefox on Linux" in page
    assert "Chrome on Windows" in page
    assert page.count("this browser") == 1
    paths = re.findall(r'action="(/settings/sessions/ses_\w+/end)"', page)
    assert len(paths) == 2
    assert owner.send(AT, paths[0]).status == 303
    assert other.get(AT).status == 401
    assert owner.get(AT).status == 200


def test_a_password_is_changed_by_whoever_knows_the_present_one(
    house: Drumbeat, served: Served
) -> None:
    bob = member(house, served, Role.VIEWER)
    other = Browser(served, dict(bob.cookies))
    fresh = {"password": "another set of words", "again": "another set of words"}
    for present in ("wrong wrong wrong", ""):
        answer = bob.send(AT, "/settings/password", present=present, **fresh)
        assert answer.status == 400
        assert b"not right" in answer.body
    assert bob.send(AT, "/settings/password", present=WORDS, **fresh).status == 303
    assert bob.get(AT).status == 200
    assert other.get(AT).status == 401


def test_whatever_people_are_called_is_only_text(house: Drumbeat, owner: Browser) -> None:
    owner.send(AT, AT, email="eve@example.com", name=NASTY, role="viewer")
    owner.send(AT, "/settings/keys", label=NASTY, days="")
    for path in (AT, "/settings/trail"):
        body = owner.get(path).body.lower()
        assert b"<script>" not in body
        assert b"&lt;script" in body


def test_the_trail_is_paged_and_narrowed(house: Drumbeat, owner: Browser) -> None:
    with house.begin(house.owner()) as department:
        for number in range(60):
            department.accounts.record("thing.done", f"thing_{number}", {"of": [1, None]})
    first = owner.get("/settings/trail").body.decode()
    (later,) = re.findall(r'href="(\?before=\d+)"', first)
    assert "thing_59" in first
    assert "thing_2<" not in first
    assert "thing_2<" in owner.get(f"/settings/trail{later}").body.decode()
    one = owner.get("/settings/trail?subject=thing_7").body.decode()
    assert one.count("Thing done") == 1
    assert owner.get("/settings/trail?before=x&subject=%00").status == 200
