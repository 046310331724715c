"""A segment that a campaign may still send to keeps its name; one that nobody asks for need not."""

from dataclasses import replace
from functools import partial

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import Actor
from drumbeat.kit.errors import Conflict
from drumbeat.marketing.audience import define_segment, segment_units
from drumbeat.marketing.audience.rule_tree import parse_rule
from drumbeat.marketing.campaigns.segment_use import remove_segment, rename_segment
from tests.marketing.campaigns.conftest import LETTER, create


def test_a_campaign_that_may_still_send_is_named_in_the_refusal(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    units = segment_units(partial(house.look, owner)), segment_units(partial(house.begin, owner))
    define_segment(*units, "Everybody kind", parse_rule("mailable"))
    define_segment(*units, "Nobody's", parse_rule("clicked"))
    campaign = create(house, owner, replace(LETTER, audience=("rule:everybody KIND",)))
    create(house, owner, replace(LETTER, name="To all"))
    with house.begin(owner) as d:
        assert rename_segment(d, "Nobody's", "Nobody").name == "Nobody"
        assert remove_segment(d, "Nobody").name == "Nobody"
    refusal = "the campaign 'Spring letter' asks for it"
    with house.begin(owner) as d, pytest.raises(Conflict, match=refusal):
        rename_segment(d, "Everybody kind", "Else")
    with house.begin(owner) as d, pytest.raises(Conflict, match=refusal):
        remove_segment(d, "Everybody kind")
    with house.begin(owner) as d:
        d.campaigns.cancel(campaign)
    with house.begin(owner) as d:
        assert remove_segment(d, "Everybody kind").name == "Everybody kind"
