"""Questions whose answers would give a sealed value away bit by bit: by order, by filter, by count, by work done.

That an exact mail address, phone number or reference finds its customer is meant so (`docs/security.md`); nothing less
than all of it does.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.security.routes import ROUTES
from tests.security.world import World

# Names under which frameworks and other desks take an order, a filter, columns or a form of answer.
ASKED = urlencode(
    {
        "ordering": "customer__iban",
        "order_by": "-customer__name",
        "sort": "iban",
        "o": "-1.2",
        "fields": "iban,address,birth_date",
        "expand": "customer",
        "include": "customer.iban",
        "select": "*",
        "filter": "iban:GB",
        "customer__iban__startswith": "GB",
        "customer__name__icontains": "zqfamily",
        "iban": "GB33",
        "birth_date__gt": "1930-01-01",
        "group_by": "iban",
        "format": "json",
    }
)
ASKING = ("desk:search", "desk:home", "desk:palette")
TRIES = 3  # what is remembered for a second is asked for anew now and then, so the least work counts


def _words(response: Any, *typed: str) -> str:
    """What a page says: without tags, and without what was typed into it."""
    text = html.unescape(re.sub(r"<(?:script|style).*?</(?:script|style)>|<[^>]+>", " ", response.content.decode()))
    for each in typed:
        text = text.replace(each, "…")
    return " ".join(re.sub(r"\b\d+ (?:s|seconds?|min|minutes?)\b", "", text).split())


def _least(ask: Callable[[], Any], typed: str) -> tuple[int, int, str]:
    """Ask a few times; return the status, how many questions went to the database at least, and the words."""
    counts = []
    for _ in range(TRIES):
        with CaptureQueriesContext(connection) as queries:
            response = ask()
        counts.append(len(queries))
    return response.status_code, min(counts), _words(response, typed, typed.lower())


def test_no_page_sorts_filters_or_shows_more_by_what_is_added_to_its_address(
    world: World, clients: dict[str, Client]
) -> None:
    """Each address once, as the least of those who may open it."""
    wrong, seen = [], 0
    for name, route in ROUTES.items():
        for arguments, open_to in route.calls(world):
            role = next((each for each in ("own", "admin", "security") if each in open_to), None)
            address = reverse(name, args=arguments)
            plain = clients[role].get(address) if role else None
            if plain is None or plain.status_code != 200 or "html" not in plain.headers["Content-Type"]:
                continue
            seen += 1
            asked = clients[str(role)].get(f"{address}?{ASKED}")
            wrong += world.leaks(f"{role} {address}", asked.content)
            # Minutes pass on some pages: what differs has to differ from the page of just after, too.
            if _words(asked) != _words(plain) and _words(asked) != _words(clients[str(role)].get(address)):
                wrong.append(f"{role} {address} answers otherwise")
    assert "\n".join(wrong) == ""
    assert seen > 50


def _parts(world: World) -> dict[str, str]:
    """Pieces of sealed values, and whole ones by which nobody is to be found."""
    value = world.planted[0].values
    return {
        "the end of a name": "zqfamily31",
        "a whole name": value["name"],
        "the half of a mail address": "zqlocal31",
        "the host of a mail address": "zqhost31.example",
        "most of a phone number": value["phone"][:-1],
        "a whole bank account": value["iban"],
        "the middle of a bank account": value["iban"][4:14],
        "a whole address": value["address"],
        "a birth date": value["birth_date"],
        "most of a chat's name": value["chat"][:-1],
    }


def test_a_piece_of_a_value_finds_what_nonsense_finds(world: World, clients: dict[str, Client]) -> None:
    """The same rows, the same counts, and as many questions to the database, so the same time."""
    wrong = []
    for about, piece in _parts(world).items():
        nonsense = "".join(
            chr((ord(c) - 97 + 13) % 26 + 97) if c.islower() else str((int(c) + 5) % 10) if c.isdecimal() else c
            for c in piece
        )
        for name in ASKING:
            said = [
                _least(partial(clients["admin"].get, f"{reverse(name)}?q={quote(each)}"), each)
                for each in (piece, nonsense)
            ]
            if said[0] != said[1]:
                wrong.append(f"{about} at {name}: {said[0][:2]} and {said[1][:2]}")
    assert "\n".join(wrong) == ""


def test_the_whole_mail_address_finds_its_customer(world: World, clients: dict[str, Client]) -> None:
    """Otherwise finding nothing above would prove nothing."""
    found = clients["admin"].get(f"{reverse('desk:search')}?q={quote(world.planted[0].values['email'])}")
    assert "Card declined" in found.content.decode()


def _subscribe(client: Client, address: str) -> Any:
    return client.post(reverse("status:subscribe"), {"email": address})


def _manage(client: Client, address: str) -> Any:
    return client.post(reverse("status:manage"), {"email": address})


@pytest.mark.parametrize("door", [_subscribe, _manage], ids=["subscribing", "changing a subscription"])
def test_a_stranger_does_not_learn_whose_address_is_known(
    world: World, client: Client, door: Callable[[Client, str], Any]
) -> None:
    """A customer who is no subscriber, and nobody."""
    said = []
    for address in ("nobody76@zqhost76.example", world.planted[3].values["email"], "nobody77@zqhost77.example"):
        with CaptureQueriesContext(connection) as queries:
            response = door(client, address)
        said.append((response.status_code, len(queries), _words(response, address)))
    assert said[1] == said[2], "the first of all makes a row for the limits of its network"


def test_an_unknown_account_costs_as_much_as_a_wrong_password(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hashing is what takes time in signing in."""
    hashed: list[str] = []
    real = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return str(real(self, password, salt))

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    work, words = [], []
    for login in ("own@desk.example", "nobody@desk.example"):
        hashed.clear()
        response = client.post("/accounts/login/", {"login": login, "password": "not the password at all"})
        work.append(len(hashed))
        words.append(_words(response, login))
    assert words[0] == words[1]
    assert work[0] == work[1] > 0
