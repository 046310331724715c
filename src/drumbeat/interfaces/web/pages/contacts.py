"""The audience: who is known, who may be mailed, and one person's page with all that happened."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import Response, StreamingResponse

from drumbeat.bootstrap.erasing import erase, everything_about
from drumbeat.interfaces.web.forms import text
from drumbeat.interfaces.web.rendering import PAGE_HEADERS
from drumbeat.interfaces.web.review import reason_in_words
from drumbeat.interfaces.web.source import patient
from drumbeat.interfaces.web.visits import Visit
from drumbeat.interfaces.web.wording import count, money, words
from drumbeat.kit.actor import Scope
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.money import to_major
from drumbeat.marketing.analytics import Happening
from drumbeat.marketing.audience import Contact, Permission, contact_id_of, contact_no_of
from drumbeat.marketing.campaigns.contact_answer import mail_of
from drumbeat.marketing.campaigns.contact_export import FileFormat, export_contacts
from drumbeat.marketing.department import Department
from drumbeat.storage.secrets import KeyRing

PAGE_ROWS = 30
_HAPPENED = {
    "sent": "Got",
    "delivered": "Was delivered",
    "bounced": "Bounced",
    "opened": "Opened",
    "clicked": "Clicked in",
    "replied": "Replied to",
    "forwarded": "Forwarded",
    "purchased": "Bought",
    "unsubscribed": "Unsubscribed",
    "complained": "Marked as spam",
    "viewed": "Viewed a page",
    "signed_up": "Signed up",
    "posted": "Posted",
}
_ABOUT_MAIL = ("sent", "opened", "clicked", "replied", "forwarded")


@dataclass(frozen=True)
class Row:
    id: str
    contact: Contact
    name: str
    allowed: bool
    why: str


@dataclass(frozen=True)
class Moment:
    """One thing that happened; `tone` marks what earned money or ended the talk."""

    at: datetime
    what: str
    about: str
    note: str
    tone: str


def list_contacts(visit: Visit) -> Response:
    """A page by number, or the one contact with an address."""
    asked, after = visit.query("address"), visit.query("after")
    with visit.look() as department:
        if asked:
            found = department.audience.find_contact(asked)
            contacts = [] if found is None else [found]
        else:
            last = contact_no_of(after, department.office.keys) if after else 0
            contacts = department.audience.list_contacts(after=last, limit=PAGE_ROWS + 1)
        rows = _rows(department, contacts[:PAGE_ROWS])
        counts = patient(department).audience.count_audience()
        asked_for = department.erasing.list_requests()
        keys = department.office.keys
    more = len(contacts) > PAGE_ROWS
    return visit.page(
        "contacts.html",
        rows=rows,
        following=rows[-1].id if more else "",
        first=not after,
        asked=asked,
        counts=counts,
        erasures=[(contact_id_of(each.contact_no, keys), each.asked_at) for each in asked_for],
    )


def show_contact(visit: Visit) -> Response:
    """What they did is read from all facts and so comes by itself after the page; or `whole`."""
    with visit.look() as department:
        number = contact_no_of(visit.path("contact_id"), department.office.keys)
        contact = department.audience.get_contact(number)
        number = contact.contact_no  # whoever was merged is who was kept
        [row] = _rows(department, [contact])
        proofs = department.audience.list_proofs(number)
        choices = department.topics.choices_of(number)
        merged = department.duplicates.list_merged(number)
        lines = mail_of(department, number)
        mailings = _mailings(department, {line.mailing_no for line in lines})
        deeds = _deeds(visit, department, number) if visit.query("whole") else {}
    return visit.page(
        "contact.html",
        row=row,
        contact=contact,
        proofs=proofs,
        merged=merged,
        choices=choices,
        topics={each.topic.key: each.topic.name for each in choices.topics},
        lines=[(mailings.get(line.mailing_no, "A mailing"), line) for line in lines],
        reason=reason_in_words,
        **deeds,
    )


def show_deeds(visit: Visit) -> Response:
    """The part of the page that says what they did."""
    with visit.look() as department:
        number = contact_no_of(visit.path("contact_id"), department.office.keys)
        number = department.audience.get_contact(number).contact_no
        deeds = _deeds(visit, department, number)
    return visit.page("contact_deeds.html", **deeds)


def _deeds(visit: Visit, department: Department, number: ContactNo) -> dict[str, Any]:
    """What they did in all; and of what happened the newest, or what comes `before` a place."""
    before = visit.query("before")
    page = department.analytics.timeline_page(number, before or None)
    happenings = page.happenings
    figures = department.analytics.contact_figures(number)
    mailings = _mailings(department, {each.mailing_no for each in happenings})
    spent = [money(to_major(minor, currency), currency) for currency, minor in figures.spent]
    moments = [_moment(each, mailings) for each in happenings]
    return {
        "figures": figures,
        "spent": spent,
        "moments": moments,
        "earlier": page.next_cursor,
        "before": before,
        "contact_id": contact_id_of(number, department.office.keys),
    }


def _mailings(department: Department, numbers: set[MailingNo]) -> dict[MailingNo, str]:
    """Their campaigns' names."""
    campaigns = department.campaigns.list_by_mailing(numbers)
    return {mailing_no: each.brief.name for mailing_no, each in campaigns.items()}


