"""The page before a send: the list, a look outside on request, and test mail."""

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.mail_tests import send_tests
from tests.interfaces.web.browser import Browser
from tests.interfaces.web.conftest import add_campaign


def test_the_list_stands_on_a_page_of_its_own_and_the_campaign_leads_there(
    peopled: Drumbeat, owner: Browser
) -> None:
    path = f"/campaigns/{add_campaign(peopled)}"
    assert f'href="{path}/checks"' in owner.get(path).body.decode()
    body = owner.get(f"{path}/checks").body.decode()
    assert "3 of 5 people may be mailed" in body
    assert "1 unsubscribed" in body
    assert "Nobody has looked outside yet" in body


def test_a_look_outside_is_asked_for_by_a_button(peopled: Drumbeat, owner: Browser) -> None:
    path = f"/campaigns/{add_campaign(peopled)}/checks"
    assert owner.send(path, path).status == 303
    assert "Links were followed and DNS was asked" in owner.get(path).body.decode()


def test_a_test_is_sent_from_the_page_and_told_there(peopled: Drumbeat, owner: Browser) -> None:
    path = f"/campaigns/{add_campaign(peopled)}"
    asked = {"to": "tess@shop.example, kim@shop.example", "contact": "ada@example.com"}
    assert owner.send(f"{path}/checks", f"{path}/tests", **asked, variant="1").status == 303
    assert send_tests(peopled)
    assert {mail.subject for mail in peopled.sandbox.list_(10)} == {"Your table is waiting"}
    body = owner.get(f"{path}/checks").body.decode()
    assert "kim@shop.example" in body
    assert "tess@shop.example" in body


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"to": "nobody"}, "nobody"),
        ({"to": "eve@example.com"}, "must not be mailed: unsubscribed"),
        ({"contact": "who@example.com"}, "There is no contact"),
    ],
)
def test_what_cannot_be_tested_is_said_at_its_field(
    peopled: Drumbeat, owner: Browser, asked: dict[str, str], said: str
) -> None:
    path = f"/campaigns/{add_campaign(peopled)}"
    form = {"to": "tess@shop.example", "contact": "ada@example.com", "variant": "0"} | asked
    answer = owner.send(f"{path}/checks", f"{path}/tests", **form)
    assert answer.status == 422
    assert said in answer.body.decode()
