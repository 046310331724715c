"""Move facts along: event → numbered batch → sealed file. Each step may die and be taken again."""

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_FACTS
from drumbeat.kit.errors import Conflict
from drumbeat.marketing.folds import FACTS_A_UNIT, fold_facts


def fold(drumbeat: Drumbeat) -> bool:
    """One unit: at most 2,000 facts become a batch and every area hears of them.

    Answers whether more may wait. What comes in one by one is left to gather until the next look:
    a batch costs as much as a few hundred facts.
    """
    with drumbeat.look(SYSTEM_FACTS) as department:
        if not department.events.anything_to_fold():
            return False
    with drumbeat.begin(SYSTEM_FACTS) as department:
        return fold_facts(department) >= FACTS_A_UNIT


def archive(drumbeat: Drumbeat) -> bool:
    """Make waiting batches into sealed files: read, seal between the units, adopt."""
    with drumbeat.look(SYSTEM_FACTS) as department:
        if not department.events.archive_due():
            return False
        batches = department.events.read_batches()
        events = department.events
    sealed = events.seal(batches)
    try:
        with drumbeat.begin(SYSTEM_FACTS) as department:
            department.events.adopt(sealed, batches)
    except Conflict:
        return False  # another engine was faster; what was sealed here is swept later
    return True


def tidy(drumbeat: Drumbeat) -> bool:
    """Compact one group of small files, then remove what nobody names."""
    with drumbeat.look(SYSTEM_FACTS) as department:
        events = department.events
        small = events.small_files()
    if small:
        merged = events.compact(small)
        try:
            with drumbeat.begin(SYSTEM_FACTS) as department:
                department.events.replace(merged, small)
        except Conflict:
            return False  # another engine was faster; what was merged here is swept later
    with drumbeat.begin(SYSTEM_FACTS) as department:
        department.events.sweep()
    return bool(small)
