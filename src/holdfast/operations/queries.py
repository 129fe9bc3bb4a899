"""Reads of what was asked of the company's systems."""

from __future__ import annotations

from collections.abc import Sequence
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
