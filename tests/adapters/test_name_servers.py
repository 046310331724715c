"""What DNS publishes, asked over real UDP."""

from drumbeat.adapters.name_servers import NameServers
from drumbeat.bootstrap.settings import dns_place
from drumbeat.marketing.senders.ports import Published, Unasked
from tests.name_server import name_server

LONG = "v=DKIM1; k=rsa; p=" + "A" * 392
ZONE = {
    "s._domainkey.shop.example": {"TXT": [f'"{LONG[:255]}" "{LONG[255:]}"']},
    "shop.example": {"TXT": ['"v=spf1 ~all"', '"something else"'], "A": ["192.0.2.7"]},
    "bare.example": {},
    "v6.example": {"AAAA": ["2001:db8::1"]},
}


def test_the_pieces_of_a_long_record_are_one_text() -> None:
    with name_server(ZONE) as place:
        servers = NameServers(dns_place(place))
        assert servers.texts("s._domainkey.shop.example") == Published((LONG,))
        found = servers.texts("shop.example")  # in no order
        assert isinstance(found, Published)
        assert sorted(found.values) == ["something else", "v=spf1 ~all"]


def test_a_name_that_is_not_there_and_one_without_such_records_publish_nothing() -> None:
    with name_server(ZONE) as place:
        servers = NameServers(dns_place(place))
        assert servers.texts("nobody.example") == Published(())
        assert servers.texts("bare.example") == Published(())
        assert servers.addresses("bare.example") == Published(())


def test_addresses_are_of_both_kinds() -> None:
    with name_server(ZONE) as place:
        servers = NameServers(dns_place(place))
        assert servers.addresses("shop.example") == Published(("192.0.2.7",))
        assert servers.addresses("v6.example") == Published(("2001:db8::1",))


def test_a_server_that_says_nothing_leaves_it_open() -> None:
    with name_server(ZONE, silent=True) as place:
        found = NameServers(dns_place(place), seconds=0.2).texts("shop.example")
    assert isinstance(found, Unasked)
    assert "shop.example" in found.reason


def test_a_name_that_no_question_can_hold_leaves_it_open() -> None:
    with name_server(ZONE) as place:
        assert isinstance(NameServers(dns_place(place)).texts("x" * 70 + ".example"), Unasked)
        assert isinstance(NameServers(dns_place(place)).texts("a..example"), Unasked)
