"""What the exports of shops and mail services say, by the headers that each of them is known by.

Every row becomes at most one contact and one event in the columns of our own imports, in its own
place, so that a rejected row has the number it has in the file. An event is named by what the
service calls it, so that the same export, or a later one that overlaps it, counts it once.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from drumbeat.kit.headers import spelling

Told = Mapping[str, str]
"""The cells of a row by the spelling of their header: "Paid at" is "paid at"."""

CONTACT = (
    "email", "external_id", "first_name", "last_name", "name", "phone", "company", "country",
    "city", "timezone", "consent", "consented_at", "created_at",
)  # fmt: skip
EVENT = (
    "email", "kind", "occurred_at", "event_id", "value", "currency", "order_id", "campaign", "url",
    "ip", "user_agent", "product",
)  # fmt: skip
_SPACED_OFFSET = re.compile(r" ([+-]\d\d:?\d\d)$")
_MONTH_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(.*)")


@dataclass(frozen=True)
class Connector:
    """An export is it if its header has one of each of `signs`; None says nothing about a row."""

    name: str
    title: str
    signs: tuple[tuple[str, ...], ...]
    contact: Callable[[Told], Told | None]
    event: Callable[[Told], Told | None]
    all_columns: bool = False
    """Whether the file is one of contacts in itself, with columns that become attributes."""


def recognise_export(header: Sequence[str]) -> Connector | None:
    """Whose export has such a header."""
    names = {spelling(name) for name in header}
    for connector in CONNECTORS:
        if all(names.intersection(either) for either in connector.signs):
            return connector
    return None


def _no_event(told: Told) -> Told | None:
    return None


def _first(told: Told, *names: str) -> str:
    return next((told[name].strip() for name in names if told.get(name, "").strip()), "")


def _instant(cell: str) -> str:
    """Shopify writes a blank before the offset."""
    return _SPACED_OFFSET.sub(r"\1", cell.strip())


def _amount(cell: str) -> float | None:
    try:
        return float(cell.replace(",", "")) if cell else 0.0
    except ValueError:
        return None


def _net(total: str, refunded: str) -> str | None:
    """What was kept of it; None when nothing was, the cell itself when it is no number."""
    paid, back = _amount(total), _amount(refunded)
    if paid is None or back is None:
        return total
    return None if paid - back <= 0 else f"{paid - back:.2f}"


# -- shops ------------------------------------------------------------------------------------

_SHOPIFY_PAID = {"paid", "partially refunded", "partially paid"}
_WOO_PAID = {"completed", "processing", "wc completed", "wc processing"}
_STRIPE_PAID = {"paid", "succeeded", "partially refunded", "refunded", "partial refund"}


def _shopify_contact(told: Told) -> Told | None:
    if not told.get("email"):
        return None  # a further line of an order, or one of nobody
    # "no" is no wish at this checkout, not a no to mail: whoever left says so elsewhere.
    accepts = told.get("accepts marketing", "").strip().lower()
    return {
        "email": told["email"],
        "name": _first(told, "billing name", "shipping name"),
        "phone": _first(told, "phone", "billing phone", "shipping phone").lstrip("'"),
        "company": _first(told, "billing company"),
        "country": _first(told, "billing country", "shipping country"),
        "city": _first(told, "billing city", "shipping city"),
        "consent": "yes" if accepts in ("yes", "true") else "",
    }


def _shopify_event(told: Told) -> Told | None:
    status = spelling(told.get("financial status", ""))
    order = told.get("name", "").strip()
    value = _net(told.get("total", ""), told.get("refunded amount", ""))
    if not told.get("email") or status not in _SHOPIFY_PAID or told.get("cancelled at"):
        return None
    if value is None:
        return None
    return {
        "email": told["email"],
        "kind": "purchased",
        "occurred_at": _instant(_first(told, "paid at", "created at")),
        "event_id": f"shopify:{_first(told, 'id') or order}",
        "value": value,
        "currency": told.get("currency", ""),
        "order_id": order,
        "product": _first(told, "lineitem name"),
    }


def _woo_mail(told: Told) -> str:
    return _first(told, "billing email", "customer email", "email billing")


def _woo_contact(told: Told) -> Told | None:
    if not _woo_mail(told):
        return None
    return {
        "email": _woo_mail(told),
        "first_name": _first(told, "billing first name", "first name billing"),
        "last_name": _first(told, "billing last name", "last name billing"),
        "phone": _first(told, "billing phone", "phone billing"),
        "company": _first(told, "billing company", "company billing"),
        "country": _first(told, "billing country", "country code billing", "country billing"),
        "city": _first(told, "billing city", "city billing"),
    }


def _woo_event(told: Told) -> Told | None:
    status = spelling(_first(told, "status", "order status"))
    order = _first(told, "order number", "order id")
    total = _first(told, "order total", "order total amount", "total")
    value = _net(total, _first(told, "refunded total", "order refund amount"))
    if not _woo_mail(told) or status not in _WOO_PAID or value is None:
        return None
    at = _first(told, "date paid", "paid date", "date", "order date")
    if found := _MONTH_FIRST.fullmatch(at):  # as its documentation says: month first
        month, day, year, rest = found.groups()
        at = f"{year}-{int(month):02}-{int(day):02}{rest}"
    return {
        "email": _woo_mail(told),
        "kind": "purchased",
        "occurred_at": re.sub(r" (\d):", r" 0\1:", at),
        "event_id": f"woocommerce:{_first(told, 'order id', 'order number')}",
        "value": value,
        "currency": _first(told, "order currency", "currency"),
        "order_id": order,
    }


def _stripe_contact(told: Told) -> Told | None:
    if not told.get("customer email"):
        return None
    return {
        "email": told["customer email"],
        "name": _first(told, "card name"),
        "country": _first(told, "card address country"),
        "city": _first(told, "card address city"),
    }


def _stripe_event(told: Told) -> Told | None:
    status = spelling(told.get("status", ""))
    value = _net(told.get("amount", ""), told.get("amount refunded", ""))
    captured = told.get("captured", "").strip().lower() not in ("false", "no")
    if not told.get("customer email") or status not in _STRIPE_PAID or value is None:
        return None
    return (
        {
            "email": told["customer email"],
            "kind": "purchased",
            "occurred_at": _first(told, "created utc", "created date utc"),
            "event_id": f"stripe:{told.get('id', '')}",
            "value": value,
            "currency": told.get("currency", "").upper(),
            "order_id": _first(told, "invoice id", "id"),
            "product": _first(told, "description"),
        }
        if captured
        else None
    )


# -- mail services ----------------------------------------------------------------------------


def _mailchimp_contact(told: Told) -> Told | None:
    """An audience comes as three files: subscribed, unsubscribed and cleaned members."""
    if "unsub time" in told:
        return {**told, "consent": "unsubscribed"}
    if "clean time" in told:
        return {**told, "consent": "cleaned"}
    return {**told, "consent": "subscribed"}


def _klaviyo_contact(told: Told) -> Told | None:
    suppressed = told.get("email suppressions", "").strip()
    said = told.get("email marketing consent", "")
    return {**told, "consent": "unsubscribed" if suppressed not in ("", "[]") else said}


_KLAVIYO_METRICS = {
    "received email": "delivered",
    "opened email": "opened",
    "clicked email": "clicked",
    "bounced email": "bounced",
    "marked email as spam": "complained",
    "unsubscribed": "unsubscribed",
    "unsubscribed from email marketing": "unsubscribed",
    "unsubscribed from list": "unsubscribed",
    "placed order": "purchased",
    "viewed product": "viewed",
    "active on site": "viewed",
    "subscribed to list": "signed_up",
    "subscribed to email marketing": "signed_up",
}


def _known_by_mail(told: Told) -> Told | None:
    email = _first(told, "email", "email address")
    return {"email": email} if email else None


def _klaviyo_event(told: Told) -> Told | None:
    metric = spelling(_first(told, "metric", "metric name", "event", "event name"))
    kind = _KLAVIYO_METRICS.get(metric)
    at = _first(told, "timestamp", "event timestamp", "datetime", "date")
    if kind is None or not _first(told, "email", "email address"):
        return None
    own = _first(told, "event id", "uuid")
    email = _first(told, "email", "email address")
    return {
        "email": email,
        "kind": kind,
        "occurred_at": _instant(at),
        "event_id": f"klaviyo:{own or f'{email.lower()}:{metric}:{at}'}",
        "value": _first(told, "value") if kind == "purchased" else "",
        "currency": _first(told, "value currency", "currency") if kind == "purchased" else "",
        "order_id": _first(told, "order id"),
        "campaign": _first(told, "campaign name"),
        "url": _first(told, "url"),
    }


def _mailchimp_event(told: Told) -> Told | None:
    """Opens and clicks come in files of their own: only those of clicks have addresses of pages."""
    email, at = _first(told, "email", "email address"), told.get("timestamp", "").strip()
    if not email or not at:
        return None
    url = _first(told, "url", "link")
    kind = "clicked" if url else "opened"
    return {
        "email": email,
        "kind": kind,
        "occurred_at": _instant(at),
        "event_id": f"mailchimp:{email.lower()}:{kind}:{at}:{url}"[:200],
        "campaign": _first(told, "campaign title", "campaign"),
        "url": url,
        "ip": _first(told, "ip", "ip address"),
    }


CONNECTORS = (
    Connector(
        "shopify_orders",
        "Shopify orders",
        (("financial status",), ("lineitem name", "lineitem quantity"), ("email",), ("name",)),
        _shopify_contact,
        _shopify_event,
    ),
    Connector(
        "woocommerce_orders",
        "WooCommerce orders",
        (
            ("order id", "order number"),
            ("billing email", "customer email", "email billing"),
            ("order total", "order total amount"),
        ),
        _woo_contact,
        _woo_event,
    ),
    Connector(
        "stripe_charges",
        "Stripe charges",
        (("created utc", "created date utc"), ("amount",), ("customer email",), ("id",)),
        _stripe_contact,
        _stripe_event,
    ),
    Connector(
        "mailchimp_contacts",
        "Mailchimp audience",
        (("leid", "euid"), ("email address", "email"), ("last changed", "member rating")),
        _mailchimp_contact,
        _no_event,
        all_columns=True,
    ),
    Connector(
        "klaviyo_contacts",
        "Klaviyo profiles",
        (("email",), ("klaviyo id",), ("email marketing consent", "email suppressions")),
        _klaviyo_contact,
        _no_event,
        all_columns=True,
    ),
    Connector(
        "klaviyo_activity",
        "Klaviyo activity",
        (
            ("email", "email address"),
            ("metric", "metric name", "event", "event name"),
            ("timestamp", "event timestamp", "datetime"),
        ),
        _known_by_mail,
        _klaviyo_event,
    ),
    Connector(
        "mailchimp_activity",
        "Mailchimp activity",
        (("email", "email address"), ("timestamp",)),
        _known_by_mail,
        _mailchimp_event,
    ),
)
"""The most telling first: a file is the first of these that it can be."""
