"""Every address, every method, every role: what changes something is open to whom its row in `routes.py` says.

The crawl (`test_crawl.py`) asks for pages; this asks for changes. What is refused must not change anything, and must
not tell whether something is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.security.conftest import signed_in
from tests.security.routes import EVERYBODY, ROLES, ROUTES, CaseRoute, Route, patterns
from tests.security.world import World

from holdfast.conversations.assignments import assign
from holdfast.conversations.closures import close
from holdfast.conversations.models import Conversation
from holdfast.desk import cutting_off
from holdfast.guard.models import RevealLog

CHANGES = ("post", "put", "patch", "delete")
REFUSALS = frozenset({302, 401, 403, 404, 405})
# What a refusal may leave behind: who is signed in and where, counters of limits, and the log of what was denied.
MAY_MOVE = frozenset({"django_session", "holdfast_cache", "guard_reveallog", "guard_whereabouts_seat"})


@dataclass(frozen=True)
class Try:
    """One request that would change something, and what came of it."""

    role: str
    method: str
    name: str
    address: str
    status: int
    may: bool  # this role may write here
    answer: int  # what those who may get, where it looks like a refusal

    @property
    def where(self) -> str:
        return f"{self.role} {self.method} {self.address}: {self.status}"

    @property
    def refused(self) -> bool:
        return self.status in REFUSALS


@dataclass
class Tries:
    """All of them, and the tables that refused ones changed."""

    made: list[Try]
    changed: list[str]


@dataclass
class _Visitor:
    """Somebody who comes back signed in as at first, whatever the last request did to their session."""

    role: str
    client: Client
    cookies: dict[str, str]

    def asks(self, method: str, address: str) -> Any:
        self.client.cookies = SimpleCookie(self.cookies)
        return getattr(self.client, method)(address)


def _visitors(world: World) -> dict[str, _Visitor]:
    clients = signed_in(world)
    return {
        role: _Visitor(role, client, {name: morsel.value for name, morsel in client.cookies.items()})
        for role, client in clients.items()
    }


def _calls(world: World) -> Iterator[tuple[str, str, frozenset[str], int]]:
    """Yield name, address, who may write, and what they get."""
    for name in dict(patterns()):
        route = ROUTES.get(name)  # test_every_address_has_its_row says which are missing
        if route is None:
            continue
        for arguments, open_to in route.calls(world):
            may, answer = (open_to, 0) if isinstance(route, CaseRoute) else (route.may_write, route.answer)
            yield name, reverse(name, args=arguments), may, answer


def _known(visitor: _Visitor, address: str) -> tuple[str, ...]:
    """Return the changing methods that an address takes: asked as who may most, with one that hardly any takes.

    What it names is what it takes: the same check that names the methods refuses all others, for everybody.
    """
    response = visitor.asks("patch", address)
    named = set(CHANGES) if response.status_code != 405 else set(response.headers["Allow"].lower().split(", "))
    return tuple(method for method in CHANGES if method in named)


def _tried(world: World) -> Tries:
    """Try everything once: first whatever should be refused, then the rest, each undone again."""
    visitors = _visitors(world)
    open_to: list[tuple[_Visitor, str, str, str, int]] = []
    made: list[Try] = []
    before = _tables()
    for name, address, may, answer in _calls(world):
        for method in _known(visitors["admin"], address):
            for role, visitor in visitors.items():
                if role in may:
                    open_to.append((visitor, method, name, address, answer))
                else:
                    made.append(_try(visitor, method, name, address, may=False, answer=answer))
    after = _tables()
    for visitor, method, name, address, answer in open_to:
        undo = transaction.savepoint()
        made.append(_try(visitor, method, name, address, may=True, answer=answer))
        transaction.savepoint_rollback(undo)
    return Tries(made, [table for table in before if before[table] != after[table]])


def _try(visitor: _Visitor, method: str, name: str, address: str, *, may: bool, answer: int) -> Try:
    status = visitor.asks(method, address).status_code
    return Try(visitor.role, method, name, address, status, may, answer)


def _tables() -> dict[str, str]:
    """A digest of every table."""
    tables = sorted({model._meta.db_table for model in apps.get_models()} - MAY_MOVE)
    with connection.cursor() as cursor:
        union = " UNION ALL ".join(
            f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" t"
            for table in tables
        )
        cursor.execute(union)
        return dict(cursor.fetchall())


def test_each_change_is_open_to_whom_its_row_says_and_to_nobody_else(world: World) -> None:
    """One test, for one round of more than a thousand requests."""
    tries = _tried(world)
    _nobody_changes_what_their_row_does_not_give_them(tries)
    _whoever_may_change_something_gets_there(tries)
    _a_case_out_of_reach_is_not_there(tries)


def _nobody_changes_what_their_row_does_not_give_them(tries: Tries) -> None:
    wrong = [one.where for one in tries.made if not one.may and not one.refused]
    assert "\n".join(wrong) == "", "say in routes.py who writes here, or mend the address"
    assert tries.changed == [], "something was refused in words, and done all the same"


def _whoever_may_change_something_gets_there(tries: Tries) -> None:
    """Otherwise being refused would prove nothing about the others."""
    assert [one.where for one in tries.made if one.status >= 500] == []
    wrong = []
    for one in tries.made:
        is_case = isinstance(ROUTES[one.name], CaseRoute)
        lost = one.status in ({302, 401, 404} if is_case else {401, 403, 404})
        if one.may and lost and one.status != one.answer:
            wrong.append(one.where)
    assert "\n".join(wrong) == ""
    assert len([one for one in tries.made if one.may]) > 400


def _a_case_out_of_reach_is_not_there(tries: Tries) -> None:
    """403 would say that it exists."""
    wrong = [
        one.where
        for one in tries.made
        if isinstance(ROUTES[one.name], CaseRoute) and not one.may and one.role != "anonymous"
        if one.status not in {404, 405} and not one.name.startswith("incidents:")
    ]
    assert "\n".join(wrong) == ""


def _elsewhere(value: Any) -> Any:
    """An argument of the same kind that leads nowhere."""
    if isinstance(value, bool) or not isinstance(value, int | UUID):
        return value
    return 999_999_999 if isinstance(value, int) else UUID(int=2**127 + 7)


def _plain(response: Any, address: str) -> tuple[int, str, str]:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    text = re.sub(r'(csrf\w*"?\s*(?:value=|:|content=)\s*)"[^"]+"', r"\1", body.decode("utf-8", "replace"), flags=re.I)
    return response.status_code, response.headers.get("Location", "").replace(address, ""), text.replace(address, "")


# What is there is no secret: checkpoints are published, and everybody at work sees that there is an incident.
OPEN_SECRETS = ("ledger:checkpoint", "legal:", "account_", "mfa_")


def _foreign(world: World) -> Iterator[tuple[str, str, str, bool]]:
    """Yield role, an address of something that is there but not theirs, the same of something that is not there, and
    whether that is a case, whose number can be guessed.
    """
    for name, route in ROUTES.items():
        if name.startswith(OPEN_SECRETS) or (isinstance(route, Route) and route.open_to == EVERYBODY):
            continue
        for arguments, open_to in route.calls(world):
            nowhere = [_elsewhere(each) for each in arguments]
            for role in ROLES:
                if nowhere != arguments and role not in open_to and role != "anonymous":
                    is_case = isinstance(route, CaseRoute)
                    yield role, reverse(name, args=arguments), reverse(name, args=nowhere), is_case


def test_a_refusal_does_not_tell_whether_something_is_there(world: World) -> None:
    """Neither by what it says, nor, of a case, by how often the database was asked, which takes time."""
    visitors = _visitors(world)
    wrong = []
    for role, there, nowhere, is_case in _foreign(world):
        seen = []
        for address in (there, nowhere):
            with CaptureQueriesContext(connection) as asked:
                response = visitors[role].asks("get", address)
            seen.append((*_plain(response, address), len(asked) if is_case else 0))
        if seen[0] != seen[1]:
            wrong.append(f"{role} {there}: {seen[0][0]} {seen[0][3]} and {nowhere}: {seen[1][0]} {seen[1][3]}")
    assert "\n".join(wrong) == ""


def _let_go(world: World) -> str:
    agent = world.agents["admin"]
    agent.is_active = False
    agent.save()
    return "admin"


def _cut_off(world: World) -> str:
    target = cutting_off.Target(cutting_off.Scope.AGENT, world.agents["lead"].pk)
    cutting_off.cut_off(target=target, why="A check", by=world.agents["security"].pk)
    return "lead"


@pytest.mark.parametrize("end", [_let_go, _cut_off], ids=["let go", "cut off"])
def test_a_session_of_somebody_who_is_gone_opens_nothing(world: World, end: Callable[[World], str]) -> None:
    """As if nobody were signed in, at every address, for reading and for writing: at once, also with the cookie."""
    visitors = _visitors(world)
    gone, stranger = visitors[end(world)], visitors["anonymous"]
    wrong = []
    for name, address, _, _ in _calls(world):
        for method in ("get", "post"):
            one, other = gone.asks(method, address), stranger.asks(method, address)
            if (one.status_code, one.headers.get("Location")) != (other.status_code, other.headers.get("Location")):
                wrong.append(f"{method} {name} {address}: {one.status_code}, a stranger gets {other.status_code}")
    assert "\n".join(wrong) == ""


def _close(case: Conversation, own: int) -> None:
    close(conversation_id=case.pk, by=own)


def _give_up(case: Conversation, own: int) -> None:
    assign(conversation_id=case.pk, to=None, by=own)


OPENED = {"purpose": "payment", "said": "1111", "reason": "They asked."}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", [_close, _give_up], ids=["closed", "given up"])
def test_a_grant_that_ended_opens_nothing_of_a_case_one_still_reads(
    world: World, end: Callable[[Conversation, int], None]
) -> None:
    case, own = world.conversations["mine"], _visitors(world)["own"]
    message = case.messages.filter(author="customer").order_by("created_at", "id")[0].pk
    assert world.picture
    assert world.attachment
    ways = {
        "desk:reveal": [case.number, "iban"],
        "desk:compare": [case.number, "iban"],
        "desk:raw": [case.number, message],
        "desk:picture": [case.number, world.picture.pk],
        "desk:file": [case.number, world.attachment.pk],
    }

    def outcome(name: str) -> tuple[int, str]:
        own.client.cookies = SimpleCookie(own.cookies)
        status = own.client.post(reverse(name, args=ways[name]), OPENED).status_code
        return status, RevealLog.objects.order_by("-id").values_list("outcome", flat=True)[0]

    assert [outcome(name)[1] for name in ways if name != "desk:compare"] == ["allowed"] * 4
    end(case, world.agents["own"].pk)
    refused = {name: outcome(name) for name in ways}
    assert {status for status, _ in refused.values()} <= {403, 404, 422}, refused
    assert {said for _, said in refused.values()} == {"no_grant"}, refused
