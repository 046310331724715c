"""What came back is told apart: bounces by class, complaints, and what is neither."""

import base64
import quopri
import sys
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.marketing.delivery.bounces import (
    BounceClass,
    ComplaintReport,
    DeliveryReport,
    NoReport,
    classify,
    read_report,
    vendors,
)
from drumbeat.marketing.delivery.bounces.mime import Part, fields
from drumbeat.marketing.delivery.rules import plain_reason
from tests.marketing.delivery.bounces.corpus import (
    ADA,
    AUTOMATIC,
    BOUNCES,
    DELAYED,
    HARD,
    MESSAGE_ID,
    OK,
    POLICY,
    QUOTA,
    SOFT,
    Case,
    about,
    arf,
    dsn,
    plain,
    wire,
)


def read_bounce(raw: bytes) -> DeliveryReport:
    reading = read_report(raw)
    assert isinstance(reading, DeliveryReport), reading
    return reading


@pytest.mark.parametrize("case", BOUNCES, ids=lambda case: case.name)
def test_every_format_names_who_and_why(case: Case) -> None:
    [recipient] = read_bounce(case.raw).recipients
    assert (recipient.address, recipient.cause.kind) == (case.address, case.kind), recipient
    assert recipient.cause.evidence


@pytest.mark.parametrize("name", AUTOMATIC)
def test_an_automatic_reply_or_a_person_is_no_bounce(name: str) -> None:
    assert isinstance(read_report(AUTOMATIC[name]), NoReport)


@pytest.mark.parametrize("answer", ["Re: ", "RE: ", "re: ", "AW: ", "SV: ", "Antw: ", ""])
@pytest.mark.parametrize("path", [f"Return-Path: <{ADA}>", "X-Nothing: here"])
def test_a_person_who_answers_about_a_failure_is_no_bounce(answer: str, path: str) -> None:
    words = "You asked why this came back: 550 5.1.1 user unknown. I am still here!"
    raw = plain(words, sender=f"Ada <{ADA}>", subject=f"{answer}Undelivered Mail: failure notice")
    assert isinstance(read_report(raw.replace(b"Return-Path: <>", path.encode())), NoReport)


def test_each_recipient_of_a_report_has_an_action_of_its_own() -> None:
    blocks = [
        about("failed", "5.1.1", "550 5.1.1 unknown user", "a@example.com"),
        about("delayed", "4.4.1", "timed out", "b@example.com"),
        about("relayed", "2.0.0", "250 ok", "c@example.com"),
        about("expanded", "2.0.0", "", "d@example.com"),
        "Original-Recipient: rfc822;e@example.com\n" + about("failed", "5.2.2", "", "x@inner.host"),
    ]
    people = read_bounce(dsn(blocks)).recipients
    assert [each.cause.kind for each in people] == [HARD, DELAYED, OK, OK, QUOTA]
    assert people[-1].original == "e@example.com"


def test_a_report_without_an_action_goes_by_its_status() -> None:
    blocks = [
        "Final-Recipient: rfc822; a@example.com\nStatus: 4.2.0",
        "Final-Recipient: rfc822; b@example.com\nStatus: 5.1.1 (no such user)",
        "Final-Recipient: rfc822; c@example.com\nStatus: 2.0.0",
    ]
    found = [each.cause.kind for each in read_bounce(dsn(blocks)).recipients]
    assert found == [DELAYED, HARD, OK]


@pytest.mark.parametrize("wrong", ["multipart/mixed", "multipart/report", "Multipart/REPORT"])
def test_a_delivery_status_counts_under_whatever_multipart_it_came(wrong: str) -> None:
    raw = dsn([about("failed", "5.1.1", "550 5.1.1 unknown user")], report=wrong)
    assert read_bounce(raw).recipients[0].cause.kind is HARD


