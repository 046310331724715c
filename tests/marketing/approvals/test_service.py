from dataclasses import replace

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.errors import Conflict, NotFound, NotPermitted
from drumbeat.kit.ids import ApprovalId
from drumbeat.marketing.approvals import ApprovalState
from tests.conftest import GUEST, MARIA


def test_the_same_content_is_asked_for_once(house: Drumbeat) -> None:
    with house.begin(MARIA) as d:
        first = d.approvals.ask("cmp_1", "hash-a", effect="send 3 emails")
        again = d.approvals.ask("cmp_1", "hash-a", effect="send 3 emails")
    assert again == first
    assert first.state is ApprovalState.WAITING


def test_an_edit_supersedes_what_was_approved_and_going_back_asks_again(house: Drumbeat) -> None:
    with house.begin(MARIA) as d:
        first = d.approvals.ask("cmp_1", "hash-a", effect="send")
        d.approvals.approve(first.id)
        d.approvals.ask("cmp_1", "hash-b", effect="send")
        assert d.approvals.get(first.id).state is ApprovalState.SUPERSEDED
        assert d.approvals.ask("cmp_1", "hash-a", effect="send").state is ApprovalState.WAITING


def test_a_decision_is_final_but_may_be_repeated(house: Drumbeat) -> None:
    with house.begin(MARIA) as d:
        wanted = d.approvals.ask("cmp_1", "hash-a", effect="send")
        assert d.approvals.approve(wanted.id).decided_by == "maria"
        assert d.approvals.approve(wanted.id).state is ApprovalState.APPROVED
        with pytest.raises(Conflict, match="approved already"):
            d.approvals.decline(wanted.id)


def test_an_agent_may_ask_but_never_approve(house: Drumbeat) -> None:
    agent = replace(MARIA, agent="orchestrator")
    with house.begin(agent) as d:
        wanted = d.approvals.ask("cmp_1", "hash-a", effect="send")
        with pytest.raises(NotPermitted, match="Only a person"):
            d.approvals.approve(wanted.id)


def test_a_guest_sees_and_decides_nothing(house: Drumbeat) -> None:
    with house.begin(GUEST) as d:
        with pytest.raises(NotPermitted):
            d.approvals.list_waiting()
        with pytest.raises(NotPermitted):
            d.approvals.approve(ApprovalId("apr_1"))


def test_an_unknown_approval_is_not_found(house: Drumbeat) -> None:
    with house.begin(MARIA) as d, pytest.raises(NotFound):
        d.approvals.approve(ApprovalId("apr_none"))
