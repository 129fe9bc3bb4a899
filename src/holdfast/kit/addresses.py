"""Where an address that somebody else named really leads: nobody outside makes this server call into our own network.

Every request to such an address goes through `reached` or `reached_soon`. The name is looked up once, everything that
was found is looked at, and the connection goes to the very address that was looked at: a name may mean something else
a moment later (DNS rebinding). Redirects are never followed; the callers see to that, and `tests/security` sees that
nobody makes requests by another way.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

# https://www.iana.org/assignments/ipv6-unicast-address-assignments: everything that is anybody's lies in here.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NOBODYS = (IPv6Network("3fff::/20"), IPv6Network("2001::/23"))  # RFC 9637, RFC 2928 (Teredo, benchmarks, ORCHID)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_PROTOCOLS = IPv4Address("192.0.0.0").packed[:3]  # RFC 6890; ipaddress calls a few of them global


class NotReached(Exception):  # noqa: N818 - reads as what is the matter
    """There is no such host, or the address cannot be read."""


class Inside(NotReached):
    """It has an address that is not public."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Where to connect to, and who has to be there."""

    url: str
    """With a number in place of the name."""
    host: str
    """The header `Host`, with the port where one was given."""
    name: str
    """Whom the certificate has to be for (httpx's extension `sni_hostname`)."""


def reached(url: str, *, inside: bool = False) -> Reached:
    """Look `url` up once and pin what was found. `inside` allows private addresses.

    Raises `NotReached`, `Inside`. May wait for as long as the system's resolver does.
    """
    parsed = _parsed(url)
    try:
        found = socket.getaddrinfo(parsed.host, _port(parsed), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotReached("The name of the host is not known.") from None
    return _pinned(parsed, (str(each[4][0]) for each in found), inside=inside)


async def reached_soon(url: str, *, inside: bool = False) -> Reached:
    """As `reached`, in an event loop."""
    parsed = _parsed(url)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parsed.host, _port(parsed), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotReached("The name of the host is not known.") from None
    return _pinned(parsed, (str(each[4][0]) for each in found), inside=inside)


def is_public(address: str) -> bool:
    """Return whether an address that was looked up is public. Raises `ValueError` when it is none.

    An IPv4 address inside an IPv6 one counts as what it leads to; a zone (`%eth0`) is left out.
    """
    found = _led_to(ip_address(address.partition("%")[0]))
    if isinstance(found, IPv4Address):
        return found.is_global and not found.is_multicast and found.packed[:3] != _PROTOCOLS
    return found.is_global and found in _GLOBAL_UNICAST and not any(found in each for each in _NOBODYS)


def _led_to(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise NotReached("The address cannot be read.") from None
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise NotReached("The address cannot be read.")
    return parsed


def _port(parsed: httpx.URL) -> int:
    return parsed.port or (443 if parsed.scheme == "https" else 80)


def _pinned(parsed: httpx.URL, found: Iterable[str], *, inside: bool) -> Reached:
    addresses = list(found)
    if not addresses:
        raise NotReached("The name of the host is not known.")
    # All of them count: whoever names a public and a private address hopes for the second.
    if not inside and not all(map(is_public, addresses)):
        raise Inside("The host has a private address, which is not asked.")
    pinned = parsed.copy_with(host=addresses[0])
    return Reached(str(pinned), parsed.netloc.decode("ascii"), parsed.raw_host.decode("ascii"))
