"""From making a key to mail that verifies: DNS is asked, and only what it shows signs."""

from pathlib import Path

from drumbeat.bootstrap.outside import check_sender, sender_records
from drumbeat.bootstrap.signing import make_keys
from drumbeat.marketing.campaigns import State
from drumbeat.marketing.senders import RecordKind, Standing
from tests.conftest import HandClock
from tests.mailroom import mailing_house
from tests.marketing.campaigns.conftest import bring_to, invite, work_off
from tests.marketing.senders.dkim.keys import verified_by
from tests.name_server import name_server


def test_a_made_key_signs_after_its_record_was_seen_and_mail_verifies(
    tmp_path: Path, clock: HandClock
) -> None:
    zone: dict[str, dict[str, list[str]]] = {}
    with (
        name_server(zone) as place,
        mailing_house(tmp_path, clock, dns_server=place) as (house, mailroom),
    ):
        owner = house.owner()
        made = make_keys(house, owner, None, rotating=False)
        assert {key.domain for key in made} == {"shop.example"}
        missing = {each.record.kind: each.standing for each in check_sender(house, owner)}
        assert missing[RecordKind.DKIM] is Standing.MISSING
        assert house.signer_of("news@shop.example") is None
        for record in sender_records(house, owner):
            if record.kind is RecordKind.DKIM:
                pieces = [record.value[at : at + 200] for at in range(0, len(record.value), 200)]
                zone[record.name] = {"TXT": [" ".join(f'"{piece}"' for piece in pieces)]}
        found = [each for each in check_sender(house, owner) if each.record.kind is RecordKind.DKIM]
        assert [each.standing for each in found] == [Standing.OK, Standing.OK]
        people = invite(house, owner)
        work_off(house, bring_to(house, owner, State.SENDING))
    records = {key.dns_name: key.dns_text for key in made}
    assert verified_by(mailroom.to(people[0]), records) == [True, True]
