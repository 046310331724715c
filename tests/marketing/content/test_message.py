"""The bytes of a message: headers that conform, fields that cannot inject."""

from dataclasses import replace

import pytest

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.content import compile_emails
from tests.marketing.content.examples import (
    CONTEXT,
    DATE,
    TOKEN,
    built,
    compiled,
    parsed,
    part,
    template,
)


def test_the_headers_of_a_plain_message() -> None:
    head = built(compiled("<p>Hi</p>")).split(b"\r\n\r\n")[0].split(b"\r\n")
    assert head[:10] == [
        b"Date: Mon, 02 Nov 2026 09:00:00 +0000",
        b"To: jo@example.org",
        b"Subject: Hello",
        b"Message-ID: <1.2.0@example.com>",
        b"List-Unsubscribe: <https://mail.example.com/u/" + TOKEN.encode() + b">",
        b"From: Example <news@example.com>",
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        b'List-Id: "Example News" <news.example.com>',
        b"MIME-Version: 1.0",
        b"Content-Type: multipart/alternative;",
    ]


def test_one_of_each_header_and_text_before_html() -> None:
    message = parsed(built(compiled("<p>Hi</p>")))
    assert all(len(message.get_all(name, [])) == 1 for name in message)
    parts = [p.get_content_type() for p in message.iter_parts()]
    assert parts == ["text/plain", "text/html"]


def test_mailto_and_feedback_id_stand_in_the_headers_only_when_set() -> None:
    context = replace(CONTEXT, unsubscribe_mailto="out@example.com", feedback_id="a:b:c:drumbeat")
    message = parsed(built(compile_emails([template("<p>")], context).arms[0]))
    mailto = f"<mailto:out@example.com?subject=unsubscribe-{TOKEN}>"
    assert message["List-Unsubscribe"] == f"<https://mail.example.com/u/{TOKEN}>, {mailto}"
    assert message["Feedback-ID"] == "a:b:c:drumbeat"


@pytest.mark.parametrize(
    "name",
    [
        "Example",
        "Müller, Ann",
        'The "Best" \\ Co.',
        "a@b.c",
        "=?utf-8?q?x?=",
        "名前" * 40,
        "",
        "x, y",
    ],
)
def test_any_sender_name_arrives_as_it_was(name: str) -> None:
    arm = compile_emails([replace(template("<p>"), sender_name=name)], CONTEXT).arms[0]
    address = parsed(built(arm))["From"].addresses[0]
    # The standard library keeps the space between encoded words that RFC 2047 drops.
    shown = address.display_name.replace(" ", "") if len(name) > 40 else address.display_name
    assert (shown, address.addr_spec) == (name, "news@example.com")


@pytest.mark.parametrize(
    "subject",
    [
        "Hello",
        "Grüße: 50 % off für alle",
        "a" * 300,
        "word " * 60 + "end",
        "=?utf-8?q?x?=",
        "🎉" * 50,
        "x  y",
    ],
)
def test_any_subject_arrives_as_it_was(subject: str) -> None:
    message = built(compiled("<p>", subject="{{ s }}"), {"s": subject})
    assert str(parsed(message)["Subject"]) == subject
    assert max(map(len, message.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("breaking", ["\r\n", "\n", "\r", "\x00", "\x0b", "\u2028", "\x85"])
def test_a_field_cannot_add_a_header(breaking: str) -> None:
    evil = f"Jo{breaking}Bcc: everybody@example.org{breaking}{breaking}<p>body"
    message = built(compiled("<p>{{ n }}", subject="Hi {{ n }}"), {"n": evil})
    assert "Bcc" not in parsed(message)
    assert str(parsed(message)["Subject"]).startswith("Hi Jo Bcc: everybody")


def test_a_sender_name_cannot_add_a_header() -> None:
    arm = compile_emails([replace(template("<p>"), sender_name="A\r\nBcc: x@y.z")], CONTEXT).arms[0]
    assert "Bcc" not in parsed(built(arm))


@pytest.mark.parametrize(
    "address",
    [
        "a@b.c\r\nBcc: x@y.z",
        "a b@c.d",
        "a@b.c, d@e.f",
        "<a@b.c>",
        "nobody",
        "a@",
        "@b.c",
        "a@b\n.c",
    ],
)
def test_what_is_not_one_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        built(compiled("<p>"), to=address)
    assert refused.value.field == "email"
    with pytest.raises(InvalidInput) as refused:
        compile_emails([replace(template("<p>"), sender_email=address)], CONTEXT)
    assert refused.value.field == "sender_email"


@pytest.mark.parametrize("message_id", ["", "x", "a@b\r\nBcc: x@y.z", "a b@c"])
def test_a_message_id_cannot_add_a_header(message_id: str) -> None:
    with pytest.raises(InvalidInput):
        compiled("<p>").build(to="a@b.c", fields={}, token=TOKEN, message_id=message_id, date=DATE)


def test_a_token_is_url_text() -> None:
    with pytest.raises(InvalidInput):
        compiled("<p>").build(
            to="a@b.c", fields={}, token='x"><b>', message_id="1@example.com", date=DATE
        )


def test_international_addresses_never_crash() -> None:
    message = built(compiled("<p>{{ email }}"), to="jürgen@exämple.org")
    assert "To: jürgen@xn--exmple-cua.org".encode() in message
    assert "jürgen" in part(message, "html")


def test_lone_surrogates_never_crash() -> None:
    message = built(compiled("<p>{{ x }}", subject="{{ x }}"), {"x": "a\ud800b"})
    assert "a?b" in part(message, "html")


def test_the_same_input_gives_the_same_bytes() -> None:
    assert built(compiled("<p>{{ x }}"), {"x": 1}) == built(compiled("<p>{{ x }}"), {"x": 1})


def test_what_the_arm_sets_wins_over_the_contact() -> None:
    arm = compile_emails([replace(template("{{ cta }} {{ x }}"), fields={"cta": "Buy"})], CONTEXT)
    assert part(built(arm.arms[0], {"cta": "no", "x": "y"}), "html").startswith("Buy y")
