"""Which class a failure is: hard only where the mailbox itself is named as the cause.

By the enhanced status (RFC 3463), and by words, because many servers say 5.0.0 or 5.1.1 for
anything. Quota and policy win over hard: a full mailbox, or a list that we are on, exists.
"""

import re

from drumbeat.marketing.delivery.bounces.model import BounceClass, Cause

_STATUS = re.compile(r"(?<![\d.])([45])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?:^|[\s;:(])([45]\d\d)(?=[\s-])")
_LONGEST = 2_000

_SUCCESS = ("delivered", "relayed", "expanded")

_QUOTA_STATUS = ("2.2",)
_QUOTA = re.compile(
    r"(?:over|reached)(?: (?:\S+ ){0,2})?quota|quota (?:is )?exceed"
    r"|exceed\w{0,3} (?:\S+ ){0,3}quota"
    r"|out of (?:storage|disk) space"
    r"|(?:mailbox|inbox|account|mail ?dir|mail ?folder)(?: \S+){0,3} (?:is |are )?"
    r"(?:full|over (?:its|the) limit)"
    r"|(?:mailbox|storage|disk)(?: \S+){0,2} (?:size )?(?:limit|allocation) exceeded"
    r"|insufficient (?:\S+ )?(?:disk space|storage|mailbox)|mailbox full|quota (?:full|violation)"
    r"|not enough (?:storage|disk) space|user(?:'s)? disk quota",
    re.I,
)
# Bad sender's address or system, message too big, not a list member, translation, and all of X.7.
_POLICY_STATUS = ("1.7", "1.8", "2.3", "2.4", "3.4", "6.", "7.")
_POLICY = re.compile(
    r"\b(?:spam\w*|unsolicited|junk|bulk mail|black-?list\w*|block[- ]?list\w*|deny-?list\w*"
    r"|rbl|dnsbl|reputation|spamhaus|spamcop|barracuda\w*|sorbs|cloudmark|senderbase|proofpoint"
    r"|mimecast|dmarc|spf|dkim|unauthenticated|authenticat\w+|polic(?:y|ies)|prohibited|forbidden"
    r"|not (?:authori[sz]ed|permitted|allowed|accepted from)|permission denied|access denied|banned"
    r"|virus|malware|phish\w*|suspicious|content (?:rejected|filter\w*)|relay(?:ing)? denied"
    r"|unable to relay|relay access|rate[- ]?limit\w*|too many (?:connections|messages|recipients)"
    r"|throttl\w+|grey-?list\w*|gray-?list\w*|unusual rate|user complaints|blocked|rejected by"
    r"|at a rate that|too (?:quickly|frequently|fast)"
    r"|reverse dns|ptr record|size limit|too (?:large|big)|exceeds (?:the )?(?:maximum|size))\b"
    r"|sender (?:\S+ ){0,3}(?:rejected|denied|verif\w+|not exist|unknown|not found)"
    r"|(?:sender|from) (?:address|domain)|return[- ]path",
    re.I,
)
_HARD_STATUS = ("1.1", "1.2", "1.3", "1.6", "1.10", "2.1")
_HARD = re.compile(
    r"\b(?:user|mailbox|recipient|address|account|addressee)\b(?: \S+){0,8}? "
    r"(?:unknown|not found|not exist|not (?:a )?valid|invalid|disabled|deactivated|inactive"
    r"|unavailable|no longer|not (?:listed|known|registered)|discontinued)\b"
    r"|\b(?:no such|unknown|invalid|nonexistent|non-existent|bad|undeliverable) "
    r"(?:\S+ )?(?:user|mailbox|recipient|address|account|addressee|local part)\b"
    r"|doesn'?t have an? (?:\S+ ){1,3}account|no mailbox (?:here )?(?:by|with) that name"
    r"|recipient ?not ?found|mailbox unavailable|no longer (?:exists|valid|active|with|works)"
    r"|(?:host|domain)(?: \S+){0,6} not found|nxdomain|unrouteable address|null mx"
    r"|does not accept mail|e-?mail account (?:\S+ ){0,8}does not exist|there is no such mailbox"
    r"|user does not exist|\bdoes not exist\b",
    re.I,
)
# Exchange Online answers so for an address that its directory does not have.
_NOT_IN_DIRECTORY = re.compile(
    r"5\.4\.1 .{0,200}recipient address rejected: access denied", re.I | re.S
)
_GONE_SYSTEM = re.compile(
    r"host or domain name not found|host not found|domain not found|nxdomain", re.I
)
_TRY_AGAIN = re.compile(r"\btry (?:again|later)|temporar", re.I)
_VAGUE_STATUS = ("0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "4.1", "4.4", "5.1", "5.2", "1.4")


def classify(action: str, status: str, words: str) -> Cause:
    """`status` is the report's own; `words` the diagnostic, or a whole SMTP reply. Never raises."""
    words = words[:_LONGEST]
    code = status_of(status, words)
    if action in _SUCCESS:
        return Cause(BounceClass.ok, code, f"action {action}")
    if action == "delayed":
        return Cause(BounceClass.delayed, code, "action delayed")
    return _failure(code, words)


def status_of(status: str, words: str) -> str:
    """The enhanced status, the recipient's server's own if it tells more than the report's."""
    told = [match.group() for match in (_STATUS.search(words), _STATUS.search(status)) if match]
    telling = [code for code in told if code[2:] not in _VAGUE_STATUS]
    if told:
        return (telling or told)[0]
    reply = _REPLY.search(words)
    return f"{reply[1][0]}.0.0" if reply else ""


def _failure(code: str, words: str) -> Cause:
    detail = code[2:]
    if _NOT_IN_DIRECTORY.search(words):
        return Cause(BounceClass.hard, code, "words 'recipient address rejected', status 5.4.1")
    for kind, statuses, pattern in (
        (BounceClass.quota, _QUOTA_STATUS, _QUOTA),
        (BounceClass.policy, _POLICY_STATUS, _POLICY),
    ):
        found = pattern.search(words)
        if found:
            return Cause(kind, code, f"words '{_short(found.group())}'")
        if detail.startswith(statuses) if kind is BounceClass.policy else detail in statuses:
            return Cause(kind, code, f"status {code}")
    return _hard_or_soft(code, words)


def _hard_or_soft(code: str, words: str) -> Cause:
    detail, found = code[2:], _HARD.search(words)
    if code.startswith("4.") or _TRY_AGAIN.search(words):  # it never said that nobody is there
        return Cause(BounceClass.soft, code, f"status {code}" if code else "words 'try again'")
    if detail in _HARD_STATUS:
        return Cause(BounceClass.hard, code, f"status {code}")
    if detail == "4.4" and not _GONE_SYSTEM.search(words):  # a name without the record wanted
        return Cause(BounceClass.soft, code, f"status {code}")
    if found and (not code or detail in _VAGUE_STATUS):
        return Cause(BounceClass.hard, code, f"words '{_short(found.group())}'")
    return Cause(BounceClass.soft, code, f"status {code}" if code else "no status, no known words")


def _short(words: str) -> str:
    return " ".join(words.split())[:60].lower()
