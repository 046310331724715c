"""Tracking tokens: read back exactly, and by nobody who changed or made one up."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.signing import Recipient, TokenSigner

SIGNER = TokenSigner(bytes(range(32)))
ADA = Recipient(MailingNo(7), ContactNo(41), 3)
recipients = st.builds(
    Recipient,
    st.integers(0, 2**32 - 1).map(MailingNo),
    st.integers(0, 2**32 - 1).map(ContactNo),
    st.integers(0, 2**16 - 1),
)


@given(recipients)
def test_a_token_names_its_recipient(recipient: Recipient) -> None:
    token = SIGNER.token(recipient)
    assert SIGNER.read(token) == recipient
    assert token == base64.urlsafe_b64encode(
        base64.urlsafe_b64decode(token + "==")
    ).decode().rstrip("=")


@given(recipients, st.binary(min_size=32, max_size=32))
def test_a_token_of_another_key_is_nobodys(recipient: Recipient, key: bytes) -> None:
    if key != SIGNER.key:
        assert SIGNER.read(TokenSigner(key).token(recipient)) is None


@given(recipients, st.integers(0, 21), st.integers(1, 255))
def test_one_changed_byte_makes_it_nobodys(recipient: Recipient, at: int, change: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(SIGNER.token(recipient) + "=="))
    raw[at] ^= change
    assert SIGNER.read(base64.urlsafe_b64encode(raw).decode().rstrip("=")) is None


def test_a_truncated_or_longer_token_is_nobodys() -> None:
    token = SIGNER.token(ADA)
    assert [SIGNER.read(token[:length]) for length in range(len(token))] == [None] * len(token)
    assert SIGNER.read(token + "A") is None
    assert SIGNER.read(token * 2) is None


@pytest.mark.parametrize(
    "text", ["", "=", "ü" * 30, "!" * 30, "\x00" * 30, "A" * 100_000, "\ud800"]
)
def test_text_that_is_no_token_is_nobodys(text: str) -> None:
    assert SIGNER.read(text) is None


@given(st.text(max_size=60))
def test_any_text_is_nobodys(text: str) -> None:
    assert SIGNER.read(text) is None


def test_a_token_with_rubbish_inside_is_nobodys() -> None:
    token = SIGNER.token(ADA)
    assert SIGNER.read(token[:10] + "!" + token[10:]) is None
    assert SIGNER.read(token + "====") is None
