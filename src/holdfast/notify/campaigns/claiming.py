"""Taking chunks and settling what became of their recipients: a few set-based statements on a connection of one's own.

A sender leases a chunk, then goes through it in windows. Before a window is handed over it is committed as `sending`,
in the statement that settles the window before; what is `sending` after a crash is therefore exactly what may have
left. When a lease runs out those become `unknown`, and the rest of the chunk goes on with another sender.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg

from holdfast.guard.fields import stored
from holdfast.kit.clock import now
from holdfast.notify.campaigns.models import Recipient

LEASE = timedelta(seconds=45)
INTERRUPTED = "Sending was interrupted while it was being handed over."
Connection = psycopg.Connection[tuple[Any, ...]]
State = Recipient.State


@dataclass(frozen=True, slots=True)
class Leased:
    """A chunk that is ours until its lease ends."""

    chunk: int
    campaign: UUID
    channel: str
    lease: UUID
    rounds: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A recipient that waits, with its sealed part as it is stored."""

    id: UUID
    attempts: int
    locale: str
    segment: str
    given: str
    token: str

    @property
    def sealed(self) -> Any:
        return stored(self.token, f"campaigns_recipient.sealed.{self.id}")


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one recipient; `pending` puts it back. `untouched`: nobody saw it, so that was no try."""

    id: UUID
    state: str
    reason: str = ""
    untouched: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """`granted` may be handed over now. `held`: the chunk is still ours. `runs`: the campaign is still to be sent."""

    granted: frozenset[UUID]
    held: bool
    runs: bool


# Who asked for these mails, and who is told something urgent, comes before who is told something useful.
_TURN = "CASE k.stream WHEN 'legal' THEN 0 WHEN 'incident' THEN 1 WHEN 'service' THEN 2 ELSE 3 END"
_RUNS = "k.state = 'running' AND k.approval_ends > %(now)s"

_LEASE = f"""
UPDATE campaigns_chunk SET lease = %(lease)s, leased_until = %(until)s WHERE id = (
    SELECT c.id FROM campaigns_campaign k JOIN campaigns_chunk c ON c.campaign_id = k.id
    WHERE {_RUNS} AND c.open AND c.channel = %(channel)s AND c.lease IS NULL
      AND (c.not_before IS NULL OR c.not_before <= %(now)s) AND k.id <> ALL(%(resting)s::uuid[])
    ORDER BY {_TURN}, k.started_at, c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED)
RETURNING id, campaign_id, channel, lease, rounds
"""  # noqa: S608 - made of constants

_WAITING = """
WITH waiting AS MATERIALIZED (
    SELECT id, attempts, locale, segment, given FROM campaigns_recipient WHERE chunk_id = %s AND state = 'pending'
)
SELECT w.id, w.attempts, w.locale, w.segment, w.given, s.token FROM waiting w
JOIN guard_sealed_for('deliver', 'campaigns_recipient.sealed', ARRAY(SELECT id FROM waiting)) s ON s.id = w.id
ORDER BY w.id
"""

_STEP = f"""
WITH held AS MATERIALIZED (
    SELECT id, campaign_id FROM campaigns_chunk WHERE id = %(chunk)s AND lease = %(lease)s FOR UPDATE
), running AS MATERIALIZED (
    SELECT k.id, k.stream FROM campaigns_campaign k JOIN held ON held.campaign_id = k.id WHERE {_RUNS}
), settled AS (
    UPDATE campaigns_recipient r SET state = v.state, reason = v.reason,
        settled_at = CASE WHEN v.state = 'pending' THEN NULL ELSE %(now)s END,
        attempts = greatest(r.attempts - v.untouched, 0)
    FROM unnest(%(ids)s::uuid[], %(states)s::text[], %(reasons)s::text[], %(untouched)s::int[])
        AS v (id, state, reason, untouched)
    WHERE r.id = v.id AND r.chunk_id = (SELECT id FROM held) AND r.state IN ('sending', 'pending')
    RETURNING r.state
), claimed AS (
    UPDATE campaigns_recipient r SET
        state = CASE WHEN w.why IS NULL THEN 'sending' ELSE 'suppressed' END,
        reason = coalesce(w.why, ''),
        attempts = r.attempts + CASE WHEN w.why IS NULL THEN 1 ELSE 0 END,
        settled_at = CASE WHEN w.why IS NULL THEN NULL ELSE %(now)s END
    FROM (
        SELECT p.id, coalesce((
            SELECT CASE s.reason WHEN 'bounce' THEN 'Not reached: mail to this address came back before.'
                                 WHEN 'complaint' THEN 'Reported an earlier mail as unwanted.'
                                 ELSE 'Does not want these any more.' END
            FROM campaigns_suppression s
            WHERE s.index = p.index AND (s.reason = 'bounce' OR running.stream <> 'legal'
                AND (s.reason = 'complaint' OR s.stream = '' OR s.stream = running.stream))
            ORDER BY s.reason LIMIT 1
        ), (
            SELECT 'Held: somebody of us talks to them in person.' FROM campaigns_hold h
            WHERE h.person_key = p.person_key AND (h.until IS NULL OR h.until > %(now)s) AND running.stream <> 'legal'
        )) AS why
        FROM campaigns_recipient p, running WHERE p.id = ANY(%(wanted)s::uuid[])
    ) AS w
    WHERE r.id = w.id AND r.chunk_id = (SELECT id FROM held) AND r.state = 'pending'
    RETURNING r.id, r.state
), counted AS (
    SELECT count(*) FILTER (WHERE state = 'sent') AS sent, count(*) FILTER (WHERE state = 'failed') AS failed,
        count(*) FILTER (WHERE state = 'unknown') AS unknown, count(*) FILTER (WHERE state = 'suppressed') AS suppressed
    FROM (SELECT state FROM settled UNION ALL SELECT state FROM claimed) AS moved
), kept AS (
    UPDATE campaigns_chunk c SET leased_until = %(until)s, sent = c.sent + n.sent, failed = c.failed + n.failed,
        unknown = c.unknown + n.unknown, suppressed = c.suppressed + n.suppressed
    FROM counted n, held WHERE c.id = held.id RETURNING c.id
)
SELECT EXISTS (SELECT FROM held), EXISTS (SELECT FROM running), (SELECT count(*) FROM kept),
    (SELECT coalesce(array_agg(id) FILTER (WHERE state = 'sending'), '{{}}') FROM claimed)
