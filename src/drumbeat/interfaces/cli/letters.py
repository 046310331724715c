"""How a mail reads in a terminal: who it is from and to, its words, and where its links lead."""

import html
import re
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

_TRACKED = re.compile(r"https?://[^\s()<>\"']+/c/(\d+)/[\w~-]{8,}")
_UNSUBSCRIBE = re.compile(r"https?://[^\s()<>\"']+/u/[\w~-]{8,}")
_HIDDEN = re.compile(r"<div style=\"display:none;max-height:0[^\"]*\">(.*?)</div>", re.DOTALL)
_NONE = "none of its own: an inbox shows the first words"
_FILLER = "\u034f\u200c\xa0"


def read_letter(raw: bytes, links: Sequence[str]) -> Iterator[str]:
    """Lines of text. `links` are the targets by number: a tracked address is shown as its target.

    What a terminal would take for a command is not in a line.
    """
    mail = message_from_bytes(raw, _class=EmailMessage, policy=default)
    for name in ("From", "To", "Subject"):
        yield f"{name + ':':<11}{_printable(str(mail[name] or ''))}"
    yield f"{'Preheader:':<11}{_preheader(_part(mail, 'html')) or _NONE}"
    yield ""
    yield from (_printable(line) for line in _plain(_part(mail, "plain"), links).splitlines())
    if links:
        yield ""
        yield "Links, each counted when somebody follows it:"
        yield from (f"  {number}. {_printable(url)}" for number, url in enumerate(links, 1))


def _plain(text: str, links: Sequence[str]) -> str:
    def target(found: re.Match[str]) -> str:
        number = int(found[1])
        return links[number] if number < len(links) else found[0]

    return _UNSUBSCRIBE.sub("their own link", _TRACKED.sub(target, text)).strip("\n")


def _preheader(source: str) -> str:
    found = _HIDDEN.search(source)
    return _printable(html.unescape(found[1]).strip(_FILLER + " ")) if found else ""


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    content = part.get_content() if part is not None else ""
    return content if isinstance(content, str) else ""


def _printable(text: str) -> str:
    return "".join(each for each in text if each.isprintable() or each == "\t")
