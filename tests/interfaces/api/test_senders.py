"""REST: keys that sign mail, and the records that a sender's domain should publish."""

from drumbeat.bootstrap import Drumbeat
from drumbeat.bootstrap.saving import save_settings
from drumbeat.kit.actor import Actor, Scope
from tests.interfaces.api.conftest import PREFIX, Rest, key_of, refused


def test_keys_are_made_told_without_their_secret_and_rotated_only_once_in_use(rest: Rest) -> None:
    made = rest.post("/senders/dkim", {"domain": "Shop.example"}, status=201)
    assert {**made, "next_cursor": None} == rest.get("/senders/dkim")
    keys = made["keys"]
    assert isinstance(keys, list)
    assert [(key["algorithm"], key["state"]) for key in keys] == [
        ("rsa", "waiting"),
        ("ed25519", "waiting"),
    ]
    assert keys[0]["record_name"].endswith("._domainkey.shop.example")
    assert "PRIVATE" not in str(made)
    refused(rest.ask("POST", "/senders/dkim", {"domain": "shop.example"}), 409, "conflict")
    refused(rest.ask("POST", "/senders/dkim/rotate", {"domain": "shop.example"}), 409, "conflict")
    refused(rest.ask("POST", "/senders/dkim", {"domain": "x"}), 422, "invalid-input", "domain")


def test_without_a_sender_there_is_no_domain_to_publish_anything_in(rest: Rest) -> None:
    assert rest.get("/senders/records") == {"records": []}
    for path in ("/senders/records/check", "/senders/dkim"):
        told = refused(rest.ask("POST", path, {}), 409, "conflict")
        assert "There is no domain yet" in told


def test_the_records_to_publish_are_told_exactly(house: Drumbeat, rest: Rest) -> None:
    save_settings(house, house.owner(), {"sender_email": "news@shop.example"})
    records = rest.get("/senders/records")["records"]
    assert isinstance(records, list)
    told = {record["kind"]: record for record in records}
    assert told["dmarc"]["name"] == "_dmarc.shop.example"
    assert told["spf"]["value"].startswith("v=spf1 ")
    assert {record["standing"] for record in records} == {"not_checked"}


def test_making_keys_takes_more_than_reading(
    rest: Rest, house: Drumbeat, owner: Actor, base: str
) -> None:
    reader = Rest(base + PREFIX, key_of(house, owner, Scope.CAMPAIGNS_READ))
    assert reader.get("/senders/dkim") == {"keys": [], "next_cursor": None}
    for path in ("/senders/dkim", "/senders/dkim/rotate"):
        asked = {"domain": "shop.example"}
        refused(reader.ask("POST", path, asked), 403, "not-permitted")
    refused(reader.ask("POST", "/senders/records/check", {}), 403, "not-permitted")
