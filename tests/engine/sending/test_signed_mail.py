"""Mail that leaves by SMTP is signed with the keys that settings name; the sandbox's is not."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.campaigns import State
from drumbeat.marketing.senders.dkim import Algorithm
from tests.conftest import HandClock
from tests.mailroom import mailing_house, written_keys
from tests.marketing.campaigns.conftest import bring_to, get, invite, rows, work_off
from tests.marketing.senders.dkim.keys import verified


@pytest.mark.parametrize(
    "kinds", [(Algorithm.RSA,), (Algorithm.ED25519,), (Algorithm.ED25519, Algorithm.RSA)]
)
def test_every_message_verifies_with_every_key_that_settings_name(
    tmp_path: Path, clock: HandClock, kinds: tuple[Algorithm, ...]
) -> None:
    told, keys = written_keys(tmp_path, *kinds)
    with mailing_house(tmp_path, clock, **told) as (house, mailroom):
        people = invite(house, house.owner())
        campaign_id = bring_to(house, house.owner(), State.SENDING)
        work_off(house, campaign_id)
        assert [row["state"] for row in rows(house, campaign_id)].count("sent") == len(people)
    for each in people:
        assert verified(mailroom.to(each), *keys) == [True] * len(kinds)


def test_mail_to_the_sandbox_is_not_signed(house: Drumbeat) -> None:
    assert house.signer_of("news@shop.example") is None


def test_without_a_key_mail_leaves_unsigned(tmp_path: Path, clock: HandClock) -> None:
    with mailing_house(tmp_path, clock) as (house, mailroom):
        people = invite(house, house.owner())
        work_off(house, bring_to(house, house.owner(), State.SENDING))
    assert b"DKIM-Signature" not in mailroom.to(people[0])


def test_a_key_that_cannot_be_read_stops_the_mailing_and_is_named(
    tmp_path: Path, clock: HandClock
) -> None:
    """Half of a campaign without signatures would be worse than a campaign that waits."""
    told, _ = written_keys(tmp_path, Algorithm.RSA)
    Path(told["dkim_key_file"]).unlink()
    with mailing_house(tmp_path, clock, **told) as (house, mailroom):
        invite(house, house.owner())
        campaign_id = bring_to(house, house.owner(), State.SENDING)
        work_off(house, campaign_id)
        with house.look(house.owner()) as department:
            mailing_no = get(house, campaign_id).plan.mailing_no
            assert mailing_no is not None
            mailing = department.delivery.get(mailing_no)
        assert mailing.state == "paused"
        assert f"{told['dkim_key_file']} cannot be read" in mailing.trouble
    assert not mailroom.arrived


@pytest.mark.parametrize(
    ("private", "problem"),
    [
        (rsa.generate_private_key(65_537, 1024), "1024 bits"),
        (ec.generate_private_key(ec.SECP256R1()), "neither an RSA nor an Ed25519"),
        (None, "no private key in PEM form"),
    ],
)
def test_a_key_that_receivers_would_not_take_is_refused_with_the_reason(
    tmp_path: Path, clock: HandClock, private: rsa.RSAPrivateKey | None, problem: str
) -> None:
    told, _ = written_keys(tmp_path, Algorithm.RSA)
    content = b"not a key"
    if private is not None:
        content = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    Path(told["dkim_key_file"]).write_bytes(content)
    with (
        mailing_house(tmp_path, clock, **told) as (house, _),
        pytest.raises(InvalidInput, match=problem),
    ):
        house.signer_of("news@shop.example")
