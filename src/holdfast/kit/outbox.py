"""Writing and reading the outbox. One NOTIFY per transaction, whatever the number of events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from holdfast.kit.models import OutboxEvent

CHANNEL = "holdfast_outbox"
# NOTIFY folds equal payloads of one transaction into one notice, sent at commit. Ids follow the order given.
_PUBLISH = """
WITH written AS (
    INSERT INTO kit_outboxevent (topic, payload)
    SELECT event ->> 0, event -> 1 FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS given (event, place)
    ORDER BY place
) SELECT pg_notify(%s, '')
"""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in the outbox: the last event seen."""

    transaction: int
    id: int

    def __str__(self) -> str:
        return f"{self.transaction}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """Read a cursor as written by `str`; `None` when it is not one."""
        left, _, right = text.partition(".")
        return cls(int(left), int(right)) if left.isdigit() and right.isdigit() else None


def publish(events: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Record `(topic, payload)` events in the current transaction and wake the readers when it commits.

    Payloads hold ids and small facts for live screens, never a customer's words or values. Outside a transaction the
    events are recorded at once, all or none.
    """
    rows = [(topic, dict(payload)) for topic, payload in events]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_PUBLISH, [json.dumps(rows), CHANNEL])


def latest() -> Cursor:
    """Return the position from which a reader that starts now misses nothing later."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT transaction, id FROM kit_outboxevent"
            " WHERE transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
            " ORDER BY transaction DESC, id DESC LIMIT 1"
        )
        row = cursor.fetchone()
    return Cursor(*row) if row else Cursor(0, 0)


def after(position: Cursor, *, limit: int = 500) -> Sequence[tuple[Cursor, str, dict[str, Any]]]:
    """Return up to `limit` events after `position`, in order, that no open transaction can still precede."""
    rows = (
        OutboxEvent.objects.extra(  # noqa: S610 - constant SQL, row comparison has no ORM form
            where=[
                "(transaction, id) > (%s, %s)",
                "transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
            ],
            params=[position.transaction, position.id],
        )
        .order_by("transaction", "id")
        .values_list("transaction", "id", "topic", "payload")[:limit]
    )
    return [(Cursor(xid, row_id), topic, payload) for xid, row_id, topic, payload in rows]
