"""Whatever people type or import, a message keeps the rules of the wire and gains no header."""

import binascii
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.content import EmailTemplate, compile_emails
from drumbeat.marketing.content.compile.headers import one_line, unstructured
from drumbeat.marketing.content.compile.message import LINE, tight_lines
from tests.marketing.content.examples import CONTEXT, DATE, TOKEN, built, compiled
from tests.wire_rules import check_message

NASTY = st.sampled_from(
    [
        "\r\nBcc: all@evil.example",
        "\nDATA\n.\r\nMAIL FROM:<x@evil.example>\r\n",
        "\r\n\r\n<script>",
        "\r\n.\r\n",
        "=?utf-8?q?=0d=0aBcc:_x?=",
        "\u2028Bcc: x",
        "\x0b\x0c\x85",
        "  ",
        " " * 200,
        "\t",
        "x" * 1200,
        "é" * 90,
        "😀" * 40,
        "\ud800",
        '"\\',
        "(comment) <a@b.example>, ;:",
        "\x00",
    ]
)
TEXT = st.lists(st.text(max_size=30) | NASTY, max_size=4).map("".join)
_FIELDS = {"first_name": TEXT, "city": TEXT}


@given(TEXT, TEXT, TEXT, TEXT, st.fixed_dictionaries(_FIELDS), TEXT)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_no_value_of_a_person_breaks_a_line_or_adds_a_header(
    words: str,
    sender_name: str,
    list_name: str,
    feedback: str,
    fields: dict[str, str],
    address: str,
) -> None:
    subject = words.replace("{", "").replace("}", "") + " {{ first_name }}"
    template = EmailTemplate(
        subject, "<p>Hello {{ city }}</p>", None, sender_name, "news@example.com"
    )
    context = replace(CONTEXT, list_name=list_name, feedback_id=feedback)
    letter = compile_emails([template], context).arms[0]
    to = "jo@example.org"
    message = built(letter, fields | {"nickname": address}, to=to)
    headers = check_message(message)
    assert headers[b"to"] == to.encode()
    parsed = message_from_bytes(message, policy=policy.SMTP)
    shown = one_line(subject.replace("{{ first_name }}", fields["first_name"]))
    expected = shown.encode("utf-8", "replace").decode()
    if len(expected) < 900:  # the parser gives up on longer ones, not we
        assert str(parsed["subject"]).split() == expected.split()


@given(TEXT.map(lambda text: f"{text}@example.com") | st.text(max_size=60))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_an_address_is_written_as_it_is_or_refused(address: str) -> None:
    template = EmailTemplate("Hi", "<p>Hi</p>", None, "Shop", "news@example.com")
    letter = compile_emails([template], CONTEXT).arms[0]
    with suppress(InvalidInput):
        message = built(letter, to=address)
        assert (
            check_message(message)[b"to"].decode().rpartition("@")[0] == address.rpartition("@")[0]
        )


@given(TEXT.map(lambda text: f"{text}@example.com") | st.text(max_size=60))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_reply_to_is_one_plain_address_or_refused(address: str) -> None:
    template = EmailTemplate(
        "Hi", "<p>Hi</p>", None, "Shop", "news@example.com", reply_to=address or "x"
    )
    with suppress(InvalidInput):
        headers = check_message(built(compile_emails([template], CONTEXT).arms[0]))
        assert headers[b"reply-to"].isascii(), "a server without SMTPUTF8 would have to take it"


@pytest.mark.parametrize("url", ["https://bücher.example", "https://shop.example/" + "x" * 900])
def test_a_public_url_that_no_header_can_hold_is_refused(url: str) -> None:
    template = EmailTemplate("Hi", "<p>Hi</p>", None, "Shop", "news@example.com")
    with pytest.raises(InvalidInput) as refused:
        compile_emails([template], replace(CONTEXT, public_url=url))
    assert refused.value.field == "public_url"


def test_a_domain_is_written_by_the_rules_of_today() -> None:
    """IDNA 2008: the older rules would write to another domain, fass.example."""
    template = EmailTemplate("Hi", "<p>Hi</p>", None, "Shop", "news@faß.example")
    letter = compile_emails([template], CONTEXT).arms[0]
    assert b"<news@xn--fa-hia.example>" in letter.head


def test_two_messages_of_one_list_have_the_same_list_id_and_other_message_ids() -> None:
    """RFC 2919: the id names the list, whatever the campaign is called."""
    first, second = (
        compile_emails(
            [EmailTemplate(subject, "<p>Hi</p>", None, "Shop", "n@example.com")], CONTEXT
        )
        for subject in ("One", "Two")
    )
    assert b'List-Id: "Example News" <news.example.com>\r\n' in first.arms[0].head
    assert b"<news.example.com>" in second.arms[0].head


def test_a_run_of_spaces_is_never_folded_into_a_line_of_spaces() -> None:
    written = unstructured("Subject", "a" + " " * 300 + "b")
    assert all(line.strip() for line in written.split(b"\r\n")[:-1])
    assert message_from_bytes(written, policy=policy.SMTP)["subject"] == "a" + " " * 300 + "b"


_ODD = st.text("ab =.\t\n\r é€=  ", max_size=200)


@given(_ODD)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_a_value_is_written_in_the_relaxed_form_and_read_as_it_was(text: str) -> None:
    written = tight_lines(text)
    unix = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    assert binascii.a2b_qp(written).replace(b"\r\n", b"\n") == unix
    assert b"  " not in written
    assert b"\t" not in written
    assert b" \r\n" not in written
    lines = written.split(b"\r\n")
    assert lines[-1] == b""  # the next piece begins at column 0
    assert all(len(line) <= LINE and not line.startswith(b".") for line in lines)


@pytest.mark.parametrize(("html", "relaxed"), [("<p>Hello {{ name }}</p>", True), ("a  b", False)])
def test_a_letter_vouches_for_its_relaxed_form_only_if_the_template_has_it(
    html: str, relaxed: bool
) -> None:
    letter = compiled(html)
    assert letter.relaxed is relaxed
    for name in ("Zoë", "Ann  Marie\tJo", " x ", "."):
        message = letter.build(
            to="jo@example.org",
            fields={"first_name": name, "name": name},
            token=TOKEN,
            message_id="1.2.0@example.com",
            date=DATE,
        )
        body = message.partition(b"\r\n\r\n")[2]
        assert relaxed is not (b"  " in body or b"\t" in body or b" \r\n" in body)
