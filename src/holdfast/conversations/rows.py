"""Conversations as lines of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from holdfast.conversations.filters import Row
from holdfast.guard.fields import read

# Only what a row shows is read: a page of whole conversations with their customers costs several times as much.
_COLUMNS = (
    *("id", "number", "channel", "kind", "subject", "preview", "last_author", "locale", "state", "queue_id"),
    *("assignee_id", "customer_id", "waiting_since", "snoozed_until", "last_message_at", "created_at", "version"),
)
_SELECT = (
    f"SELECT {', '.join(f'conversation.{column}' for column in _COLUMNS)},"  # noqa: S608
    " coalesce(agent.name, ''), coalesce(customer.name_mask, ''),"
    " ARRAY(SELECT tag.name FROM conversations_tagging AS tagging JOIN conversations_tag AS tag"
    "  ON tag.id = tagging.tag_id WHERE tagging.conversation_id = conversation.id ORDER BY tag.name)"
    " FROM ({}) AS found JOIN conversations_conversation AS conversation ON conversation.id = found.id"
    " LEFT JOIN people_agent AS agent ON agent.id = conversation.assignee_id"
    " LEFT JOIN people_customer AS customer ON customer.id = conversation.customer_id"
    " ORDER BY found.{} {way}, found.id {way}"
)


def rows_of(ids: Sequence[UUID]) -> list[Row]:
    """Return list rows in the order of `ids`. One query."""
    asked = "SELECT id FROM unnest(%s::uuid[]) AS asked(id)"
    found = {row.id: row for row in rows_found(asked, [list(ids)], order="id")} if ids else {}
    return [found[id_] for id_ in ids if id_ in found]


def rows_found(sql: str, parameters: Sequence[Any], *, order: str, descending: bool = False) -> list[Row]:
    """Return as list rows what `sql` finds, in the order of its column `order`, then of its `id`. One query."""
    way = "DESC" if descending else "ASC"
    with connection.cursor() as cursor:
        cursor.execute(_SELECT.format(sql, order, way=way), parameters)
        return [_row(values) for values in cursor.fetchall()]


def _row(values: tuple[Any, ...]) -> Row:
    *own, assignee_name, customer_name, tags = values
    return Row(
        **dict(zip(_COLUMNS, own, strict=True)),
        assignee_name=assignee_name,
        customer_name=read(customer_name) if customer_name else "",
        tags=tuple(tags),
    )
