"""Daily questions never walk a mailing: ten million rows answer as fast as ten."""

from collections.abc import Callable

import pytest
from sqlalchemy import event

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.delivery import Place, State
from drumbeat.marketing.delivery.store import MailingStore
from drumbeat.marketing.delivery.store_ledger import LedgerStore
from drumbeat.storage.database import Connection

ONE, HERE = MailingNo(1), Place(1, 0, 5)
Question = Callable[[LedgerStore, MailingStore], object]

QUESTIONS: dict[str, Question] = {
    "what is next in a lane": lambda rows, _: rows.list_window(1, 0, 5, 505),
    "what is to be tried again": lambda rows, _: rows.list_deferred(ONE, 500, 9),
    "what waits to be cancelled": lambda rows, _: rows.list_deferred(ONE, 2000),
    "what an engine holds": lambda rows, _: rows.list_held([1, 2]),
    "where the freeze stopped": lambda rows, _: rows.find_last(ONE),
    "a page of rows": lambda rows, _: rows.list_page(ONE, HERE, 500, []),
    "who failed": lambda rows, _: rows.list_page(ONE, None, 500, [State.failed]),
    "who got it, next page": lambda rows, _: rows.list_page(ONE, HERE, 500, [State.sent]),
    "who waits": lambda rows, _: rows.list_page(ONE, HERE, 500, [State.planned, State.deferred]),
    "who is held": lambda rows, _: rows.list_page(ONE, HERE, 500, [State.claimed]),
    "one address in a mailing": lambda rows, _: rows.list_among(ONE, [ContactNo(5)]),
    "who is uncertain, next page": lambda rows, _: rows.list_page(ONE, HERE, 9, [State.uncertain]),
    "who was given up": lambda rows, _: rows.list_failed(ONE, [1], 2000),
    "a contact's history": lambda rows, _: rows.list_of_contact(ContactNo(5), 100),
    "how many": lambda rows, _: rows.tallies(ONE),
    "when is the next due": lambda _, mailings: mailings.next_due(ONE),
    "which claims are done": lambda _, mailings: mailings.remove_empty_claims([1]),
    "what is exhausted": lambda _, mailings: mailings.list_exhausted(),
}
SINGLE_ROW_FROM_THE_END = {"where the freeze stopped"}


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_daily_question_walks_a_mailing(house: Drumbeat, name: str) -> None:
    asked: list[tuple[str, object]] = []

    def note(_: object, cursor: object, statement: str, parameters: object, *rest: object) -> None:
        asked.append((statement, parameters))

    with house.database.begin() as connection:
        event.listen(connection, "before_cursor_execute", note)
        QUESTIONS[name](LedgerStore(connection), MailingStore(connection))
        event.remove(connection, "before_cursor_execute", note)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # the table is too small
            nodes = [node for statement in asked for node in _nodes(connection, *statement)]
            assert not [node for node in nodes if _walks(node)]
            return
        steps = [step for statement in asked for step in _plan(connection, *statement)]
    of_messages = [step for step in steps if " message" in step]
    assert not [step for step in of_messages if step.startswith("SCAN")]
    if name not in SINGLE_ROW_FROM_THE_END:
        assert not [step for step in of_messages if step.endswith("PRIMARY KEY (mailing_no=?)")]


def _plan(connection: Connection, statement: str, parameters: object) -> list[str]:
    query = f"EXPLAIN QUERY PLAN {statement}"
    return [str(row[3]) for row in connection.exec_driver_sql(query, parameters)]  # type: ignore[arg-type]


def _nodes(connection: Connection, statement: str, parameters: object) -> list[dict[str, object]]:
    query = f"EXPLAIN (FORMAT JSON) {statement}"
    found = connection.exec_driver_sql(query, parameters)  # type: ignore[arg-type]
    waiting, nodes = [found.scalar_one()[0]["Plan"]], []
    while waiting:
        nodes.append(waiting.pop())
        waiting += nodes[-1].get("Plans", [])
    return nodes


def _walks(node: dict[str, object]) -> bool:
    """A scan of messages that no condition leads into an index."""
    scans = node.get("Relation Name") == "message" and str(node["Node Type"]).endswith("Scan")
    return scans and not ({"Index Cond", "Recheck Cond"} & node.keys())
