"""Reads for the desk. Everything about a customer goes through what the asking agent may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, prefetch_related_objects

from holdfast.conversations.errors import NotFound
from holdfast.conversations.filters import InboxFilter, Page, Reach, Row, cursor_of, cursor_text, reach_of
from holdfast.conversations.models import Conversation, Message, Tag
from holdfast.conversations.rows import rows_found, rows_of
from holdfast.conversations.search import search
from holdfast.kit.clock import now

if TYPE_CHECKING:
    from holdfast.people.models import Agent

__all__ = [
    "Counts",
    "InboxFilter",
    "Page",
    "Row",
    "access_conversation",
    "counts",
    "history",
    "inbox",
    "rows_of",
    "search",
    "thread_of",
]

_SENDERS = (Message.Author.AGENT, Message.Author.ASSISTANT)
COUNTED = 10_000
"""Lines longer than this are told as "more than": counting them all would cost more than knowing is worth."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers for the left pane. `queues` is the length of each line by queue id, `COUNTED + 1` when it is longer."""

    queues: dict[int, int]
    mine: int
    mine_waiting: int
    snoozed: int


def access_conversation(agent: Agent, id: UUID | int) -> Conversation:  # noqa: A002 - what the caller has
    """Return a conversation by id or number, with customer and assignee. Raises `NotFound`, also when out of reach."""
    which = Q(number=id) if isinstance(id, int) else Q(pk=id)
    if isinstance(id, int) and not 0 < id < 2**63:
        raise NotFound(id)
    found = (
        Conversation.objects.filter(which)
        .filter(reach_of(agent).allows())
        .select_related("customer", "assignee")
        .first()
    )
    if found is None:
        raise NotFound(id)
    return found


def inbox(agent: Agent, filter: InboxFilter, cursor: str | None = None, limit: int = 50) -> Page[Row]:  # noqa: A002
    """Return one page of the conversations this agent may see. At most two queries. With a text it is a search."""
    if filter.text.strip():
        return search(agent, filter.text, cursor=cursor, limit=limit)
    reach = reach_of(agent)
    if reach.nothing or (filter.queue is not None and not reach.everything and filter.queue not in reach.queues):
        return Page([])
    column, descending = ("waiting_since", False) if filter.order == "longest" else ("last_message_at", True)
    # By its id the planner knows how common a tag is; by name it takes a rare one for common and walks every row.
    tag_id = Tag.objects.filter(name=filter.tag).values_list("id", flat=True).first() if filter.tag else None
    if filter.tag and tag_id is None:
        return Page([])
    wanted, parameters = _conditions(filter, tag_id)
    if (position := cursor_of(cursor)) is not None:
        wanted.append(f"({column}, id) {'<' if descending else '>'} (%s, %s)")
        parameters += position
    way = "DESC" if descending else "ASC"
    ordered = f"ORDER BY {column} {way}, id {way} LIMIT {limit + 1:d}"
    # Each part reads the first rows of one index, already in order; one big OR would sort everything instead.
    parts, all_parameters = [], []
    for condition, own in _index_conditions(reach, filter):
        where = " AND ".join([*condition, *wanted])
        parts.append(f"(SELECT id, {column} FROM conversations_conversation WHERE {where} {ordered})")  # noqa: S608
        all_parameters += [*own, *parameters]
    found = f"SELECT id, {column} FROM ({' UNION '.join(parts)}) AS every {ordered}"  # noqa: S608
    rows = rows_found(found, all_parameters, order=column, descending=descending)
    more, rows = len(rows) > limit, rows[:limit]
    return Page(rows, cursor_text(getattr(rows[-1], column) or now(), rows[-1].id) if more else None)


