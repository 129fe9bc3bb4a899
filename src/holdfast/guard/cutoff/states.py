"""How somebody stands now: what sessions, streams, sign-in, routing and pages ask. One look is one small query."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField
from django.db.models.expressions import RawSQL

CHANNEL = "holdfast_cutoff"
"""A notice on it says: look at everybody's standing at once."""

OUT, MASKED = "out", "masked"


@dataclass(frozen=True, slots=True)
class State:
    """`mode` is empty for who works as ever. `epoch` grows with every cut-off that means this person."""

    mode: str
    epoch: int

    @property
    def is_out(self) -> bool:
        return self.mode == OUT

    @property
    def only_reads(self) -> bool:
        return self.mode == MASKED


AS_EVER = State("", 0)


def state_of(agent_id: int) -> State:
    """Return how one person stands. One query."""
    return states_of([agent_id]).get(agent_id, AS_EVER)


def states_of(agent_ids: Collection[int]) -> dict[int, State]:
    """Return how each of these stands. One query, whatever their number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, s.mode, s.epoch FROM unnest(%s::bigint[]) AS asked(id), guard_cut_state(asked.id) AS s",
            [list(agent_ids)],
        )
        return {agent_id: State(mode, epoch) for agent_id, mode, epoch in cursor.fetchall()}


def everybody_cut_off() -> dict[int, str]:
    """Return everybody who is cut off now, and how: `out` or `masked`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT agent_id, mode FROM guard_cut_agents()")
        return dict(cursor.fetchall())


def cut_off_ids() -> RawSQL:
    """Return a subquery of the ids of everybody who is cut off now, for `filter(pk__in=...)` and `exclude`."""
    return RawSQL("SELECT agent_id FROM guard_cut_agents()", [], output_field=BigIntegerField())


def stands_against(*, scope: str, target_id: int) -> bool:
    """Tell whether a cut-off of exactly this employer, site, team or person is in force."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM guard_cutoff_cut WHERE scope = %s AND target_id = %s AND ended_at IS NULL)",
            [scope, target_id],
        )
        return bool(cursor.fetchone()[0])


def held_by(customer_id: UUID) -> int | None:
    """Return the number of a cut-off whose evidence this customer is part of, so that nothing of theirs is erased."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT guard_held_by(%s)", [customer_id])
        found: int | None = cursor.fetchone()[0]
    return found
