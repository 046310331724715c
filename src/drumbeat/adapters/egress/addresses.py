"""Which addresses are the public internet, and what the others are instead.

From the registries of special-purpose addresses (IANA; RFC 6890 and its updates), with the forms
that carry an IPv4 address inside an IPv6 one, behind which anything could lie.
"""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_NOT_PUBLIC = {
    "unspecified": ("0.0.0.0/8", "::/128"),
    "loopback": ("127.0.0.0/8", "::1/128"),
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
    "carrier-grade NAT": ("100.64.0.0/10",),
    "link-local": ("169.254.0.0/16", "fe80::/10"),
    "multicast": ("224.0.0.0/4", "ff00::/8"),
    "cloud platform": ("168.63.129.16/32",),  # public by number, the host machine's by routing
    "documentation": (
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "2001:db8::/32",
        "3fff::/20",
    ),
    "IPv4-mapped": ("::ffff:0:0/96", "::/96", "::ffff:0:0:0/96"),
    "NAT64": ("64:ff9b::/96", "64:ff9b:1::/48"),
    "6to4": ("2002::/16", "192.88.99.0/24"),
    "Teredo": ("2001::/32",),
    "reserved": ("192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", "2001::/23", "100::/64"),
}
_NETWORKS: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), kind) for kind, networks in _NOT_PUBLIC.items() for network in networks
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")


def why_not_public(address: str) -> str:
    """What kind of address it is instead; "" for a public one. Not an address: "unreadable"."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unreadable"
    if isinstance(found, IPv6Address) and found.scope_id is not None:
        return "link-local"
    for network, kind in _NETWORKS:
        if found.version == network.version and found in network:
            return kind
    if isinstance(found, IPv6Address) and found not in _GLOBAL_UNICAST:
        return "unassigned"
    return ""
