"""By which right a browser listens to live notices: its session, its agent, and what that agent may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from django.contrib.auth import get_user
from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from holdfast.guard.cutoff.states import AS_EVER, states_of
from holdfast.people.models import Agent


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody signed in, as they stood when they were looked up.

    `mark` changes with what decides whether they are signed in and what they may see: password, role, team, its queues,
    a cut-off.
    """

    session: str
    agent: int
    mark: str


def standing_of(*, session: str, agent: int) -> Standing | None:
    """Return how `agent` stands in the session with this key; `None` when it is over, or not theirs."""
    request = HttpRequest()
    request.session = SessionStore(session)
    user = get_user(request)
    mark = _marks([agent]).get(agent)
    if mark is None or user.pk != agent:
        return None
    return Standing(session, agent, mark)


def in_force(standings: Collection[Standing]) -> set[Standing]:
    """Return those that are as they were. Three queries."""
    marks = _marks({standing.agent for standing in standings})
    sessions = Session.objects.filter(pk__in={s.session for s in standings}, expire_date__gt=timezone.now())
    alive = set(sessions.values_list("pk", flat=True))
    return {
        standing for standing in standings if standing.session in alive and marks.get(standing.agent) == standing.mark
    }


def _marks(agents: Collection[int]) -> dict[int, str]:
    queues = ArrayAgg("team__queues", distinct=True, order_by="team__queues")
    found = Agent.objects.filter(pk__in=agents, is_active=True).annotate(serves=queues)
    rows = found.values_list("pk", "password", "role", "team", "serves")
    states = states_of(agents)
    return {
        pk: sha256(repr((decisive, states.get(pk, AS_EVER))).encode()).hexdigest()
        for pk, *decisive in rows
        if not states.get(pk, AS_EVER).is_out
    }
