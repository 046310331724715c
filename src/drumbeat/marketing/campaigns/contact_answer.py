"""What is known about a contact: who they are, whether they may be mailed, what they did."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import blake2b

from drumbeat.kit.errors import InvalidInput, NotFound, refused_cursor
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.json_objects import JsonObject
from drumbeat.kit.money import to_major
from drumbeat.marketing.analytics import ContactFigures, Happening
from drumbeat.marketing.audience import Contact, Permission, contact_id_of, contact_no_of
from drumbeat.marketing.campaigns.model import Campaign
from drumbeat.marketing.campaigns.ports import Unit
from drumbeat.marketing.delivery import LedgerLine


@dataclass(frozen=True)
class WhichContacts:
    """Who is listed: everybody, or by one of address, external id and segment."""

    email: str = ""
    external_id: str = ""
    segment: str = ""


def contact_page(unit: Unit, which: WhichContacts, cursor: str | None, limit: int) -> JsonObject:
    """Up to `limit` contacts in the order they came; `next_cursor` is null on the last page.

    Raises InvalidInput naming the segment's nearest, or a second filter.
    """
    asked = [name for name, value in asdict(which).items() if value]
    if len(asked) > 1:
        message = f"Filter by {asked[0]} or by {asked[1]}, not by both."
        raise InvalidInput(message, field=asked[1])
    if which.email or which.external_id:
        return {"contacts": contact_rows(unit, _named(unit, which)), "next_cursor": None}
    after = 0 if cursor is None else _place_of(unit, cursor)
    found = unit.audience.list_contacts(after=after, limit=limit + 1, segment=which.segment)
    rows = contact_rows(unit, found[:limit])
    return {"contacts": rows, "next_cursor": rows[-1]["contact_id"] if found[limit:] else None}


def _place_of(unit: Unit, cursor: str) -> int:
    try:
        return contact_no_of(cursor, unit.office.keys)
    except NotFound:
        raise refused_cursor() from None


def _named(unit: Unit, which: WhichContacts) -> list[Contact]:
    if which.email:
        found = unit.audience.find_contact(which.email)
        return [] if found is None else [found]
    numbers = unit.audience.contact_numbers_by_external_id([which.external_id])
    return [unit.audience.get_contact(number) for number in numbers.values()]


def contact_rows(unit: Unit, contacts: Sequence[Contact]) -> list[JsonObject]:
    """A page of contacts, each with whether they may be mailed now, and why not."""
    allowed = unit.audience.permissions([each.contact_no for each in contacts])
    return [_view(unit, each, allowed[each.contact_no]) for each in contacts]


def contact_answer(unit: Unit, contact_id: str) -> JsonObject:
    """One contact with proofs of consent, segments, mailings and the last 200 things that happened.

    Raises NotFound.
    """
    number = contact_no_of(contact_id, unit.office.keys)
    contact = unit.audience.get_contact(number)  # whoever was merged is who was kept
    number = contact.contact_no
    [row] = contact_rows(unit, [contact])
    merged = unit.duplicates.list_merged(number)
    lines = mail_of(unit, number)
    happened = unit.analytics.timeline(number)
    mailings = {line.mailing_no for line in lines} | {each.mailing_no for each in happened}
    campaigns = unit.campaigns.list_by_mailing(mailings)
    return row | {
        "consent_proofs": [
            {
                "state": proof.state.name,
                "topic": proof.topic,
                "wording": proof.wording or None,
                "source": proof.source,
                "by": proof.actor,
                "occurred_at": proof.occurred_at.isoformat(),
            }
            for proof in unit.audience.list_proofs(number)
        ],
        "segments": [
            {"segment_id": each.id, "name": each.name, "criterion": each.criterion}
            for each in unit.audience.segments_of(number)
        ],
        **contact_figures(unit.analytics.contact_figures(number)),
        "preferences": {"marketing": row["consent"]},
        "merged": [
            {
                "contact_id": contact_id_of(each.merged_no, unit.office.keys),
                "email": each.address,
                "merged_at": each.merged_at.isoformat(),
                "by": each.merged_by,
            }
            for each in merged
        ],
        "mailings": [_mailing(line, campaigns) for line in lines],
        "timeline": [_happening(each, campaigns) for each in happened],
        "as_of": unit.office.clock().isoformat(),
    }


def timeline_answer(unit: Unit, contact_id: str, cursor: str | None, limit: int) -> JsonObject:
    """A page of everything that ever happened to one contact, newest first.

    Raises NotFound, InvalidInput for a cursor that was made up.
    """
    contact = unit.audience.get_contact(contact_no_of(contact_id, unit.office.keys))
    page = unit.analytics.timeline_page(contact.contact_no, cursor, limit=limit)
    campaigns = unit.campaigns.list_by_mailing({each.mailing_no for each in page.happenings})
    return {
        "timeline": [_happening(each, campaigns) for each in page.happenings],
        "next_cursor": page.next_cursor,
    }


def mail_of(unit: Unit, contact_no: ContactNo, *, limit: int = 100) -> list[LedgerLine]:
    """What was planned for one person under each of their numbers, the newest mailing first.

    At most `limit` for a number.
    """
    numbers = unit.audience.numbers_of(contact_no)
    lines = [line for no in numbers for line in unit.delivery.history_of(no, limit=limit)]
    return sorted(lines, key=lambda line: line.mailing_no, reverse=True)


def contact_figures(figures: ContactFigures) -> JsonObject:
    """What a person did in all, by the names that marketers know; money in major units."""
    spent = {currency: float(to_major(minor, currency)) for currency, minor in figures.spent}
    currency = next(iter(spent), None)
    return {
        "last_open": _when(figures.last_open),
        "last_click": _when(figures.last_click),
        "last_purchase": _when(figures.last_purchase),
        "total_opens": figures.opens,
        "total_clicks": figures.clicks,
        "total_purchases": figures.purchases,
        "lifetime_value": None if currency is None else spent[currency],
        "lifetime_value_currency": currency,
        "lifetime_value_by_currency": spent,
    }


def _when(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def contact_revision(unit: Unit, contact_id: str) -> int:
    """A number that is another one as soon as anything about the contact is, whatever they do.

    Contacts count no revisions: it is made of what is known of them. Raises NotFound.
    """
    number = contact_no_of(contact_id, unit.office.keys)
    [row] = contact_rows(unit, [unit.audience.get_contact(number)])
    proofs = unit.audience.list_proofs(number)
    known = json.dumps([row, len(proofs)], sort_keys=True).encode()
    return int.from_bytes(blake2b(known, digest_size=4).digest())


def _view(unit: Unit, contact: Contact, permission: Permission) -> JsonObject:
    return {
        "contact_id": contact_id_of(contact.contact_no, unit.office.keys),
        "email": contact.address,
        "external_id": contact.external_id,
        "timezone": contact.zone or None,
        "timezone_source": contact.zone_source.name,
        "attributes": dict(contact.attributes),
        "consent": contact.consent.name,
        "may_mail": permission.may_mail,
        "reason": permission.reason or None,
        "created_at": contact.created_at.isoformat(),
        "changed_at": contact.changed_at.isoformat(),
    }


def _mailing(line: LedgerLine, campaigns: Mapping[MailingNo, Campaign]) -> JsonObject:
    sent = line.sent_at
    return {
        **_about(campaigns.get(line.mailing_no)),
        "state": line.state,
        "reason": line.reason or None,
        "variant": line.variant or None,
        "planned_at": None if line.planned_at is None else line.planned_at.isoformat(),
        "sent_at": None if sent is None else sent.isoformat(),
    }


def _happening(each: Happening, campaigns: Mapping[MailingNo, Campaign]) -> JsonObject:
    worth = to_major(each.value_minor, each.currency) if each.value_minor else None
    return {
        "at": each.at.isoformat(),
        "kind": each.kind,
        **_about(campaigns.get(each.mailing_no)),
        "link_no": None if each.link_no < 0 else each.link_no,
        "by_machine": each.by_machine,
        "verdict": each.verdict or None,
        "why": each.why or None,
        "value": None if worth is None else float(worth),
        "currency": each.currency or None,
    }


def _about(campaign: Campaign | None) -> JsonObject:
    if campaign is None:
        return {"campaign_id": None, "campaign_name": None}
    return {"campaign_id": campaign.id, "campaign_name": campaign.brief.name}
