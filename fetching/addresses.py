"""Which IP addresses are public.

Tables of our own, because ``ipaddress.is_global`` of Python 3.11 takes multicast, 6to4, NAT64 and site-local
addresses for global ones. Sources: IANA's special-purpose registries for IPv4 and IPv6.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

_NOT_PUBLIC_4 = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata services of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "168.63.129.16/32",  # looks public, and is what Azure's machines ask about themselves
    )
)
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    ip_network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise, and no longer in use
        "3fff::/20",
    )
)
_TRANSLATED = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
"""IPv4-mapped, and NAT64's well-known prefix, which is how networks without IPv4 reach all of it."""


def is_public(address: str) -> bool:
    """Tell whether an address, as a resolver gives it, is on the public internet."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if not any(found in network for network in _TRANSLATED):
            # A zone names an interface of this machine.
            return found.scope_id is None and _is_public_6(found)
        found = IPv4Address(int(found) & 0xFFFF_FFFF)
    return not any(found in network for network in _NOT_PUBLIC_4)


def _is_public_6(address: IPv6Address) -> bool:
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)
