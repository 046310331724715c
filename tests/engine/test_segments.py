"""The engine keeps segments by rule current, and the copy of attributes they are counted from."""

from datetime import timedelta

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine import segments
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import Consent, ContactRow, define_segment, segment_units
from drumbeat.marketing.audience.rule_tree import parse_rule
from drumbeat.marketing.audience.rules import CUT_AGAIN_AFTER
from drumbeat.marketing.campaigns import Brief, Kind
from drumbeat.marketing.campaigns.pipeline import proceed
from drumbeat.marketing.events import Fact
from drumbeat.marketing.events import Kind as Deed
from tests.conftest import MARIA, HandClock


def add(house: Drumbeat, *names: str, **attributes: str) -> None:
    rows = [
        ContactRow(f"{name}@example.com", attributes=attributes, consent=Consent.subscribed)
        for name in names
    ]
    with house.begin(MARIA) as d:
        d.audience.merge_contacts(rows)


def click(house: Drumbeat, clock: HandClock, contact_no: int) -> None:
    fact = Fact(Deed.clicked, clock() - timedelta(minutes=1), ContactNo(contact_no), source="t")
    with house.begin(MARIA) as d:
        d.events.record([fact])


def define(house: Drumbeat, name: str, line: str) -> None:
    opened = segment_units(lambda: house.look(MARIA)), segment_units(lambda: house.begin(MARIA))
    define_segment(*opened, name, parse_rule(line))


def changes(house: Drumbeat, name: str) -> list[tuple[int, int]]:
    with house.look(MARIA) as d:
        return [(each.entered, each.left) for each in d.segments.list_changes(name)]


def mirror_files(house: Drumbeat) -> list[str]:
    return house.office.mirror_files.list_()


def work(house: Drumbeat) -> None:
    segments.mirror(house)
    while segments.count(house):
        pass


def test_membership_follows_facts_and_attributes_and_rests_while_nothing_changes(
    house: Drumbeat, clock: HandClock
) -> None:
    add(house, "ada", "bob", plan="pro")
    define(house, "Keen", "clicked and plan = pro")
    work(house)
    assert changes(house, "Keen") == []
    click(house, clock, 1)
    clock.advance(seconds=CUT_AGAIN_AFTER + 1)
    work(house)
    assert not segments.count(house)
    clock.advance(seconds=CUT_AGAIN_AFTER + 1)
    assert not segments.count(house)
    add(house, "ada", plan="free")
    work(house)
    assert changes(house, "Keen") == [(1, 0), (0, 1)]


def test_time_alone_makes_somebody_leave(house: Drumbeat, clock: HandClock) -> None:
    add(house, "ada")
    click(house, clock, 1)
    define(house, "Lately", "clicked in 1d")
    clock.advance(days=2)
    work(house)
    assert changes(house, "Lately") == [(1, 0), (0, 1)]


def test_a_segment_of_a_segment_follows_it(house: Drumbeat, clock: HandClock) -> None:
    add(house, "ada", "bob", plan="pro")
    define(house, "Pro", "plan = pro")
    define(house, "Quiet pros", "segment Pro and never clicked")
    define(house, "Pro", "plan = free")
    clock.advance(hours=2)
    work(house)
    assert changes(house, "Quiet pros") == [(2, 0), (0, 2)]


def test_the_copy_is_sealed_on_disk_written_anew_when_far_off_and_made_again_when_lost(
    house: Drumbeat, clock: HandClock
) -> None:
    segments.mirror(house)
    assert mirror_files(house) == []
    add(house, *(f"p{n}" for n in range(100)), plan="secretive")
    segments.mirror(house)
    (first,) = mirror_files(house)
    assert b"secretive" not in (house.home / "mirror" / first).read_bytes()
    clock.advance(minutes=5)
    add(house, "p1", plan="free")
    segments.mirror(house)
    assert mirror_files(house) == [first]
    clock.advance(minutes=5)
    add(house, *(f"q{n}" for n in range(20)), plan="free")
    segments.mirror(house)
    (second,) = mirror_files(house)
    assert second != first
    house.office.mirror_files.remove(second)
    house.office.mirror.drop()
    segments.mirror(house)
    (third,) = mirror_files(house)
    house.office.mirror.drop()
    with house.look(MARIA) as d:
        assert d.segments.preview(parse_rule("plan = free")).count == 21
    assert third not in (first, second)


def test_a_campaign_is_planned_with_whom_the_rule_holds_for_and_keeps_them(
    house: Drumbeat, clock: HandClock
) -> None:
    add(house, "ada", "bob", plan="pro")
    define(house, "Pros", "plan = pro")
    clock.advance(days=1)
    add(house, "cleo", plan="pro")
    brief = Brief("Letter", Kind.NEWSLETTER, "Hello", "<p>Hello</p>", audience=("Pros",))
    with house.begin(house.owner()) as d:
        campaign = d.campaigns.create(brief)
    proceed(house, campaign.id)
    with house.look(MARIA) as d:
        planned = d.campaigns.get(campaign.id).plan
    assert planned.audience_size == 3
    clock.advance(hours=2)
    add(house, "dan", plan="pro")
    work(house)
    with house.look(MARIA) as d:
        now = d.audience.audience_members("Pros")
        then = d.audience.audience_members("Pros", cut=planned.cut)
    assert (len(now), len(then)) == (4, 3)
