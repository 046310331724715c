"""Reports written for these tests in the formats of many mail systems; no real mail is here."""

from collections.abc import Sequence
from dataclasses import dataclass

from drumbeat.marketing.delivery.bounces import BounceClass

HARD, SOFT, POLICY, QUOTA = (
    BounceClass.hard,
    BounceClass.soft,
    BounceClass.policy,
    BounceClass.quota,
)
DELAYED, OK = BounceClass.delayed, BounceClass.ok

ADA = "ada@example.com"
MESSAGE_ID = "<aaaaaabaaaaaacaaadaeaaaaaaaaaaaaaaaa@shop.example>"
RETURNED = f"From: news@shop.example\nTo: {ADA}\nMessage-ID: {MESSAGE_ID}\nSubject: Spring\n"


@dataclass(frozen=True)
class Case:
    name: str
    raw: bytes
    kind: BounceClass
    address: str = ADA


def wire(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode("utf-8")


def dsn(
    blocks: Sequence[str],
    *,
    sender: str = "Mail Delivery System <MAILER-DAEMON@mx.example.com>",
    human: str = "Your message could not be delivered.",
    returned: str = RETURNED,
    returned_type: str = "message/rfc822",
    report: str = "multipart/report; report-type=delivery-status",
) -> bytes:
    """RFC 3464: a human part, one block for the message and one a recipient, what was sent."""
    status = "\n\n".join(["Reporting-MTA: dns; mx.example.com", *blocks])
    return wire(
        f"Return-Path: <>\nFrom: {sender}\nTo: bounces@shop.example\n"
        "Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\n"
        f'MIME-Version: 1.0\nContent-Type: {report}; boundary="=_b1"\n\n'
        f"This is a MIME-encapsulated message.\n\n--=_b1\nContent-Type: text/plain\n\n{human}\n\n"
        f"--=_b1\nContent-Type: message/delivery-status\n\n{status}\n\n"
        f"--=_b1\nContent-Type: {returned_type}\n\n{returned}\nHello\n\n--=_b1--\n"
    )


def about(action: str, status: str, diagnostic: str = "", address: str = ADA) -> str:
    block = f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}"
    return f"{block}\nDiagnostic-Code: smtp; {diagnostic}" if diagnostic else block


def plain(body: str, *, sender: str, subject: str, headers: str = "") -> bytes:
    return wire(
        f"Return-Path: <>\nFrom: {sender}\nTo: bounces@shop.example\nSubject: {subject}\n"
        f"{headers}\n{body}\n"
    )


