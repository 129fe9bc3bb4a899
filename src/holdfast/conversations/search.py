"""Finding conversations by their words, their number, or a value of the customer that the asker already has."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection

from holdfast.conversations.filters import Page, Reach, Row, cursor_of, cursor_text, reach_of
from holdfast.conversations.models import Conversation
from holdfast.conversations.rows import rows_of
from holdfast.people.queries import customers_named

if TYPE_CHECKING:
    from holdfast.people.models import Agent

LONGEST = 200  # characters of a search
_READ = 200  # newest matching messages looked at for one page; several can be of one conversation
_NUMBER = re.compile(r"^#?\s*(\d{1,18})$")


def search(agent: Agent, text: str, cursor: str | None = None, limit: int = 50) -> Page[Row]:
    """Return conversations with messages that match `text`, newest match first, one row per conversation.

    Words, "phrases", -without and `or`, as in web searches. `#123` finds a number; a customer's reference, address or
    phone number finds that customer's conversations. Notes are searched too, as every reader is an agent.
    """
    reach = reach_of(agent)
    text = " ".join(text.replace("\x00", "").split())[:LONGEST]
    if reach.nothing or not text:
        return Page([])
    first = [] if cursor else _by_number(reach, text) + _by_customer(reach, text, limit)
    found, following = _by_words(reach, text, cursor_of(cursor), limit)
    return Page(rows_of(list(dict.fromkeys([*first, *found]))), following)


def _by_number(reach: Reach, text: str) -> list[UUID]:
    match = _NUMBER.match(text)
    if match is None:
        return []
    held = Conversation.objects.filter(reach.allows(), number=int(match[1]))
    return list(held.values_list("id", flat=True))


def _by_customer(reach: Reach, text: str, limit: int) -> list[UUID]:
    customers = customers_named(text) if any(character.isdigit() or character == "@" for character in text) else []
    if not customers:
        return []
    held = Conversation.objects.filter(reach.allows(), customer_id__in=customers)
    return list(held.order_by("-last_message_at", "-id").values_list("id", flat=True)[:limit])


def _by_words(
    reach: Reach, text: str, position: tuple[datetime, UUID] | None, limit: int
) -> tuple[list[UUID], str | None]:
    """Read the newest matches; a conversation shows on the page of its newest match only."""
    allowed = "" if reach.everything else "AND (held.queue_id = ANY(%s) OR held.assignee_id = %s)"
    parameters: list[Any] = [text]
    parameters += [] if reach.everything else [list(reach.queues), reach.agent_id]
    parameters += position or []
    with connection.cursor() as database:
        database.execute(
            "SELECT message.conversation_id, message.created_at, message.id FROM conversations_message AS message"  # noqa: S608
            " JOIN conversations_conversation AS held ON held.id = message.conversation_id"
            f" WHERE message.search @@ websearch_to_tsquery('simple', %s) {allowed}"
            f" {'AND (message.created_at, message.id) < (%s, %s)' if position else ''}"
            f" ORDER BY message.created_at DESC, message.id DESC LIMIT {_READ}",
            parameters,
        )
        matches = database.fetchall()
        found: dict[UUID, None] = {}
        last = None
        for conversation_id, at, id_ in matches:
            if conversation_id not in found and len(found) == limit:
                break
            found[conversation_id] = None
            last = (at, id_)
        more = last is not None and (len(matches) == _READ or last != matches[-1][1:])
        if position and found:
            database.execute(
                "SELECT DISTINCT conversation_id FROM conversations_message WHERE conversation_id = ANY(%s)"
                " AND search @@ websearch_to_tsquery('simple', %s) AND (created_at, id) >= (%s, %s)",
                [list(found), text, *position],
            )
            for (shown_before,) in database.fetchall():
                found.pop(shown_before, None)
    return list(found), cursor_text(*last) if more and last else None
