"""The frame of security's pages: all of it is reached by thumb from everywhere, and no link leads to a refusal."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from tests.desk.conftest import BACKEND, Desk

PAGES = (
    "watch:home",
    "watch:made-up",
    "watch:reports",
    "watch:limits",
    "cut-off:home",
    "radius:home",
    "desk:reveals",
    "ledger:home",
    "budget:own",
)
OPEN_TO = {
    "ana": {"desk:reveals", "budget:own"},
    "lead": {"desk:reveals", "ledger:home", "budget:own"},
    "admin": {"desk:reveals", "ledger:home", "budget:own", "cut-off:home", "radius:home"},
    "security": set(PAGES),
}
_FRAME = re.compile(r'<nav class="(?:side|tabs|tabbar)".*?</nav>', re.DOTALL)
_THUMB = re.compile(r'<nav class="(?:tabs|tabbar)".*?</nav>', re.DOTALL)
_HREF = re.compile(r'<a href="([^"]+)"( aria-current="page")?')


def _links(part: re.Pattern[str], page: str) -> dict[str, bool]:
    """Addresses in that part of a page, and whether each is marked as the place one is at."""
    return {href: bool(here) for nav in part.findall(page) for href, here in _HREF.findall(nav)}


@pytest.mark.parametrize("who", sorted(OPEN_TO))
def test_every_page_is_reached_by_thumb_and_no_link_is_refused(desk: Desk, who: str) -> None:
    client = Client()
    client.force_login(getattr(desk, who), BACKEND)
    reached: set[str] = set()
    leads_to: set[str] = set()
    for name in sorted(OPEN_TO[who]):
        address = reverse(name)
        page = client.get(address).content.decode()
        thumb = _links(_THUMB, page)
        assert [href for href, here in thumb.items() if here and href == address] == [address], (
            f"{name} says it is here"
        )
        reached |= set(thumb)
        leads_to |= set(_links(_FRAME, page))
    assert {reverse(name) for name in OPEN_TO[who]} <= reached
    refused = {href: status for href in sorted(leads_to) if (status := client.get(href).status_code) >= 400}
    assert refused == {}


def test_security_comes_back_from_the_rest_of_the_house(desk: Desk) -> None:
    client = Client()
    client.force_login(desk.security, BACKEND)
    for address in ("/bridge/", "/incidents/", reverse("mfa_index")):
        assert reverse("watch:home") in _links(_FRAME, client.get(address).content.decode()), address
