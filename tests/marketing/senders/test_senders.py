"""Sender identities: the house's default, kept ones, and who may leave the sandbox."""

from dataclasses import replace

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.errors import InvalidInput, NotPermitted
from drumbeat.marketing.senders import Sender, require_real
from tests.conftest import GUEST, MARIA

REAL = Sender("Example", "news@example.com", "1 Example Street\nTown", "help@example.com", "weekly")


def test_an_unset_house_is_a_placeholder_that_no_real_messenger_takes(house: Drumbeat) -> None:
    with house.look(MARIA) as department:
        sender = department.senders.default_sender()
    assert sender.is_placeholder
    with pytest.raises(InvalidInput) as refused:
        require_real(sender)
    assert "DRUMBEAT_SENDER_EMAIL" in str(refused.value)
    assert "DRUMBEAT_POSTAL_ADDRESS" in str(refused.value)
    assert "DRUMBEAT_SENDER_NAME" in str(refused.value)


def test_only_the_setting_that_is_missing_is_named(house: Drumbeat) -> None:
    with house.look(MARIA) as department:
        unset = department.senders.default_sender()
    for setting, real in (
        ("DRUMBEAT_SENDER_NAME", replace(REAL, name=unset.name)),
        ("DRUMBEAT_POSTAL_ADDRESS", replace(REAL, postal_address=unset.postal_address)),
        ("DRUMBEAT_SENDER_EMAIL", replace(REAL, email=unset.email)),
    ):
        with pytest.raises(InvalidInput, match=rf"set {setting}\.$"):
            require_real(real)


def test_a_real_sender_may_leave() -> None:
    require_real(REAL)
    assert not REAL.is_placeholder
    assert REAL.domain == "example.com"


def test_a_kept_sender_is_found_by_its_address(house: Drumbeat) -> None:
    with house.begin(MARIA) as department:
        kept = department.senders.save(REAL)
        assert department.senders.resolve(None, "news@EXAMPLE.com") == kept
        assert department.senders.resolve("Other", "news@example.com") == replace(
            kept, name="Other"
        )
        assert department.senders.list_() == [kept]


def test_saving_again_replaces(house: Drumbeat) -> None:
    with house.begin(MARIA) as department:
        first = department.senders.save(REAL)
        second = department.senders.save(replace(REAL, name="New"))
        assert second == replace(first, name="New")
        assert department.senders.list_() == [second]


def test_an_unknown_address_is_the_default_under_that_name(house: Drumbeat) -> None:
    with house.look(MARIA) as department:
        sender = department.senders.resolve("Ann", "ann@exämple.org")
        assert sender.email == "ann@xn--exmple-cua.org"
        assert sender.name == "Ann"
        assert sender.postal_address == department.senders.default_sender().postal_address
        assert department.senders.resolve() == department.senders.default_sender()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nobody"}, "sender_email"),
        ({"email": "a@b"}, "sender_email"),
        ({"email": "a b@example.com"}, "sender_email"),
        ({"email": "a@example.com\r\nBcc: x@example.org"}, "sender_email"),
        ({"email": "a@" + "x" * 300 + ".example"}, "sender_email"),
        ({"reply_to": "x"}, "reply_to"),
        ({"name": "A\nBcc: x@example.org"}, "sender_name"),
        ({"name": "x" * 101}, "sender_name"),
        ({"postal_address": "  "}, "postal_address"),
        ({"postal_address": "a\x00b"}, "postal_address"),
        ({"list_id": "a b"}, "list_id"),
        ({"list_id": ""}, "list_id"),
    ],
)
def test_identities_that_cannot_be_used_name_their_field(
    house: Drumbeat, change: dict[str, str], field: str
) -> None:
    with house.begin(MARIA) as department, pytest.raises(InvalidInput) as refused:
        department.senders.save(replace(REAL, **change))  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_guest_learns_nothing(house: Drumbeat) -> None:
    with house.begin(GUEST) as department:
        with pytest.raises(NotPermitted):
            department.senders.default_sender()
        with pytest.raises(NotPermitted):
            department.senders.save(REAL)