def test_international_addresses_are_read() -> None:
    block = "Final-Recipient: utf-8; j\\x{F6}rg@example.com\nAction: failed\nStatus: 5.1.1"
    assert read_bounce(dsn([block])).recipients[0].address == "jörg@example.com"


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_an_encoded_delivery_status_is_read(encoding: str) -> None:
    status = b"Reporting-MTA: dns; mx\n\n" + about("failed", "5.1.1").encode()
    body = base64.encodebytes(status) if encoding == "base64" else quopri.encodestring(status)
    raw = wire('Content-Type: multipart/report; boundary="b"\n\n--b\n\n') + (
        b"Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: "
    )
    raw = raw.replace(b"--b\r\n\r\n", b"--b\r\n") + encoding.encode() + b"\r\n\r\n" + body
    assert read_bounce(raw).recipients[0].address == ADA


@pytest.mark.parametrize("kind", ["abuse", "fraud", "not-spam", "auth-failure", "virus", "other"])
def test_a_complaint_says_its_kind(kind: str) -> None:
    reading = read_report(arf(kind))
    assert isinstance(reading, ComplaintReport)
    assert (reading.kind, reading.recipients) == (kind, ())


def test_the_returned_headers_of_a_complaint_give_our_message_id() -> None:
    reading = read_report(arf(fields="Original-Mail-From: <bounces+x@shop.example>\n"))
    assert MESSAGE_ID.strip("<>").partition("@")[0] in reading.clues.candidates


def test_a_complaint_that_names_the_reader_is_read_too() -> None:
    reading = read_report(arf(fields=f"Original-Rcpt-To: <{ADA}>\n"))
    assert isinstance(reading, ComplaintReport)
    assert reading.recipients == (ADA,)


def test_the_message_returned_is_searched_but_its_words_are_no_reason() -> None:
    block = about("failed", "5.0.0", "550 rejected")
    raw = dsn([block], returned="Subject: mailbox full, spam\nMessage-ID: " + MESSAGE_ID + "\n")
    report = read_bounce(raw)
    assert report.recipients[0].cause.kind is SOFT
    assert report.clues.candidates


# hostile -----------------------------------------------------------------------------------------


def test_fifty_megabytes_are_not_read_through() -> None:
    raw = dsn([about("failed", "5.1.1", "550 5.1.1 unknown user")]) + b"A" * 50_000_000
    assert read_bounce(raw).recipients[0].cause.kind is HARD


def test_a_thousand_nested_parts_are_cut_off() -> None:
    nested = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(1000)
    )
    assert isinstance(read_report(wire(nested + "Content-Type: text/plain\n\nend\n")), NoReport)


def test_a_hundred_thousand_recipients_are_bounded() -> None:
    blocks = [about("failed", "5.1.1", "", f"a{n}@example.com") for n in range(20_000)]
    assert len(read_bounce(dsn(blocks)).recipients) <= 100


def test_candidates_are_bounded() -> None:
    many = "\n".join(f"{n:a>29}@x".replace("0", "a").replace("1", "b") for n in range(5_000))
    assert len(read_report(wire("Subject: x\n\n" + many)).clues.candidates) <= 20


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n\n\n",
        b"\x00\xff\xfe",
        b"Content-Type: multipart/report; boundary=\r\n\r\n--\r\n",
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n" * 100_000,
        b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a-" * 100_000,
        b"Content-Transfer-Encoding: base64\r\n\r\n=" + b"A" * 99_999,
        b"From: mailer-daemon@x\r\nSubject: failure notice\r\n\r\n" + b"<" * 200_000,
        b"From: mailer-daemon@x\r\nSubject: failure notice\r\n\r\n" + b"a@b " * 50_000,
        b"From: mailer-daemon@x\r\nSubject: failure notice\r\n\r\n" + b"user " * 50_000,
        b"Subject: =?" + b"?=" * 2_000 + b"\r\n\r\n",
        b"X" * 200_000 + b": y\r\n\r\nbody",
        (b"A: " + b"b" * 50 + b"\r\n ") * 20_000,
    ],
    ids=range(13),
)
def test_rubbish_is_read_as_whatever_it_is(raw: bytes) -> None:
    assert read_report(raw) is not None


