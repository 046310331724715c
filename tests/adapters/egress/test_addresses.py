"""Which addresses are the public internet, however they are spelt."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.adapters.egress.addresses import why_not_public
from drumbeat.adapters.egress.network import resolve_host

NOT_PUBLIC = """
0.0.0.0 unspecified            127.0.0.1 loopback             127.255.255.254 loopback
10.1.2.3 private               172.31.255.255 private         192.168.1.1 private
100.64.0.1 carrier-grade NAT   169.254.169.254 link-local     224.0.0.1 multicast
255.255.255.255 reserved       192.88.99.1 6to4               168.63.129.16 cloud platform
:: unspecified                 ::1 loopback                   fe80::1 link-local
fd00:ec2::254 private          fec0::1 private                ff02::1 multicast
::ffff:127.0.0.1 IPv4-mapped   ::ffff:8.8.8.8 IPv4-mapped     ::127.0.0.1 IPv4-mapped
64:ff9b::7f00:1 NAT64          2002:7f00:1:: 6to4             2001:0:1::1 Teredo
2001:db8::1 documentation      4000::1 unassigned             fe80::1%eth0 link-local
nonsense unreadable            1.2.3 unreadable               1.2.3.4.5 unreadable
"""
CASES = [
    tuple(case.strip().split(" ", 1))
    for line in NOT_PUBLIC.strip().splitlines()
    for case in line.replace("  ", "\0").split("\0")
    if case.strip()
]


@pytest.mark.parametrize(("address", "kind"), CASES)
def test_an_address_that_is_not_public_is_named(address: str, kind: str) -> None:
    assert why_not_public(address) == kind


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "1.1.1.1"])
def test_a_public_address_is_one(address: str) -> None:
    assert why_not_public(address) == ""


@given(st.integers(0, 2**32 - 1).map(IPv4Address) | st.integers(0, 2**128 - 1).map(IPv6Address))
def test_whatever_passes_is_global_by_the_registries(address: IPv4Address | IPv6Address) -> None:
    if not why_not_public(str(address)):
        assert address.is_global
        assert not address.is_multicast


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_an_address_inside_another_one_never_passes(address: IPv4Address) -> None:
    inside = int(address)
    for prefix in ("::ffff:0:0", "64:ff9b::", "::"):
        assert why_not_public(str(IPv6Address(int(IPv6Address(prefix)) + inside)))
    assert why_not_public(str(IPv6Address((0x2002 << 112) + (inside << 80))))


@given(
    st.integers(0x7F000000, 0x7FFFFFFF),
    st.sampled_from(["dotted", "octal", "hex", "decimal", "short"]),
)
def test_every_spelling_the_system_takes_comes_back_as_the_address(number: int, way: str) -> None:
    a, b, c, d = number.to_bytes(4, "big")
    spelt = {
        "dotted": f"{a}.{b}.{c}.{d}",
        "octal": f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        "hex": f"0x{number:x}",
        "decimal": str(number),
        "short": f"{a}.{(b << 16) + (c << 8) + d}",
    }[way]
    found = resolve_host(spelt, 80, 5.0)
    assert [ip_address(each) for each in found] in ([], [IPv4Address(number)])
