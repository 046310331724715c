"""What rules see of one person: their record read whole, from every table that has a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from drumbeat.kit.errors import NotFound
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.model import Contact
from drumbeat.marketing.audience.permits import permit_code, permits_by_code
from drumbeat.marketing.audience.rule_tree import Person
from drumbeat.marketing.audience.store import ContactStore
from drumbeat.marketing.audience.store_answers import AnswerStore
from drumbeat.marketing.audience.store_consent import ConsentStore
from drumbeat.marketing.audience.store_mirror import MirrorStore, told_of
from drumbeat.marketing.audience.store_rule_segments import RuleSegmentStore
from drumbeat.marketing.audience.store_segments import SegmentStore


@dataclass(frozen=True)
class SegmentStores:
    contacts: ContactStore
    consents: ConsentStore
    segments: SegmentStore
    by_rule: RuleSegmentStore
    mirror: MirrorStore
    answers: AnswerStore


def read_person(
    stores: SegmentStores, contact_no: ContactNo, now: datetime
) -> tuple[Person, Contact]:
    """In a reading unit. Raises NotFound."""
    found = stores.contacts.list_([contact_no])
    if not found:
        raise NotFound(f"There is no contact {contact_no}.")
    contact, answers = found[0], stores.answers
    standing = stores.consents.list_standing([contact_no])
    permits = [permits_by_code()[permit_code(state, why)] for _, state, why in standing]
    scores, cell, cell_name = answers.scores(now).of(contact_no)
    domain = contact.address.rpartition("@")[2]
    person = Person(
        attributes=told_of(dict(contact.attributes), domain, contact.zone),
        permits=permits[0] if permits else frozenset(),
        deeds=answers.deeds_of(contact_no),
        scores=scores,
        cell=cell,
        cell_name=cell_name,
        segments=frozenset(
            name
            for each in stores.segments.list_of_contact(contact_no)
            for name in (each.name, f"{each.criterion}:{each.name}")
        ),
    )
    return person, contact
