"""Which campaigns ask for a segment by its name, so that it may be neither renamed nor removed."""

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.audience import Segment
from drumbeat.marketing.campaigns.ports import Unit


def rename_segment(unit: Unit, name: str, new: str) -> Segment:
    """Raises Conflict while a campaign that may still send, or another segment, asks for it."""
    return unit.segments.rename(name, new, used_by=campaigns_using(unit, name))


def remove_segment(unit: Unit, name: str) -> Segment:
    """Raises Conflict as `rename_segment` does."""
    return unit.segments.remove(name, used_by=campaigns_using(unit, name))


def campaigns_using(unit: Unit, name: str) -> list[str]:
    """Those that may still send to it. What was sent keeps whom it named by itself."""
    meant = unit.segments.get(name).name
    return [
        f"the campaign {campaign.brief.name!r}"
        for campaign in unit.campaigns.list_unsent()
        if meant in _rule_segments(unit, campaign.brief.audience)
    ]


def _rule_segments(unit: Unit, audience: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for each in audience:
        try:
            found.update(unit.segments.named_by_rule(each))
        except InvalidInput:  # a name that means nothing any more, or several
            continue
    return found
