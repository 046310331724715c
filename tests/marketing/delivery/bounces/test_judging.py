"""What follows from a report is one fact at most, and patience has an end that can be counted."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.marketing.delivery import Refused
from drumbeat.marketing.delivery.bounces import is_given_up, judge, read_report
from drumbeat.marketing.delivery.bounces.judging import SOFT_BOUNCES, SOFT_DAYS
from drumbeat.marketing.delivery.rules import bounce_reason
from drumbeat.marketing.events import Kind, Reason
from tests.conftest import MONDAY_9
from tests.marketing.delivery.bounces.corpus import ADA, BOUNCES, about, arf, dsn


@pytest.mark.parametrize("case", BOUNCES, ids=lambda case: case.name)
def test_a_bounce_is_one_fact_unless_it_is_only_late(case) -> None:  # type: ignore[no-untyped-def]
    judged = judge(read_report(case.raw), ADA)
    assert judged.name == case.kind.value
    assert (judged.fact is Kind.bounced) == (judged.name not in ("delayed", "ok"))
    assert (judged.reason is Reason.permanent_bounce) == (judged.name == "hard")


def test_of_several_recipients_ours_counts_whatever_became_of_the_others() -> None:
    blocks = [
        about("failed", "5.1.1", "550 5.1.1 user unknown", "other@example.com"),
        about("failed", "5.2.2", "552 5.2.2 mailbox full", ADA.upper()),
    ]
    assert judge(read_report(dsn(blocks)), ADA).name == "quota"


GONE = "550 5.1.1 user unknown"
MOVED = about("failed", "5.1.1", GONE, "ada@moved.example")


def test_one_dead_member_behind_a_list_is_not_the_list() -> None:
    member = about("failed", "5.1.1", GONE, "member@inner.example")
    judged = judge(read_report(dsn([member])), ADA)
    assert (judged.name, judged.reason) == ("soft", Reason.soft_bounce)
    assert "behind" in judged.evidence


@pytest.mark.parametrize(
    ("address", "block"),
    [
        (ADA, f"Original-Recipient: rfc822;{ADA}\n{MOVED}"),
        ("ada@bücher.example", about("failed", "5.1.1", GONE, "Ada@XN--BCHER-KVA.example")),
        (ADA, f"Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; {GONE}"),
    ],
    ids=["original recipient", "domain in ASCII", "nobody named"],
)  # fmt: skip
def test_a_bounce_that_names_us_or_nobody_is_ours(address: str, block: str) -> None:
    assert judge(read_report(dsn([block])), address).name == "hard"


def test_a_report_of_success_is_no_fact() -> None:
    judged = judge(read_report(dsn([about("relayed", "2.1.5")])), ADA)
    assert (judged.name, judged.fact) == ("ok", None)


@pytest.mark.parametrize(
    ("kind", "fact"),
    [
        ("abuse", Kind.complained),
        ("fraud", Kind.complained),
        ("opt-out", Kind.unsubscribed),
        ("not-spam", None),
        ("virus", None),
        ("auth-failure", None),
        ("something new", None),
    ],
)
def test_only_abuse_and_fraud_are_complaints(kind: str, fact: Kind | None) -> None:
    assert judge(read_report(arf(kind)), ADA).fact is fact


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("550 5.1.1 <a@b.example>: User unknown", Reason.permanent_bounce),
        ("550 no such user", Reason.permanent_bounce),
        ("552 5.2.2 mailbox full", Reason.quota_bounce),
        ("550 5.1.1 listed by spamhaus", Reason.policy_bounce),
        ("554 5.7.1 rejected", Reason.policy_bounce),
        ("554 5.0.0 transaction failed", Reason.soft_bounce),
    ],
)
def test_a_refusal_on_the_spot_is_classed_like_a_bounce(reply: str, reason: Reason) -> None:
    assert bounce_reason(Refused(reply, True, int(reply[:3]))) is reason
    assert bounce_reason(None) is Reason.none


def run_of(softly: Sequence[bool], *, days: int) -> int | None:
    """One mailing every `days`, the oldest first; True came back softly."""
    now = MONDAY_9 + timedelta(days=days * len(softly))
    sent = [(no, MONDAY_9 + timedelta(days=days * no)) for no in range(len(softly))]
    soft = {no for no, comes_back in enumerate(softly) if comes_back}
    return is_given_up(list(reversed(sent)), soft, now)


@given(st.lists(st.booleans(), max_size=30))
def test_an_address_is_given_up_by_the_run_that_ends_with_its_last_bounce(
    softly: list[bool],
) -> None:
    text = "".join("s" if each else "-" for each in softly).rstrip("-")
    run = len(text) - len(text.rstrip("s"))
    assert run_of(softly, days=1) == (run if run >= SOFT_BOUNCES else None)


def test_bounces_that_lie_far_apart_are_forgiven() -> None:
    far = SOFT_DAYS // (SOFT_BOUNCES - 1)
    assert run_of([True] * SOFT_BOUNCES, days=far + 1) is None
    assert run_of([True] * SOFT_BOUNCES, days=SOFT_DAYS // SOFT_BOUNCES) == SOFT_BOUNCES
