"""Keep segments and what they are counted from up to date, beside everybody else's work."""

from functools import partial

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_SEGMENTS
from drumbeat.marketing.audience import refresh_segment, segment_units
from drumbeat.marketing.campaigns.pipeline import cuts_in_use


def count(drumbeat: Drumbeat) -> bool:
    """One segment with a rule of its own, counted anew since people or facts changed."""
    with drumbeat.look(SYSTEM_SEGMENTS) as department:
        known = department.segments.known_of()
        name = department.segments.find_outdated(known)
        keep = cuts_in_use(department) if name is not None else set()
    if name is None:
        return False
    units = (
        segment_units(partial(drumbeat.look, SYSTEM_SEGMENTS)),
        segment_units(partial(drumbeat.begin, SYSTEM_SEGMENTS)),
    )
    refresh_segment(*units, name, keep)
    return True


def mirror(drumbeat: Drumbeat) -> bool:
    """Copy the attributes that changed, a page a unit; write the sealed file when it is far off.

    Only reading units, but for the one that names the file: nobody waits for it.
    """
    with drumbeat.look(SYSTEM_SEGMENTS) as department:
        work = department.mirroring.find_changes()
    if work is None:
        return False
    for page in work.pages():
        with drumbeat.look(SYSTEM_SEGMENTS) as department:
            work.put(department.mirroring.read_page(page))
    copied = work.done()
    with drumbeat.look(SYSTEM_SEGMENTS) as department:
        name = department.mirroring.keep(copied)
    if name is not None:
        with drumbeat.begin(SYSTEM_SEGMENTS) as department:
            department.mirroring.adopt(name, copied)
        with drumbeat.look(SYSTEM_SEGMENTS) as department:
            department.mirroring.sweep()
    return False