_TOLD = {
    "postfix, no such user": (
        "5.1.1",
        "550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown in virtual "
        "mailbox table",
        HARD,
    ),
    "gmail, no such user": (
        "5.1.1",
        "550-5.1.1 The email account that you tried to reach does not exist. Please try\n"
        " 550-5.1.1 double-checking the recipient's email address for typos or\n"
        " 550 5.1.1 https://support.google.com/mail/?p=NoSuchUser a1-gsmtp",
        HARD,
    ),
    "gmail, disabled": ("5.2.1", "550 5.2.1 The email account is disabled. gsmtp", HARD),
    "gmail, over quota": (
        "5.2.2",
        "552-5.2.2 The recipient's inbox is out of storage space. Please direct the gsmtp",
        QUOTA,
    ),
    "gmail, too much mail": (
        "5.2.1",
        "550-5.2.1 The user you are trying to contact is receiving mail at a rate that "
        "prevents additional messages from being delivered",
        POLICY,
    ),
    "gmail, unauthenticated": (
        "5.7.26",
        "550-5.7.26 Your email has been blocked because the sender is unauthenticated.",
        POLICY,
    ),
    "gmail, likely unsolicited": (
        "5.7.1",
        "550-5.7.1 Our system has detected that this message is likely unsolicited mail.",
        POLICY,
    ),
    "outlook, recipient not found": (
        "5.1.10",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        HARD,
    ),
    "outlook, not in the directory": (
        "5.4.1",
        "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)",
        HARD,
    ),
    "outlook, mailbox unavailable": (
        "5.5.0",
        "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).",
        HARD,
    ),
    "outlook, block list": (
        "5.7.1",
        "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your "
        "Internet service provider since part of their network is on our block list (S3140).",
        POLICY,
    ),
    "outlook, DMARC": ("5.7.515", "550 5.7.515 Access denied, sending domain", POLICY),
    "outlook, quota": (
        "5.2.2",
        "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException",
        QUOTA,
    ),
    "yahoo, no account": (
        "5.0.0",
        "554 delivery error: dd This user doesn't have a yahoo.com account (ada) [0]",
        HARD,
    ),
    "yahoo, complaints": (
        "4.7.0",
        "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints",
        POLICY,
    ),
    "icloud, no such alias": ("5.1.1", "550 5.1.1 unknown or illegal alias: ada", HARD),
    "gmx, spamhaus": (
        "5.0.0",
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
        POLICY,
    ),
    "a block list under the status of a missing user": (
        "5.1.1",
        "550 5.1.1 ada@example.com rejected: your IP is on our blacklist",
        POLICY,
    ),
    "a full mailbox under the status of a missing user": (
        "5.1.1",
        "550 5.1.1 <ada@example.com> mailbox is full (#5.1.1)",
        QUOTA,
    ),
    "our own domain is not known there": (
        "5.1.8",
        "550 5.1.8 <news@shop.example>: Sender address rejected: Domain not found",
        POLICY,
    ),
    "too big": ("5.2.3", "552 5.2.3 Message length exceeds administrative limit", POLICY),
    "null MX": ("5.1.10", "Domain example.com does not accept mail (nullMX)", HARD),
    "postfix, no such domain": (
        "5.4.4",
        "Host or domain name not found. Name service error for name=gone.example type=AAAA",
        HARD,
    ),
    "no record of that kind": (
        "5.4.4",
        "Host found but no data record of requested type",
        SOFT,
    ),
    "gave up after five days": ("4.4.1", "connect to mx.example.com:25: timed out", SOFT),
    "gave up, user unknown for now": ("4.1.1", "450 4.1.1 User unknown, try later", SOFT),
    "loop": ("5.4.6", "554 5.4.6 Too many hops", SOFT),
    "nothing said": ("5.0.0", "", SOFT),
    "a vague status, plain words": ("5.0.0", "550 no such user here", HARD),
}

_DSNS = tuple(
    Case(name, dsn([about("failed", status, words)]), kind)
    for name, (status, words, kind) in _TOLD.items()
)

