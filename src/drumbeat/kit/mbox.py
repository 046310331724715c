"""The mails of an mbox file, or the one mail that a file is; each at most a megabyte."""

from collections.abc import Iterator
from typing import BinaryIO

MOST_BYTES = 1 << 20
_LINE = 1 << 16


def mails_in(file: BinaryIO) -> Iterator[bytes]:
    """One after the other, so that memory holds one; an mbox begins with a "From " line."""
    first = file.readline(_LINE)
    boxed = first.startswith(b"From ")
    mail = bytearray() if boxed else bytearray(first)
    blank = False
    while line := file.readline(_LINE):
        if boxed and blank and line.startswith(b"From "):
            yield bytes(mail)
            mail, blank = bytearray(), False
            continue
        blank = not line.strip(b"\r\n")
        if len(mail) < MOST_BYTES:
            mail += line[1:] if boxed and line.startswith(b">From ") else line
    if mail.strip():
        yield bytes(mail[:MOST_BYTES])
