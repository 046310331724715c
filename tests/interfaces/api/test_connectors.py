"""REST: exports of shops and mail services come in as they are, and however often, once."""

import pytest

from tests.interfaces.api.conftest import Rest
from tests.interfaces.api.test_imports import report, trouble

SHOPIFY = (
    b"Name,Email,Financial Status,Paid at,Fulfillment Status,Accepts Marketing,Currency,Subtotal,"
    b"Total,Created at,Lineitem quantity,Lineitem name,Billing Name,Billing City,Billing Country,"
    b"Billing Phone,Cancelled at,Refunded Amount,Id\n"
    b"#1001,ada@example.com,paid,2026-05-01 10:00:00 +0200,fulfilled,yes,EUR,100.90,100.90,"
    b"2026-05-01 09:59:00 +0200,1,Tulips,Ada Byron,Ghent,BE,'+32 9 000 00 00,,0.00,555\n"
    b"#1001,,,,,,,,,,1,Daffodils,,,,,,,\n"
    b"#1002,ben@example.com,refunded,2026-05-02 10:00:00 +0200,,no,EUR,20.00,20.00,"
    b"2026-05-02 09:59:00 +0200,1,Tulips,Ben Roe,,,,,20.00,556\n"
    b"#1003,not an address,paid,2026-05-03 10:00:00 +0200,,no,EUR,20.00,20.00,"
    b"2026-05-03 09:59:00 +0200,1,Tulips,,,,,,,557\n"
)
WOO = (
    b"order_id,order_number,order_date,paid_date,status,order_total,order_currency,customer_email,"
    b"billing_first_name,billing_last_name,billing_email,billing_country,billing_city\n"
    b"71,1071,9/6/2026 6:29:00,9/6/2026 6:30:00,completed,42.50,GBP,ada@example.com,Ada,Byron,"
    b"ada@example.com,GB,London\n"
    b"72,1072,2026-09-07 08:00:00,,failed,10.00,GBP,ben@example.com,Ben,Roe,ben@example.com,,\n"
)
STRIPE = (
    b"id,Description,Seller Message,Created (UTC),Amount,Amount Refunded,Currency,Converted Amount,"
    b"Mode,Status,Customer ID,Customer Email,Captured,Card Name,Card Address Country,Invoice ID\n"
    b"ch_1,Bulbs,Payment complete.,2026-05-01 10:00,40.00,10.00,eur,40.00,Live,Paid,cus_1,"
    b"ada@example.com,true,Ada Byron,BE,\n"
    b"ch_2,Bulbs,Declined.,2026-05-01 11:00,40.00,0.00,eur,40.00,Live,Failed,cus_1,"
    b"ada@example.com,false,Ada Byron,BE,\n"
    b"ch_3,Bulbs,Payment complete.,2026-05-02 10:00,7.00,7.00,eur,7.00,Live,Refunded,cus_2,"
    b"ben@example.com,true,Ben Roe,,\n"
)
MEMBERS = (
    b"Email Address,First Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,CC,LAST_CHANGED,LEID,EUID"
)
SUBSCRIBED = (
    MEMBERS
    + b"\nada@example.com,Ada,4,2024-03-14 09:12:31,2024-03-14 09:14:00,BE,2024-03-14,1,e1\n"
    + b"ben@example.com,Ben,2,,2024-04-01 00:00:00,,2024-04-01 00:00:00,2,e2\n"
)
UNSUBSCRIBED = (
    MEMBERS.replace(b"LEID", b"UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON,LEID")
    + b"\nada@example.com,Ada,4,2024-03-14 09:12:31,2024-03-14 09:14:00,BE,2025-01-01 00:00:00,"
    + b"2025-01-01 00:00:00,Spring,N/A,1,e1\n"
)
KLAVIYO = (
    b"Email,Klaviyo ID,First Name,Last Name,Country,Email Marketing Consent,"
    b"Email Marketing Consent Timestamp,Last Open,Email Suppressions\n"
    b"ada@example.com,K1,Ada,Byron,Belgium,SUBSCRIBED,2025-02-03 04:05:06,,[]\n"
    b"ben@example.com,K2,Ben,Roe,,UNSUBSCRIBED,,,\n"
    b"cid@example.com,K3,Cid,,,NEVER_SUBSCRIBED,,,[]\n"
    b"dan@example.com,K4,Dan,,,SUBSCRIBED,2025-02-03 04:05:06,,[USER_SUPPRESSED]\n"
)
KLAVIYO_EVENTS = (
    b"Email,Metric Name,Timestamp,Event ID,Value,Value Currency,Campaign Name,URL\n"
    b"ada@example.com,Opened Email,2026-01-02T03:04:05Z,ev1,,,Spring,\n"
    b"ada@example.com,Clicked Email,2026-01-02T03:05:05Z,ev2,,,Spring,https://shop.example/a\n"
    b"ada@example.com,Placed Order,2026-01-02T03:09:05Z,ev3,19.90,EUR,,\n"
    b"ada@example.com,Updated Profile,2026-01-02T03:10:05Z,ev4,,,,\n"
)
MAILCHIMP_CLICKS = (
    b"Email,Timestamp,URL,IP\n"
    b"ada@example.com,2024-05-06 07:08:09,https://shop.example/a,192.0.2.1\n"
)


def connect(rest: Rest, file: bytes, **query: object) -> dict[str, object]:
    return report(rest, "/contacts/connect", file, **query)


def part(told: dict[str, object], name: str) -> dict[str, object]:
    found = told[name]
    assert isinstance(found, dict)
    return found


