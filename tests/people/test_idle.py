"""A session in which nobody does anything ends, and brings whoever comes back to where they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from holdfast.people import accounts, idle, standing
from holdfast.people.models import Agent

PASSWORD = "tern gannet petrel fulmar"
PAGE = {"accept": "text/html,application/xhtml+xml"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(db: None, settings: Any) -> Agent:
    settings.IDLE_MINUTES = 45
    return accounts.create_agent(email="ben@desk.example", name="Ben Okafor", password=PASSWORD)


@pytest.fixture
def clock(db: None) -> Iterator[time_machine.Coordinates]:
    with time_machine.travel("2026-03-02 09:00:00+00:00", tick=False) as moved:
        yield moved


@pytest.fixture
def browser(agent: Agent, clock: time_machine.Coordinates) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": agent.email, "password": PASSWORD}, headers=PAGE)
    client.get("/welcome/sessions/", headers=PAGE)
    return client


def test_what_fetches_itself_is_no_act_so_a_screen_left_alone_is_signed_out_and_led_back(
    browser: Client, agent: Agent, clock: time_machine.Coordinates
) -> None:
    right = standing.standing_of(session=browser.session.session_key or "", agent=agent.pk)
    assert right is not None
    for _ in range(4):
        clock.shift(11 * 60)
        assert browser.get("/bridge/band/").status_code == 200
        browser.post("/desk/c/1/presence/", {"typing": 0})
    clock.shift(60)
    part = browser.get("/bridge/band/", headers={"referer": "http://testserver/desk/c/7/?view=mine"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (
        401,
        "/accounts/login/?next=%2Fdesk%2Fc%2F7%2F%3Fview%3Dmine&away=1",
    )
    assert not standing.in_force([right]), "its stream ends too"
    page = browser.get("/accounts/login/?next=%2Fdesk%2Fc%2F7%2F&away=1")
    assert b"Nothing happened for 45 minutes" in page.content
    back = browser.post(
        "/accounts/login/", {"login": agent.email, "password": PASSWORD, "next": "/desk/c/7/"}, headers=PAGE
    )
    assert back.url == "/desk/c/7/"


def test_pages_forms_and_a_hand_on_the_keys_keep_it_open_but_never_longer_than_a_shift(
    browser: Client, clock: time_machine.Coordinates
) -> None:
    for hour in range(11):
        clock.shift(40 * 60)
        assert browser.get("/welcome/sessions/", headers=PAGE).status_code == 200, hour
        clock.shift(20 * 60)
        assert browser.post("/welcome/here/").json()["left"] == 45 * 60
    clock.shift(44 * 60)
    assert browser.post("/welcome/here/").status_code == 200
    clock.shift(17 * 60)
    assert browser.get("/welcome/sessions/", headers=PAGE).status_code == 302, "twelve hours are twelve hours"


def test_asking_how_long_it_lasts_does_not_make_it_last(browser: Client, clock: time_machine.Coordinates) -> None:
    clock.shift(40 * 60)
    assert browser.get("/welcome/here/").json()["left"] == 5 * 60
    clock.shift(5 * 60)
    answer = browser.get("/welcome/here/", headers={"referer": "http://testserver/desk/"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/accounts/login/?next=%2Fdesk%2F&away=1")
    assert browser.get("/welcome/here/").status_code == 401


def test_a_page_that_is_opened_too_late_leads_to_signing_in_and_then_to_itself(
    browser: Client, clock: time_machine.Coordinates
) -> None:
    clock.shift(45 * 60)
    assert browser.get("/desk/?view=mine", headers=PAGE).url == (
        "/accounts/login/?next=%2Fdesk%2F%3Fview%3Dmine&away=1"
    )


def test_a_job_ends_what_is_idle_though_nothing_asks_and_leaves_the_rest(
    browser: Client, agent: Agent, clock: time_machine.Coordinates
) -> None:
    clock.shift(30 * 60)
    other = Client()
    other.post("/accounts/login/", {"login": agent.email, "password": PASSWORD}, headers=PAGE)
    other.get("/welcome/sessions/", headers=PAGE)
    assert idle.end_idle() == 0
    clock.shift(15 * 60)
    assert idle.end_idle() == 1
    assert list(Session.objects.values_list("pk", flat=True)) == [other.session.session_key]


def test_without_a_limit_only_the_twelve_hours_count(
    browser: Client, clock: time_machine.Coordinates, settings: Any
) -> None:
    settings.IDLE_MINUTES = 0
    clock.shift(11 * 3600)
    assert browser.get("/welcome/sessions/", headers=PAGE).status_code == 200
    assert idle.end_idle() == 0
    clock.shift(3600)
    assert idle.end_idle() == 1