def counts(agent: Agent) -> Counts:
    """Return the numbers beside the queues and folders this agent sees. One query, and one for the reach."""
    reach = reach_of(agent)
    if reach.nothing:
        return Counts({}, 0, 0, 0)
    asked = "SELECT id FROM desk_queue" if reach.everything else "SELECT unnest(%s::bigint[])"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE state = 'open'),"  # noqa: S608
            " count(*) FILTER (WHERE state = 'open' AND waiting_since IS NOT NULL),"
            " count(*) FILTER (WHERE state = 'snoozed'),"
            " ARRAY(SELECT ARRAY[asked.id, (SELECT count(*) FROM (SELECT FROM conversations_place"
            f"  WHERE queue_id = asked.id AND left_at IS NULL LIMIT {COUNTED + 1}) AS line)]"
            f"  FROM ({asked}) AS asked(id))"
            " FROM conversations_conversation WHERE assignee_id = %s AND state IN ('open', 'snoozed')",
            [*([] if reach.everything else [list(reach.queues)]), reach.agent_id],
        )
        mine, mine_waiting, snoozed, lines = cursor.fetchone()
    return Counts(dict(lines), mine, mine_waiting, snoozed)


def thread_of(
    conversation: Conversation, after: UUID | None = None, limit: int = 200, *, before: UUID | None = None
) -> list[Message]:
    """Return messages in order, with agents, attachments, deliveries: those after one, before one, or the last.

    A message that is not of this conversation is no position: then it is the last ones. At most three queries, and one
    for a position. Deliveries are only read of messages that somebody sends.
    """
    found = _messages(conversation, after, limit, before)
    prefetch_related_objects(found, "attachments")
    prefetch_related_objects([message for message in found if message.author in _SENDERS], "deliveries")
    return found


def _messages(conversation: Conversation, after: UUID | None, limit: int, before: UUID | None) -> list[Message]:
    messages = conversation.messages.select_related("agent").defer("search")  # as large as the text itself
    position = after or before
    edge = conversation.messages.filter(pk=position).values_list("created_at", "id").first() if position else None
    if edge is None:
        return list(messages.order_by("-created_at", "-id")[:limit])[::-1]
    at, id_ = edge
    if after:
        later = Q(created_at__gt=at) | Q(created_at=at, id__gt=id_)
        return list(messages.filter(later).order_by("created_at", "id")[:limit])
    earlier = Q(created_at__lt=at) | Q(created_at=at, id__lt=id_)
    return list(messages.filter(earlier).order_by("-created_at", "-id")[:limit])[::-1]


def history(customer_id: UUID | None, *, agent: Agent | None = None, limit: int = 20) -> list[Row]:
    """Return the customer's conversations, newest first; with `agent` only those they may see. One query.

    Callers come here after `access_conversation` gave them one of this customer's conversations.
    """
    if customer_id is None:
        return []
    allowed, parameters = reach_of(agent).condition() if agent is not None else ("true", [])
    found = (
        "SELECT id, last_message_at FROM conversations_conversation"  # noqa: S608
        f" WHERE customer_id = %s AND {allowed} ORDER BY last_message_at DESC, id DESC LIMIT {limit:d}"
    )
    return rows_found(found, [customer_id, *parameters], order="last_message_at", descending=True)


def _conditions(filter: InboxFilter, tag_id: int | None) -> tuple[list[str], list[Any]]:  # noqa: A002
    """Return what the filter asks for, but the state, as SQL with its parameters."""
    wanted, parameters = ["merged_into_id IS NULL"], []
    for condition, value in (
        ("channel = %s", filter.channel or None),
        (
            "id IN (SELECT conversation_id FROM conversations_tagging WHERE tag_id = %s)",
            tag_id,
        ),
        ("assignee_id = %s", filter.assignee),
        ("queue_id = %s", filter.queue),
    ):
        if value is not None:
            wanted.append(condition)
            parameters.append(value)
    if filter.unassigned:
        wanted.append("assignee_id IS NULL")
    if filter.waiting or filter.order == "longest":
        wanted.append("waiting_since IS NOT NULL")
    return wanted, parameters


def _index_conditions(reach: Reach, filter: InboxFilter) -> list[tuple[list[str], list[Any]]]:  # noqa: A002
    """Return one condition per stretch of an index to read: by whose or which queue's cases, and by state."""
    reaches: list[tuple[list[str], list[Any]]] = [([], [])]
    if not (reach.everything or filter.queue is not None or filter.assignee == reach.agent_id):
        reaches = [(["queue_id = %s"], [queue]) for queue in reach.queues]
        reaches += [] if filter.unassigned and reaches else [(["assignee_id = %s"], [reach.agent_id])]
    states = [filter.state] if filter.state else list(Conversation.State.values)
    return [([*where, "state = %s"], [*own, state]) for where, own in reaches for state in states]