_PIECES = st.sampled_from(
    [
        b"\r\n", b"\n", b"--b", b"--b--", b"\r\n\r\n",
        b"Content-Type: multipart/report; boundary=b",
        b"Content-Type: message/delivery-status", b"Content-Type: message/feedback-report",
        b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Type: text/plain; charset=utf-16",
        b"Content-Type: text/html; charset=iso-2022-jp",
        b"Final-Recipient: rfc822;", b"Action: failed", b"Status: 5.1.1", b"Diagnostic-Code: smtp;",
        b"Feedback-Type: abuse", b"From: MAILER-DAEMON", b"Subject: =?utf-8?b?/////?=",
        b"a@b.example",
        b"\\x{110000}", b"<", b">", b"=", b" ", b"X-Failed-Recipients: ", b"Return-Path: <>",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(_PIECES, st.binary(max_size=12)), max_size=60).map(b"".join))
def test_no_bytes_at_all_make_it_raise(raw: bytes) -> None:
    reading = read_report(raw)
    if isinstance(reading, DeliveryReport):
        assert 0 < len(reading.recipients) <= 100
    assert len(reading.clues.candidates) <= 20


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["failed", "delayed", "relayed", ""]), st.text(max_size=40), st.text())
def test_any_words_at_all_have_a_class(action: str, status: str, words: str) -> None:
    assert classify(action, status, words).kind in BounceClass


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["mailbox full", "over quota", "blocked", "spam", "listed by spamhaus"]),
    st.sampled_from(["5.1.1", "5.1.10", "5.2.1", "5.1.2", "5.0.0", ""]),
    st.sampled_from(["User unknown", "no such user", "mailbox unavailable", ""]),
)
def test_policy_and_quota_are_never_hard(words: str, status: str, gone: str) -> None:
    said = f"550 {status} {gone}: {words}"
    assert classify("failed", status, said).kind in (POLICY, QUOTA)


def calls_of(raw: bytes, function: Callable[..., object]) -> int:
    """How often a function is called while the mail is read."""
    wanted, counted = function.__code__, 0

    def count(frame: FrameType, happened: str, _: object) -> None:
        nonlocal counted
        counted += happened == "call" and frame.f_code is wanted

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        read_report(raw)
    finally:
        sys.setprofile(before)
    return counted


def test_a_report_of_thousands_costs_no_more_than_one_of_a_hundred() -> None:
    few, many = (dsn([f"Status: 5.{n}" for n in range(count)]) for count in (100, 5_000))
    assert calls_of(many, Part.text) == calls_of(few, Part.text)
    assert calls_of(many, fields) <= calls_of(few, fields) + 2


def test_a_notice_that_names_many_is_looked_through_once() -> None:
    names = "\n".join(f"<a{n}@example.com>: gone\n" for n in range(2_000))
    raw = plain(names, sender="MAILER-DAEMON@x.example", subject="failure notice")
    assert calls_of(raw, vendors._words) == 1


def test_no_pattern_reaches_across_blank_lines_or_along_endless_words() -> None:
    copy = vendors._COPY.search("\n \n\t\n-- Original message")
    assert copy is not None
    assert copy.start() == 5  # from its own line on, not from every blank one before it
    for pattern in (vendors._FAILED, vendors._FAILED_SUBJECT):
        assert pattern.search("delivery failed: status")
        assert not pattern.search("deliver" + "y" * 2_000 + " failed")
    assert plain_reason("x" * 50 + "@example.com 4x4 is gone") == "<address> # is gone"


def test_words_in_utf_7_are_read_as_they_stand() -> None:
    block = about("failed", "5.1.1", "nobody +2AA- here")
    raw = dsn([block]).replace(
        b"Content-Type: message/delivery-status",
        b"Content-Type: message/delivery-status; charset=utf-7",
    )
    assert read_bounce(raw).recipients[0].diagnostic == "nobody +2AA- here"
