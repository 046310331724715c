"""What a mail is that came back: a bounce, a complaint, or neither. Bytes in, values out.

Never raises, and reads at most a megabyte. Nothing here knows a key: that a candidate is a token
of ours is proven elsewhere.
"""

import re
from collections.abc import Iterable

from drumbeat.marketing.delivery.bounces import dsn, vendors
from drumbeat.marketing.delivery.bounces.arf import complaint_of
from drumbeat.marketing.delivery.bounces.mime import (
    Mail,
    every,
    header,
    read_mail,
    words_of,
)
from drumbeat.marketing.delivery.bounces.model import Clues, DeliveryReport, NoReport, Reading

MOST_CANDIDATES = 20
_MOST_TEXT = 1 << 18

# The shape of our tokens in return paths and Message-IDs; a keyed tag tells whether one is ours.
_CANDIDATE = re.compile(r"(?<![a-z0-9])([a-z2-7]{29,36}|[a-f0-9]{44})(?=@)", re.I)
_DELIVERED_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")
_ADDRESS = re.compile(r"[^\s<>,;:\"()]{1,64}@[^\s<>,;:\"()]{1,255}")

_AUTO_SUBJECT = re.compile(
    r"^\s*(?:out of (?:the )?office|auto(?:matic|mated)?[- ]?(?:reply|response)|autoreply|abwesen"
    r"|automatische antwort|r[ée]ponse automatique|respuesta autom[áa]tica|on (?:vacation|leave)"
    r"|i am away|away from|absence|fuera de la oficina|afwezig|ferie|risposta automatica|auto:)",
    re.I,
)
_AUTO_HEADERS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from")


def read_report(raw: bytes) -> Reading:
    """Read one mail that arrived where bounces and complaints arrive."""
    mail = read_mail(raw)
    clues = _clues(mail)
    complaint = complaint_of(mail, clues)
    if complaint is not None:
        return complaint
    recipients = dsn.recipients_of(mail)
    if recipients:
        return DeliveryReport("dsn", recipients, clues)
    if _is_auto_reply(mail):
        return NoReport("an automatic reply", clues)
    form, people = vendors.recipients_of(mail)
    if people:
        return DeliveryReport(form, people, clues)
    return NoReport("no bounce and no complaint", clues)


def _is_auto_reply(mail: Mail) -> bool:
    """RFC 3834, and how programs said it before. Exim's bounces call themselves auto-replied."""
    if header(mail.headers, "x-failed-recipients"):
        return False
    if any(header(mail.headers, name) for name in _AUTO_HEADERS):
        return True
    if _AUTO_SUBJECT.search(words_of(header(mail.headers, "subject"))):
        return True
    if header(mail.headers, "precedence").strip().lower() in ("auto_reply", "auto-reply"):
        return True
    submitted = header(mail.headers, "auto-submitted").partition(";")[0].strip().lower()
    daemon = vendors.is_from_daemon(mail)
    return submitted == "auto-replied" and not daemon


def _clues(mail: Mail) -> Clues:
    addresses = [
        address
        for name in _DELIVERED_TO
        for value in every(mail.headers, name)[:10]
        for address in _ADDRESS.findall(value)
    ]
    return Clues(_candidates(_texts(mail)), tuple(dict.fromkeys(addresses[:20])))


def _texts(mail: Mail) -> Iterable[str]:
    yield from (value for _, value in mail.headers)
    for part in mail.parts:
        yield from (value for _, value in part.headers)
        if not part.kind.startswith(("image/", "audio/", "video/", "application/")):
            yield part.text()[:_MOST_TEXT]


def _candidates(texts: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for text in texts:
        for match in _CANDIDATE.finditer(text):
            found[match[1].lower()] = None
            if len(found) >= MOST_CANDIDATES:
                return tuple(found)
    return tuple(found)
