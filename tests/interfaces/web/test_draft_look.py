"""Looking at a campaign while it is written: as one contact, with nothing saved."""

import re

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web.draft_desk import MOST_KEPT, DraftDesk
from drumbeat.kit.actor import Actor
from drumbeat.kit.errors import NotFound
from tests.interfaces.web.browser import Browser
from tests.interfaces.web.conftest import add_campaign
from tests.interfaces.web.test_campaign_form import GOOD

LOOK = "/campaigns/new/preview"
FRAME = re.compile(r'src="(/campaigns/drafts/[0-9a-f]+)"')


def look(owner: Browser, **fields: str) -> str:
    answer = owner.send("/campaigns/new", LOOK, **GOOD | {"as": "ada@example.com"} | fields)
    assert answer.status == 200
    return answer.body.decode()


def frame(owner: Browser, body: str, form: str = "") -> str:
    found = FRAME.search(body)
    assert found is not None
    answer = owner.get(found[1] + form)
    assert "sandbox" in answer.headers["content-security-policy"]
    return answer.body.decode()


def test_unsaved_words_are_seen_as_any_contact_and_nothing_is_saved(
    peopled: Drumbeat, owner: Browser
) -> None:
    words = {
        "subject_line": "For {{ first_name }}",
        "preheader": "Only for {{ first_name }}",
        "content_html": "<p>Dear {{ first_name }}</p>",
    }
    body = look(owner, **words, **{"as": "bob@example.com"})
    assert "For Bob" in body
    assert "Dear Bob" in frame(owner, body)
    assert "Only for Bob" in frame(owner, body)
    assert "Dear Bob" in frame(owner, body, "?form=text")
    assert "Your table is waiting" in look(owner, variant="1")
    assert b"Autumn menu" not in owner.get("/campaigns").body


def test_nothing_but_words_is_needed_to_look(peopled: Drumbeat, owner: Browser) -> None:
    body = look(owner, name="", audience="", mode="someday", alt_subject_line="", variant="1")
    assert "Not saved." not in body
    assert "Hello" in frame(owner, body)


def test_an_error_of_the_template_is_said_at_its_field_with_its_line(
    peopled: Drumbeat, owner: Browser
) -> None:
    fields = GOOD | {"as": "", "content_html": "<p>\n{{ first_name </p>"}
    answer = owner.send("/campaigns/new", LOOK, **fields)
    body = answer.body.decode()
    assert answer.status == 422
    assert re.search(r'id="content_html-error">Line 2: ', body)
    assert "Not saved." not in body
    assert FRAME.search(body) is None


def test_what_the_contact_lacks_is_marked_at_its_field(peopled: Drumbeat, owner: Browser) -> None:
    body = look(owner, content_html="<p>\n{{ shoe }}</p>", subject_line="{{ shoe }} for you")
    assert "ada@example.com has no <code>shoe</code> (line 2)." in body
    assert "ada@example.com has no <code>shoe</code>." in body


def test_a_contact_that_is_not_there_is_said_at_the_field(
    peopled: Drumbeat, owner: Browser
) -> None:
    answer = owner.send("/campaigns/new", LOOK, **GOOD | {"as": "nobody@example.com"})
    assert answer.status == 422
    assert b'id="as-error"' in answer.body


def test_an_edit_is_looked_at_without_changing_the_campaign(
    peopled: Drumbeat, owner: Browser
) -> None:
    page = f"/campaigns/{add_campaign(peopled)}"
    fields = GOOD | {"content_html": "<p>Other words</p>", "as": ""}
    answer = owner.send(f"{page}/edit", f"{page}/edit/preview", **fields)
    assert "Other words" in frame(owner, answer.body.decode())
    assert b"Other words" not in owner.get(f"{page}/edit").body


def test_the_frame_of_a_look_is_for_whoever_looked() -> None:
    ada, bob = Actor("Ada", frozenset(), person_no=1), Actor("Bob", frozenset(), person_no=2)
    desk = DraftDesk()
    first = desk.keep(ada, b"first")
    assert desk.get(ada, first) == b"first"
    with pytest.raises(NotFound):
        desk.get(bob, first)
    for _ in range(MOST_KEPT):
        desk.keep(ada, b"next")
    with pytest.raises(NotFound):
        desk.get(ada, first)
