"""Parts of a case by their own id. What they belong to goes through `access_conversation` before anything is shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection
from django.db.models import Count

from holdfast.conversations.errors import NotFound
from holdfast.conversations.models import Attachment, Conversation, Merge, Message, Place
from holdfast.conversations.queries import access_conversation
from holdfast.guard.watching import canaries

if TYPE_CHECKING:
    from holdfast.people.models import Agent


def access_attachment(agent: Agent, attachment_id: UUID) -> Attachment:
    """Return an attachment of a conversation in reach. Raises `NotFound`."""
    found = Attachment.objects.select_related("message").filter(pk=attachment_id).first()
    if found is None:
        raise NotFound(attachment_id)
    access_conversation(agent, found.message.conversation_id)
    return found


def access_merge(agent: Agent, merge_id: int) -> Merge:
    """Return a merge into a conversation in reach. Raises `NotFound`."""
    found = Merge.objects.select_related("target").filter(pk=merge_id).first()
    if found is None:
        raise NotFound(merge_id)
    access_conversation(agent, found.target_id)
    return found


def message_with_parts(conversation: Conversation, message_id: UUID) -> Message | None:
    """Return one message of `conversation` with what the thread shows of it."""
    messages = conversation.messages.select_related("agent").prefetch_related("attachments", "deliveries")
    return messages.filter(pk=message_id).first()


def answers_since(conversation: Conversation, version: int) -> list[Message]:
    """Return the public answers of people and the assistant that came after `version`, in order."""
    messages = conversation.messages.select_related("agent").prefetch_related("attachments", "deliveries")
    answers = messages.filter(author__in=["agent", "assistant"], internal=False, version__gt=version)
    return list(answers.order_by("created_at", "id"))


def numbers_of(conversation_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return the numbers of conversations, for those who read the log of reveals."""
    return dict(Conversation.objects.filter(pk__in=set(conversation_ids)).values_list("id", "number"))


def cases_numbered(numbers: Iterable[int]) -> list[tuple[UUID, UUID | None]]:
    """Return the conversations with these numbers, each with its customer, for whoever notes what a list showed."""
    rows = Conversation.objects.filter(number__in=set(numbers))
    return list(rows.values_list("id", "customer_id"))


NUMBERS = "SELECT id, number FROM conversations_conversation"
"""`numbers_of` for lists of hundreds of thousands: joined where they are made."""


def id_of_number(number: int) -> UUID | None:
    """Return the id of the conversation with this number."""
    return Conversation.objects.filter(number=number).values_list("id", flat=True).first()


def with_other_open_cases(cases: Collection[tuple[UUID, UUID]]) -> set[UUID]:
    """Given customers with a conversation each, return the customers who have another one that is open."""
    customers = {customer_id for customer_id, _ in cases}
    ours = set(cases)
    rows = Conversation.objects.filter(customer_id__in=customers, state=Conversation.State.OPEN, kind="matter")
    found = rows.values_list("customer_id", "id")
    return {customer_id for customer_id, id_ in found if customer_id is not None and (customer_id, id_) not in ours}


def queues_in_line(conversation_ids: Collection[UUID]) -> dict[UUID, tuple[int, datetime]]:
    """Return the line and the joining time of those conversations that stand in one."""
    rows = Place.objects.filter(conversation_id__in=list(conversation_ids), left_at=None)
    return {id_: (queue_id, at) for id_, queue_id, at in rows.values_list("conversation_id", "queue_id", "joined_at")}


def open_matters() -> str:
    """Return a query of `id, number, customer_id, created_at` of every open matter, to stand inside another query."""
    return (
        "SELECT id, number, customer_id, created_at FROM conversations_conversation"  # noqa: S608 - ids of our own
        " WHERE state IN ('open', 'snoozed') AND kind = 'matter' AND merged_into_id IS NULL AND customer_id IS NOT NULL"
        f" AND {canaries.left_out('customer_id')}"
    )


def begun_by_customer() -> str:
    """Return a query of `customer_id, created_at, complaint` of every matter, to stand inside another query.

    A complaint is what was understood as one, or carries the tag `complaint`.
    """
    return (
        "SELECT c.customer_id, c.created_at, c.intent = 'complaint' OR EXISTS ("  # noqa: S608 - ids of our own
        "SELECT FROM conversations_tagging g"
        " JOIN conversations_tag t ON t.id = g.tag_id WHERE g.conversation_id = c.id AND t.name = 'complaint')"
        " AS complaint FROM conversations_conversation c WHERE c.kind = 'matter' AND c.customer_id IS NOT NULL"
        f" AND {canaries.left_out('c.customer_id')}"
    )


