"""Reads of what was asked of the company's systems."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from holdfast.operations.actions import ACTIONS
from holdfast.operations.models import Act


@dataclass(frozen=True, slots=True)
class Acted:
    """One change in a case, for who reads the case. `state` is asked, done, refused or unknown."""

    title: str
    by: str
    state: str
    sentence: str
    asked_at: datetime
    settled_at: datetime | None


def acts_of(conversation_id: UUID, *, limit: int = 50) -> Sequence[Acted]:
    """Return what was asked for in a conversation, oldest first."""
    rows = Act.objects.filter(conversation_id=conversation_id).order_by("asked_at", "id")[:limit]
    return [
        Acted(
            ACTIONS[act.action].title if act.action in ACTIONS else act.action,
            act.by,
            act.state,
            act.sentence,
            act.asked_at,
            act.settled_at,
        )
        for act in rows
    ]


@dataclass(frozen=True, slots=True)
class Change:
    """A change that was made, for who tells its customer of it."""

    id: UUID
    reference: str
    conversation_id: UUID | None
    asked_at: datetime
    settled_at: datetime


def changes_done(actions: Collection[str], *, since: datetime) -> Sequence[Change]:
    """Return the changes by these actions that were made since then, oldest first."""
    rows = Act.objects.filter(state=Act.State.DONE, settled_at__gt=since, action__in=list(actions))
    found = rows.order_by("settled_at").values_list("id", "customer_ref", "conversation_id", "asked_at", "settled_at")
    return [Change(id_, ref, case, asked, settled) for id_, ref, case, asked, settled in found if settled is not None]
