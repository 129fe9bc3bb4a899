"""Who really asks, and how, when a proxy stands between this process and the caller."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
Message = MutableMapping[str, Any]

_MOST_HOPS = 20


class TrustedProxies:
    """Believes `X-Forwarded-For` and `X-Forwarded-Proto` of proxies in `networks`, and of nobody else."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks

    def seen_through(self, scope: Message) -> Message:
        """Return an ASGI scope whose `client` and `scheme` are the caller's.

        Each proxy adds the address it saw at the end of `X-Forwarded-For`, so the list is read from there: the first
        address that is no trusted proxy is the caller, and what stands before it is only what that caller said.
        """
        peer = _address((scope.get("client") or ("",))[0])
        if not self._networks or peer is None or not self._trusts(peer):
            return scope
        caller = peer
        for said in _last_first(scope, b"x-forwarded-for"):
            address = _address(said)
            if address is None:
                break
            caller = address
            if not self._trusts(address):
                break
        seen = {**scope, "client": (str(caller), 0)} if caller != peer else {**scope}
        scheme = next(_last_first(scope, b"x-forwarded-proto"), "").lower()
        return seen | {"scheme": scheme} if scheme in {"http", "https"} else seen

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _last_first(scope: Message, header: bytes) -> Iterator[str]:
    said = b",".join(value for name, value in scope["headers"] if name == header).decode("latin-1")
    return (part.strip() for part in reversed(said.rsplit(",", _MOST_HOPS)))


def _address(text: str) -> Address | None:
    """Read an address, with or without a port; an IPv4 address dressed as IPv6 is the IPv4 address."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
