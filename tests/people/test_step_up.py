"""Before what is grave, whoever asks proves once more that it is them; what they typed is then done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from tests.desk.conftest import Desk, make_desk

from holdfast.desk import cutting_off
from holdfast.desk.cutting_off import Scope, Target
from holdfast.guard.cutoff import queries, states
from holdfast.people.models import Agent, Role

PASSWORD = "tern gannet petrel fulmar"
CONFIRM = "/accounts/reauthenticate/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(db: None) -> Iterator[time_machine.Coordinates]:
    with time_machine.travel("2026-03-02 09:00:00+00:00", tick=False) as moved:
        yield moved


@pytest.fixture
def desk(clock: time_machine.Coordinates, settings: Any) -> Desk:
    settings.STEP_UP_MINUTES, settings.IDLE_MINUTES = 15, 0
    made = make_desk()
    for agent in (made.admin, made.security):
        agent.set_password(PASSWORD)
        agent.save()
    return made


def signed_in(agent: Agent) -> Client:
    client = Client()
    assert client.post("/accounts/login/", {"login": agent.email, "password": PASSWORD}).status_code == 302
    return client


def test_a_cut_off_asks_once_more_and_then_goes_on_with_what_was_typed(
    desk: Desk, clock: time_machine.Coordinates
) -> None:
    client, address = signed_in(desk.security), reverse("cut-off:target", args=["agent", desk.bob.pk])
    clock.shift(16 * 60)
    assert client.get(address).status_code == 200, "looking is free"
    asked = client.post(address, {"why": "Photographs", "kind": "masked", "pool": "own"})
    assert asked.url.startswith(f"{CONFIRM}?next=")
    assert states.state_of(desk.bob.pk).mode == ""
    assert client.post(asked.url, {"password": "not this one at all"}).status_code == 200
    assert states.state_of(desk.bob.pk).mode == ""
    done = client.post(asked.url, {"password": PASSWORD})
    number = states.state_of(desk.bob.pk).epoch
    assert done.url == reverse("cut-off:one", args=[number])
    cut = queries.cut_off(number)
    assert cut is not None
    assert (cut.why, cut.kind, cut.by_id) == ("Photographs", "masked", desk.security.pk)
    client.post(reverse("cut-off:back", args=[number]), {"what": "undo", "act": "ask", "why": "Cleared"})
    assert [each.why for each in queries.requests(number)] == ["Cleared"], "proved a moment ago"


def test_signing_in_is_proof_for_a_while(desk: Desk, clock: time_machine.Coordinates) -> None:
    client = signed_in(desk.admin)
    clock.shift(14 * 60)
    client.post(reverse("people:standing", args=[desk.ana.pk]), {"role": "lead", "team": ""})
    desk.ana.refresh_from_db()
    assert desk.ana.role == Role.LEAD


def test_accounts_letting_back_in_and_what_is_taken_out_ask_once_more(
    desk: Desk, clock: time_machine.Coordinates
) -> None:
    number = cutting_off.cut_off(target=Target(Scope.AGENT, desk.bob.pk), why="A test", by=desk.security.pk).number
    cutting_off.settle(number=number)
    client = signed_in(desk.admin)
    clock.shift(15 * 60)
    person = [desk.ana.pk]
    grave: list[tuple[str, str, dict[str, str]]] = [
        ("post", reverse("people:standing", args=person), {"role": "admin", "team": ""}),
        ("post", reverse("people:invitations"), {"name": "X", "email": "x@y.example", "role": "admin", "team": ""}),
        ("post", reverse("people:link", args=person), {}),
        ("post", reverse("people:reactivation", args=person), {}),
        ("post", reverse("settings:leaving", args=person), {}),
        ("post", reverse("cut-off:back", args=[number]), {"what": "undo", "act": "ask", "why": "x"}),
        ("get", reverse("cut-off:evidence", args=[number]), {}),
        ("get", reverse("ledger:for-them", args=[desk.customer.pk]), {}),
    ]
    for method, address, given in grave:
        assert getattr(client, method)(address, given).url.startswith(CONFIRM), address
    desk.ana.refresh_from_db()
    assert (desk.ana.role, desk.ana.is_active, queries.requests(number)) == (Role.AGENT, True, [])
    for fine in (reverse("people:team"), reverse("cut-off:home"), reverse("ledger:home")):
        assert client.get(fine).status_code == 200, fine


def test_who_may_not_do_it_anyway_is_not_asked_and_nobody_is_when_it_is_switched_off(
    desk: Desk, clock: time_machine.Coordinates, settings: Any
) -> None:
    client = signed_in(desk.security)
    clock.shift(60 * 60)
    assert client.post(reverse("people:standing", args=[desk.ana.pk]), {"role": "admin"}).status_code == 403
    settings.STEP_UP_MINUTES = 0
    target = reverse("cut-off:target", args=["agent", desk.bob.pk])
    assert client.post(target, {"why": "x"}).url.startswith("/security/cut-off/")
