"""One crawl of every address as every role, and what each page of it must and must not be.

Whatever looks at the crawl stands in this file: tests go to workers file by file, and the crawl takes half a minute.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse
from tests.security import world as worlds
from tests.security.conftest import QUICK, signed_in, strict
from tests.security.routes import OPENS, ROLES, ROUTES, patterns
from tests.security.world import World, as_text

INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\b(?:src=|type=\"(?:application|speculationrules)))", re.I
)


@dataclass(frozen=True)
class Visit:
    """One request of the crawl and what came back."""

    role: str
    name: str
    address: str
    fragment: bool
    expected: bool  # this role may open it
    status: int
    headers: dict[str, str]
    body: str

    @property
    def where(self) -> str:
        return f"{self.role} {self.address}{' (htmx)' if self.fragment else ''} {self.status}"

    @property
    def to_sign_in(self) -> bool:
        return self.status == 302 and self.headers["Location"].startswith("/accounts/login/")


@dataclass
class Crawl:
    """Every address as every role, in a world whose markers are known."""

    world: World
    visits: list[Visit] = field(default_factory=list)
    log: str = ""


@pytest.fixture(scope="module")
def crawl(django_db_setup: None, django_db_blocker: Any) -> Crawl:
    """Crawl once; the tests look at what was found. The world is gone again afterwards."""
    said = io.StringIO()
    listener = logging.StreamHandler(said)
    logging.getLogger().addHandler(listener)
    try:
        with (
            django_db_blocker.unblock(),
            override_settings(**QUICK),
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
            transaction.atomic(),
        ):
            done = Crawl(worlds.build())
            made = signed_in(done.world)
            done.visits = [visit for role in ROLES for visit in _visits(done.world, role, made[role])]
            transaction.set_rollback(True)
    finally:
        logging.getLogger().removeHandler(listener)
    done.log = said.getvalue()
    return done


def _visits(world: World, role: str, client: Client) -> Iterator[Visit]:
    for name in dict(patterns()):
        if name not in ROUTES:
            continue  # test_every_address_has_its_row says so
        for arguments, open_to in ROUTES[name].calls(world):
            for query in ROUTES[name].queries:
                address = reverse(name, args=arguments) + query
                for fragment in (False, True) if name.startswith("desk:") else (False,):
                    response = client.get(address, headers={"hx-request": "true"} if fragment else {})
                    body = b"".join(response.streaming_content) if response.streaming else response.content
                    head = {**response.headers}
                    head["Set-Cookie"] = as_text([morsel.OutputString() for morsel in response.cookies.values()])
                    text = body.decode("utf-8", "replace")
                    yield Visit(role, name, address, fragment, role in open_to, response.status_code, head, text)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_what_is_its_own(crawl: Crawl, role: str) -> None:
    wrong = []
    for visit in crawl.visits:
        if visit.role != role:
            continue
        led_away = visit.to_sign_in or visit.headers.get("Location") == "/desk/reveals/"
        empty = ROUTES[visit.name].empty and visit.status == 404 and role != "anonymous"
        opened = empty or (visit.status in OPENS and (not led_away or role == "anonymous"))
        refused = led_away or visit.status in {401, 403, 404, 405}
        if visit.status >= 500 or not (opened if visit.expected else refused):
            wrong.append(visit.where)
    assert "\n".join(wrong) == ""


@pytest.mark.parametrize("role", ROLES)
def test_no_page_shows_a_marker(crawl: Crawl, role: str) -> None:
    leaks: list[str] = []
    pages = [visit for visit in crawl.visits if visit.role == role]
    assert len(pages) > 100
    for visit in pages:
        # A search shows again what was typed into it; that is the agent's own knowledge, not the desk's.
        typed = {leak.partition(": ")[2] for leak in crawl.world.leaks("typed", visit.address)}
        found = crawl.world.leaks(visit.where, as_text(visit.headers) + visit.body)
        leaks += [leak for leak in found if leak.partition(": ")[2] not in typed]
    assert "\n".join(leaks) == ""


def test_the_crawl_saw_customers(crawl: Crawl) -> None:
    """Otherwise finding nothing would prove nothing."""
    seen = [visit for visit in crawl.visits if "Ayu Z." in visit.body]
    assert {visit.role for visit in seen} == {"own", "other", "lead", "admin"}
    assert {"desk:home", "desk:list", "desk:row", "desk:conversation"} <= {visit.name for visit in seen}


def test_the_log_of_the_crawl_holds_no_marker(crawl: Crawl) -> None:
    assert "Not Found" in crawl.log
    typed = {leak.partition(": ")[2] for visit in crawl.visits for leak in crawl.world.leaks("typed", visit.address)}
    assert [leak for leak in crawl.world.leaks("log", crawl.log) if leak.partition(": ")[2] not in typed] == []


def test_every_page_carries_the_headers(crawl: Crawl) -> None:
    missing = []
    for visit in crawl.visits:
        head = visit.headers
        good = {
            "policy": strict(head.get("Content-Security-Policy", "")),
            "nosniff": head.get("X-Content-Type-Options") == "nosniff",
            "frame": head.get("X-Frame-Options") in {"DENY", "SAMEORIGIN"},
            "referrer": head.get("Referrer-Policy") in {"same-origin", "no-referrer"},
            "opener": head.get("Cross-Origin-Opener-Policy") == "same-origin",
            # What is the same for everybody may be kept; nothing else for somebody signed in may.
            "stored": visit.role == "anonymous"
            or visit.name.startswith(("help:", "status:"))
            or visit.name == "robots"
            or "no-store" in head.get("Cache-Control", ""),
        }
        missing += [f"{visit.where}: {what}" for what, is_good in good.items() if not is_good]
    assert "\n".join(missing) == ""


def test_no_page_has_script_or_style_of_its_own(crawl: Crawl) -> None:
    pages = [visit for visit in crawl.visits if visit.headers.get("Content-Type", "").startswith("text/html")]
    found = [f"{visit.where}: {hit.group()}" for visit in pages if (hit := INLINE.search(visit.body))]
    assert "\n".join(found) == ""


def test_no_page_loads_anything_from_elsewhere(crawl: Crawl) -> None:
    source = re.compile(
        r"<(?:img|script|link|iframe|source|audio|video|form)\b[^>]*\b(?:src|href|action)=\"(?:https?:)?//[^\"]*", re.I
    )
    ours = re.compile(rf"\b(?:src|href|action)=\"{re.escape(settings.PUBLIC_URL)}/")  # canonical links, feeds
    hits = [(visit, hit.group()) for visit in crawl.visits for hit in source.finditer(visit.body)]
    assert "\n".join(f"{visit.where}: {hit}" for visit, hit in hits if not ours.search(hit)) == ""
