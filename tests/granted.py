"""Grants without a case behind them, for tests of what comes after: written as the owner of the database."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7


def granted(
    *,
    agent_id: int,
    conversation_id: UUID,
    customer_id: UUID,
    opened_at: datetime | None = None,
    closed_at: datetime | None = None,
) -> None:
    """Let `agent_id` ask for this customer's values, as if the case were theirs. Twice is once."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute(
            "INSERT INTO guard_grant (id, agent_id, conversation_id, customer_id, opened_at, closed_at)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [uuid7(), agent_id, conversation_id, customer_id, opened_at or now(), closed_at],
        )
        cursor.execute("RESET ROLE")
