"""What a page costs in a full house: its server time as a ratio to the home page of an empty one.

    python benchmarks/pages.py [contacts]     prints one JSON object, in about five minutes

Both houses answer in this process through the stack that serves them: the ASGI application, the
session, the database, the template. Everybody in the full one was sent a campaign; it is measured
while people react ("measuring") and when it is over ("finished"). A ratio is of processor time,
which other work on the machine does not change. The cases: a page again and again; its very first
view; the first after a new fact of another mailing, of this one, and of this one once the engine
has counted it. An engine's lease stands in for the engine that runs beside a served house; what
its counting costs is measured apart. Before anything is measured, code has run once and the first
pages were built, as `drumbeat serve` does when it starts.
"""

import asyncio
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
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
from drumbeat.engine import figures
from drumbeat.engine.loop import Engine
from drumbeat.interfaces.web import Source, create_web, show_once
from drumbeat.kit.clock import FileClock
from drumbeat.kit.ids import CampaignId, ContactNo, MailingNo, public_id
from drumbeat.marketing.analytics import COUNTING
from drumbeat.marketing.audience import Consent, ContactRow, MergePolicy, segment_audience
from drumbeat.marketing.campaigns import Brief, ExperimentWish, Kind, Launch, TimingWish
from drumbeat.marketing.campaigns.pipeline import proceed
from drumbeat.marketing.events import Fact
from drumbeat.marketing.events import Kind as FactKind
from drumbeat.storage.leases import holder_name

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
REACTED, END = NOW + timedelta(days=2), NOW + timedelta(days=40)
UNIT = 2_000
ROUNDS, NEW_FACTS = 15, 3
SMALL = 100
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
    if at is not None or not clock.path.exists():
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
        ("contact_deeds", f"/audience/contacts/{contact}/deeds"),
        ("segments", "/audience/segments"),
        ("segment_form", "/audience/segments/new"),
        ("segments_compare", "/audience/segments/compare"),
        ("topics", "/audience/topics"),
        ("forms", "/audience/forms"),
        ("connect", "/audience/connect"),
        ("senders", "/settings/senders"),
        ("import", "/audience/import"),
        ("sandbox", "/sandbox"),
        ("sandbox_by_address", "/sandbox?to=reader7@home7.example"),
        ("sandbox_mail", "/sandbox/7"),
        ("settings", "/settings"),
        ("people", "/settings/people"),
        ("trail", "/settings/trail"),
    )


WORKED_OUT = (
    ("duplicates", "/audience/duplicates"),
    ("customers", "/audience/customers"),
    ("customers_groups", "/audience/customers/groups"),
    ("customers_journey", "/audience/customers/journey"),
    ("customers_likely", "/audience/customers/likely"),
)
"""Pages of answers that are worked out beside them: measured once the answer is there."""


async def settled(house: House, cookie: bytes, path: str) -> None:
    """Until nothing is being worked out for this page."""
    await ask(house, path, cookie)
    for thread in threading.enumerate():
        if thread.name == "answer":
            thread.join()


@dataclass(frozen=True)
class Took:
    """Seconds of the processor: the first request's, and the median of those after it."""

    first: float
    again: float


async def timed(house: House, cookie: bytes, path: str) -> Took:
    took = []
    for _ in range(ROUNDS + 1):
        busy = time.process_time()
        status = await ask(house, path, cookie)
        took.append(time.process_time() - busy)
        assert status == 200, (path, status)
    return Took(took[0], median(took[1:]))


async def after_a_fact(
    house: House, cookie: bytes, path: str, mailing_no: MailingNo, *, counted: bool
) -> float:
    """Processor seconds of the first request after somebody opened this mailing; their median."""
    took = []
    for contact_no in range(1, NEW_FACTS + 1):
        with house.drumbeat.begin(house.drumbeat.owner()) as department:
            department.events.record([_fact(FactKind.opened, contact_no, mailing_no)])
        while counted and figures.count(house.drumbeat):
            pass
        busy = time.process_time()
        await ask(house, path, cookie)
        took.append(time.process_time() - busy)
    return median(took)


