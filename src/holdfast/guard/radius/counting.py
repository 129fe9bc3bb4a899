"""Counting a blast radius: one query, in the database, where the rows are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from holdfast.guard.ledger import signing
from holdfast.guard.ledger.models import Checkpoint, Pending
from holdfast.guard.models import RevealLog
from holdfast.guard.radius.contract import Class, Log, Question, Radius, Refused, Touch
from holdfast.guard.radius.models import Sighting
from holdfast.kit.clock import now

_GRANTED = ("allowed",)
_COMPARED = ("compared", "matched", "differs")
_TICKET = timedelta(minutes=2)  # a value is opened within a minute of its request, by two clocks

# One row shape for every source: customer, class, field, time, case. Fields are cut to their kind: `identity-<id>` is
# `identity`. Lists and searches leave their cases out: a list of a day has hundreds. Classes go by their place in
# `Class`, so that the order of the groups is that of the report.
_SOURCES = """
SELECT l.customer_id, way.kind, split_part(l.field, '-', 1) COLLATE "C" AS field, way.at, way.at AS until,
       l.conversation_id AS held
  FROM guard_reveallog l LEFT JOIN guard_revealticket t ON t.log_id = l.id CROSS JOIN LATERAL (VALUES
       (1, t.redeemed_at),
       (CASE WHEN l.outcome = ANY(%(granted)s) THEN 2 WHEN l.outcome = ANY(%(compared)s) THEN 3 ELSE 4 END, l.at)
       ) way (kind, at)
 WHERE l.agent_id = ANY(%(agents)s) AND l.at >= %(asked_since)s AND l.at < %(until)s
   AND way.at >= %(since)s AND way.at < %(until)s
UNION ALL
SELECT a.customer_id, 5, a.kind, a.at, a.at, a.conversation_id
  FROM guard_ledger_act a WHERE a.actor_id = ANY(%(agents)s) AND a.at >= %(since)s AND a.at < %(until)s
UNION ALL
SELECT g.customer_id, 6, '', greatest(g.opened_at, %(since)s), least(g.closed_at, %(until)s), g.conversation_id
  FROM guard_grant g WHERE g.agent_id = ANY(%(agents)s) AND g.opened_at < %(until)s
   AND (g.closed_at IS NULL OR g.closed_at > %(since)s)
UNION ALL
SELECT s.customer_id, array_position(%(kinds)s::text[], s.how::text), '', s.first_at, s.first_at,
       CASE WHEN s.how = 'opened' THEN s.conversation_id END
  FROM guard_radius_sighting s WHERE s.agent_id = ANY(%(agents)s) AND s.first_at < %(until)s
   AND s.day >= (%(since)s AT TIME ZONE 'UTC')::date
"""
# Everything leaves the database as the text that stands in the report.
_COUNT = f"""
SELECT customer_id::text, (%(kinds)s::text[])[kind], field,
       to_char(min(at) AT TIME ZONE 'UTC', %(time)s), to_char(max(until) AT TIME ZONE 'UTC', %(time)s), count(*),
       array_to_string(array_agg(DISTINCT held), ' ')
  FROM ({_SOURCES}) source
 WHERE customer_id IS NOT NULL
   AND (%(fields)s = '{{}}' OR field = ANY(%(fields)s) OR kind > 4)
 GROUP BY customer_id, kind, field ORDER BY source.customer_id, kind, field
"""  # noqa: S608 - only the text above
_TIME = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'


def count(question: Question) -> Radius:
    """Return whose data these accounts could know from that time, and how. Raises `Refused` for a time to come.

    All of it is one look: what commits meanwhile is not in it.
    """
    moment = now()
    if question.since > moment:
        raise Refused("The interval begins in the future. Give times that have been.")
    with transaction.atomic():
        if not connection.savepoint_ids:  # else the caller's transaction looks as it does
            _one_look()
        touches: list[Touch] = _rows(_COUNT, question)
        log = _log(question)
    return Radius(question=question, made_at=moment, touches=touches, named=_named(touches), log=log)


def _one_look() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET LOCAL work_mem = '64MB'")  # a ring is sorted in memory


def _rows(query: str, question: Question) -> list[tuple[Any, ...]]:
    given: dict[str, Any] = {
        "agents": list(question.agents),
        "since": question.since,
        "until": question.until,
        "asked_since": question.since - _TICKET,
        "fields": list(question.fields),
        "granted": list(_GRANTED),
        "compared": list(_COMPARED),
        "kinds": [str(kind) for kind in Class],
        "time": _TIME,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return list(cursor.fetchall())


def _named(touches: Iterable[Touch]) -> dict[Class, list[str]]:
    """The customers of each class, once each, in their order."""
    found: dict[str, dict[str, None]] = {str(kind): {} for kind in Class}
    for touch in touches:
        found[touch[1]][touch[0]] = None
    return {kind: list(found[kind]) for kind in Class}


def _log(question: Question) -> Log:
    last = Checkpoint.objects.order_by("-size").first()
    pages = Sighting.objects.order_by("day").values_list("day", flat=True).first()
    nameless, whole = _rows(
        "SELECT (SELECT count(*) FROM guard_reveallog WHERE agent_id = ANY(%(agents)s) AND at >= %(since)s"
        " AND at < %(until)s AND customer_id IS NULL), (SELECT count(*) FROM guard_ledger_act"
        " WHERE actor_id = ANY(%(agents)s) AND at >= %(since)s AND at < %(until)s AND customer_id IS NULL"
        " AND kind = 'export')",
        question,
    )[0]
    return Log(
        origin=signing.origin(),
        size=last.size if last else 0,
        root=last.body.split("\n")[2] if last else "",
        signed_at=last.at if last else None,
        begins_at=RevealLog.objects.order_by("at").values_list("at", flat=True).first(),
        pages_since=datetime.combine(pages, datetime.min.time(), UTC) if pages else None,
        waiting=Pending.objects.count(),
        nameless=nameless,
        whole_exports=whole,
    )
