"""The planted world, somebody signed in for each role, and one crawl of everything as everybody."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse
from tests.security import world as worlds
from tests.security.routes import ROLES, ROUTES, patterns
from tests.security.world import World, as_text

QUICK = {
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
}


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


@pytest.fixture
def world(db: None, settings: Any) -> World:
    for name, value in QUICK.items():
        setattr(settings, name, value)
    return worlds.build()


@pytest.fixture
def clients(world: World) -> dict[str, Client]:
    return signed_in(world)


def signed_in(world: World) -> dict[str, Client]:
    made = {role: Client(raise_request_exception=False) for role in ROLES}
    for role, agent in world.agents.items():
        made[role].force_login(agent)
    return made


@pytest.fixture(scope="session")
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