def counting(house: House, mailing_no: MailingNo) -> float:
    """Processor seconds in which the engine counts the mailing anew after a fact; their median."""
    took = []
    for _ in range(NEW_FACTS):
        with house.drumbeat.begin(house.drumbeat.owner()) as department:
            department.events.record([_fact(FactKind.opened, 1, mailing_no)])
        busy = time.process_time()
        while figures.count(house.drumbeat):
            pass
        took.append(time.process_time() - busy)
    return median(took)


def attend(house: House) -> None:
    """An engine runs beside the house: its lease is held, in no file of this process."""
    with house.drumbeat.begin(house.drumbeat.owner()) as department:
        department.leases.take(COUNTING, holder_name(), now=time.time(), seconds=86_400)


async def measure(
    empty: House, nobody: bytes, full: House, campaign_id: CampaignId
) -> dict[str, Any]:
    """Every page's ratio in every case, and what the engine's counting costs."""
    attend(full)
    somebody, pages = signed_in(full), pages_of(full, campaign_id)
    mine = mailing_of(full, campaign_id)
    await ask(full, "/campaigns/none", somebody)  # opens the database, as somebody did before
    full.drumbeat.warm_up()
    show_once(
        full.drumbeat, Source(), threading.Event(), breath=0
    )  # as `serve` does when it starts
    before = await timed(empty, nobody, EMPTY_PAGE)
    took = {name: await timed(full, somebody, path) for name, path in pages}
    cases: dict[str, dict[str, float]] = {
        "again": {name: each.again for name, each in took.items()},
        "first_view": {name: each.first for name, each in took.items()},
    }
    for name, path in WORKED_OUT:
        await settled(full, somebody, path)
        cases["again"][name] = (await timed(full, somebody, path)).again
    for case, number, counted in (
        ("after_a_fact_of_another_campaign", MailingNo(mine + 1), False),
        ("after_a_fact_of_this_campaign", mine, False),
        ("after_the_engine_counted_it", mine, True),
    ):
        cases[case] = {
            name: await after_a_fact(full, somebody, path, number, counted=counted)
            for name, path in pages
        }
    after = await timed(empty, nobody, EMPTY_PAGE)
    one = median((before.again, after.again))
    return {
        "empty_page_ms": round(one * 1e3, 2),
        "engine_counts_in": round(counting(full, mine) / one, 1),
        "ratios": {
            case: {name: round(seconds / one, 2) for name, seconds in each.items()}
            for case, each in cases.items()
        },
    }


async def show_all(house: House, campaign_id: CampaignId) -> None:
    """So that no code is loaded while another house is measured."""
    attend(house)
    cookie = signed_in(house)
    for _, path in pages_of(house, campaign_id):
        assert await ask(house, path, cookie) == 200, path


def worst_of(states: Mapping[str, Any]) -> tuple[float, str]:
    return max(
        (ratio, f"{state}: {page}, {case}")
        for state, found in states.items()
        for case, pages in found["ratios"].items()
        for page, ratio in pages.items()
    )


def above(states: Mapping[str, Any]) -> list[str]:
    return [
        f"{state}: {page}, {case}: {ratio}"
        for state, found in states.items()
        for case, pages in found["ratios"].items()
        for page, ratio in pages.items()
        if ratio > LIMIT
    ]


def main(contacts: int) -> None:
    states: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        with opened(at / "small") as small:
            shown = fill(small, SMALL)
        with opened(at / "small", at=REACTED) as small:
            asyncio.run(show_all(small, shown))
        with opened(at / "full") as filling:
            campaign_id = fill(filling, contacts)
        with opened(at / "empty", at=END) as empty:
            nobody = signed_in(empty)
            for state, now in (("measuring", REACTED), ("finished", END)):
                with opened(at / "full") as house:
                    Engine(house.drumbeat).run_until(now, house.clock)
                with opened(at / "full", at=now) as full:
                    states[state] = asyncio.run(measure(empty, nobody, full, campaign_id))
    worst, where = worst_of(states)
    told = {"contacts": contacts, "worst": worst, "worst_is": where, "limit": LIMIT}
    print(json.dumps({**told, "above_limit": above(states), **states}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100_000)
