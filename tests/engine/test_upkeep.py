"""Plan files that no mailing names are swept; those that one was sent by are kept."""

import os
import time

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.upkeep import ORPHANED_SECONDS, sweep_plans
from drumbeat.marketing.delivery import plan_file_name
from tests.marketing.delivery.cast import invite, open_frozen, plan_for


def test_only_what_is_old_and_named_by_no_mailing_goes(house: Drumbeat) -> None:
    invite(house, 3)
    plan = plan_for(house, 3)
    named = plan_file_name(open_frozen(house, plan), plan.to_bytes())
    files = house.office.files
    for name in (named, "plans/mailing-9-old.npz", "plans/mailing-9-new.npz"):
        files.write(name, b"plan")
    long_ago = time.time() - 2 * ORPHANED_SECONDS
    for name in (named, "plans/mailing-9-old.npz"):
        os.utime(files.folder / name, (long_ago, long_ago))
    sweep_plans(house)
    assert files.list_("plans") == sorted([named, "plans/mailing-9-new.npz"])
