"""Which records a sender should publish, and what those that are there amount to."""

import pytest

from drumbeat.marketing.senders import (
    Record,
    RecordKind,
    SenderSetup,
    Standing,
    aligned,
    domains_above,
    judge,
    wanted_records,
)
from drumbeat.marketing.senders.ports import Found, Published, Unasked

SETUP = SenderSetup(
    "shop.example",
    (("s._domainkey.shop.example", "v=DKIM1; k=rsa; p=AAAA"),),
    "smtp.relay.example",
    "mail.shop.example",
)
RECORDS = {record.kind: record for record in wanted_records(SETUP)}


def standing(kind: RecordKind, found: Found, *above: Found) -> Standing:
    return judge(RECORDS[kind], found, above).standing


def test_every_record_is_told_exactly() -> None:
    assert RECORDS[RecordKind.DKIM] == Record(
        RecordKind.DKIM,
        "TXT",
        "s._domainkey.shop.example",
        "v=DKIM1; k=rsa; p=AAAA",
        RECORDS[RecordKind.DKIM].why,
    )
    assert RECORDS[RecordKind.SPF].value == "v=spf1 a:smtp.relay.example ~all"
    assert RECORDS[RecordKind.DMARC].name == "_dmarc.shop.example"
    assert RECORDS[RecordKind.TRACKING].name == "mail.shop.example"


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        (RecordKind.DKIM, ["v=DKIM1; k=rsa; p=AAAA"], Standing.OK),
        (RecordKind.DKIM, ["k=rsa;p=AA AA"], Standing.OK),
        (RecordKind.DKIM, ["v=DKIM1; k=rsa; p=BBBB"], Standing.DIFFERS),
        (RecordKind.DKIM, ["v=DKIM1; p=AAAA", "v=DKIM1; p=AAAA"], Standing.DIFFERS),
        (RecordKind.DKIM, [], Standing.MISSING),
        (RecordKind.SPF, ["v=spf1 include:_spf.relay.example ~all", "other"], Standing.OK),
        (RecordKind.SPF, ["v=spf10 all"], Standing.MISSING),
        (RecordKind.SPF, ["v=spf1 -all", "v=spf1 ~all"], Standing.DIFFERS),
        (RecordKind.DMARC, ["v=DMARC1; p=reject"], Standing.OK),
        (RecordKind.DMARC, ["v=DMARC1; p=none", "v=DMARC1; p=none"], Standing.DIFFERS),
        (RecordKind.DMARC, ["a wildcard's answer"], Standing.MISSING),
        (RecordKind.TRACKING, ["192.0.2.1"], Standing.OK),
        (RecordKind.TRACKING, [], Standing.MISSING),
    ],
)
def test_what_is_there_is_judged(kind: RecordKind, values: list[str], expected: Standing) -> None:
    assert standing(kind, Published(tuple(values))) is expected
    assert standing(kind, Unasked("no answer")) is Standing.NOT_CHECKED


def test_a_policy_of_a_domain_above_counts() -> None:
    nothing, policy = Published(()), Published(("v=DMARC1; p=quarantine",))
    assert standing(RecordKind.DMARC, nothing, nothing, policy) is Standing.OK
    assert domains_above("a.b.shop.example") == ["b.shop.example", "shop.example"]
    assert domains_above("shop.example") == []


def test_alignment_is_relaxed_but_never_by_a_bare_suffix() -> None:
    assert aligned("shop.example", "News.shop.example")
    assert aligned("mail.shop.example", "shop.example")
    assert not aligned("shop.example", "myshop.example")
    assert not aligned("example", "shop.example")
