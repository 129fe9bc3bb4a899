"""The facts of a look: every opening with what the house knows of its case, counted by day. Reads only; no value."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection

from holdfast.desk.watch.openings import openings, queues_of_agents
from holdfast.guard.marks.models import Overlay
from holdfast.guard.models import RevealLog
from holdfast.guard.watching import rosters
from holdfast.guard.watching.canaries import left_out
from holdfast.guard.watching.contract import Approval, Day, Facts, Lookup, Opening, Person, Refusal, Unmarked
from holdfast.guard.watching.models import Search, Widening
from holdfast.guard.watching.over_time import PAST, RECENT
from holdfast.people.models import Agent, Role

_ALLOWED = ("allowed", "compared", "matched", "differs")

_CASES = """
SELECT a.agent_id, (a.started_at AT TIME ZONE 'UTC')::date, count(DISTINCT a.conversation_id)
FROM conversations_assignment a JOIN conversations_conversation c ON c.id = a.conversation_id
WHERE a.started_at >= %(since)s AND a.started_at < %(at)s AND {real} GROUP BY 1, 2
"""


def gather(at: datetime) -> Facts:
    """Return the facts of a look at `at`: twelve weeks by day, four in detail. Made-up customers are left out."""
    found = openings(at - PAST, at, at=at)
    searches = list(Search.objects.filter(at__gte=at - PAST, at__lt=at).values_list("at", "agent_id", "by"))
    recent = at - RECENT
    return Facts(
        at=at,
        people=tuple(people()),
        days=tuple(_days(at, found, [(when.date(), agent) for when, agent, by in searches if by != "case"])),
        openings=tuple(each for each in found if each.at >= recent),
        refusals=tuple(_refusals(recent, at)),
        unmarked=tuple(_unmarked(recent, at)),
        approvals=tuple(_approvals(recent, at)),
        lookups=tuple(Lookup(when, agent, by) for when, agent, by in searches if when >= recent),
        rostered=rosters.rostered(rosters.shifts(at - PAST, at), since=at - PAST, split=recent, at=at),
    )


def people() -> Iterator[Person]:
    """Yield everybody who answers customers, with the queues of their team; leads reach all and count for none."""
    queues = queues_of_agents()
    rows = Agent.objects.filter(is_active=True, role__in=[Role.AGENT, Role.LEAD]).order_by("id")
    for agent_id, team_id, vendor_id, since in rows.values_list("id", "team_id", "team__vendor_id", "created_at"):
        yield Person(agent_id, team_id, vendor_id, queues.get(agent_id, frozenset()), since)


def _days(at: datetime, found: Sequence[Opening], searches: Sequence[tuple[date, int]]) -> Iterator[Day]:
    by_day: dict[tuple[int, date], list[Opening]] = defaultdict(list)
    for each in found:
        by_day[each.agent_id, each.at.date()].append(each)
    cases = {(agent, day): count for agent, day, count in _rows(_CASES.format(real=left_out("c.customer_id")), at)}
    searched = Counter((agent, day) for day, agent in searches)
    for key in sorted({*by_day, *cases, *searched}):
        yield counted(*key, by_day.get(key, ()), cases=cases.get(key, 0), searches=searched[key])


def counted(agent: int, day: date, found: Sequence[Opening], *, cases: int, searches: int) -> Day:
    """Count one day of one agent. Values and customers count once a day, however often they were opened."""
    ways = Counter((third, way) for third, way, _ in {(e.at.hour // 8, e.came, e.customer_id) for e in found})
    return Day(
        agent_id=agent,
        day=day,
        cases=cases,
        openings=len(found),
        values=len({(each.customer_id, each.field) for each in found if each.field != "name"}),
        unexplained=len({(each.customer_id, each.conversation_id) for each in found if not each.explained}),
        searches=searches,
        outside=len({each.customer_id for each in found if each.outside}),
        off_shift=len({each.customer_id for each in found if each.off_shift}),
        came=tuple((third, way, count) for (third, way), count in sorted(ways.items())),
    )


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
        cursor.execute(statement, {"at": at, "since": at - PAST, "recent": at - RECENT})
        return list(cursor.fetchall())
