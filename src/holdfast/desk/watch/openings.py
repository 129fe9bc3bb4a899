"""Openings with what the house knows of their cases, customers and shifts. Reads only; no value of a customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from holdfast.desk.models import Queue
from holdfast.guard.watching import rosters
from holdfast.guard.watching.canaries import is_canary
from holdfast.guard.watching.contract import Came, Oddity, Opening
from holdfast.guard.watching.over_time import PAST
from holdfast.people.models import Agent

# One row per value that was opened. An opening that is not of a conversation (a call by an executive) has its own
# record and is no part of this. A case taken as the next in line counts as routed; so does, for what explains an
# opening, one that somebody else gave. What the grant says counts as well, for that cannot be changed afterwards.
# `new`: nothing of this customer was opened by the same person in twelve weeks.
_OPENINGS = """
SELECT l.id, l.at, l.agent_id, l.customer_id, l.conversation_id, l.field, c.queue_id,
    held.conversation_id IS NULL, coalesce(held.picked, false) OR coalesce(g.way = 'picked', false),
    EXISTS (SELECT FROM conversations_closure o WHERE o.conversation_id = l.conversation_id
        AND o.reopened_by_id = l.agent_id AND o.reopened_at BETWEEN l.at - interval '1 day' AND l.at),
    word.at IS NULL AND EXISTS (SELECT FROM conversations_closure o WHERE o.conversation_id = l.conversation_id
        AND o.by_id = l.agent_id AND o.at BETWEEN l.at AND l.at + interval '90 seconds'),
    word.at IS NULL AND l.at < %(at)s - interval '24 hours',
    CASE WHEN held.conversation_id IS NULL THEN 'not_held' WHEN held.picked OR g.way = 'picked' THEN 'picked'
        WHEN held.by_id <> l.agent_id OR g.way = 'given' THEN 'given' ELSE 'routed' END,
    NOT EXISTS (SELECT FROM guard_reveallog e WHERE e.customer_id = l.customer_id AND e.agent_id = l.agent_id
        AND e.outcome = 'allowed' AND e.at < l.at AND e.at >= l.at - %(past)s AND e.id <> l.id),
    who.city, who.tier
FROM guard_reveallog l
JOIN guard_revealticket t ON t.log_id = l.id AND t.redeemed_at IS NOT NULL
JOIN conversations_conversation c ON c.id = l.conversation_id
LEFT JOIN guard_grant g ON g.id = l.grant_id
LEFT JOIN people_customer who ON who.id = l.customer_id
LEFT JOIN LATERAL (SELECT a.conversation_id, a.picked, a.by_id FROM conversations_assignment a
    WHERE a.conversation_id = l.conversation_id AND a.agent_id = l.agent_id AND a.started_at <= l.at
        AND (a.ended_at IS NULL OR a.ended_at >= l.at) ORDER BY a.started_at DESC LIMIT 1) held ON true
LEFT JOIN LATERAL (SELECT m.created_at AS at FROM conversations_message m
    WHERE m.conversation_id = l.conversation_id AND m.agent_id = l.agent_id AND m.author = 'agent' AND NOT m.internal
        AND m.created_at BETWEEN l.at AND l.at + interval '24 hours' LIMIT 1) word ON true
WHERE l.outcome = 'allowed' AND l.at >= %(since)s AND l.at < %(until)s AND l.customer_id IS NOT NULL
    AND (%(agents)s::bigint[] IS NULL OR l.agent_id = ANY (%(agents)s))
