"""Conversations as lines of a list."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from holdfast.conversations.filters import Row
from holdfast.conversations.models import Conversation, Tagging


def rows_of(ids: Sequence[UUID]) -> list[Row]:
    """Return list rows in the order of `ids`. Two queries."""
    tags: dict[UUID, list[str]] = {}
    for conversation_id, name in (
        Tagging.objects.filter(conversation_id__in=ids)
        .order_by("tag__name")
        .values_list("conversation_id", "tag__name")
    ):
        tags.setdefault(conversation_id, []).append(name)
    held = Conversation.objects.filter(pk__in=ids).select_related("customer", "assignee")
    found = {row.pk: _row(row, tuple(tags.get(row.pk, ()))) for row in held}
    return [found[id_] for id_ in ids if id_ in found]


def _row(held: Conversation, tags: tuple[str, ...]) -> Row:
    return Row(
        id=held.pk,
        number=held.number,
        channel=held.channel,
        kind=held.kind,
        subject=held.subject,
        preview=held.preview,
        last_author=held.last_author,
        locale=held.locale,
        state=held.state,
        queue_id=held.queue_id,
        assignee_id=held.assignee_id,
        assignee_name=held.assignee.name if held.assignee else "",
        customer_id=held.customer_id,
        customer_name=held.customer.name if held.customer else "",
        waiting_since=held.waiting_since,
        snoozed_until=held.snoozed_until,
        last_message_at=held.last_message_at,
        created_at=held.created_at,
        version=held.version,
        tags=tags,
    )