def reasons(rest: Rest) -> dict[str, object]:
    listed = rest.get("/contacts")["contacts"]
    assert isinstance(listed, list)
    return {each["email"].partition("@")[0]: each["reason"] for each in listed}


def contact(rest: Rest, address: str) -> dict[str, object]:
    listed = rest.get("/contacts", email=address)["contacts"]
    assert isinstance(listed, list)
    found = listed[0]
    assert isinstance(found, dict)
    return found


def bought(rest: Rest, address: str) -> list[tuple[object, object, object]]:
    row = contact(rest, address)
    shown = rest.get(f"/contacts/{row['contact_id']}")
    timeline = shown["timeline"]
    assert isinstance(timeline, list)
    return [(each["kind"], each["value"], each["at"]) for each in timeline]


@pytest.mark.parametrize(
    ("file", "connector", "added", "events"),
    [
        (SHOPIFY, "shopify_orders", 2, 1),
        (WOO, "woocommerce_orders", 2, 1),
        (STRIPE, "stripe_charges", 2, 1),
        (SUBSCRIBED, "mailchimp_contacts", 2, 0),
        (UNSUBSCRIBED, "mailchimp_contacts", 1, 0),
        (KLAVIYO, "klaviyo_contacts", 4, 0),
        (KLAVIYO_EVENTS, "klaviyo_activity", 1, 3),
        (MAILCHIMP_CLICKS, "mailchimp_activity", 1, 1),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_export_is_known_by_its_header_and_counted_once(
    rest: Rest, file: bytes, connector: str, added: int, events: int
) -> None:
    dry = connect(rest, file, dry_run="true")
    assert (dry["connector"], part(dry, "contacts")["added"]) == (connector, added)
    assert rest.get("/contacts")["contacts"] == []
    first, again = connect(rest, file), connect(rest, file)
    assert (part(first, "contacts")["added"], part(first, "events")["added"]) == (added, events)
    assert (part(again, "contacts")["added"], part(again, "events")["added"]) == (0, 0)
    assert (part(again, "contacts")["updated"], part(again, "events")["repeated"]) == (0, events)


def test_orders_of_shopify_are_purchases_and_a_rejected_row_has_its_number(rest: Rest) -> None:
    told = connect(rest, SHOPIFY)
    assert (told["rows"], told["passed"]) == (4, 1)
    problems = part(told, "contacts")["problems"]
    assert isinstance(problems, list)
    assert [problem["row"] for problem in problems] == [5]
    assert bought(rest, "ada@example.com") == [("purchased", 100.9, "2026-05-01T08:00:00+00:00")]
    assert bought(rest, "ben@example.com") == []
    assert reasons(rest) == {"ada": None, "ben": "no_consent"}
    ada = contact(rest, "ada@example.com")
    assert (ada["timezone"], ada["timezone_source"]) == ("Europe/Brussels", "country")


def test_what_was_paid_counts_without_what_was_paid_back(rest: Rest) -> None:
    connect(rest, STRIPE)
    connect(rest, WOO)
    assert bought(rest, "ada@example.com") == [
        ("purchased", 42.5, "2026-09-06T06:30:00+00:00"),
        ("purchased", 30.0, "2026-05-01T10:00:00+00:00"),
    ]


def test_consent_is_what_the_service_says_and_a_no_there_stays_a_no(rest: Rest) -> None:
    connect(rest, KLAVIYO)
    assert reasons(rest) == {
        "ada": None,
        "ben": "unsubscribed",
        "cid": "no_consent",
        "dan": "unsubscribed",
    }
    connect(rest, UNSUBSCRIBED)
    connect(rest, SUBSCRIBED)
    assert reasons(rest)["ada"] == "unsubscribed"
    assert reasons(rest)["ben"] == "unsubscribed"


def test_without_trust_in_its_word_only_its_no_counts(rest: Rest) -> None:
    connect(rest, KLAVIYO, consent="unconfirmed")
    assert set(reasons(rest).values()) == {"no_consent", "unsubscribed"}


def test_a_file_of_nobody_known_is_refused_with_what_is_known(rest: Rest) -> None:
    field, detail = trouble(rest, "/contacts/connect", b"Email,City\na@example.com,Ghent\n")
    assert field == "file"
    assert "Shopify orders" in detail
    field, _ = trouble(rest, "/contacts/connect", SHOPIFY, kind="ebay")
    assert field == "kind"


def test_a_broken_row_is_told_and_the_others_are_taken(rest: Rest) -> None:
    told = connect(rest, STRIPE + b"ch_9,too,few\n")
    assert (told["broken"], part(told, "contacts")["added"]) == (1, 2)
    assert told["problems"] == [{"row": 5, "reason": "has 3 cells where the header has 16"}]


def test_a_contact_says_what_they_did_in_all_by_the_usual_names(rest: Rest) -> None:
    for file in (KLAVIYO, KLAVIYO_EVENTS, STRIPE, SHOPIFY):
        connect(rest, file)
    row = contact(rest, "ada@example.com")
    shown = rest.get(f"/contacts/{row['contact_id']}")
    names = ("total_opens", "total_clicks", "total_purchases", "last_open", "last_click")
    assert [shown[name] for name in names] == [
        1,
        1,
        3,
        "2026-01-02T03:04:05+00:00",
        "2026-01-02T03:05:05+00:00",
    ]
    assert (shown["lifetime_value"], shown["lifetime_value_currency"]) == (150.8, "EUR")
    assert shown["preferences"] == {"marketing": "subscribed"}
    nobody = contact(rest, "cid@example.com")
    shown = rest.get(f"/contacts/{nobody['contact_id']}")
    assert [shown[name] for name in names] == [0, 0, 0, None, None]
    assert shown["lifetime_value"] is None
