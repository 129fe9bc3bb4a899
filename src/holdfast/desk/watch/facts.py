"""The facts of a look: days as they were counted, and openings with what the house knows of their cases. No value."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from django.db import connection

from holdfast.desk.watch.days import days
from holdfast.desk.watch.openings import openings, queues_of_agents
from holdfast.guard.marks.models import Overlay
from holdfast.guard.models import RevealLog
from holdfast.guard.watching import rosters
from holdfast.guard.watching.at_once import SINCE
from holdfast.guard.watching.contract import Approval, Facts, Lookup, Person, Refusal, Unmarked
from holdfast.guard.watching.models import Search, Widening
from holdfast.guard.watching.over_time import PAST, RECENT
from holdfast.people.models import Agent, Role

_ALLOWED = ("allowed", "compared", "matched", "differs")


def gather(at: datetime) -> Facts:
    """Return the facts of a look at `at`: twelve weeks by day, openings of one week. Made-up customers are left out."""
    recent = at - RECENT
    week = datetime.combine((at - SINCE).date(), time(), UTC)
    fresh = openings(week, at, at=at)
    return Facts(
        at=at,
        people=tuple(people()),
        days=tuple(days(at, fresh, since=week)),
        openings=tuple(fresh),
        refusals=tuple(_refusals(recent, at)),
        unmarked=tuple(_unmarked(recent, at)),
        approvals=tuple(_approvals(recent, at)),
        lookups=tuple(_lookups(recent, at)),
        rostered=rosters.rostered(rosters.shifts(at - PAST, at), since=at - PAST, split=recent, at=at),
    )


def with_openings_of(agents: Collection[int], facts: Facts) -> Facts:
    """Return the same facts with four weeks of openings of these people: what their signals refer to."""
    theirs = openings(facts.at - RECENT, facts.at, at=facts.at, agents=agents)
    others = (each for each in facts.openings if each.agent_id not in agents)
    return replace(facts, openings=(*others, *theirs))


def people() -> Iterator[Person]:
    """Yield everybody who answers customers, with the queues of their team; leads reach all and count for none."""
    queues = queues_of_agents()
    rows = Agent.objects.filter(is_active=True, role__in=[Role.AGENT, Role.LEAD]).order_by("id")
    for agent_id, team_id, vendor_id, since in rows.values_list("id", "team_id", "team__vendor_id", "created_at"):
        yield Person(agent_id, team_id, vendor_id, queues.get(agent_id, frozenset()), since)


def _lookups(since: datetime, at: datetime) -> Iterator[Lookup]:
    for row in Search.objects.filter(at__gte=since, at__lt=at).values_list("at", "agent_id", "by"):
        yield Lookup(*row)


def _refusals(since: datetime, at: datetime) -> Iterator[Refusal]:
    rows = RevealLog.objects.filter(at__gte=since, at__lt=at).exclude(outcome__in=_ALLOWED)
    for row in rows.values_list("at", "agent_id", "customer_id", "outcome"):
        yield Refusal(*row)


def _unmarked(since: datetime, at: datetime) -> Iterator[Unmarked]:
    """Openings whose page said that the marks were not whole, of pages that were open while it said so."""
    missing = Overlay.objects.filter(missing_at__gte=since, missing_at__lt=at).values_list("log_id", flat=True)
    for when, agent, entry in RevealLog.objects.filter(pk__in=list(missing)).values_list("at", "agent_id", "id"):
        yield Unmarked(when, agent, entry)


def _approvals(since: datetime, at: datetime) -> Iterator[Approval]:
    """More given to somebody's budget, and cases given to somebody past the line."""
    given = Widening.objects.filter(given=True, decided_at__gte=since, decided_at__lt=at, agent_id__isnull=False)
    for when, by, agent in given.values_list("decided_at", "decided_by_id", "agent_id"):
        if when is not None and by is not None and agent is not None:
            yield Approval(when, by, agent)
    for when, by, agent in _rows(
        "SELECT started_at, by_id, agent_id FROM conversations_assignment"
        " WHERE by_id IS NOT NULL AND by_id <> agent_id AND started_at >= %(recent)s AND started_at < %(at)s",
        at,
    ):
        yield Approval(when, by, agent)


def _rows(statement: str, at: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"at": at, "recent": at - RECENT})
        return list(cursor.fetchall())
