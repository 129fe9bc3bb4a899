"""The page: an admin looks, keeps and turns off; security sees it and may hold; nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from tests.desk.conftest import BACKEND, Desk, make_desk
from tests.retention.conftest import closed, known

from holdfast.people.models import Agent
from holdfast.retention import holds, looking, plan
from holdfast.retention.models import Hold, Look, Plan

HOME = "/settings/retention/"
CONFIRM = "/accounts/reauthenticate/"
PASSWORD = "tern gannet petrel fulmar"


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


def signed_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent, BACKEND)
    return client


@pytest.fixture
def admin_at(desk: Desk) -> Client:
    return signed_in(desk.admin)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel("2026-06-01 09:00Z", tick=False) as moved:
        yield moved


def _typed(**days: str) -> dict[str, str]:
    return {key: str(count) for key, count in plan.DEFAULT.items()} | days


def test_it_is_off_and_says_so(admin_at: Client) -> None:
    said = admin_at.get(HOME).content.decode()
    assert "Retention is off: nothing runs out." in said
    assert "None stands." in said


def test_looking_counts_and_keeping_turns_it_on_a_day_from_now(admin_at: Client) -> None:
    closed(known(900), days=800)
    looked = admin_at.post(HOME + "looks/", _typed())
    assert looked.status_code == 302
    page = admin_at.get(looked.url.partition("#")[0]).content.decode()
    assert "What would go" in page
    assert "Turn it on" in page
    assert not Plan.objects.exists()
    kept = admin_at.post(HOME + "plan/", {"look": str(Look.objects.get().pk)}, follow=True).content.decode()
    assert "It is on. Nothing goes before" in kept
    assert "The plan was changed less than a day ago." in kept
    off = admin_at.post(HOME + "off/", follow=True).content.decode()
    assert "Retention is off: nothing runs out." in off
    assert list(Plan.objects.order_by("id").values_list("on", flat=True)) == [True, False]


@pytest.mark.parametrize("typed", ["", "12", "x", "99999", "-5", "7 30", "730.5"])
def test_days_that_cannot_be_are_refused_by_name_and_kept_in_the_field(admin_at: Client, typed: str) -> None:
    answer = admin_at.post(HOME + "looks/", _typed(cases=typed))
    assert answer.status_code == 422
    assert "Closed conversations: give whole days, from 90 to 3,650." in answer.content.decode()
    assert not Look.objects.exists()


def test_a_plan_without_a_look_of_ones_own_is_refused(admin_at: Client, desk: Desk) -> None:
    other = looking.look(days=plan.DEFAULT, by=desk.security.pk)
    for look in ("", "x", str(uuid4()), str(other)):
        assert admin_at.post(HOME + "plan/", {"look": look}).status_code == 422
    assert not Plan.objects.exists()


def test_security_sees_it_and_holds_but_changes_nothing(desk: Desk) -> None:
    client, case = signed_in(desk.security), closed(known(900), days=800)
    page = client.get(HOME).content.decode()
    assert "Retention is off" in page
    assert "Look what would go" not in page
    assert client.post(HOME + "holds/", {"what": f"#{case.number}", "why": "A claim"}).status_code == 302
    hold = Hold.objects.get()
    for address in ("looks/", "plan/", "off/", f"holds/{hold.pk}/end/"):
        assert client.post(HOME + address).status_code == 403, address
    assert Hold.objects.get().ended_at is None
    assert client.post(HOME + "holds/", {"what": "#999999", "why": "A claim"}).status_code == 422


def test_who_has_no_part_in_it_is_let_in_nowhere(desk: Desk) -> None:
    for person in (desk.ana, desk.lead):
        assert signed_in(person).get(HOME).status_code == 403


def test_keeping_a_plan_and_ending_a_hold_ask_once_more_who_one_is(desk: Desk, clock: time_machine.Coordinates) -> None:
    desk.admin.set_password(PASSWORD)
    desk.admin.save()
    client = Client()
    client.post("/accounts/login/", {"login": desk.admin.email, "password": PASSWORD})
    hold = holds.place(number=closed(known(900), days=800).number, why="A claim", by=desk.admin.pk)
    clock.shift(15 * 60)
    look = looking.look(days=plan.DEFAULT, by=desk.admin.pk)
    for address, given in ((reverse("retention:keep"), {"look": str(look)}), (f"{HOME}holds/{hold}/end/", {})):
        assert client.post(address, given).url.startswith(CONFIRM), address
    assert Hold.objects.get().ended_at is None
    assert not Plan.objects.exists()
    assert client.get(HOME).status_code == 200