def oldest_in_line(queue_ids: Collection[int]) -> dict[int, datetime]:
    """Return since when the oldest in each line stands there."""
    found = {}
    for queue_id in queue_ids:  # one look at an index each; a GROUP BY would read every place
        rows = Place.objects.filter(queue_id=queue_id, left_at=None).order_by("joined_at", "id")
        if (oldest := rows.values_list("joined_at", flat=True).first()) is not None:
            found[queue_id] = oldest
    return found


def open_cases() -> dict[int, int]:
    """Return how many open cases each agent has who has any."""
    rows = Conversation.objects.filter(state=Conversation.State.OPEN, assignee__isnull=False)
    counted = rows.values("assignee_id").annotate(number=Count("id")).order_by()
    return {row["assignee_id"]: row["number"] for row in counted if row["assignee_id"] is not None}


def begun_by_queue(since: datetime, *, step: timedelta) -> dict[int | None, dict[int, int]]:
    """Return how many matters began since then, by queue and number of the step."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queue_id, floor(extract(epoch FROM created_at - %(since)s) / %(step)s)::int, count(*)"
            # Every state is named, and the last message is as new as the first, so that an index finds the span.
            " FROM conversations_conversation WHERE state IN ('open', 'snoozed', 'closed')"
            "  AND last_message_at >= %(since)s AND created_at >= %(since)s AND kind = 'matter' GROUP BY 1, 2",
            {"since": since, "step": step.total_seconds()},
        )
        found: dict[int | None, dict[int, int]] = {}
        for queue_id, number, begun in cursor.fetchall():
            found.setdefault(queue_id, {})[number] = begun
    return found


@dataclass(frozen=True, slots=True)
class Spoken:
    """How a customer speaks with us in a conversation, and since when."""

    channel: str
    locale: str
    since: datetime


def spoken_in(conversation_id: UUID) -> Spoken | None:
    """Return how a customer speaks in a conversation."""
    rows = Conversation.objects.filter(pk=conversation_id).values_list("channel", "locale", "created_at")
    return next((Spoken(*row) for row in rows), None)


@dataclass(frozen=True, slots=True)
class Cut:
    """By what contacts of a conversation are counted. Empty, or `None`: not known."""

    channel: str
    queue_id: int | None
    intent: str
    locale: str


def cuts_of(conversation_ids: Collection[UUID]) -> dict[UUID, Cut]:
    """Return by what contacts of these conversations are counted; those of made-up customers are not. One query."""
    rows = Conversation.objects.filter(pk__in=set(conversation_ids))
    found = rows.values_list("id", "customer_id", "channel", "queue_id", "intent", "locale")
    return {
        id_: Cut(channel, queue_id, intent, locale)
        for id_, customer_id, channel, queue_id, intent, locale in found
        if not canaries.is_canary(customer_id)
    }


@dataclass(frozen=True, slots=True)
class SaidBy:
    """In which conversation a contact ended up, and whose words it holds: `None` when somebody else wrote there."""

    conversation_id: UUID
    customer_id: UUID | None
    locale: str


def said_by(contact_ids: Collection[UUID]) -> dict[UUID, SaidBy]:
    """Return where contacts ended up as messages of customers. One query."""
    rows = Message.objects.filter(contact_id__in=list(contact_ids), author=Message.Author.CUSTOMER)
    found = rows.values_list(
        "contact_id", "conversation_id", "conversation__customer_id", "conversation__locale", "details"
    )
    return {
        contact_id: SaidBy(conversation_id, None if "other_sender" in details else customer_id, locale)
        for contact_id, conversation_id, customer_id, locale, details in found
        if contact_id is not None
    }


def has_system_line(conversation_id: UUID, *, kind: str, details: Mapping[str, str]) -> bool:
    """Return whether the system wrote a line of this kind with these details into a conversation."""
    lines = Message.objects.filter(conversation_id=conversation_id, author=Message.Author.SYSTEM)
    return lines.filter(details__contains={"kind": kind, **details}).exists()
