"""/metrics: what Prometheus reads, parsed by its own parser, and what it may cost."""

import re

import httpx2
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api.exposition import Family, exposed
from drumbeat.kit.actor import SYSTEM_UPKEEP, Actor, Scope
from drumbeat.storage.leases import holder_name
from tests.architecture.tree import ROOT
from tests.conftest import MARIA, HandClock
from tests.docs.markdown import table_rows
from tests.interfaces.api.conftest import Rest, key_of, refused
from tests.marketing.delivery.cast import invite, open_frozen, plan_for

Samples = dict[tuple[str, str], float]
MAY_BE_SCANNED = {"tally", "lease", "campaign", "event", "saved_setting"}
"""One row an arm and reason, a job, a campaign, a setting; events only up to a limit."""


def read(text: str) -> Samples:
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def metrics(house: Drumbeat, owner: Actor, base: str) -> httpx2.Response:
    key = key_of(house, owner, Scope.CAMPAIGNS_READ, Scope.EVENTS_READ)
    return httpx2.get(base + "/metrics", headers={"Authorization": f"Bearer {key}"})


def test_prometheus_reads_what_the_house_measured(
    house: Drumbeat, owner: Actor, base: str, clock: HandClock
) -> None:
    invite(house, 5)
    mailing_no = open_frozen(house, plan_for(house, 5, later=[0, 0, 0, 900, 900]))
    with house.begin(MARIA) as department:
        department.delivery.start(mailing_no)
    with house.begin(SYSTEM_UPKEEP) as department:
        held = {"now": 4e9, "seconds": 30.0}
        assert department.leases.take("facts.fold", holder_name(), **held)
        assert department.leases.take("sending.engine-1", holder_name(), **held)
    clock.advance(seconds=90)
    answer = metrics(house, owner, base)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = read(answer.text)
    assert found["drumbeat_messages", "planned"] == 5
    assert found["drumbeat_oldest_due_seconds", ""] == 90
    assert found["drumbeat_due_queues", ""] >= 1
    assert found["drumbeat_engines", ""] == found["drumbeat_sending_engines", ""] == 1
    assert found["drumbeat_job_lease_seconds", "facts.fold"] > 0
    assert ("drumbeat_job_lease_seconds", "sending.engine-1") not in found
    assert found["process_cpu_seconds_total", ""] > 0
    assert "@" not in answer.text


def test_the_page_of_operations_tells_of_every_metric(
    house: Drumbeat, owner: Actor, base: str
) -> None:
    text = metrics(house, owner, base).text
    told = {row[0].strip("`") for row in table_rows(ROOT / "docs" / "operations.md")[1:]}
    assert {family.name for family in text_string_to_metric_families(text)} == {
        name.removesuffix("_total") for name in told if "_" in name
    }


def test_on_the_port_it_takes_a_key_that_may_read(house: Drumbeat, owner: Actor, base: str) -> None:
    refused(httpx2.get(base + "/metrics"), 401, "unauthenticated")
    few = Rest(base, key_of(house, owner, Scope.CONTENT_READ))
    refused(few.ask("GET", "/metrics"), 403, "not-permitted")


def test_it_reads_no_table_that_grows_with_recipients_or_facts(
    house: Drumbeat, owner: Actor, base: str
) -> None:
    asked: list[str] = []
    event.listen(
        house.database.reader,
        "before_cursor_execute",
        lambda c, cursor, statement, parameters, context, many: asked.append(statement),
    )
    metrics(house, owner, base)
    with house.database.look() as connection:
        plans = [
            str(row[3])
            for statement in {each for each in asked if each.startswith("SELECT")}
            for row in connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", tuple("0" * statement.count("?"))
            )
        ]
    scanned = {found[1] for plan in plans if (found := re.match(r"SCAN (\w+)", plan))}
    assert len(asked) > 5
    assert not scanned - MAY_BE_SCANNED - {"anon_1"}


def test_a_label_may_hold_anything() -> None:
    text = exposed([Family("x", 'a\nb \\ "c"', [({"why": 'a\nb \\ "c"'}, 1.5)])])
    (family,) = text_string_to_metric_families(text)
    assert family.samples[0].labels == {"why": 'a\nb \\ "c"'}
    assert family.samples[0].value == 1.5
