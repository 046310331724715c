"""Signatures are verified by dkimpy, an implementation that shares no line with ours."""

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.marketing.senders.dkim import Signer
from drumbeat.marketing.senders.dkim.signing import digest_of, relaxed_line
from tests.marketing.content.examples import DATE, TOKEN, compiled
from tests.marketing.senders.dkim.keys import BOTH, ED25519, RSA, verified

_VISIBLE = st.characters(min_codepoint=33, max_codepoint=126)
_SPACES = st.sampled_from(["", " ", "\t", "  ", " \t ", "\r\n ", "\r\n\t", "\r\n  \t"])
_WORDS = st.lists(st.text(_VISIBLE, min_size=1, max_size=20), min_size=1, max_size=6)


@st.composite
def values(draw: st.DrawFn) -> str:
    """A header's value: words with spaces, tabs and folds between and around them."""
    words = draw(_WORDS)
    return "".join(draw(_SPACES) + " " * bool(draw(_SPACES)) + word for word in words) + draw(
        st.sampled_from(["", " ", "\t"])
    )


_HEADS = st.lists(
    st.tuples(
        st.sampled_from(["To", "Subject", "date", "MESSAGE-ID", "X-Other", "List-Id", "Cc"]),
        values(),
    ),
    max_size=8,
)
_LINES = st.sampled_from(
    [b"", b" ", b"\t", b"  two  spaces", b"a\tb ", b".", b"..dots", "Grüße".encode(), b"\xff\x00"]
)
# On the wire every line has an end, the last one too.
_BODIES = st.tuples(st.lists(_LINES | st.binary(max_size=30), max_size=8), st.integers(0, 3)).map(
    lambda drawn: (
        b"".join(line.translate(None, b"\r\n") + b"\r\n" for line in drawn[0]) + b"\r\n" * drawn[1]
    )
)


@given(_HEADS, _BODIES)
@settings(max_examples=250, deadline=None, derandomize=True)
def test_any_message_verifies_with_both_signatures(
    heads: list[tuple[str, str]], body: bytes
) -> None:
    head = "".join(f"{name}:{value}\r\n" for name, value in heads)
    message = f"From: The Shop <news@shop.example>\r\n{head}\r\n".encode() + body
    signed = BOTH.signed(message)
    assert verified(signed, RSA, ED25519) == [True, True]
    assert signed.endswith(message)


def test_a_real_letter_verifies_and_covers_both_one_click_headers() -> None:
    letter = compiled("<p>Hello {{ first_name }},\n\n\n    four  spaces.</p>\n" * 40)
    message = letter.build(
        to="jo@example.org",
        fields={"first_name": "Zoë"},
        token=TOKEN,
        message_id="1.2.0@example.com",
        date=DATE,
    )
    signed = BOTH.signed(message)
    assert verified(signed, RSA, ED25519) == [True, True]
    covered = _tag(signed, "h").split(":")
    assert covered.count("from") == 2
    assert {
        "to",
        "subject",
        "date",
        "message-id",
        "mime-version",
        "content-type",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "list-id",
    } <= set(covered)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda message: message.replace(b"Subject: Hello", b"Subject: Hell0"),
        lambda message: message.replace(b"List-Unsubscribe: <", b"List-Unsubscribe: <x"),
        lambda message: message.replace(b"=One-Click", b"=Two-Click"),
        lambda message: message.replace(b"Body", b"Bodies"),
        lambda message: b"From: Somebody <else@evil.example>\r\n" + message,
    ],
)
def test_what_is_changed_on_the_way_no_longer_verifies(spoil: Callable[[bytes], bytes]) -> None:
    message = (
        b"From: news@shop.example\r\nSubject: Hello\r\n"
        b"List-Unsubscribe: <https://shop.example/u/1>\r\n"
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nBody\r\n"
    )
    signed = BOTH.signed(message)
    assert verified(signed, RSA, ED25519) == [True, True]
    assert verified(spoil(signed), RSA, ED25519) == [False, False]


def test_one_key_signs_once_and_two_keys_sign_with_rsa_first() -> None:
    message = b"From: news@shop.example\r\n\r\nBody\r\n"
    assert verified(Signer((ED25519,)).signed(message), ED25519) == [True]
    fields = BOTH.signed(message).split(b"DKIM-Signature:")[1:]
    assert [b"a=rsa-sha256" in field for field in fields] == [True, False]
    assert Signer(()).signed(message) == message


def test_lines_of_a_signature_are_short_ascii_and_end_as_the_wire_wants() -> None:
    message = b"From: news@shop.example\r\nTo: a@b.example\r\n\r\nBody\r\n"
    fields = BOTH.signed(message).removesuffix(message)
    assert fields.isascii()
    assert fields.endswith(b"\r\n")
    lines = fields.split(b"\r\n")[:-1]
    assert all(len(line) <= 78 and b"\n" not in line and b"\r" not in line for line in lines)


def test_the_relaxed_forms_are_those_of_the_standards_example() -> None:
    """RFC 6376, 3.4.5."""
    assert relaxed_line(b"A: X") == (b"a", b"a:X\r\n")
    assert relaxed_line(b"B : Y\t Z  ") == (b"b", b"b:Y Z\r\n")
    expected = hashlib.sha256(b" C\r\nD E\r\n").digest()
    assert digest_of(b" C \r\nD \t E\r\n\r\n\r\n") == expected
    assert digest_of(b"") == digest_of(b"\r\n\r\n") == hashlib.sha256(b"").digest()


def _tag(message: bytes, name: str) -> str:
    field = message.split(b"DKIM-Signature:")[1].replace(b"\r\n ", b"").decode()
    return next(
        part.strip()[len(name) + 1 :]
        for part in field.split(";")
        if part.strip().startswith(f"{name}=")
    )
