"""The audience is frozen once, wholly, in sending order, and everyone left out says why."""

from dataclasses import replace

import numpy as np
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.clock import epoch
from drumbeat.kit.errors import Conflict
from drumbeat.kit.ids import CampaignNo, MailingNo
from drumbeat.marketing.delivery import LedgerPlan, MailingState, plan_file_name, plan_ledger
from tests.conftest import MARIA, MONDAY_9
from tests.marketing.delivery.cast import (
    NEWSLETTER,
    everyone,
    invite,
    open_frozen,
    plan_for,
    states,
)

NINE = epoch(MONDAY_9)


def test_rows_lie_by_lane_then_instant_then_contact_with_the_barred_behind() -> None:
    audience = everyone(6, ["shop.example", "gmail.com"])
    due = [NINE + 60, NINE, NINE, NINE + 60, NINE, NINE]
    plan = plan_ledger(audience, due, [0] * 6, {5: "unsubscribed"})  # type: ignore[dict-item]
    assert plan.contact_nos.tolist() == [3, 1, 5, 2, 6, 4]
    assert plan.lane_nos.tolist() == [0, 0, 0, 1, 1, 1]
    assert plan.places.tolist() == [0, 1, 2, 0, 1, 2]
    assert plan.barred.tolist() == [-1, -1, 0, -1, -1, -1]
    assert plan.lanes() == [(0, 2, NINE), (1, 3, NINE)]
    assert plan.mailable == 5


def test_a_plan_survives_its_file_with_its_propensities() -> None:
    plan = plan_ledger(everyone(3), [1, 2, 3], [0, 1, 0], {2: "no_consent"}, [0.5, 0.25, 1.0])  # type: ignore[dict-item]
    again = LedgerPlan.from_bytes(plan.to_bytes())
    for name in ("lane_nos", "places", "contact_nos", "due", "arms", "barred", "propensities"):
        assert np.array_equal(getattr(again, name), getattr(plan, name)), name
    assert again.reasons == ("no_consent",)


def test_two_engines_that_plan_at_once_do_not_overwrite_each_other(house: Drumbeat) -> None:
    faster, slower = plan_for(house, 3).to_bytes(), plan_for(house, 2).to_bytes()
    names = {plan_file_name(MailingNo(1), content) for content in (faster, slower)}
    assert len(names) == 2
    assert plan_file_name(MailingNo(1), faster) in names


def test_an_empty_audience_makes_an_empty_plan(house: Drumbeat) -> None:
    mailing_no = open_frozen(house, plan_for(house, 0))
    assert states(house, mailing_no) == {}


def test_it_is_ready_only_when_every_row_is_in(house: Drumbeat) -> None:
    plan = plan_for(house, 50, barred={7: "unsubscribed", 9: "no_consent"})
    with house.begin(MARIA) as department:
        delivery = department.delivery
        mailing_no = delivery.open_mailing(NEWSLETTER)
        delivery.accept_plan(mailing_no, "plans/one", len(plan), 1)
    lefts: list[int] = []
    for _ in range(3):
        with house.begin(MARIA) as department:
            lefts.append(department.delivery.freeze_next(mailing_no, plan, limit=20))
            state = department.delivery.get(mailing_no).state
            assert (state is MailingState.ready) == (lefts[-1] == 0)
    assert lefts == [30, 10, 0]
    assert states(house, mailing_no) == {"planned": 48, "suppressed": 2}
    with house.look(MARIA) as department:
        assert department.delivery.ledger(mailing_no).reasons == {
            "unsubscribed": 1,
            "no_consent": 1,
        }


def test_freezing_again_adds_nothing(house: Drumbeat) -> None:
    plan = plan_for(house, 10)
    mailing_no = open_frozen(house, plan)
    with house.begin(MARIA) as department, pytest.raises(Conflict):
        department.delivery.freeze_next(mailing_no, plan)
    assert states(house, mailing_no) == {"planned": 10}


def test_another_plan_than_the_accepted_one_is_refused(house: Drumbeat) -> None:
    with house.begin(MARIA) as department:
        mailing_no = department.delivery.open_mailing(NEWSLETTER)
        department.delivery.accept_plan(mailing_no, "plans/one", 10, 1)
    with house.begin(MARIA) as department, pytest.raises(Conflict):
        department.delivery.freeze_next(mailing_no, plan_for(house, 9))


def test_a_plan_for_an_older_revision_is_refused(house: Drumbeat) -> None:
    with house.begin(MARIA) as department:
        mailing_no = department.delivery.open_mailing(NEWSLETTER)
        with pytest.raises(Conflict):
            department.delivery.accept_plan(mailing_no, "plans/one", 10, 0)


def test_a_mailing_cancelled_while_freezing_keeps_the_rows_it_has(house: Drumbeat) -> None:
    plan = plan_for(house, 30)
    with house.begin(MARIA) as department:
        mailing_no = department.delivery.open_mailing(NEWSLETTER)
        department.delivery.accept_plan(mailing_no, "plans/one", len(plan), 1)
        department.delivery.freeze_next(mailing_no, plan, limit=20)
    with house.begin(MARIA) as department:
        department.delivery.cancel(mailing_no)
    with house.begin(MARIA) as department:
        assert department.delivery.cancel_next(mailing_no) == 0
    assert states(house, mailing_no) == {"suppressed": 20}


def test_one_contact_has_one_row_a_mailing_by_constraint(house: Drumbeat) -> None:
    audience = everyone(2)
    audience.contact_nos[1] = 1
    plan = plan_ledger(audience, [NINE, NINE], [0, 0], {})
    with house.begin(MARIA) as department:
        mailing_no = department.delivery.open_mailing(NEWSLETTER)
        department.delivery.accept_plan(mailing_no, "plans/one", 2, 1)
    with pytest.raises(Exception, match=r"(?i)unique"), house.begin(MARIA) as department:
        department.delivery.freeze_next(mailing_no, plan)


def test_a_campaign_step_has_one_mailing(house: Drumbeat) -> None:
    invite(house, 1)
    new = replace(NEWSLETTER, campaign_no=CampaignNo(1))
    open_frozen(house, plan_for(house, 1), new=new)
    with pytest.raises(Conflict, match="already"):
        open_frozen(house, plan_for(house, 1), new=new)
