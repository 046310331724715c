"""Count beside the requests what pages show: figures of mailings, the audience, its segments."""

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_FACTS


def count(drumbeat: Drumbeat) -> bool:
    """One thing whose count is behind: read in one unit, kept in another."""
    return _count_mailing(drumbeat) or _count_audience(drumbeat)


def _count_mailing(drumbeat: Drumbeat) -> bool:
    with drumbeat.look(SYSTEM_FACTS) as department:
        mailing_no = department.analytics.find_outdated()
        if mailing_no is None:
            return False
        figures = department.analytics.recount(mailing_no)
    with drumbeat.begin(SYSTEM_FACTS) as department:
        department.analytics.save_figures(figures)
    return True


def _count_audience(drumbeat: Drumbeat) -> bool:
    with drumbeat.look(SYSTEM_FACTS) as department:
        counted = department.audience.recount()
    if counted is None:
        return False
    with drumbeat.begin(SYSTEM_FACTS) as department:
        department.audience.save_counts(counted)
    return True
