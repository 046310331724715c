"""The conversation line by line, without a socket."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.adapters.messengers.smtp.protocol import (
    Capabilities,
    NotWelcome,
    Say,
    SwitchToTls,
    Talk,
    body_of,
    dot_stuffed,
    envelope,
    introduce,
    unsendable,
)
from drumbeat.adapters.messengers.smtp.replies import Reply, ReplyReader
from drumbeat.adapters.messengers.smtp.server import SmtpServer
from drumbeat.marketing.delivery.ports import Deferred, Outcome, Refused
from tests.adapters.post import MESSAGE, parcel

T = TypeVar("T")
SERVER = SmtpServer("mail.example", 587)
FULL = Capabilities(pipelining=True, eight_bit=True, utf8=True, size=0)


def replies(*lines: str) -> list[Reply]:
    return ReplyReader().feed("".join(f"{line}\r\n" for line in lines).encode())


def follow(talk: Talk[T], answers: Sequence[Sequence[str]]) -> tuple[list[str], T]:
    """What is said step by step, given the answers step by step, and what comes of it."""
    said: list[str] = []
    coming = iter(answers)
    try:
        step = next(talk)
        while True:
            if isinstance(step, SwitchToTls):
                said.append("(tls)")
                step = talk.send(())
                continue
            said.append(b"".join(step.parts).decode())
            step = talk.send(replies(*next(coming)))
    except StopIteration as done:
        assert next(coming, None) is None, "not every answer was waited for"
        return said, done.value


EHLO = (
    "250-mail.example",
    "250-PIPELINING",
    "250-AUTH PLAIN LOGIN",
    "250-SIZE 1000",
    "250 8BITMIME",
)


def test_ehlo_tells_what_the_server_can_do() -> None:
    said, offered = follow(introduce(SERVER, "me.example"), [("220 hi",), EHLO])
    assert said == ["", "EHLO me.example\r\n"]
    assert offered == Capabilities(
        pipelining=True, eight_bit=True, size=1000, logins=frozenset({"PLAIN", "LOGIN"})
    )


@pytest.mark.parametrize("line", ["250 SIZE", "250 SIZE lots", "250 SIZE 0"])
def test_a_size_without_a_number_is_no_limit(line: str) -> None:
    _, offered = follow(introduce(SERVER, "me"), [("220 hi",), ("250-x", line)])
    assert offered.size == 0


def test_a_server_of_1982_is_greeted_with_helo() -> None:
    talk = introduce(SERVER, "me")
    said, offered = follow(talk, [("220 hi",), ("502 what?",), ("250 hello",)])
    assert said == ["", "EHLO me\r\n", "HELO me\r\n"]
    assert offered == Capabilities()


def test_starttls_is_followed_by_a_second_ehlo_that_alone_counts() -> None:
    server = replace(SERVER, security="starttls")
    clear, sealed = ("250-x", "250-STARTTLS", "250 AUTH PLAIN"), ("250-x", "250 PIPELINING")
    said, offered = follow(introduce(server, "me"), [("220 hi",), clear, ("220 go",), sealed])
    assert said == ["", "EHLO me\r\n", "STARTTLS\r\n", "(tls)", "EHLO me\r\n"]
    assert offered == Capabilities(pipelining=True)


def test_the_password_is_never_said_when_starttls_is_missing_or_refused() -> None:
    server = replace(SERVER, security="starttls", user="ann", password="secret")
    with pytest.raises(NotWelcome, match="does not offer STARTTLS"):
        follow(introduce(server, "me"), [("220 hi",), EHLO])
    offers = ("250-x", "250-STARTTLS", "250 AUTH PLAIN")
    with pytest.raises(NotWelcome, match=r"refused STARTTLS: 454 4\.7\.0 not now"):
        follow(introduce(server, "me"), [("220 hi",), offers, ("454 4.7.0 not now",)])


ANN = replace(SERVER, user="ann", password="sécret")


def test_login_goes_by_plain_when_it_is_offered() -> None:
    said, _ = follow(introduce(ANN, "me"), [("220 hi",), EHLO, ("235 in",)])
    verb, mechanism, word = said[-1].split()
    assert (verb, mechanism) == ("AUTH", "PLAIN")
    assert base64.b64decode(word) == "\0ann\0sécret".encode()


def test_login_by_plain_answers_a_server_that_asks_again() -> None:
    said, _ = follow(introduce(ANN, "me"), [("220 hi",), EHLO, ("334 ",), ("235 in",)])
    assert base64.b64decode(said[-1]) == "\0ann\0sécret".encode()


def test_login_goes_by_login_otherwise() -> None:
    old = ("250-x", "250 AUTH=LOGIN CRAM-MD5")
    answers = [("220 hi",), old, ("334 VXNlcm5hbWU6",), ("334 UGFzc3dvcmQ6",), ("235 in",)]
    said, _ = follow(introduce(ANN, "me"), answers)
    assert said[2] == "AUTH LOGIN\r\n"
    assert [base64.b64decode(line).decode() for line in said[3:]] == ["ann", "sécret"]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([EHLO, ("535 5.7.8 bad credentials",)], "refused the login of ann: 535 5.7.8 bad"),
        ([("250-x", "250 AUTH GSSAPI")], r"offers no login by PLAIN or LOGIN \(offered: GSSAPI\)"),
        ([("250 x",)], r"offers no login by PLAIN or LOGIN \(offered: none\)"),
        ([("250-x", "250 AUTH LOGIN"), ("504 no",)], "refused the login of ann: 504 no"),
        ([("550 not you",)], "refused EHLO me: 550 not you"),
    ],
)
def test_a_refused_login_says_so_without_the_password(
    answers: list[tuple[str, ...]], words: str
) -> None:
    with pytest.raises(NotWelcome, match=words) as caught:
        follow(introduce(ANN, "me"), [("220 hi",), *answers])
    assert "sécret" not in str(caught.value)


def delivery(
    answers: Sequence[Sequence[str]], offered: Capabilities = FULL, *, reset: bool = False
) -> tuple[list[str], Outcome | None]:
    return follow(envelope(parcel(), offered, server="mail.example:587", reset=reset), answers)


MAIL = f"MAIL FROM:<news@shop.example> SIZE={len(MESSAGE)}\r\n"
RCPT = "RCPT TO:<reader0@home.example>\r\n"


def test_with_pipelining_the_envelope_is_one_write() -> None:
    said, refusal = delivery([("250 a", "250 b", "354 c")])
    assert said == [MAIL + RCPT + "DATA\r\n"]
    assert refusal is None


def test_after_a_refusal_the_next_message_begins_with_rset() -> None:
    said, outcome = delivery([("250 a", "550 5.1.1 no", "503 5.5.1 no")])
    assert outcome == Refused("550 5.1.1 no", True, 550)
    assert len(said) == 1
    said, _ = delivery([("250 r", "250 a", "250 b", "354 c")], reset=True)
    assert said[0] == "RSET\r\n" + MAIL + RCPT + "DATA\r\n"


def test_a_server_waiting_for_a_body_it_has_no_recipient_for_gets_a_lone_dot() -> None:
    said, outcome = delivery([("250 a", "452 4.2.2 full", "354 c"), ("554 none",)])
    assert said[-1] == ".\r\n"
    assert outcome == Deferred("452 4.2.2 full", "recipient")


def test_replies_to_an_envelope_sent_ahead_are_judged_alike() -> None:
    def judged(*lines: str) -> tuple[list[str], Outcome | None]:
        talk = envelope(parcel(), FULL, server="m", reset=False, replies=replies(*lines))
        return follow(talk, [("554 none",)] if "354 c" in lines[1:] and "452" in lines[1] else [])

    assert judged("250 a", "250 b", "354 c") == ([], None)
    assert judged("250 a", "550 no", "503 no") == ([], Refused("550 no", True, 550))
    assert judged("250 a", "452 full", "354 c") == ([".\r\n"], Deferred("452 full", "recipient"))


def test_a_refusal_before_hanging_up_counts_although_replies_are_missing() -> None:
    _, outcome = delivery([("250 a", "550 5.1.1 no")])
    assert outcome == Refused("550 5.1.1 no", True, 550)


def test_without_pipelining_a_refusal_ends_the_envelope() -> None:
    said, outcome = delivery([("250 a",), ("550 no",)], Capabilities())
    assert said == ["MAIL FROM:<news@shop.example>\r\n", RCPT]
    assert outcome == Refused("550 no", True, 550)


def test_what_its_maker_vouches_for_is_written_as_it_is() -> None:
    dotted = parcel(message=b"a\r\n.b\r\n")
    assert body_of(dotted) == (b"a\r\n..b\r\n", b".\r\n")
    assert body_of(dotted._replace(clean=True)) == (b"a\r\n.b\r\n", b".\r\n")


def test_international_mail_is_announced() -> None:
    talk = envelope(
        parcel(to="jörg@bücher.example", message="Subject: ä\r\n\r\nä\r\n".encode()),
        FULL,
        server="m:25",
        reset=False,
    )
    step = next(talk)
    assert isinstance(step, Say)
    assert b" BODY=8BITMIME SMTPUTF8\r\n" in step.parts[0]
    assert "RCPT TO:<jörg@bücher.example>".encode() in step.parts[0]


def test_without_smtputf8_a_domain_is_punycoded_and_a_mailbox_is_refused() -> None:
    ascii_only = Capabilities(pipelining=True)
    assert unsendable(parcel(to="ann@bücher.example"), ascii_only) is None
    step = next(envelope(parcel(to="ann@bücher.example"), ascii_only, server="m", reset=False))
    assert isinstance(step, Say)
    assert b"RCPT TO:<ann@xn--bcher-kva.example>\r\n" in step.parts[0]
    for wrong in (parcel(to="jörg@b.example"), parcel(sender="jörg@b.example")):
        refusal = unsendable(wrong, ascii_only)
        assert refusal is not None
        assert "SMTPUTF8" in refusal.reason


def test_a_message_above_the_advertised_size_is_not_sent() -> None:
    refusal = unsendable(parcel(), Capabilities(size=10))
    assert refusal is not None
    assert refusal.reason == f"the message has {len(MESSAGE)} bytes, the server takes 10"
    assert unsendable(parcel(), Capabilities(size=0)) is None


LINES = st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\r", b".").replace(b"\n", b".")))


@given(LINES)
def test_dot_stuffing_is_undone_by_the_rule_of_rfc_5321(lines: list[bytes]) -> None:
    message = b"".join(line + b"\r\n" for line in lines)
    wire = b"".join(dot_stuffed(message))
    *stuffed, end, rest = wire.split(b"\r\n")
    assert (end, rest) == (b".", b"")
    assert b"." not in stuffed
    assert [line.removeprefix(b".") if line[:1] == b"." else line for line in stuffed] == lines


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_address_can_say_a_command_of_its_own(recipient: str, sender: str) -> None:
    letter = parcel(to=recipient or "x", sender=sender)
    for offered in (FULL, Capabilities(pipelining=True)):
        if unsendable(letter, offered) is not None:
            continue
        step = next(envelope(letter, offered, server="m", reset=False))
        assert isinstance(step, Say)
        said = b"".join(step.parts)
        assert said.count(b"\n") == said.count(b"\r") == said.count(b"\r\n") == 3
        assert said.count(b"<") == said.count(b">") == 2
        assert b"\x00" not in said
