"""What the standards ask of a message on the wire, written without a line of Drumbeat's.

RFC 5322 for lines and header fields, 2047 for encoded words, 2369, 2919 and 8058 for lists.
"""

import base64
import re

_NAME = re.compile(rb"[\x21-\x39\x3b-\x7e]+")
_WORD = re.compile(rb"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=", re.IGNORECASE)
_LIST_ID = re.compile(rb".*<[a-z0-9.-]+>", re.DOTALL)
_MESSAGE_ID = re.compile(rb"<[^<>\s@]+@[^<>\s@]+>")

ONCE = {
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
}
PERHAPS = {b"reply-to", b"feedback-id"}


def check_lines(message: bytes) -> None:
    """CRLF alone ends lines; none is too long, none holds NUL."""
    assert b"\0" not in message
    assert message.count(b"\r") == message.count(b"\n") == message.count(b"\r\n")
    assert message.endswith(b"\r\n")
    assert all(len(line) <= 998 for line in message.split(b"\r\n"))


def headers_of(message: bytes) -> dict[bytes, bytes]:
    """Name in small letters to unfolded value; each name once."""
    head, gap, _ = message.partition(b"\r\n\r\n")
    assert gap
    fields: dict[bytes, bytes] = {}
    for line in re.split(rb"\r\n(?![ \t])", head):
        assert all(part.strip(b" \t") for part in line.split(b"\r\n")), "a line of spaces alone"
        name, colon, value = line.partition(b":")
        assert colon, line
        assert _NAME.fullmatch(name), line
        assert name.lower() not in fields, f"{name!r} twice"
        fields[name.lower()] = value.replace(b"\r\n", b"").strip()
    return fields


def check_message(message: bytes) -> dict[bytes, bytes]:
    """All of it, for one letter of ours; answers its headers."""
    check_lines(message)
    fields = headers_of(message)
    assert fields.keys() >= ONCE
    assert fields.keys() <= ONCE | PERHAPS, "a header that nobody wrote"
    head = message.partition(b"\r\n\r\n")[0]
    for line in head.split(b"\r\n"):
        for word in line.split():
            if word.startswith(b"=?"):
                assert len(word) <= 75
                found = _WORD.fullmatch(word)
                assert found, word
                base64.b64decode(found[1], validate=True).decode("utf-8")  # no character is cut
    assert _MESSAGE_ID.fullmatch(fields[b"message-id"])
    assert _LIST_ID.fullmatch(fields[b"list-id"])
    assert fields[b"list-unsubscribe-post"] == b"List-Unsubscribe=One-Click"
    first, *more = re.split(rb",\s*", fields[b"list-unsubscribe"])
    assert re.fullmatch(rb"<https://[!-~]+>", first)
    assert all(re.fullmatch(rb"<mailto:[!-~]+>", each) for each in more)
    return fields
