"""The planted world, and somebody signed in for each role."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from tests.security import world as worlds
from tests.security.routes import ROLES
from tests.security.world import World

QUICK = {
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
}

UNSAFE = ("unsafe-inline", "unsafe-eval", "*", "http:", "https:")


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


def strict(policy: str) -> bool:
    """Whether a content security policy lets a page do nothing but what the house itself serves."""
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";") if rule.strip()}
    if "sandbox" in rules:  # a file handed out: it may do nothing at all
        return rules["sandbox"] == [] and rules.get("default-src") == ["'none'"]
    basics = rules.get("default-src") == ["'none'"] and rules.get("frame-ancestors") is not None
    return basics and not any(word in value for value in rules.values() for word in UNSAFE)
