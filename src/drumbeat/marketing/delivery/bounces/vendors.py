"""Bounces in plain words: servers that send no delivery status (qmail, Exim, Sendmail, Exchange).

Only what a mail system writes counts: a person, or an automatic reply, may use the same words, and
may answer with a bounce's subject in whatever language.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from drumbeat.marketing.delivery.bounces.classes import classify
from drumbeat.marketing.delivery.bounces.mime import Mail, every, header, words_of
from drumbeat.marketing.delivery.bounces.model import ReportedRecipient

MOST_RECIPIENTS = 100
_MOST_TEXT = 1 << 15
_MOST_WORDS = 1_200

_DAEMON = re.compile(
    r"(?:mailer[-_]?daemon|mail-?daemon|postmaster|mail[- .]delivery|maildeliverysystem|mdaemon"
    r"|microsoftexchange[0-9a-f]{0,64}|smtp-?gateway|mailadmin|system administrator)\b",
    re.I,
)
_FAILED_SUBJECT = re.compile(
    r"undeliver|failure notice"
    r"|deliver\w{0,8} (?:status|fail|notification|problem|report|incomplete)"
    r"|returned (?:mail|to sender)|mail delivery|non remis|unzustellbar|no se puede entregar"
    r"|non-?delivery|non recens|mail (?:failed|could not be delivered)|failed mail|user unknown"
    r"|could ?n[o']t be delivered|not (?:yet )?been delivered|automatically rejected"
    r"|message (?:not delivered|delayed)|delivery (?:delayed|warning)|could not send|nameserver",
    re.I,
)
_FAILED = re.compile(
    r"(?:could|can) ?not be (?:delivered|reached)|undeliver|deliver\w{0,8} (?:\S+ )?(?:failed|fail)"
    r"|unable to deliver|returned (?:to sender|mail)|(?:permanent|fatal) (?:\S+ ){0,2}errors?"
    r"|(?:was|were|is|has) not (?:been )?(?:yet )?delivered|couldn't be delivered"
    r"|n['o]t able to deliver|failed to deliver|wasn't delivered|user unknown|no such user"
    r"|did not receive|rejected|mailbox (?:is )?full|quota|(?<![\d.])[45]\.\d\.\d{1,2}(?![\d.])",
    re.I,
)
_COPY = re.compile(
    r"^[-=| \t*>]*(?:below this line is a copy|this is a copy of (?:the|your) message"
    r"|(?:the )?(?:original|unsent|undelivered|returned) message|the body of the message is"
    r"|message header(?:s)? follow|start of returned message|your message follows"
    r"|message text follows|headers of the original)",
    re.I | re.M,
)
_LATER = re.compile(
    r"has not (?:yet )?been delivered|will (?:be retried|keep trying|continue to try|try again)"
    r"|delivery attempts will continue|warning message only|no action is required on your part"
    r"|transient non-fatal|delivery (?:is |has been )?delayed|still trying",
    re.I,
)

_AT = r"[^\s<>@,;:()\[\]\"'|]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,254}"
_ADDRESS = re.compile(_AT)
_ANGLE = re.compile(rf"^[ \t]*<({_AT})>(?:[ \t]*[:(]|[ \t]*$)", re.M)
_BARE = re.compile(rf"^[ \t>|-]*({_AT})[ \t]*(?:$|:|on \d|\(|\.\.\.|- )", re.M)
_ANY = re.compile(rf"(?:^|[\s<\"'(:])({_AT})")
_OFFICE = re.compile(r"(?:postmaster|mailer-daemon|abuse|support|helpdesk|hostmaster)@", re.I)


@dataclass(frozen=True)
class Words:
    """What the mail says, and what holds for each that it names: worked out once."""

    text: str
    action: str
    told: str


@dataclass(frozen=True)
class Form:
    """How one kind of server writes: what its mails say somewhere, and where it names people."""

    name: str
    says: re.Pattern[str]
    names: re.Pattern[str]


def _form(name: str, says: str, names: re.Pattern[str]) -> Form:
    return Form(name, re.compile(says, re.I), names)


FORMS = (
    _form("qmail", r"qmail-send|I wasn't able to deliver your message", _ANGLE),
    _form("postfix", r"This is the (?:mail system|\S+ ?Postfix)", _ANGLE),
    _form("exim", r"created automatically by mail delivery software", _BARE),
    _form("sendmail", r"following addresses had|Transcript of session", _ANGLE),
    _form("exchange", r"did not reach (?:some or all of )?the (?:intended|follow)", _BARE),
    _form("gmail", r"Delivery to the following recipients? (?:has been|failed)", _BARE),
    _form("yahoo", r"Unable to deliver message to the following", _ANGLE),
)
PLAIN = ("angle", _ANGLE), ("bare", _BARE), ("any", _ANY)


def recipients_of(mail: Mail) -> tuple[str, tuple[ReportedRecipient, ...]]:
    """(form, recipients) of a bounce in plain words; nobody if it is none.

    A bounce that names nobody has one recipient without address: whose it is, its token says.
    """
    subject = words_of(header(mail.headers, "subject"))
    if not _from_a_mail_system(mail, subject):
        return "", ()
    text = _said(mail)
    form = next((form for form in FORMS if form.says.search(text)), None)
    if form is None and not (_FAILED_SUBJECT.search(subject) or _FAILED.search(text)):
        return "", ()
    told = header(mail.headers, "x-failed-recipients")
    named = [address for address in re.split(r"[,\s]+", told) if "@" in address]
    patterns = [] if form is None else [form.names]
    patterns += [pattern for _, pattern in PLAIN]
    words, ours = _words(text), _own_addresses(mail)
    for pattern in patterns:
        people = tuple(_people(words, pattern, named, ours))
        if people:
            return "other" if form is None else form.name, people
    return "other" if form is None else form.name, (_recipient("", text, words),)


def is_from_daemon(mail: Mail) -> bool:
    """Whether a mail system signs it, not a person or a person's program."""
    return bool(_DAEMON.search(header(mail.headers, "from")))


