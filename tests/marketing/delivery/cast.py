"""A frozen mailing in a few words."""

from collections.abc import Mapping, Sequence

import numpy as np

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.clock import epoch
from drumbeat.kit.ids import ContactNo, MailingNo, PersonNo
from drumbeat.marketing.audience import AudienceArrays, Consent, ContactRow
from drumbeat.marketing.delivery import (
    Accepted,
    Deferred,
    Ending,
    EngineName,
    LedgerPlan,
    NewMailing,
    Receipt,
    Refused,
    Released,
    Unknown,
    Withheld,
    plan_file_name,
    plan_ledger,
)
from tests.conftest import MARIA

NEWSLETTER = NewMailing(
    campaign_no=None,
    kind="newsletter",
    sender_name="Anna",
    sender_email="anna@shop.example",
    piece_no=1,
    piece_revision=1,
    decided_by=PersonNo(1),
)


def address(number: int) -> str:
    return f"reader{number}@example.com"


def invite(house: Drumbeat, count: int) -> None:
    """Subscribed contacts 1 to `count`."""
    for start in range(1, count + 1, 2000):
        rows = [
            ContactRow(address(number), consent=Consent.subscribed)
            for number in range(start, min(start + 2000, count + 1))
        ]
        with house.begin(MARIA) as department:
            department.audience.merge_contacts(rows)


def everyone(count: int, domains: Sequence[str] = ("example.com",)) -> AudienceArrays:
    return AudienceArrays(
        contact_nos=np.arange(1, count + 1, dtype=np.int32),
        zones=np.zeros(count, dtype=np.int16),
        zone_names=("",),
        domains=(np.arange(count) % len(domains)).astype(np.int32),
        domain_names=tuple(domains),
    )


def plan_for(
    house: Drumbeat,
    count: int,
    *,
    later: Sequence[int] | None = None,
    barred: Mapping[int, str] | None = None,
    domains: Sequence[str] = ("example.com", "gmail.com"),
) -> LedgerPlan:
    """Everyone in two arms; contact i is due `later[i - 1]` seconds from now."""
    now = epoch(house.office.clock())
    due = [now + (later[i] if later is not None else 0) for i in range(count)]
    why = {ContactNo(number): reason for number, reason in (barred or {}).items()}
    return plan_ledger(everyone(count, domains), due, np.arange(count) % 2, why)


def open_frozen(
    house: Drumbeat, plan: LedgerPlan, *, new: NewMailing = NEWSLETTER, start: bool = True
) -> MailingNo:
    with house.begin(MARIA) as department:
        mailing_no = department.delivery.open_mailing(new)
        name = plan_file_name(mailing_no, plan.to_bytes())
        department.delivery.accept_plan(mailing_no, name, len(plan), 1)
    left = 1
    while left:
        with house.begin(MARIA) as department:
            left = department.delivery.freeze_next(mailing_no, plan)
    if start:
        with house.begin(MARIA) as department:
            department.delivery.start(mailing_no)
    return mailing_no


ENGINE = EngineName("engine-a", "boot-1", "sandbox")


def mixed_ledger(house: Drumbeat, count: int, seed: int) -> MailingNo:
    """A mailing under way, with rows in every state, over four lanes."""
    rng = np.random.default_rng(seed)
    invite(house, count)
    domains = ("example.com", "gmail.com", "yahoo.com", "icloud.com")
    barred = {number: "no_consent" for number in range(1, count + 1, 9)}
    mailing_no = open_frozen(house, plan_for(house, count, barred=barred, domains=domains))
    endings: list[Ending] = [
        Accepted("1"),
        Refused("550 5.1.1 unknown", True, 550),
        Deferred("451 later", "recipient"),
        Unknown("no answer came"),
        Withheld("unsubscribed"),
        Released(),
    ]
    receipts: list[Receipt] = []
    for _ in range(4):
        with house.begin(MARIA) as department:
            budget = int(rng.integers(12, 19))
            done = department.sending.exchange(mailing_no, ENGINE, receipts, budget)
        ended = [claimed.ended(endings[rng.integers(len(endings))]) for claimed in done.claimed]
        receipts = ended[: len(ended) - 2]
    return mailing_no


def states(house: Drumbeat, mailing_no: MailingNo) -> dict[str, int]:
    """The states that have rows; checks on the way that tallies, rows and frozen agree."""
    with house.look(MARIA) as department:
        counts = department.delivery.ledger(mailing_no)
        recount = department.delivery.recount(mailing_no)
        assert sum(counts.states.values()) == counts.frozen == recount.rows
        assert department.delivery.ledgers.tallies(mailing_no) == recount.counts
    return {state: n for state, n in counts.states.items() if n}