def export(visit: Visit) -> Response:
    """Everybody, as a file of the format that was asked for."""
    form: FileFormat = "json" if visit.query("format") == "json" else "csv"
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    named = {"Content-Disposition": f'attachment; filename="contacts.{form}"', **PAGE_HEADERS}
    return StreamingResponse(export_contacts(visit.look, form), 200, named, kind)


def unsubscribe(visit: Visit) -> Response:
    """Somebody asked by phone or letter: never mail them again."""
    visit.form()
    with visit.begin() as department:
        number = contact_no_of(visit.path("contact_id"), department.office.keys)
        department.audience.withdraw(number, source=f"page:{visit.actor.name}")
    return visit.go(f"/audience/contacts/{visit.path('contact_id')}", "unsubscribed")


def opt_out_of_sale(visit: Visit) -> Response:
    """Somebody asked that their data be neither sold nor shared, or takes that back."""
    opted_out = text(visit.form(), "opted_out") == "1"
    with visit.begin() as department:
        number = contact_no_of(visit.path("contact_id"), department.office.keys)
        source = f"page:{visit.actor.name}"
        department.topics.opt_out_of_sale(number, source=source, opted_out=opted_out)
    return visit.go(f"/audience/contacts/{visit.path('contact_id')}", "choice-kept")


def show_everything(visit: Visit) -> Response:
    """All that is held about them, as a file for them."""
    visit.actor.require(Scope.AUDIENCE_WRITE)
    with visit.look() as department:
        number = contact_no_of(visit.path("contact_id"), department.office.keys)
        address = department.audience.get_contact(number).address
    told = everything_about(visit.drumbeat, visit.actor, address)
    body = json.dumps(told, ensure_ascii=False, indent=1)
    headers = {
        "Content-Disposition": 'attachment; filename="everything.json"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body, 200, headers, "application/json")


def erase_contact(visit: Visit) -> Response:
    visit.form()
    number = contact_no_of(visit.path("contact_id"), visit.drumbeat.office.keys)
    erase(visit.drumbeat, visit.actor, number)
    return visit.go("/audience", "erased")


def _rows(department: Department, contacts: list[Contact]) -> list[Row]:
    keys = department.office.keys
    allowed = department.audience.permissions([each.contact_no for each in contacts])
    return [_row(each, allowed[each.contact_no], keys) for each in contacts]


def _row(contact: Contact, permission: Permission, keys: KeyRing) -> Row:
    names = (contact.attributes.get(name) for name in ("first_name", "last_name"))
    written = " ".join(str(name) for name in names if name)
    return Row(
        id=contact_id_of(contact.contact_no, keys),
        contact=contact,
        name=written or str(contact.attributes.get("name") or ""),
        allowed=permission.may_mail,
        why="" if permission.may_mail else reason_in_words(permission.reason),
    )


def _moment(happening: Happening, mailings: Mapping[MailingNo, str]) -> Moment:
    kind = happening.kind
    about = mailings.get(happening.mailing_no, "") if happening.mailing_no else ""
    notes = []
    if happening.by_machine:
        why = f" ({happening.why})" if happening.why else ""
        notes.append(f"a machine, not the person{why}: not counted")
    elif happening.verdict == "unsure":
        notes.append(f"a person, but not surely ({happening.why}): counted")
    if happening.kind == "bounced" and happening.why:
        notes.append(happening.why)
    if happening.value_minor:
        worth = to_major(happening.value_minor, happening.currency)
        notes.append(money(float(worth), happening.currency))
    if kind == "clicked" and happening.link_no >= 0:
        notes.append(f"link {count(happening.link_no + 1)}")
    tone = {"purchased": "good", "unsubscribed": "bad", "complained": "bad", "bounced": "bad"}
    if not about and kind in _ABOUT_MAIL:
        about = "a mail"
    what = _HAPPENED.get(kind, words(kind).capitalize())
    return Moment(happening.at, what, about, " · ".join(notes), tone.get(kind, ""))
