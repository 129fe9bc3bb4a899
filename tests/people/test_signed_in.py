"""Who is behind a request, and how they stand, are found in one query at each request."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from holdfast.people import accounts, cutting_off
from holdfast.people.cut_off_targets import Target
from holdfast.people.cutting_off import Kind, Scope
from holdfast.people.models import Agent, Role
from holdfast.people.signed_in import SignedIn


@pytest.fixture
def agent(db: None) -> Agent:
    return accounts.create_agent(email="ben@desk.example", name="Ben Okafor")


def test_a_request_finds_its_session_its_agent_and_how_they_stand_in_two_queries(agent: Agent, client: Client) -> None:
    client.force_login(agent)
    request = HttpRequest()
    request.session = SessionStore(client.session.session_key)
    with CaptureQueriesContext(connection) as asked:
        found = get_user(request)
        assert isinstance(found, Agent)
        assert (found.standing.mode, found.standing.epoch) == ("", 0)
    assert len(asked) == 2
    kept = Agent.objects.get(pk=agent.pk)
    assert {field.attname: getattr(found, field.attname) for field in Agent._meta.concrete_fields} == {
        field.attname: getattr(kept, field.attname) for field in Agent._meta.concrete_fields
    }
    found.theme = "dark"
    found.save(update_fields=["theme"])
    assert Agent.objects.get(pk=agent.pk).theme == "dark", "it is an agent like any other"


def test_who_was_found_stands_as_they_do_now(agent: Agent) -> None:
    security = accounts.create_agent(email="sig@desk.example", name="Sig", role=Role.SECURITY)
    number = cutting_off.begin(
        target=Target(Scope.AGENT, agent.pk), kind=Kind.MASKED, why="A test", by=security.pk
    ).number
    found = SignedIn().get_user(agent.pk)
    assert found is not None
    assert (found.standing.only_reads, found.standing.epoch) == (True, number)
    Agent.objects.filter(pk=agent.pk).update(is_active=False)
    assert SignedIn().get_user(agent.pk) is None
    assert SignedIn().get_user(0) is None
