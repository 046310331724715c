"""SMTP replies as they come off the wire, in any pieces, and everything that is none."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.adapters.messengers.smtp.replies import MOST_TEXT, NotAReply, Reply, ReplyReader

TALK = (
    b"220 mx.example ready\r\n"
    b"250-mx.example\r\n250-SIZE 100\r\n250 PIPELINING\r\n"
    b"250\r\n"
    b"550-5.1.1 No such user;\r\n550 5.1.1 see https://help.example\r\n"
    b"354 go\n"
)
REPLIES = [
    Reply(220, ("mx.example ready",)),
    Reply(250, ("mx.example", "SIZE 100", "PIPELINING")),
    Reply(250, ("",)),
    Reply(550, ("5.1.1 No such user;", "5.1.1 see https://help.example")),
    Reply(354, ("go",)),
]


@given(st.lists(st.integers(0, len(TALK)), max_size=20))
def test_replies_are_the_same_however_the_bytes_are_cut(cuts: list[int]) -> None:
    reader = ReplyReader()
    edges = [0, *sorted(cuts), len(TALK)]
    pieces = [TALK[a:b] for a, b in itertools.pairwise(edges)]
    assert [reply for piece in pieces for reply in reader.feed(piece)] == REPLIES
    assert not reader.inside


@given(st.binary(max_size=300))
def test_any_bytes_are_replies_or_refused(noise: bytes) -> None:
    reader = ReplyReader()
    try:
        replies = reader.feed(noise)
    except NotAReply:
        return
    assert all(200 <= reply.code <= 599 for reply in replies)
    assert all("\r" not in reply.text and "\n" not in reply.text for reply in replies)


def test_a_reply_in_one_line_names_its_codes_once() -> None:
    assert REPLIES[3].text == "550 5.1.1 No such user; see https://help.example"
    assert REPLIES[3].status == "5.1.1"
    assert REPLIES[2].text == "250"
    assert Reply(250, ("2.0.0",)).text == "250 2.0.0"
    assert Reply(250, ("2.0.0x",)).status == ""


def test_a_reply_is_shown_without_control_characters_and_not_at_any_length() -> None:
    (reply,) = ReplyReader().feed(b"550 \x1b[31mred\x00\xff\xe2\x80\xae" + b"x" * 4000 + b"\r\n")
    assert reply.text.startswith("550 ?[31mred?\ufffd?xxx")
    assert len(reply.text) == MOST_TEXT


@pytest.mark.parametrize(
    "noise",
    [
        b"\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"25 no\r\n",
        b"2500 no\r\n",
        b"150 preliminary\r\n",
        b"650 no such class\r\n",
        b"\x15\x03\x03\x00\x02\x02\x28\n",
        "٢٥٠ ok\r\n".encode(),
    ],
)
def test_what_is_no_reply_is_refused(noise: bytes) -> None:
    with pytest.raises(NotAReply):
        ReplyReader().feed(noise)
