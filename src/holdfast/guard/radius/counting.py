"""Counting a blast radius: one query, in the database, where the rows are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from holdfast.guard.ledger import signing
from holdfast.guard.ledger.models import Checkpoint, Pending
from holdfast.guard.marks import traces
from holdfast.guard.models import RevealLog
from holdfast.guard.radius.contract import Class, Log, Names, Person, Question, Radius, Refused
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
# What a customer's classes come to, as the text that stands in the report. A field that is no plain word is put in
# quotes behind an apostrophe in the table: nothing there is run, and a tab stays what begins a line.
_TOUCHES = f"""
SELECT source.customer_id, (%(kinds)s::text[])[kind] AS how, field,
       to_char(min(at) AT TIME ZONE 'UTC', %(time)s) AS first,
       to_char(max(until) AT TIME ZONE 'UTC', %(time)s) AS last, count(*) AS times,
       array_to_string(array_agg(DISTINCT coalesce(number::text, '"' || held || '"') COLLATE "C"), ',') AS cases
  FROM ({_SOURCES}) source LEFT JOIN ({{cases}}) named ON named.id = held
 WHERE source.customer_id IS NOT NULL
   AND (%(fields)s = '{{{{}}}}' OR field = ANY(%(fields)s) OR kind > 4)
 GROUP BY source.customer_id, kind, field ORDER BY source.customer_id, kind, field
"""  # noqa: S608 - only the text above
_PEOPLE = f"""
SELECT customer_id::text, reference, ways, touches, lines FROM (
    SELECT customer_id, string_agg(how || ' ' || quoted, E'\n') AS ways,
           string_agg('{{{{"how":"' || how || '","field":' || quoted || ',"first":"' || first || '","last":"' || last
               || '","times":' || times || ',"cases":[' || cases || ']}}}}', ',') AS touches,
           string_agg(E'\t' || how || ',' || cell || ',' || first || ',' || last || ',' || times || ','
               || translate(cases, ',"', ' ') || E'\r\n', '') AS lines
      FROM (SELECT *, to_json(field)::text AS quoted, CASE WHEN field ~ '^[a-z_]*$' THEN field
                   ELSE '"''' || translate(field, E'\t"', ' ') || '"' END AS cell
              FROM ({_TOUCHES}) touch) worded
     GROUP BY customer_id ORDER BY customer_id) person
  LEFT JOIN ({{accounts}}) own ON own.id = person.customer_id ORDER BY person.customer_id
"""  # noqa: S608 - only the text above
_NAMELESS = """
SELECT (SELECT count(*) FROM guard_reveallog WHERE agent_id = ANY(%(agents)s) AND at >= %(since)s
        AND at < %(until)s AND customer_id IS NULL),
       (SELECT count(*) FROM guard_ledger_act WHERE actor_id = ANY(%(agents)s) AND at >= %(since)s
        AND at < %(until)s AND customer_id IS NULL AND kind = 'export')
"""
_PART = 2_000  # customers: a megabyte of text
_TIME = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'


def count(
    question: Question, *, names: Names | None = None, told: Callable[[Sequence[Person]], None] = lambda _: None
) -> Radius:
    """Return whose data these accounts could know from that time, and how. Raises `Refused` for a time to come.

    `told` gets everybody in parts while the database goes on, in the order of ids: a list can be written meanwhile.
    All of it is one look: what commits meanwhile is not in it.
    """
    moment = now()
    if question.since > moment:
        raise Refused("The interval begins in the future. Give times that have been.")
    with transaction.atomic():
        if not connection.savepoint_ids:  # else the caller's transaction looks as it does
            _one_look()
        named, by_field = _everybody(question, names or Names(), told)
        log, found = _log(question), traces.naming(question.agents)
    return Radius(question=question, made_at=moment, named=named, by_field=by_field, log=log, traces=found)


def _one_look() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET LOCAL work_mem = '64MB'")  # a ring is sorted in memory


def _everybody(
    question: Question, names: Names, told: Callable[[Sequence[Person]], None]
) -> tuple[dict[Class, list[str]], dict[str, int]]:
    """Tell everybody, and return the customers of each class and how many saw a value of each field shown."""
    found: dict[Class, list[str]] = {kind: [] for kind in Class}
    fields: Counter[str] = Counter()
    known: dict[str, tuple[list[list[str]], list[str]]] = {}  # ways of coming near are few, customers are many
    part: list[Person] = []
    query = _PEOPLE.format(accounts=names.accounts, cases=names.cases)
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT", _given(question)) as copy:
        copy.set_types(["text"] * 5)
        for own, reference, ways, touches, lines in copy.rows():
            if ways not in known:
                known[ways] = _read(ways, found)
            lists, shown = known[ways]
            for each in lists:
                each.append(own)
            fields.update(shown)
            part.append((own, reference, touches, lines))
            if len(part) == _PART:
                told(part)
                part = []
    told(part)
    return found, dict(sorted(fields.items(), key=lambda each: (-each[1], each[0])))


def _read(ways: str, found: dict[Class, list[str]]) -> tuple[list[list[str]], list[str]]:
    """The lists that a customer who was come near in these ways is on, and the fields that were shown."""
    pairs = [way.split(" ", 1) for way in ways.split("\n")]
    kinds = dict.fromkeys(Class(how) for how, _ in pairs)
    return [found[kind] for kind in kinds], [json.loads(field) for how, field in pairs if how == Class.RELEASED]


def _given(question: Question) -> dict[str, Any]:
    return {
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


def _log(question: Question) -> Log:
    last = Checkpoint.objects.order_by("-size").first()
    pages = Sighting.objects.order_by("day").values_list("day", flat=True).first()
    with connection.cursor() as cursor:
        cursor.execute(_NAMELESS, _given(question))
        nameless, whole = cursor.fetchone()
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
