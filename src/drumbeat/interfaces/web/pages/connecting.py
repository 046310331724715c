"""Connectors: which export of a shop or mail service to get where, and how it is brought in."""

from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.responses import Response

from drumbeat.interfaces.web.connect_desk import Export
from drumbeat.interfaces.web.forms import text
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.campaigns.connectors import CONNECTORS

MOST_BYTES = 64 << 20
_AT = "/audience/connect"


@dataclass(frozen=True)
class Guide:
    """Of one service: where the file is got, which it is, and what comes of it."""

    service: str
    where: str
    file: str
    brings: str


GUIDES = (
    Guide(
        "Shopify",
        "Orders, then Export: all orders, as a plain CSV file.",
        "orders_export.csv, one line for each thing in an order",
        "Buyers, and one purchase for each order that was paid, less what was given back.",
    ),
    Guide(
        "WooCommerce",
        "An order export with e-mail, status and total of each order, from an export extension.",
        "one line for each order",
        "Buyers, and one purchase for each order that is processing or completed.",
    ),
    Guide(
        "Stripe",
        "Payments, then Export, with all columns.",
        "payments or charges as CSV, one line for each charge",
        "Payers, and one purchase for each charge that went through, less refunds.",
    ),
    Guide(
        "Mailchimp",
        "Audience, All contacts, Export audience. It is a ZIP of three files: bring in each.",
        "subscribed, unsubscribed and cleaned members; activity is a file of its own",
        "People with their fields and their yes or no; opens and clicks from the activity.",
    ),
    Guide(
        "Klaviyo",
        "A list or segment, then export it to CSV; what people did is exported from its metric.",
        "profiles with consent, or one line for each event",
        "People with their yes or no, and deliveries, opens, clicks, orders and views.",
    ),
)


def show_guides(visit: Visit) -> Response:
    _may(visit)
    return _shown(visit)


def take_export(visit: Visit) -> Response:
    """Take the file and begin the dry run."""
    _may(visit)
    desk = visit.source.exports
    try:
        taken = _taken(visit)
    except InvalidInput as error:
        return _shown(visit, 422, str(error))
    desk.check(visit.drumbeat, visit.actor, taken)
    return visit.go(f"{_AT}/{taken.key}")


def show_export(visit: Visit) -> Response:
    """How far it is, what would change, or what did."""
    return visit.page("connect_step.html", export=_export(visit))


def import_export(visit: Visit) -> Response:
    """In earnest, what was checked."""
    visit.form()
    found = _export(visit)
    visit.source.exports.start(visit.drumbeat, visit.actor, found)
    return visit.go(f"{_AT}/{found.key}")


def _shown(visit: Visit, status: int = 200, problem: str = "") -> Response:
    return visit.page(
        "connect.html",
        status,
        guides=GUIDES,
        connectors=CONNECTORS,
        problem=problem,
        most=MOST_BYTES >> 20,
    )


def _taken(visit: Visit) -> Export:
    form = visit.form(at_most=MOST_BYTES, files=1)
    file, kind = form.get("file"), text(form, "kind")
    if not isinstance(file, UploadFile) or not file.filename:
        raise InvalidInput("Choose a file first.", field="file")
    if kind not in {"", *(each.name for each in CONNECTORS)}:
        kind = ""
    consent = "as_told" if text(form, "consent") == "as_told" else "unconfirmed"
    desk = visit.source.exports
    return desk.take(visit.actor, file.filename[:120], file.file, kind, consent)


def _export(visit: Visit) -> Export:
    _may(visit)
    return visit.source.exports.get(visit.actor, visit.path("key"))


def _may(visit: Visit) -> None:
    visit.actor.require(Scope.AUDIENCE_WRITE)
    visit.actor.require(Scope.EVENTS_WRITE)