_DAEMON = "MAILER-DAEMON@mx.example.com"
_COPY = f"--- Below this line is a copy of the message.\n\n{RETURNED}\nUser unknown, blocked"
_EXIM = (
    "This message was created automatically by mail delivery software.\n\nA message that you "
    "sent could not be delivered to one or more of its\nrecipients. This is a permanent error."
    "\nThe following address(es) failed:\n\n"
)
_PLAIN = (
    Case(
        "qmail",
        plain(
            "Hi. This is the qmail-send program at mx.example.com.\nI'm afraid I wasn't able to"
            " deliver your message to the following addresses.\nThis is a permanent error; I've"
            f" given up. Sorry it didn't work out.\n\n<{ADA}>:\nSorry, no mailbox here by that"
            f" name. (#5.1.1)\n\n{_COPY}",
            sender=_DAEMON,
            subject="failure notice",
        ),
        HARD,
    ),
    Case(
        "qmail, quota",
        plain(
            "Hi. This is the qmail-send program at mx.example.com.\n\n"
            f"<{ADA}>:\nThe user's mailfolder is full. (#5.2.2)\n\n{_COPY}",
            sender=_DAEMON,
            subject="failure notice",
        ),
        QUOTA,
    ),
    Case(
        "exim",
        plain(
            f"{_EXIM}  {ADA}\n    host mx.example.com [192.0.2.7]\n    SMTP error from remote "
            f"mail server after RCPT TO:<{ADA}>:\n    550 5.1.1 User unknown\n\n------ This is"
            f" a copy of the message, including all the headers. ------\n\n{RETURNED}",
            sender="Mail Delivery System <Mailer-Daemon@mx.example.com>",
            subject="Mail delivery failed: returning message to sender",
            headers=f"X-Failed-Recipients: {ADA}\nAuto-Submitted: auto-replied\n",
        ),
        HARD,
    ),
    Case(
        "exim, delayed",
        plain(
            "This message was created automatically by mail delivery software.\nA message that "
            "you sent has not yet been delivered to one or more of its\nrecipients after more "
            f"than 24 hours on the queue.\n\nThe address to which it has not been sent:\n\n"
            f"  {ADA}\n    Delay reason: connection timed out\n\nNo action is required on your "
            "part.",
            sender="Mail Delivery System <Mailer-Daemon@mx.example.com>",
            subject="Warning: message 1tX delayed 24 hours",
            headers="Auto-Submitted: auto-replied\n",
        ),
        DELAYED,
    ),
    Case(
        "postfix in plain words",
        plain(
            "This is the mail system at host mx.example.com.\n\nI'm sorry to have to inform you"
            " that your message could not\nbe delivered to one or more recipients.\n\n"
            f"<{ADA}>: host mx2.example.com[192.0.2.9] said: 554 5.7.1 Message rejected as\n"
            "    spam (in reply to end of DATA command)\n",
            sender=f"{_DAEMON} (Mail Delivery System)",
            subject="Undelivered Mail Returned to Sender",
        ),
        POLICY,
    ),
    Case(
        "sendmail",
        plain(
            "   ----- The following addresses had permanent fatal errors -----\n"
            f"<{ADA}>\n    (reason: 550 5.1.1 <{ADA}>... User unknown)\n\n   ----- Transcript "
            "of session follows -----\n550 5.1.1 ... User unknown\n",
            sender=f"Mail Delivery Subsystem <{_DAEMON}>",
            subject="Returned mail: see transcript for details",
        ),
        HARD,
    ),
    Case(
        "exchange",
        plain(
            "Your message did not reach some or all of the intended recipients.\n\n      "
            "Subject: Spring\n      Sent: 11/2/2026 9:00 AM\n\nThe following recipient(s) could"
            f" not be reached:\n\n      {ADA} on 11/2/2026 9:01 AM\n            The e-mail "
            "account does not exist at the organization this message was sent to.\n"
            "            <mx.example.com #5.1.1>\n",
            sender="System Administrator <postmaster@example.com>",
            subject="Undeliverable: Spring",
        ),
        HARD,
    ),
    Case(
        "a daemon that names nobody",
        plain(
            "The message you sent could not be delivered. The mailbox is full.",
            sender=_DAEMON,
            subject="Undeliverable mail",
        ),
        QUOTA,
        address="",
    ),
    Case(
        "words in HTML only",
        plain(
            f"<html><body><p>Delivery has failed to these recipients:</p><p>{ADA}<br>550 5.1.1 "
            "No such user</p></body></html>",
            sender="postmaster@example.com",
            subject="Undeliverable: Spring",
            headers="Content-Type: text/html; charset=utf-8\n",
        ),
        HARD,
    ),
)

BOUNCES = (*_DSNS, *_PLAIN)

AUTOMATIC = {
    "out of office (RFC 3834)": plain(
        "I am on vacation. My old address ada.old@example.com: user unknown.",
        sender=f"Ada <{ADA}>",
        subject="Re: Spring",
        headers="Auto-Submitted: auto-replied\n",
    ),
    "Outlook's automatic reply": plain(
        "This mailbox is no longer monitored; delivery failed for good.",
        sender=f"Ada <{ADA}>",
        subject="Automatic reply: Spring",
        headers="X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\n",
    ),
    "an encoded German one": plain(
        "Ich bin nicht da. Konto deaktiviert, user unknown.",
        sender=f"Ada <{ADA}>",
        subject="=?utf-8?q?Abwesenheitsnotiz=3A_Fr=C3=BChling?=",
    ),
    "vacation(1)": plain(
        "I am away.", sender=f"Ada <{ADA}>", subject="away from my mail", headers="Precedence: junk"
    ),
    "a person who writes back": plain(
        "Hello, your last mail could not be delivered to my friend: 550 5.1.1 user unknown.",
        sender=f"Ada <{ADA}>",
        subject="Re: Spring",
    ),
}


def arf(kind: str = "abuse", *, fields: str = "", returned: str = RETURNED) -> bytes:
    """RFC 5965, as Yahoo and others send it, with the recipient left out."""
    return wire(
        "From: feedback@mail.example.com\nTo: fbl@shop.example\nSubject: FW: Spring\n"
        "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report;\n"
        ' boundary="part1"\n\n--part1\nContent-Type: text/plain\n\nThis is an email abuse report.\n'
        "\n--part1\nContent-Type: message/feedback-report\n\n"
        f"Feedback-Type: {kind}\nUser-Agent: SomeGenerator/1.0\nVersion: 1\n{fields}\n"
        f"--part1\nContent-Type: text/rfc822-headers\n\n{returned}\n--part1--\n"
    )
