"""Conversations as lines of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet

from holdfast.conversations.filters import Row
from holdfast.conversations.models import Conversation, Tagging

_COLUMNS = (
    *("id", "number", "channel", "kind", "subject", "preview", "last_author", "locale", "state", "queue_id"),
    *("assignee_id", "customer_id", "waiting_since", "snoozed_until", "last_message_at", "created_at", "version"),
)


def rows_of(ids: Sequence[UUID]) -> list[Row]:
    """Return list rows in the order of `ids`. One query."""
    found = {row.id: row for row in rows_from(Conversation.objects.filter(pk__in=ids))} if ids else {}
    return [found[id_] for id_ in ids if id_ in found]


def rows_from(held: QuerySet[Conversation]) -> list[Row]:
    """Return these conversations as list rows, with their tags by name. One query.

    Only what a row shows is read: a page of whole conversations with their customers costs several times as much.
    """
    tags = Tagging.objects.filter(conversation_id=OuterRef("pk")).order_by("tag__name").values("tag__name")
    shown = held.values(
        *_COLUMNS, tags=ArraySubquery(tags), assignee_name=F("assignee__name"), customer_name=F("customer__name")
    )
    return [_row(values) for values in shown]


def _row(values: dict[str, Any]) -> Row:
    return Row(
        **values
        | {
            "tags": tuple(values["tags"]),
            "assignee_name": values["assignee_name"] or "",
            "customer_name": values["customer_name"] or "",
        }
    )