def _from_a_mail_system(mail: Mail, subject: str) -> bool:
    if header(mail.headers, "x-failed-recipients") or is_from_daemon(mail):
        return True
    returned_to = header(mail.headers, "return-path").strip()
    nobody = returned_to == "<>" or bool(_DAEMON.search(returned_to))
    report = header(mail.headers, "content-type").lower().startswith("multipart/report")
    return (nobody or report) and bool(_FAILED_SUBJECT.search(subject))


def _said(mail: Mail) -> str:
    """The words before the returned message begins."""
    texts = [part.text() for part in mail.parts if part.kind in ("text/plain", "text/html")]
    text = "\n".join(texts[:2])[:_MOST_TEXT]
    copy = _COPY.search(text)
    return text[: copy.start()] if copy else text


def _own_addresses(mail: Mail) -> frozenset[str]:
    """Whom the bounce was sent to: it names us too."""
    told = [*every(mail.headers, "to")[:5], *every(mail.headers, "delivered-to")[:5]]
    return frozenset(found.lower() for value in told for found in _ADDRESS.findall(value))


def _words(text: str) -> Words:
    return Words(
        text,
        action="delayed" if _LATER.search(text) else "failed",
        told=" ".join(text.split())[:_MOST_WORDS],
    )


def _people(
    words: Words, pattern: re.Pattern[str], named: Iterable[str], ours: frozenset[str]
) -> Iterator[ReportedRecipient]:
    text = words.text
    found = [
        (match[1].rstrip(".-"), match.start(), match.end()) for match in pattern.finditer(text)
    ]
    seen: set[str] = set(ours)
    for position, (address, _, after) in enumerate(found):
        if address.lower() in seen or _OFFICE.match(address) or len(seen) >= MOST_RECIPIENTS:
            continue
        seen.add(address.lower())
        end = found[position + 1][1] if position + 1 < len(found) else len(text)
        yield _recipient(address, text[after : min(end, after + _MOST_WORDS)], words)
    for address in named:
        if address.lower() not in seen and len(seen) < MOST_RECIPIENTS:
            seen.add(address.lower())
            yield _recipient(address, text[-_MOST_WORDS:], words)


def _recipient(address: str, behind: str, words: Words) -> ReportedRecipient:
    action, told = words.action, words.told
    diagnostic = " ".join(behind.split())[:500]
    cause = classify(action, "", _ADDRESS.sub("<address>", diagnostic))
    if not cause.status and cause.kind == "soft":  # it says why elsewhere than behind the address
        cause = classify(action, "", _ADDRESS.sub("<address>", told))
        diagnostic = diagnostic if len(diagnostic) > 20 else told[:500]
    return ReportedRecipient(address, "", action, cause.status, diagnostic, cause)
