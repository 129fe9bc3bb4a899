"""What an agent asks of a list, who may see what, and where a page ends."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Q

from holdfast.guard.fields import Sealed

if TYPE_CHECKING:
    from holdfast.people.models import Agent

T = TypeVar("T")
_KNOWN = "_queues_known"


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """Which conversations to list. `None` and empty ask nothing.

    `assignee` is an agent id, `unassigned` asks for nobody's; `waiting` for those in which a customer waits. `order` is
    `newest` (last message first) or `longest` (who has waited longest first, only those who wait).
    """

    state: str | None = "open"
    queue: int | None = None
    assignee: int | None = None
    unassigned: bool = False
    waiting: bool = False
    channel: str = ""
    tag: str = ""
    text: str = ""
    order: str = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One conversation in a list. `customer_name` prints as its mask."""

    id: UUID
    number: int
    channel: str
    kind: str
    subject: str
    preview: str
    last_author: str
    locale: str
    state: str
    queue_id: int | None
    assignee_id: int | None
    assignee_name: str
    customer_id: UUID | None
    customer_name: Sealed | str
    waiting_since: datetime | None
    snoozed_until: datetime | None
    last_message_at: datetime
    created_at: datetime
    version: int
    tags: tuple[str, ...] = ()
    found: str = ""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the page after them; `None` when this was the last."""

    rows: list[T]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """What an agent may see: everything, or the queues of their team and their own cases. `nothing` wins."""

    agent_id: int
    queues: tuple[int, ...] = ()
    everything: bool = False
    nothing: bool = False

    def allows(self) -> Q:
        """Return the condition on `Conversation`. A colleague's case in a queue of the team is the team's."""
        if self.nothing:
            return Q(pk__in=[])
        return Q() if self.everything else Q(queue_id__in=self.queues) | Q(assignee_id=self.agent_id)

    def condition(self) -> tuple[str, list[Any]]:
        """Return the same as SQL on `conversations_conversation`, with its parameters."""
        if self.nothing or self.everything:
            return ("false" if self.nothing else "true"), []
        return "(queue_id = ANY(%s) OR assignee_id = %s)", [list(self.queues), self.agent_id]


def reach_of(agent: Agent) -> Reach:
    """Return what this agent may see. The security role sees the log of reveals, and no conversation.

    One query for an agent, none when asked again with the same object: a page asks several times.
    """
    if agent.role == "security" or not agent.is_active:
        return Reach(agent.pk, nothing=True)
    if agent.leads:
        return Reach(agent.pk, everything=True)
    if agent.team_id is None:
        return Reach(agent.pk)
    queues: tuple[int, ...] | None = getattr(agent, _KNOWN, None)
    if queues is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT queue_id FROM desk_queue_teams WHERE team_id = %s", [agent.team_id])
            queues = tuple(queue_id for (queue_id,) in cursor.fetchall())
        know_queues(agent, queues)
    return Reach(agent.pk, queues=queues)


def know_queues(agent: Agent, queues: Iterable[int]) -> None:
    """Keep with `agent` which queues their team serves, for a caller that has just read them."""
    setattr(agent, _KNOWN, tuple(queues))


def cursor_text(at: datetime, id_: UUID) -> str:
    """Return the position after a row as one word."""
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), str(id_)]).encode()).decode().rstrip("=")


def cursor_of(text: str | None) -> tuple[datetime, UUID] | None:
    """Read a position; `None` for none, and for one that somebody made up."""
    if not text:
        return None
    try:
        at, id_ = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        moment = datetime.fromisoformat(at)
        return (moment, UUID(id_)) if moment.tzinfo else None
    except (ValueError, TypeError, AttributeError):
        return None