"""  # noqa: S608 - made of constants

_RELEASE = """
UPDATE campaigns_chunk c SET lease = NULL, leased_until = NULL,
    open = EXISTS (SELECT FROM campaigns_recipient r WHERE r.chunk_id = c.id AND r.state IN ('pending', 'sending')),
    not_before = %(not_before)s, rounds = c.rounds + %(rounds)s
WHERE c.id = %(chunk)s AND c.lease = %(lease)s
"""


def lease(connection: Connection, *, channel: str, resting: Sequence[UUID] = ()) -> Leased | None:
    """Lease the next chunk of a running campaign for `channel`, except of campaigns that rest; `None`: none is due."""
    at = now()
    row = connection.execute(
        _LEASE, {"lease": uuid4(), "until": at + LEASE, "now": at, "channel": channel, "resting": list(resting)}
    ).fetchone()
    return Leased(*row) if row else None


def waiting(connection: Connection, leased: Leased) -> list[Waiting]:
    """Return the recipients of a chunk that wait, with what is stored of them, which is noted as given out."""
    return [Waiting(*row) for row in connection.execute(_WAITING, [leased.chunk]).fetchall()]


def step(connection: Connection, leased: Leased, *, settled: Sequence[Settled], wanted: Sequence[UUID]) -> Step:
    """Settle one window and claim the next, in one statement and one commit.

    Who is on a suppression list or held is settled as `suppressed` instead of granted. Without the lease nothing is
    written: another has decided about these rows meanwhile.
    """
    at = now()
    held, runs, _, granted = _one(
        connection,
        _STEP,
        {
            "chunk": leased.chunk,
            "lease": leased.lease,
            "now": at,
            "until": at + LEASE,
            "ids": [each.id for each in settled],
            "states": [str(each.state) for each in settled],
            "reasons": [each.reason[:120] for each in settled],
            "untouched": [int(each.untouched) for each in settled],
            "wanted": list(wanted),
        },
    )
    return Step(frozenset(granted), held, runs)


def release(
    connection: Connection, leased: Leased, *, not_before: datetime | None = None, put_off: bool = False
) -> None:
    """Give a chunk back; it stays open while some of it waits, to be taken again from `not_before` on.

    `put_off`: recipients of it were, which makes the next wait longer.
    """
    connection.execute(
        _RELEASE,
        {"chunk": leased.chunk, "lease": leased.lease, "not_before": not_before, "rounds": int(put_off)},
    )


def _one(connection: Connection, statement: LiteralString, values: dict[str, Any]) -> tuple[Any, ...]:
    """Return the one row of a statement that always has one."""
    (row,) = connection.execute(statement, values).fetchall()
    return row
