"""Everything that is held about one person, from every area, as data that a machine reads."""

from collections.abc import Mapping
from typing import Any

from drumbeat.kit.clock import from_epoch
from drumbeat.kit.errors import NotFound
from drumbeat.kit.ids import ContactNo
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import contact_id_of
from drumbeat.marketing.campaigns.contact_answer import contact_answer, mail_of
from drumbeat.marketing.campaigns.ports import Unit

_INSTANTS = frozenset(
    (
        *("created_at", "changed_at", "occurred_at", "recorded_at", "asked_at", "expires_at"),
        *("received_at", "ended_at", "since", "until", "at", "due", "done"),
    )
)


def subject_answer(unit: Unit, address: str) -> JsonObject:
    """`tables` holds the rows as they are kept; the rest says the same in words of the API.

    Raises NotFound where nothing at all is held.
    """
    found = unit.audience.find_contact(address)
    permission = unit.audience.permission_of(address)
    if found is None and permission is None:
        raise NotFound("Nothing is kept about this address.")
    told: JsonObject = {
        "email": address if found is None else found.address,
        "as_of": unit.office.clock().isoformat(),
        "may_mail": permission is not None and permission.may_mail,
        "reason": None if permission is None else permission.reason or None,
        "suppressed": unit.erasing.find_suppression(address),
    }
    if found is None:
        return told | {"contact": None, "tables": {}, "facts": []}
    number = found.contact_no
    told["contact"] = contact_answer(unit, contact_id_of(number, unit.office.keys))
    told["tables"] = {
        name: [_row(row) for row in rows]
        for name, rows in unit.erasing.rows_of(number).items()
        if rows
    }
    told["facts"] = [_fact(row) for row in unit.events.facts_of(number)]
    told["campaigns"] = _campaigns(unit, number)
    return told


def _campaigns(unit: Unit, number: ContactNo) -> list[JsonObject]:
    """The campaigns that named them, with who said yes to each."""
    lines = mail_of(unit, number, limit=1_000)
    named = unit.campaigns.list_by_mailing({line.mailing_no for line in lines})
    return [
        {
            "campaign_id": campaign.id,
            "name": campaign.brief.name,
            "approval": campaign.plan.approval_hash,
            "state": next((x.state for x in lines if x.mailing_no == mailing_no), None),
        }
        for mailing_no, campaign in sorted(named.items())
    ]


def _row(row: Mapping[str, Any]) -> JsonObject:
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if name in _INSTANTS and isinstance(value, int):
        return from_epoch(value).isoformat()
    return value


def _fact(row: Mapping[str, Any]) -> JsonObject:
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in row.items()
        if value not in (None, "")
    }
