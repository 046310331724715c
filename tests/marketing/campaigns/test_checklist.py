"""What the pre-send checklist says: each item on either side of its line, with how to mend it."""

from dataclasses import replace

import pytest

from drumbeat.marketing.campaigns.checklist import (
    CLIPPED_AT,
    BuiltArm,
    Evidence,
    Item,
    Level,
    LinkFound,
    LinkState,
    Outlook,
    RecordFound,
    checklist,
)
from drumbeat.marketing.senders import Standing
from tests.conftest import MONDAY_9

ARM = BuiltArm(30_000, 40_000, "A letter of some length, " * 4, "Spring", "<x>", True, True, True)
SOUND = Evidence(
    audience_size=10,
    mailable=8,
    excluded={"unsubscribed": 2},
    arms=(ARM,),
    seen_by="ada@example.com",
    links=("https://shop.example/a", "https://shop.example/b"),
    personal_links=0,
    images=2,
    images_without_alt=0,
    sender_email="news@shop.example",
    placeholders=(),
    real=True,
    dead_links=False,
    public_url="https://mail.shop.example",
    signed_by=("shop.example",),
    outlook=Outlook(
        MONDAY_9,
        (
            LinkFound("https://shop.example/a", LinkState.OK, "It answers 200."),
            LinkFound("https://shop.example/b", LinkState.OK, "It answers 200."),
        ),
        (RecordFound("spf", Standing.OK, "There is one."),),
    ),
)


def item(evidence: Evidence, name: str) -> Item:
    [found] = [each for each in checklist(evidence) if each.name == name]
    return found


def arm(**changes: object) -> Evidence:
    return replace(SOUND, arms=(ARM, replace(ARM, **changes)))  # type: ignore[arg-type]


def links(*states: LinkState) -> Evidence:
    found = tuple(
        LinkFound(url, state, "said") for url, state in zip(SOUND.links, states, strict=True)
    )
    return replace(SOUND, outlook=Outlook(MONDAY_9, found, ()))


def test_a_sound_campaign_is_all_ok() -> None:
    assert {each.level for each in checklist(SOUND)} == {Level.OK}
    assert item(SOUND, "audience").details == ("2 unsubscribed",)


@pytest.mark.parametrize(
    ("evidence", "name", "level"),
    [
        (replace(SOUND, mailable=0), "audience", Level.BLOCKS),
        (arm(html_bytes=CLIPPED_AT), "size", Level.OK),
        (arm(html_bytes=CLIPPED_AT + 1), "size", Level.WARNING),
        (arm(text="Hi"), "text", Level.WARNING),
        (arm(one_click=False), "unsubscribe", Level.BLOCKS),
        (arm(link_in_html=False), "unsubscribe", Level.BLOCKS),
        (arm(link_in_text=False), "unsubscribe", Level.BLOCKS),
        (replace(SOUND, dead_links=True), "unsubscribe", Level.BLOCKS),
        (replace(SOUND, public_url="http://mail.example"), "unsubscribe", Level.WARNING),
        (replace(SOUND, public_url="http://127.0.0.1", real=False), "unsubscribe", Level.OK),
        (arm(subject="Act now"), "wording", Level.WARNING),
        (arm(subject="EVERYTHING MUST GO"), "wording", Level.WARNING),
        (replace(SOUND, images_without_alt=1), "images", Level.WARNING),
        (replace(SOUND, outlook=None), "links", Level.NOT_CHECKED),
        (links(LinkState.UNREACHED, LinkState.UNREACHED), "links", Level.NOT_CHECKED),
        (links(LinkState.OK, LinkState.UNREACHED), "links", Level.WARNING),
        (links(LinkState.OK, LinkState.BROKEN), "links", Level.WARNING),
        (links(LinkState.OK, LinkState.PRIVATE), "links", Level.BLOCKS),
        (replace(SOUND, placeholders=("DRUMBEAT_SENDER_EMAIL",)), "sender", Level.BLOCKS),
        (replace(SOUND, real=False, placeholders=("X",)), "sender", Level.WARNING),
        (replace(SOUND, signed_by=()), "signature", Level.WARNING),
        (replace(SOUND, signed_by=("mail.shop.example",)), "signature", Level.OK),
        (replace(SOUND, signed_by=("else.example",)), "signature", Level.WARNING),
        (replace(SOUND, return_path="b@mail.shop.example"), "return_path", Level.OK),
        (replace(SOUND, return_path="b@else.example"), "return_path", Level.WARNING),
        (replace(SOUND, outlook=None), "dns", Level.NOT_CHECKED),
        (replace(SOUND, arms=(), problems=("code: no such filter",)), "content", Level.BLOCKS),
        (replace(SOUND, arms=()), "content", Level.NOT_CHECKED),
    ],
)
def test_each_item_says_what_it_found(evidence: Evidence, name: str, level: Level) -> None:
    found = item(evidence, name)
    assert found.level is level
    assert found.message
    assert found.mend or level in (Level.OK, Level.NOT_CHECKED)


@pytest.mark.parametrize("standing", list(Standing))
def test_a_dns_record_that_is_not_there_is_told_with_what_to_publish(standing: Standing) -> None:
    record = RecordFound("dmarc", standing, "said", "_dmarc.shop.example", "v=DMARC1; p=none")
    found = item(replace(SOUND, outlook=Outlook(MONDAY_9, (), (record,))), "dmarc")
    told = "" if standing is Standing.OK else "_dmarc.shop.example: v=DMARC1; p=none"
    assert found.mend == told
