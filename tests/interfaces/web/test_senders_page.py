"""The page of being believed: records ready to copy, keys made, DNS asked, each by a button."""

from drumbeat.bootstrap import Drumbeat
from drumbeat.bootstrap.saving import save_settings
from tests.interfaces.web.browser import Browser

PAGE = "/settings/senders"


def _name_sender(house: Drumbeat) -> None:
    save_settings(house, house.owner(), {"sender_email": "news@shop.example"})


def test_without_a_sender_the_page_says_there_is_no_domain_yet(owner: Browser) -> None:
    body = owner.get(PAGE).body.decode()
    assert "There is no domain yet" in body
    assert "sandbox.invalid</strong>" not in body
    assert "Ask DNS now" not in body
    assert 'href="/settings">Set the sender</a>' in body


def test_the_records_of_the_senders_domain_are_ready_to_copy(
    house: Drumbeat, owner: Browser
) -> None:
    _name_sender(house)
    body = owner.get(PAGE).body.decode()
    assert "_dmarc.shop.example" in body
    assert "v=spf1 ~all" in body
    assert f'href="{PAGE}"' in owner.get("/settings").body.decode()


def test_keys_are_made_by_a_button_once_and_wait_for_dns(house: Drumbeat, owner: Browser) -> None:
    _name_sender(house)
    assert owner.send(PAGE, f"{PAGE}/keys", rotating="0").status == 303
    body = owner.get(PAGE).body.decode()
    assert body.count("waits until DNS shows it") == 2
    assert "Make new keys" not in body
    with house.look(house.owner()) as department:
        keys = department.dkim_keys.list_()
    assert all(f'<code class="breaks">{key.dns_name}</code>' in body for key in keys)
    assert "PRIVATE" not in body
    assert owner.send(PAGE, f"{PAGE}/keys", rotating="1").status == 409
