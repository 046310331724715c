"""What a page costs in a full house: its server time as a ratio to the home page of an empty one.

    python benchmarks/pages.py [contacts]     prints one JSON object, in about four minutes

Both houses answer in this process through the stack that serves them: the ASGI application, the
session, the database, the template. The full one has finished a campaign that everybody was sent.
A ratio is of processor time, which other work on the machine does not change. A page is also asked
for once after each new fact: of another campaign's mailing, and of the one that was sent.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from starlette.applications import Starlette

from drumbeat.bootstrap import Drumbeat, open_folder
from drumbeat.engine import facts as fact_jobs
from drumbeat.engine.loop import Engine
from drumbeat.interfaces.web import create_web
from drumbeat.kit.clock import FileClock
from drumbeat.kit.ids import CampaignId, ContactNo, MailingNo, public_id
from drumbeat.marketing.audience import Consent, ContactRow, MergePolicy, segment_audience
from drumbeat.marketing.campaigns import Brief, ExperimentWish, Kind, Launch, TimingWish
from drumbeat.marketing.campaigns.pipeline import proceed
from drumbeat.marketing.events import Fact
from drumbeat.marketing.events import Kind as FactKind

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
END = NOW + timedelta(days=40)
UNIT = 2_000
ROUNDS, NEW_FACTS = 25, 3
LIMIT = 3.0
EMPTY_PAGE = "/dashboard"
BODY = "<p>Hello {{ first_name }}</p><p><a href='https://shop.example/'>Shop</a></p>"
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Europe/London", "Australia/Sydney")


@dataclass(frozen=True)
class House:
    drumbeat: Drumbeat
    clock: FileClock
    app: Starlette


@contextmanager
def opened(folder: Path, *, at: datetime | None = None) -> Iterator[House]:
    """On a clock that is moved by its file; or, to be measured, at one instant."""
    folder.mkdir(exist_ok=True)
    clock = FileClock(folder / "clock")
    clock.set(NOW if at is None else at)
    still = None if at is None else (lambda: at)
    drumbeat = open_folder(folder / "home", folder / "key", clock=still or clock)
    drumbeat.owner()
    yield House(drumbeat, clock, Starlette(routes=create_web(drumbeat).routes))
    drumbeat.close()


def signed_in(house: House) -> bytes:
    with house.drumbeat.begin(house.drumbeat.owner()) as department:
        secret = department.accounts.redeem_link(department.accounts.issue_sign_in_link())
    return b"drumbeat_session=" + str(secret).encode()


async def ask(house: House, path: str, cookie: bytes) -> int:
    """One request through the application; answers its status."""
    target, _, query = path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": target,
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"cookie", cookie)],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "scheme": "http",
        "http_version": "1.1",
    }
    said: list[int] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            said.append(message["status"])

    await house.app(scope, receive, send)
    return said[0]


def fill(house: House, contacts: int) -> CampaignId:
    """Everybody said yes, one campaign reached them, and some opened, clicked and bought."""
    for first in range(0, contacts, UNIT):
        rows = [
            ContactRow(
                f"reader{no}@home{no % 997}.example",
                attributes={"first_name": f"Reader {no}", "timezone": ZONES[no % len(ZONES)]},
                consent=Consent.subscribed,
            )
            for no in range(first, min(first + UNIT, contacts))
        ]
        with house.drumbeat.begin(house.drumbeat.owner()) as department:
            department.audience.merge_contacts(rows, MergePolicy.overwrite)
    campaign_id = launch(house, "Everybody")
    Engine(house.drumbeat).run_until(NOW + timedelta(hours=1), house.clock)
    react(house, campaign_id, contacts)
    Engine(house.drumbeat).run_until(END, house.clock)
    cut(house)
    for number in range(24):
        write(house, f"Draft {number}")
    return campaign_id


def write(house: House, name: str) -> CampaignId:
    test = ExperimentWish("subject_line", ("Come in", "Your table is waiting"))
    timing = TimingWish(Launch.NOW)
    brief = Brief(name, Kind.NEWSLETTER, "Come in", BODY, test=test, timing=timing)
    with house.drumbeat.begin(house.drumbeat.owner()) as department:
        campaign_id = department.campaigns.create(brief).id
    proceed(house.drumbeat, campaign_id)
    return campaign_id


def launch(house: House, name: str) -> CampaignId:
    campaign_id = write(house, name)
    with house.drumbeat.begin(house.drumbeat.owner()) as department:
        department.campaigns.approve(campaign_id)
        department.campaigns.ask_launch(campaign_id)
    proceed(house.drumbeat, campaign_id)
    return campaign_id


def react(house: House, campaign_id: CampaignId, contacts: int) -> None:
    """Three in ten open, six in a hundred click, one in a hundred buys; drawn with a seed."""
    draw = np.random.default_rng(3)
    number = mailing_of(house, campaign_id)
    kinds = ((FactKind.opened, 0.3), (FactKind.clicked, 0.06), (FactKind.purchased, 0.01))
    for kind, share in kinds:
        people = np.flatnonzero(draw.random(contacts) < share) + 1
        for first in range(0, len(people), UNIT):
            told = [_fact(kind, int(no), number) for no in people[first : first + UNIT]]
            with house.drumbeat.begin(house.drumbeat.owner()) as department:
                department.events.record(told)
    while fact_jobs.fold(house.drumbeat):
        pass


def mailing_of(house: House, campaign_id: CampaignId) -> MailingNo:
    with house.drumbeat.look(house.drumbeat.owner()) as department:
        number = department.campaigns.get(campaign_id).plan.mailing_no
    assert number is not None
    return number


def _fact(kind: FactKind, contact_no: int, mailing_no: MailingNo) -> Fact:
    paid = {"value_minor": 4_900, "currency": "EUR"} if kind is FactKind.purchased else {}
    at = NOW + timedelta(hours=1, seconds=contact_no % 80_000)
    return Fact(kind, at, ContactNo(contact_no), mailing_no, source="benchmark", **paid)


def cut(house: House) -> None:
    @contextmanager
    def looking() -> Iterator[Any]:
        with house.drumbeat.look(house.drumbeat.owner()) as department:
            yield department.audience

    @contextmanager
    def writing() -> Iterator[Any]:
        with house.drumbeat.begin(house.drumbeat.owner()) as department:
            yield department.audience

    segment_audience(looking, writing, "rfm")


def pages_of(house: House, campaign_id: CampaignId) -> Sequence[tuple[str, str]]:
    """Every kind of page, by the name it has in the answer."""
    contact = public_id("con", ContactNo(7), house.drumbeat.office.keys.derive("ids"))
    with house.drumbeat.look(house.drumbeat.owner()) as department:
        waiting = department.campaigns.list_(limit=1)[0].id
    at = f"/campaigns/{campaign_id}"
    return (
        ("home", "/dashboard"),
        ("campaigns", "/campaigns"),
        ("campaign_results", at),
        ("campaign_what_is_sent", f"{at}/plan"),
        ("campaign_live_panel", f"{at}/live"),
        ("campaign_preview", f"{at}/preview?as=reader7@home7.example"),
        ("recipients", f"{at}/recipients"),
        ("recipients_by_state", f"{at}/recipients?state=sent"),
        ("recipients_by_address", f"{at}/recipients?address=reader7@home7.example"),
        ("campaign_waiting", f"/campaigns/{waiting}"),
        ("campaign_form", "/campaigns/new"),
        ("campaign_edit", f"/campaigns/{waiting}/edit"),
        ("audience", "/audience"),
        ("audience_by_address", "/audience?address=reader7@home7.example"),
        ("contact", f"/audience/contacts/{contact}"),
        ("segments", "/audience/segments"),
        ("import", "/audience/import"),
        ("sandbox", "/sandbox"),
        ("sandbox_by_address", "/sandbox?to=reader7@home7.example"),
        ("sandbox_mail", "/sandbox/7"),
        ("settings", "/settings"),
        ("people", "/settings/people"),
        ("trail", "/settings/trail"),
    )


@dataclass(frozen=True)
class Took:
    """Seconds: the first request's, and of those after it the median by processor and by clock."""

    first: float
    processor: float
    clock: float


