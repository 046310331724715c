"""Each message has a return path of its own: short, in any case, and nobody else's to make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.bootstrap import read_settings
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.signing import Recipient
from drumbeat.marketing.delivery.bounces import ReturnPath, check_return_path

RETURNS = ReturnPath("bounces@mail.shop.example", bytes(range(32)))
ADA = Recipient(MailingNo(7), ContactNo(41), 3)
recipients = st.builds(
    Recipient,
    st.integers(0, 2**32 - 1).map(MailingNo),
    st.integers(0, 2**32 - 1).map(ContactNo),
    st.integers(0, 2**16 - 1),
)


@given(recipients, st.sampled_from([str, str.upper, str.title, lambda text: f"<{text}>"]))
def test_whatever_case_a_server_makes_of_it_the_message_is_found(recipient, fold) -> None:  # type: ignore[no-untyped-def]
    address = RETURNS.of(recipient)
    assert len(address.partition("@")[0]) <= 64
    assert RETURNS.recipient_of(fold(address)) == recipient


@given(recipients, st.binary(min_size=32, max_size=32))
def test_another_house_cannot_make_one(recipient: Recipient, key: bytes) -> None:
    if key != RETURNS.key:
        assert RETURNS.recipient_of(ReturnPath(RETURNS.address, key).of(recipient)) is None


@given(recipients, st.integers(0, 28), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_one_changed_letter_makes_it_nobodys(recipient: Recipient, at: int, letter: str) -> None:
    token = RETURNS.token(recipient)
    changed = token[:at] + letter + token[at + 1 :]
    assert RETURNS.read(changed) is None or RETURNS.read(changed) == recipient


@given(st.text(max_size=60))
def test_no_text_at_all_makes_it_raise(text: str) -> None:
    assert RETURNS.recipient_of(text) is None
    assert RETURNS.read(text) is None


@pytest.mark.parametrize(
    "address",
    ["bounces@mail.shop.example", "other+{}@mail.shop.example", "bounces+{}@elsewhere.example"],
)
def test_only_the_return_path_itself_with_a_token_is_ours(address: str) -> None:
    assert RETURNS.recipient_of(address.format(RETURNS.token(ADA))) is None


def test_without_a_return_path_there_is_none() -> None:
    assert ReturnPath("", RETURNS.key).of(ADA) == ""
    assert ReturnPath("", RETURNS.key).recipient_of(RETURNS.of(ADA)) is None


@pytest.mark.parametrize("text", ["bounces", "a b@c.example", f"{'a' * 35}@c.example", "a@b\r\n.c"])
def test_a_setting_that_is_no_address_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput, match="DRUMBEAT_RETURN_PATH"):
        read_settings({"DRUMBEAT_RETURN_PATH": text})
    assert check_return_path(f"{'a' * 34}@c.example")
