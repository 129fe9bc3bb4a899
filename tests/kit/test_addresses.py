"""Which addresses are anybody's, in every spelling that leads into somebody's own network."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from holdfast.kit.addresses import Inside, NotReached, is_public, reached, reached_soon

INSIDE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",  # carriers' own (RFC 6598)
    "127.0.0.1",
    "169.254.169.254",  # clouds keep machines' credentials there
    "172.16.0.1",
    "192.0.0.8",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b:1::1",
    "2001:0:53aa:64c:0:0:8000:1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
]
OUTSIDE = ["93.184.215.14", "::ffff:93.184.215.14", "64:ff9b::93.184.215.14", "2606:4700::1111", "2002:5db8:d70e::1"]


@pytest.mark.parametrize("address", INSIDE)
def test_this_is_nobodys_or_somebodys_own(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_this_is_anybodys(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url", ["http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://0177.0.0.1/", "http://[::ffff:7f00:1]:80/"]
)
def test_a_number_in_an_odd_spelling_is_looked_at_as_what_it_leads_to(url: str) -> None:
    with pytest.raises(NotReached):
        reached(url)
    with pytest.raises(NotReached):
        asyncio.run(reached_soon(url))


@pytest.mark.parametrize(
    "url", ["", "ftp://93.184.215.14/", "file:///etc/passwd", "https://", "http://[::1", "gopher:x"]
)
def test_what_is_no_address_of_the_web_leads_nowhere(url: str) -> None:
    with pytest.raises(NotReached):
        reached(url)


def test_one_private_address_among_public_ones_is_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(*_: Any, **__: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, 443)) for address in ("93.184.215.14", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(Inside):
        reached("https://two.example/")
    assert reached("https://two.example/", inside=True).url == "https://93.184.215.14/"


def test_what_was_looked_at_is_pinned_and_the_name_stays_for_certificate_and_host() -> None:
    to = reached("https://[2606:4700::1111]:8443/path?query")
    assert (to.url, to.host, to.name) == (
        "https://[2606:4700::1111]:8443/path?query",
        "[2606:4700::1111]:8443",
        "2606:4700::1111",
    )
