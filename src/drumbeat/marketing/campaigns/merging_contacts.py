"""Merging two contacts with what hangs on it: mail that waits for the other, counted figures.

What both did is read between two units; the second one merges, and marks the figures in which a
purchase of one may find a click of the other from then on.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import MergePolicy, Merging
from drumbeat.marketing.campaigns.ports import Unit

Opened = Callable[[], AbstractContextManager[Unit]]


@dataclass(frozen=True)
class MergeAnswer:
    """`planned`: messages that wait to be sent to the other address, and are not any more."""

    merging: Merging
    planned: int


def merge_contacts(
    look: Opened,
    begin: Opened,
    keep: ContactNo,
    other: ContactNo,
    policy: MergePolicy = MergePolicy.fill,
    *,
    dry_run: bool = False,
) -> MergeAnswer:
    """One contact of two, as DuplicatesService does it. Raises NotFound, InvalidInput."""
    with look() as unit:
        told = unit.duplicates.merge(keep, other, policy, dry_run=True)
        both = [told.keep.contact_no, told.other.contact_no]
        planned = unit.delivery.count_planned(told.other.contact_no)
        mailings = [] if dry_run else unit.events.mailings_of(both)
    if dry_run:
        return MergeAnswer(told, planned)
    with begin() as unit:
        told = unit.duplicates.merge(keep, other, policy)
        unit.events.note_merged(mailings)
    return MergeAnswer(told, planned)
