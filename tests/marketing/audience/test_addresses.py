"""Equal mailboxes meet in one form; what is no address is refused with its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.marketing.audience import Address, NotAnAddress, normalise_address


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("Ana@Example.COM", "ana@example.com"),
        ("\u00a0ana@example.com\u00a0", "ana@example.com"),
        ("\ufeffana@example.com\u200b", "ana@example.com"),
        ("ana@BÜCHER.example", "ana@xn--bcher-kva.example"),
        ("ana@straße.de", "ana@xn--strae-oqa.de"),
        ("mailto:ana@example.com", "ana@example.com"),
        ("<ana@example.com>", "ana@example.com"),
        ("o'brien+news@mail.example.co.uk", "o'brien+news@mail.example.co.uk"),
        ("ana\uff20example.com", "ana@example.com"),
    ],
)
def test_one_mailbox_has_one_form(given_text: str, kept: str) -> None:
    assert normalise_address(given_text) == Address(kept)


@pytest.mark.parametrize(
    ("given_text", "reason"),
    [
        ("", "missing"),
        ("ana", "no @"),
        ("@example.com", "no @"),
        ("ana@example", "without a dot"),
        ("ana@@example.com", "more than one @"),
        ("ana smith@example.com", "space"),
        (".ana@example.com", "dot where none"),
        ("ana@example..com", "dot where none"),
        ("ana@example.com\r\nBcc: eve@example.com", "line break"),
        ("ana\n@example.com", "line break"),
        ("ana\x00@example.com", "control character"),
        ("ana\u2028@example.com", "line break"),
        ("é@example.com", "before the @"),
        (f"{'a' * 290}@example.com", "characters long"),
        (f"{'a' * 65}@example.com", "65 characters before"),
        (f"ana@{'a' * 64}.com", "not written like"),
        ("ana@-example.com", "not written like"),
        ("ana@example.com,ben@example.com", "more than one @"),
        ("ana@127.0.0.1", "not written like"),
        ('"ana"@example.com', "not written like"),
        ("x" * 10_000_000, "10000000 characters long"),
    ],
)
def test_what_is_no_address_says_why(given_text: str, reason: str) -> None:
    answer = normalise_address(given_text)
    assert isinstance(answer, NotAnAddress)
    assert reason in answer.reason


@given(st.text(max_size=80) | st.emails())
def test_normalising_again_changes_nothing_and_nothing_hostile_passes(text: str) -> None:
    answer = normalise_address(text)
    if isinstance(answer, Address):
        assert normalise_address(answer.text) == answer
        assert answer.text.isascii()
        assert answer.text.isprintable()
        assert not set(answer.text) & set(' \t\r\n<>,;:"()[]\\')
        assert len(answer.text) <= 254


@given(st.emails(), st.sampled_from(["", " ", "\u00a0", "\t", "\ufeff"]))
def test_case_and_blanks_do_not_make_another_mailbox(email: str, blank: str) -> None:
    assert normalise_address(f"{blank}{email.upper()}{blank}") == normalise_address(email.lower())
