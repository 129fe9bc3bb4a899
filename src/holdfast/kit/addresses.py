"""Which network addresses are anybody's: whoever names an address to be called must not lead into our own network."""

from __future__ import annotations

from ipaddress import ip_address


def is_public(address: str) -> bool:
    """Return whether an address that was looked up is public. Raises `ValueError` when it is none.

    An IPv4 address inside an IPv6 one counts as what it leads to; a zone (`%eth0`) is left out.
    """
    found = ip_address(address.partition("%")[0])
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_global and not found.is_multicast