ORDER BY l.at
"""
_ODDITIES = (
    Oddity.NOT_ROUTED,
    Oddity.SELF_ASSIGNED,
    Oddity.SELF_REOPENED,
    Oddity.CLOSED_AT_ONCE,
    Oddity.NO_WORD_AFTER,
)
# Which towns and tiers the customers of a queue come from, by the day their cases began.
_COMING = """
SELECT c.queue_id, (c.created_at AT TIME ZONE 'UTC')::date, who.city, who.tier, count(DISTINCT c.customer_id)
FROM conversations_conversation c JOIN people_customer who ON who.id = c.customer_id
WHERE c.created_at >= %(since)s AND c.created_at < %(until)s AND c.queue_id IS NOT NULL GROUP BY 1, 2, 3, 4
"""
_USUAL = 0.95  # of a queue's customers come from its usual towns, and are of its usual tiers
_LEAST = 200  # customers; from fewer a queue has nothing usual


@dataclass(frozen=True, slots=True)
class Usual:
    """The towns and the tiers of nineteen of twenty customers of a queue."""

    cities: frozenset[str]
    tiers: frozenset[str]


def openings(since: datetime, until: datetime, *, at: datetime, agents: Collection[int] | None = None) -> list[Opening]:
    """Return the openings from `since` to before `until`, as the house sees them at `at`; of some agents, or of all.

    Made-up customers are left out.
    """
    given = {"since": since, "until": until, "at": at, "past": PAST}
    rows = [row for row in _rows(_OPENINGS, agents=None if agents is None else list(agents), **given) if _real(row)]
    if not rows:
        return []
    known, queues, usual = rosters.shifts(since, until), queues_of_agents(), _Usuals(since, until)
    return [_opening(row, known, queues.get(row[2], frozenset()), usual) for row in rows]


def queues_of_agents() -> dict[int, frozenset[int]]:
    """Return the queues that each agent's team answers."""
    by_team: dict[int, set[int]] = defaultdict(set)
    for queue_id, team_id in Queue.objects.values_list("id", "teams"):
        if team_id is not None:
            by_team[team_id].add(queue_id)
    agents = Agent.objects.filter(team_id__isnull=False).values_list("id", "team_id")
    return {agent: frozenset(by_team.get(team or 0, ())) for agent, team in agents}


def usual_of(coming: Sequence[tuple[str, str, int]]) -> Usual | None:
    """Return what is usual among customers that came, as (city, tier, how many); `None` of too few."""
    if sum(count for _, _, count in coming) < _LEAST:
        return None
    return Usual(_most((city, count) for city, _, count in coming), _most((tier, count) for _, tier, count in coming))


def _most(rows: Iterator[tuple[str, int]]) -> frozenset[str]:
    """The commonest words that together make up `_USUAL` of all."""
    counts: dict[str, int] = defaultdict(int)
    for word, count in rows:
        counts[word] += count
    found, left = set[str](), _USUAL * sum(counts.values())
    for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if left <= 0:
            break
        found.add(word)
        left -= count
    return frozenset(found)


class _Usuals:
    """What is usual in queues as of a day: by the twelve weeks before it."""

    def __init__(self, since: datetime, until: datetime) -> None:
        self._coming: dict[int, list[tuple[date, str, str, int]]] = defaultdict(list)
        for queue, day, city, tier, count in _rows(_COMING, since=since - PAST, until=until):
            self._coming[queue].append((day, city, tier, count))
        self._known: dict[tuple[frozenset[int], date], Usual | None] = {}

    def of(self, queues: frozenset[int], day: date) -> Usual | None:
        """Return what is usual for somebody who answers these queues."""
        if (queues, day) not in self._known:
            first = day - PAST
            rows = [
                (city, tier, count)
                for queue in queues
                for when, city, tier, count in self._coming.get(queue, ())
                if first <= when < day
            ]
            self._known[queues, day] = usual_of(rows)
        return self._known[queues, day]


def _opening(row: tuple[Any, ...], known: rosters.Shifts, queues: frozenset[int], usuals: _Usuals) -> Opening:
    entry, at, agent, customer, case, field, queue = row[:7]
    odd, (came, new, city, tier) = row[7:12], row[12:]
    return Opening(
        entry=entry,
        at=at,
        agent_id=agent,
        customer_id=customer,
        conversation_id=case,
        field=field.partition("-")[0],
        queue_id=queue,
        oddities=frozenset(oddity for oddity, is_so in zip(_ODDITIES, odd, strict=True) if is_so),
        came=Came(came),
        outside=_outside(queue, city or "", tier or "", queues, usuals.of(queues, at.date())) if new else "",
        off_shift=rosters.off_shift(agent, at, known),
    )


def _outside(queue: int | None, city: str, tier: str, queues: frozenset[int], usual: Usual | None) -> str:
    """What is unusual about a customer for somebody who answers these queues; in words that follow a number."""
    if not queues:
        return ""
    if queue is not None and queue not in queues:
        return "in cases of queues their team does not answer"
    if usual is None:
        return ""
    if tier not in usual.tiers:
        return "of a tier that one in twenty customers of their queues has, or fewer"
    if city not in usual.cities:
        return "from towns that one in twenty customers of their queues comes from, or fewer"
    return ""


def _real(row: tuple[Any, ...]) -> bool:
    return not is_canary(row[3])


def _rows(statement: str, **given: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())
