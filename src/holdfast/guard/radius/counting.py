"""Counting a blast radius: one query, in the database, where the rows are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from holdfast.guard.ledger import signing
from holdfast.guard.ledger.models import Checkpoint, Pending
from holdfast.guard.models import RevealLog
from holdfast.guard.radius.contract import Class, Log, Question, Radius, Refused, Touch, Touched
from holdfast.guard.radius.models import Sighting
from holdfast.kit.clock import now

_GRANTED = ("allowed",)
_COMPARED = ("compared", "matched", "differs")
_TICKET = timedelta(minutes=2)  # a value is opened within a minute of its request, by two clocks

# One row shape for every source: customer, class, field, time, case. Fields are cut to their kind: `identity-<id>` is
# `identity`. Lists and searches leave their cases out: a list of a day has hundreds.
_SOURCES = """
SELECT l.customer_id, 'released' AS kind, split_part(l.field, '-', 1) AS field, t.redeemed_at AS at,
       t.redeemed_at AS until, l.conversation_id AS held
  FROM guard_reveallog l JOIN guard_revealticket t ON t.log_id = l.id
 WHERE l.agent_id = ANY(%(agents)s) AND l.at >= %(asked_since)s AND l.at < %(until)s
   AND t.redeemed_at >= %(since)s AND t.redeemed_at < %(until)s
UNION ALL
SELECT l.customer_id, CASE WHEN l.outcome = ANY(%(granted)s) THEN 'granted'
                           WHEN l.outcome = ANY(%(compared)s) THEN 'compared' ELSE 'refused' END,
       split_part(l.field, '-', 1), l.at, l.at, l.conversation_id
  FROM guard_reveallog l
 WHERE l.agent_id = ANY(%(agents)s) AND l.at >= %(since)s AND l.at < %(until)s
UNION ALL
SELECT a.customer_id, 'acted', a.kind, a.at, a.at, a.conversation_id
  FROM guard_ledger_act a WHERE a.actor_id = ANY(%(agents)s) AND a.at >= %(since)s AND a.at < %(until)s
UNION ALL
SELECT g.customer_id, 'case', '', greatest(g.opened_at, %(since)s), least(g.closed_at, %(until)s), g.conversation_id
  FROM guard_grant g WHERE g.agent_id = ANY(%(agents)s) AND g.opened_at < %(until)s
   AND (g.closed_at IS NULL OR g.closed_at > %(since)s)
UNION ALL
SELECT s.customer_id, s.how, '', s.first_at, s.first_at, CASE WHEN s.how = 'opened' THEN s.conversation_id END
  FROM guard_radius_sighting s WHERE s.agent_id = ANY(%(agents)s) AND s.first_at < %(until)s
   AND s.day >= (%(since)s AT TIME ZONE 'UTC')::date
"""
_COUNT = f"""
SELECT customer_id, kind, field, min(at), max(until), count(*),
       coalesce(array_agg(DISTINCT held) FILTER (WHERE held IS NOT NULL), '{{}}')
  FROM ({_SOURCES}) source
 WHERE customer_id IS NOT NULL
   AND (%(fields)s = '{{}}' OR field = ANY(%(fields)s) OR kind NOT IN ('released', 'granted', 'compared', 'refused'))
 GROUP BY customer_id, kind, field ORDER BY customer_id
"""  # noqa: S608 - only the text above


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
        rows = _rows(_COUNT, question)
        log = _log(question)
    people = tuple(_people(rows))
    totals = dict.fromkeys(Class, 0)
    for one in people:
        for kind in {touch.kind for touch in one.touches}:
            totals[kind] += 1
    return Radius(question=question, made_at=moment, people=people, log=log, totals=totals)


def _one_look() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _rows(query: str, question: Question) -> list[tuple[Any, ...]]:
    given: dict[str, Any] = {
        "agents": list(question.agents),
        "since": question.since,
        "until": question.until,
        "asked_since": question.since - _TICKET,
        "fields": list(question.fields),
        "granted": list(_GRANTED),
        "compared": list(_COMPARED),
    }
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return list(cursor.fetchall())


def _people(rows: Iterable[tuple[Any, ...]]) -> Iterable[Touched]:
    order = {kind: place for place, kind in enumerate(Class)}
    for customer_id, own in groupby(rows, key=lambda row: row[0]):
        touches = [
            Touch(Class(kind), field, first, last or first, times, tuple(cases))
            for _, kind, field, first, last, times, cases in own
        ]
        yield Touched(customer_id, tuple(sorted(touches, key=lambda touch: (order[touch.kind], touch.field))))


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
