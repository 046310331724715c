"""Content keeps versions of what was checked, and previews are production bytes."""

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.errors import InvalidInput, NotFound, NotPermitted
from drumbeat.kit.ids import CampaignNo
from drumbeat.marketing.content import Addressee, CheckedEmails, PieceVersion, content_hash
from tests.conftest import GUEST, MARIA
from tests.marketing.content.examples import DATE, TOKEN, part, template

FIRST = CampaignNo(1)
ONE = CheckedEmails((template("<p>{{ first_name }}</p>"), template("<p>B</p>")), ())
OTHER = CheckedEmails((template("<p>Other</p>"),), ())


def save(house: Drumbeat, checked: CheckedEmails, campaign_no: int = 1) -> PieceVersion:
    with house.begin(MARIA) as department:
        return department.content.save_email(CampaignNo(campaign_no), checked)


def test_what_was_saved_is_current(house: Drumbeat) -> None:
    saved = save(house, ONE)
    with house.look(MARIA) as department:
        current = department.content.version(FIRST)
    assert current == saved
    assert current.arms == ONE.arms
    assert current.revision == 1
    assert current.piece_id.startswith("pcs_")
    assert current.content_hash == content_hash(ONE.arms)


def test_a_change_is_a_new_revision_and_the_same_is_none(house: Drumbeat) -> None:
    first, again, changed, back = (save(house, c) for c in (ONE, ONE, OTHER, ONE))
    assert (first.revision, again.revision, changed.revision, back.revision) == (1, 1, 2, 3)
    assert first.content_hash == back.content_hash != changed.content_hash
    with house.look(MARIA) as department:
        kept = [department.content.version(FIRST, revision) for revision in (1, 2, 3)]
    assert kept == [first, changed, back]


def test_campaigns_do_not_share_content(house: Drumbeat) -> None:
    assert save(house, ONE, 1).piece_no != save(house, ONE, 2).piece_no
    with house.look(MARIA) as department, pytest.raises(NotFound):
        department.content.version(CampaignNo(3))


def test_a_preview_is_the_bytes_that_delivery_builds(house: Drumbeat) -> None:
    save(house, ONE)
    jo = Addressee("jo@example.org", {"first_name": "Jo"}, TOKEN, "1.2@example.com", DATE)
    with house.look(MARIA) as department:
        sender = department.senders.default_sender()
        shown = department.content.preview(FIRST, jo, sender)
        arm = department.content.compile_piece(FIRST, sender).arms[0]
    sent = arm.build(
        to=jo.to, fields=jo.fields, token=TOKEN, message_id="1.2@example.com", date=DATE
    )
    assert shown == sent
    assert "<p>Jo</p>" in part(shown, "html")
    assert f"http://127.0.0.1:8000/u/{TOKEN}" in part(shown, "plain")


def test_a_mailing_compiles_the_revision_that_was_approved(house: Drumbeat) -> None:
    save(house, ONE)
    save(house, OTHER)
    with house.look(MARIA) as department:
        sender = department.senders.default_sender()
        assert len(department.content.compile_piece(FIRST, sender, revision=1).arms) == 2
        assert len(department.content.compile_piece(FIRST, sender).arms) == 1
        with pytest.raises(NotFound, match="revision 9"):
            department.content.compile_piece(FIRST, sender, revision=9)


def test_there_is_no_variant_beyond_the_last(house: Drumbeat) -> None:
    save(house, ONE)
    jo = Addressee("jo@example.org", {}, TOKEN, "1.2@example.com", DATE)
    with house.look(MARIA) as department, pytest.raises(InvalidInput) as refused:
        department.content.preview(FIRST, jo, department.senders.default_sender(), arm=2)
    assert refused.value.field == "arm"


def test_a_guest_may_neither_read_nor_write(house: Drumbeat) -> None:
    with house.begin(GUEST) as department:
        with pytest.raises(NotPermitted):
            department.content.save_email(FIRST, ONE)
        with pytest.raises(NotPermitted):
            department.content.version(FIRST)
