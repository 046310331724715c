"""Keys of the house: they wait for DNS, sign, and give way to the next one without a gap."""

from dataclasses import dataclass, replace

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_SENDING, Actor, Scope
from drumbeat.kit.errors import Conflict, NotFound, NotPermitted
from drumbeat.marketing.senders import KeptKey, NewKey
from drumbeat.marketing.senders.store_keys import DkimKeyStore
from tests.conftest import MARIA, HandClock

DOMAIN = "shop.example"
PAIR = (NewKey("rsa", b"-----PRIVATE rsa", "AAAA"), NewKey("ed25519", b"-----PRIVATE ed", "BBBB"))


def add(house: Drumbeat, *, rotating: bool = False, actor: Actor = MARIA) -> list[KeptKey]:
    with house.begin(actor) as department:
        return department.dkim_keys.add(DOMAIN, PAIR, rotating=rotating)


def publish(house: Drumbeat, *keys: KeptKey) -> None:
    with house.begin(MARIA) as department:
        department.dkim_keys.note_published([key.dns_name for key in keys])


def signing(house: Drumbeat, domain: str = DOMAIN) -> list[str]:
    with house.look(SYSTEM_SENDING) as department:
        return [key.selector for key, _ in department.dkim_keys.signing(domain)]


def test_a_key_signs_once_dns_shows_it(house: Drumbeat) -> None:
    rsa, ed = add(house)
    assert (rsa.dns_name, rsa.dns_text) == (
        "d20261102r._domainkey.shop.example",
        "v=DKIM1; k=rsa; p=AAAA",
    )
    assert signing(house) == []
    publish(house, rsa)
    assert signing(house) == [rsa.selector]
    publish(house, ed)
    assert signing(house) == [rsa.selector, ed.selector]


def test_a_rotated_key_signs_until_its_successor_is_published(house: Drumbeat) -> None:
    old = add(house)
    publish(house, *old)
    new = add(house, rotating=True)
    assert not {key.selector for key in new} & {key.selector for key in old}
    assert signing(house) == [key.selector for key in old]
    publish(house, *new)
    assert signing(house) == [key.selector for key in new]
    with house.look(MARIA) as department:
        states = [key.state.value for key in department.dkim_keys.list_()]
    assert states == ["retired", "retired", "active", "active"]


@dataclass(frozen=True)
class SeenBefore(DkimKeyStore):
    """What somebody read who looked at DNS at the same time."""

    seen: tuple[KeptKey, ...] = ()

    def list_(self) -> list[KeptKey]:
        return list(self.seen)


def test_two_who_look_at_dns_at_once_leave_the_key_in_use(house: Drumbeat) -> None:
    waiting = add(house)
    publish(house, *waiting)
    with house.begin(MARIA) as department:
        keys = department.dkim_keys
        stale = SeenBefore(keys.store.connection, keys.store.sealed, tuple(waiting))
        found = replace(keys, store=stale).note_published([key.dns_name for key in waiting])
    assert found == []
    assert signing(house) == [key.selector for key in waiting]


def test_a_domain_below_is_signed_for_by_the_nearest_above_and_no_other(house: Drumbeat) -> None:
    publish(house, *add(house))
    assert signing(house, "news.shop.example") == signing(house)
    assert signing(house, "myshop.example") == []
    assert signing(house, "example") == []


def test_what_was_sealed_is_what_signs(house: Drumbeat) -> None:
    publish(house, *add(house))
    with house.look(SYSTEM_SENDING) as department:
        found = [private for _, private in department.dkim_keys.signing(DOMAIN)]
    assert found == [key.private for key in PAIR]
    with house.database.look() as connection:
        rows = connection.exec_driver_sql("SELECT private FROM dkim_key").all()
    assert all(b"PRIVATE" not in bytes(row[0]) for row in rows)


def test_keys_are_not_made_twice_by_accident(house: Drumbeat, clock: HandClock) -> None:
    with pytest.raises(NotFound, match="create one"):
        add(house, rotating=True)
    add(house)
    with pytest.raises(Conflict, match="rotate"):
        add(house)
    with pytest.raises(Conflict, match="waits to be published"):
        add(house, rotating=True)


def test_only_who_runs_the_house_makes_keys_and_only_the_engine_signs(house: Drumbeat) -> None:
    with pytest.raises(NotPermitted):
        add(house, actor=replace(MARIA, scopes=MARIA.scopes - {Scope.ACCOUNTS_WRITE}))
    writer = replace(MARIA, scopes=MARIA.scopes - {Scope.UPKEEP})
    with house.look(writer) as department, pytest.raises(NotPermitted):
        department.dkim_keys.signing(DOMAIN)
