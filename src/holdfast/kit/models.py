"""The outbox: what happened, in the transaction in which it happened."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.expressions import RawSQL


class OutboxEvent(models.Model):
    """One event for live screens and other rooms: a topic and ids, never content.

    `transaction` is PostgreSQL's transaction id. Readers stop below the oldest transaction still open, so an event that
    commits late is never skipped (a plain sequence has gaps that fill in later).
    """

    id = models.BigAutoField(primary_key=True)
    transaction = models.BigIntegerField(db_default=RawSQL("(pg_current_xact_id()::text::bigint)", ()), editable=False)
    topic = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["transaction", "id"], name="outbox_in_order"),
            BrinIndex(fields=["created_at"], name="outbox_by_age"),
        ]
