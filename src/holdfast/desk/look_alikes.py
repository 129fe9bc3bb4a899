"""Conversations that may be the same matter: of the same customer, recent, within reach."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from holdfast.conversations.queries import Row, history
from holdfast.desk.addresses import of_case
from holdfast.desk.screens import PastRow
from holdfast.kit.clock import now

if TYPE_CHECKING:
    from holdfast.conversations.models import Conversation
    from holdfast.people.models import Agent

RECENT = timedelta(days=90)
_MOST = 8


def look_alikes(*, agent: Agent, conversation: Conversation) -> tuple[PastRow, ...]:
    """Candidates to merge into: open ones first, then the newest."""
    others = [row for row in history(conversation.customer_id, agent=agent, limit=50) if row.id != conversation.id]
    recent = [row for row in others if row.last_message_at > now() - RECENT]
    recent.sort(key=lambda row: row.state == "closed")
    return tuple(past_row(row) for row in recent[:_MOST])


def past_row(row: Row) -> PastRow:
    """A conversation of the same customer as one line; its words when it has no subject."""
    url = of_case("conversation", row.number)
    return PastRow(row.number, row.subject or row.preview, row.state, row.last_message_at, url)
