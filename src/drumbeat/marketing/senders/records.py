"""Which DNS records let receivers believe a sender, and what those that are there amount to.

RFC 7208 (SPF, asked of the return path's domain), 6376 (DKIM), 9989 (DMARC: the policy of the
domain itself or of one above it).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from drumbeat.marketing.senders.ports import Found, Published, Unasked


class Kind(StrEnum):
    DKIM = "dkim"
    SPF = "spf"
    DMARC = "dmarc"
    TRACKING = "tracking"


class Standing(StrEnum):
    OK = "ok"
    MISSING = "missing"
    DIFFERS = "differs"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True)
class Record:
    """One record to publish, exactly: its type, its name, its value; `why` is for the owner."""

    kind: Kind
    type: str
    name: str
    value: str
    why: str


@dataclass(frozen=True)
class Standpoint:
    """How one record stands in DNS; `found` is what is there instead, or there indeed."""

    record: Record
    standing: Standing
    message: str
    found: tuple[str, ...] = ()


@dataclass(frozen=True)
class SenderSetup:
    """What is known without asking anybody: `keys` are name and value of each key's record.

    `mail_host` hands our mail on, "" for the sandbox; `tracking_host` is where links lead;
    `return_domain` is that of the return path, "" while it is the sender's own.
    """

    domain: str
    keys: Sequence[tuple[str, str]] = ()
    mail_host: str = ""
    tracking_host: str = ""
    return_domain: str = ""


def wanted_records(setup: SenderSetup) -> list[Record]:
    """All that this sender's domain should publish, ready to copy."""
    signing = "Receivers check the signature of each message with this key."
    records = [Record(Kind.DKIM, "TXT", name, value, signing) for name, value in setup.keys]
    server = f"a:{setup.mail_host} " if setup.mail_host else ""
    records.append(
        Record(
            Kind.SPF,
            "TXT",
            setup.return_domain or setup.domain,
            f"v=spf1 {server}~all",
            "Says which servers may send with this domain in the return path. If your mail "
            "provider documents an include:, write that in place of the a:.",
        )
    )
    records.append(
        Record(
            Kind.DMARC,
            "TXT",
            f"_dmarc.{setup.domain}",
            f"v=DMARC1; p=none; rua=mailto:dmarc@{setup.domain}",
            "Large providers refuse bulk mail without it. Tighten p= once the reports are clean.",
        )
    )
    if setup.tracking_host:
        records.append(
            Record(
                Kind.TRACKING,
                "A / AAAA / CNAME",
                setup.tracking_host,
                "the address of this server",
                "Links, the pixel and the unsubscribe page of every mail lead there.",
            )
        )
    return records


def judge(record: Record, found: Found, policies_above: Sequence[Found] = ()) -> Standpoint:
    """`policies_above` are the DMARC answers of the domains above, the nearest first."""
    if isinstance(found, Unasked):
        return Standpoint(record, Standing.NOT_CHECKED, f"Not checked: {found.reason}.")
    return _JUDGES[record.kind](record, found, policies_above)


def aligned(domain: str, sender_domain: str) -> bool:
    """Relaxed alignment: the same domain, or one of them lies below the other."""
    longer, shorter = sorted((domain.lower(), sender_domain.lower()), key=len, reverse=True)
    return longer == shorter or ("." in shorter and longer.endswith(f".{shorter}"))


def domains_above(domain: str) -> list[str]:
    """The nearest first, down to two labels, at most eight (the tree walk of RFC 9989)."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(1, len(labels) - 1)][:8]


def _dkim(record: Record, found: Published, above: Sequence[Found]) -> Standpoint:
    wanted, there = _tags(record.value), [_tags(each) for each in found.values]
    if not found.values:
        return Standpoint(record, Standing.MISSING, f"{record.name} has no TXT record.")
    if len(found.values) == 1 and there[0].get("p") == wanted["p"]:
        return Standpoint(
            record, Standing.OK, "The key in DNS is the one we sign with.", found.values
        )
    message = f"{record.name} has another key than the one we sign with: signatures would fail."
    if len(found.values) > 1:
        message = f"{record.name} has {len(found.values)} TXT records; receivers take none of them."
    return Standpoint(record, Standing.DIFFERS, message, found.values)


def _spf(record: Record, found: Published, above: Sequence[Found]) -> Standpoint:
    there = tuple(each for each in found.values if each.lower().split(" ")[0] == "v=spf1")
    if not there:
        return Standpoint(record, Standing.MISSING, f"{record.name} has no SPF record.")
    if len(there) > 1:
        message = f"{record.name} has {len(there)} SPF records; receivers then take none of them."
        return Standpoint(record, Standing.DIFFERS, message, there)
    message = "There is an SPF record. That it allows your mail server is not checked."
    return Standpoint(record, Standing.OK, message, there)


def _dmarc(record: Record, found: Published, above: Sequence[Found]) -> Standpoint:
    for name, answer in [(record.name, found), *((record.name, each) for each in above)]:
        policies = [
            each
            for each in (answer.values if isinstance(answer, Published) else ())
            if each.replace(" ", "").lower().startswith("v=dmarc1")
        ]
        if len(policies) == 1:
            policy = _tags(policies[0]).get("p", "none")
            return Standpoint(record, Standing.OK, f"The policy is p={policy}.", tuple(policies))
        if policies:
            message = f"{name} has {len(policies)} DMARC records; receivers then take none of them."
            return Standpoint(record, Standing.DIFFERS, message, tuple(policies))
    return Standpoint(record, Standing.MISSING, f"{record.name} has no DMARC record.")


def _tracking(record: Record, found: Published, above: Sequence[Found]) -> Standpoint:
    if not found.values:
        message = f"{record.name} has no address: links in mail lead nowhere."
        return Standpoint(record, Standing.MISSING, message)
    return Standpoint(record, Standing.OK, "The host has an address.", found.values)


_JUDGES: dict[Kind, Callable[[Record, Published, Sequence[Found]], Standpoint]] = {
    Kind.DKIM: _dkim,
    Kind.SPF: _spf,
    Kind.DMARC: _dmarc,
    Kind.TRACKING: _tracking,
}


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {
        name.strip().lower(): "".join(value.split()) for name, _, value in pairs if name.strip()
    }
