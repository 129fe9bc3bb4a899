"""The facts of a look: every opening with what the house knows of its case, counted by day. Reads only; no value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from holdfast.desk.models import Queue
from holdfast.guard.marks.models import Overlay
from holdfast.guard.models import RevealLog
from holdfast.guard.watching.canaries import is_canary
from holdfast.guard.watching.contract import Approval, Day, Facts, Lookup, Oddity, Opening, Person, Refusal, Unmarked
from holdfast.guard.watching.models import Search, Widening
from holdfast.guard.watching.over_time import PAST, RECENT
from holdfast.people.models import Agent, Role

_ALLOWED = ("allowed", "compared", "matched", "differs")

# One row per value that was opened. An opening that is not of a conversation (a call by an executive) has its own
# record and is no part of this. A case taken as the next in line, or given by somebody else, counts as routed.
_OPENINGS = """
SELECT l.id, l.at, l.agent_id, l.customer_id, l.conversation_id, l.field, c.queue_id,
    held.conversation_id IS NULL, coalesce(held.picked, false),
    EXISTS (SELECT FROM conversations_closure o WHERE o.conversation_id = l.conversation_id
        AND o.reopened_by_id = l.agent_id AND o.reopened_at BETWEEN l.at - interval '1 day' AND l.at),
    word.at IS NULL AND EXISTS (SELECT FROM conversations_closure o WHERE o.conversation_id = l.conversation_id
        AND o.by_id = l.agent_id AND o.at BETWEEN l.at AND l.at + interval '90 seconds'),
    word.at IS NULL AND l.at < %(at)s - interval '24 hours'
FROM guard_reveallog l
JOIN guard_revealticket t ON t.log_id = l.id AND t.redeemed_at IS NOT NULL
JOIN conversations_conversation c ON c.id = l.conversation_id
LEFT JOIN LATERAL (SELECT a.conversation_id, a.picked FROM conversations_assignment a
    WHERE a.conversation_id = l.conversation_id AND a.agent_id = l.agent_id AND a.started_at <= l.at
        AND (a.ended_at IS NULL OR a.ended_at >= l.at) ORDER BY a.started_at DESC LIMIT 1) held ON true
LEFT JOIN LATERAL (SELECT m.created_at AS at FROM conversations_message m
    WHERE m.conversation_id = l.conversation_id AND m.agent_id = l.agent_id AND m.author = 'agent' AND NOT m.internal
        AND m.created_at BETWEEN l.at AND l.at + interval '24 hours' LIMIT 1) word ON true
WHERE l.outcome = 'allowed' AND l.at >= %(since)s AND l.at < %(at)s AND l.customer_id IS NOT NULL
ORDER BY l.at
"""
_CASES = """
SELECT a.agent_id, (a.started_at AT TIME ZONE 'UTC')::date, count(DISTINCT a.conversation_id)
FROM conversations_assignment a WHERE a.started_at >= %(since)s AND a.started_at < %(at)s GROUP BY 1, 2
"""
_ODDITIES = (
    Oddity.NOT_ROUTED,
    Oddity.SELF_ASSIGNED,
    Oddity.SELF_REOPENED,
    Oddity.CLOSED_AT_ONCE,
    Oddity.NO_WORD_AFTER,
)


def gather(at: datetime) -> Facts:
    """Return the facts of a look at `at`: twelve weeks by day, four in detail. Made-up customers are left out."""
    openings = [each for each in _openings(at) if not is_canary(each.customer_id)]
    searches = list(Search.objects.filter(at__gte=at - PAST, at__lt=at).values_list("at", "agent_id", "by"))
    recent = at - RECENT
    return Facts(
        at=at,
        people=tuple(people()),
        days=tuple(_days(at, openings, [(when.date(), agent) for when, agent, by in searches if by != "case"])),
        openings=tuple(each for each in openings if each.at >= recent),
        refusals=tuple(_refusals(recent, at)),
        unmarked=tuple(_unmarked(recent, at)),
        approvals=tuple(_approvals(recent, at)),
        lookups=tuple(Lookup(when, agent, by) for when, agent, by in searches if when >= recent),
    )


def people() -> Iterator[Person]:
    """Yield everybody who answers customers, with the queues of their team; leads reach all and count for none."""
    queues: dict[int, set[int]] = defaultdict(set)
    for queue_id, team_id in Queue.objects.values_list("id", "teams"):
        if team_id is not None:
            queues[team_id].add(queue_id)
    rows = Agent.objects.filter(is_active=True, role__in=[Role.AGENT, Role.LEAD]).order_by("id")
    for agent_id, team_id, vendor_id, since in rows.values_list("id", "team_id", "team__vendor_id", "created_at"):
        yield Person(agent_id, team_id, vendor_id, frozenset(queues.get(team_id or 0, ())), since)


def _openings(at: datetime) -> Iterator[Opening]:
    for row in _rows(_OPENINGS, at):
        entry, when, agent, customer, case, field, queue, *odd = row
        found = frozenset(oddity for oddity, is_so in zip(_ODDITIES, odd, strict=True) if is_so)
        yield Opening(entry, when, agent, customer, case, field.partition("-")[0], queue, found)


def _days(at: datetime, openings: list[Opening], searches: list[tuple[date, int]]) -> Iterator[Day]:
    counts: dict[tuple[int, date], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for agent, day, cases in _rows(_CASES, at):
        counts[agent, day][0] = cases
    values: set[tuple[int, date, UUID, str]] = set()
    unexplained: set[tuple[int, date, UUID, UUID]] = set()
    for each in openings:
        counts[each.agent_id, each.at.date()][1] += 1
        if each.field != "name":
            values.add((each.agent_id, each.at.date(), each.customer_id, each.field))
        if not each.explained:
            unexplained.add((each.agent_id, each.at.date(), each.customer_id, each.conversation_id))
    for agent, day, *_ in values:
        counts[agent, day][2] += 1
    for agent, day, *_ in unexplained:
        counts[agent, day][3] += 1
    for day, agent in searches:
        counts[agent, day][4] += 1
    for (agent, day), row in counts.items():
        yield Day(agent, day, *row)


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
