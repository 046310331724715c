"""Count beside the requests what pages show: figures of mailings, the audience, its segments."""

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_FACTS, SYSTEM_SEGMENTS
from drumbeat.marketing.audience import label_profile, read_criterion
from drumbeat.marketing.campaigns.pipeline import cuts_in_use


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
        counted = department.counting.recount()
    if counted is None:
        return False
    with drumbeat.begin(SYSTEM_FACTS) as department:
        department.counting.save_counts(counted)
    return True


def segment(drumbeat: Drumbeat) -> bool:
    """The segments of one criterion, cut anew by the same rules since facts or people changed."""
    with drumbeat.look(SYSTEM_SEGMENTS) as department:
        known = department.counting.known_of()
        criterion = department.counting.find_outdated(known)
        if criterion is None:
            return False
        profile = department.audience.read_profile()
    drafts = label_profile(profile, read_criterion(criterion))
    with drumbeat.begin(SYSTEM_SEGMENTS) as department:
        keep = cuts_in_use(department)
        department.counting.refresh_segments(drafts, criterion, known, keep)
    return True