async def timed(house: House, cookie: bytes, path: str) -> Took:
    processor, clock = [], []
    for _ in range(ROUNDS + 1):
        busy, start = time.process_time(), time.perf_counter()
        status = await ask(house, path, cookie)
        processor.append(time.process_time() - busy)
        clock.append(time.perf_counter() - start)
        assert status == 200, (path, status)
    return Took(processor[0], median(processor[1:]), median(clock[1:]))


async def after_a_fact(house: House, cookie: bytes, path: str, mailing_no: MailingNo) -> float:
    """Processor seconds of the first request after somebody opened this mailing; their median."""
    took = []
    for contact_no in range(1, NEW_FACTS + 1):
        with house.drumbeat.begin(house.drumbeat.owner()) as department:
            department.events.record([_fact(FactKind.opened, contact_no, mailing_no)])
        busy = time.process_time()
        await ask(house, path, cookie)
        took.append(time.process_time() - busy)
    return median(took)


async def measure(empty: House, full: House, campaign_id: CampaignId) -> dict[str, Any]:
    nobody, somebody = signed_in(empty), signed_in(full)
    before = await timed(empty, nobody, EMPTY_PAGE)
    pages = pages_of(full, campaign_id)
    took = {name: await timed(full, somebody, path) for name, path in pages}
    mine = mailing_of(full, campaign_id)
    facts = {"another": MailingNo(mine + 1), "this": mine}
    moved = {
        whose: {name: await after_a_fact(full, somebody, path, no) for name, path in pages}
        for whose, no in facts.items()
    }
    after = await timed(empty, nobody, EMPTY_PAGE)
    busy = median((before.processor, after.processor))
    clock = median((before.clock, after.clock))
    ratios = {name: round(each.processor / busy, 2) for name, each in took.items()}
    return {
        "empty_page_ms": round(busy * 1e3, 2),
        "ratios": ratios,
        "ratios_by_the_clock": {n: round(each.clock / clock, 2) for n, each in took.items()},
        "first_view_ratios": {n: round(each.first / busy, 1) for n, each in took.items()},
        **{
            f"first_view_after_a_fact_of_{whose}_campaign": {
                name: round(seconds / busy, 1) for name, seconds in each.items()
            }
            for whose, each in moved.items()
        },
        "above_limit": {name: ratio for name, ratio in ratios.items() if ratio > LIMIT},
        "limit": LIMIT,
    }


def main(contacts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        with opened(at / "full") as filling:
            campaign_id = fill(filling, contacts)
        with opened(at / "empty", at=END) as empty, opened(at / "full", at=END) as full:
            found = asyncio.run(measure(empty, full, campaign_id))
    print(json.dumps({"contacts": contacts, **found}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100_000)
