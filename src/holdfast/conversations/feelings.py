"""How many of those who write sound worried or angry, by the words of `moods.py`. Counts only, never a sentence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from holdfast.conversations.models import Message
from holdfast.conversations.moods import mood_of

MOST = 2_000
"""Messages that are read, the newest: a share of so many is known to two points in a hundred."""


@dataclass(frozen=True, slots=True)
class Feelings:
    """Of `wrote` conversations, how many had words of anger, and how many of the others words of worry."""

    wrote: int
    anger: int
    worry: int


def feelings(conversation_ids: Collection[UUID], *, since: datetime) -> Feelings:
    """Look at what customers wrote in these conversations since then."""
    rows = Message.objects.filter(
        conversation_id__in=list(conversation_ids), author=Message.Author.CUSTOMER, created_at__gte=since
    )
    newest = rows.order_by("-created_at").values_list("conversation_id", "conversation__locale", "text")[:MOST]
    found: dict[UUID, set[str]] = {}
    for conversation_id, locale, text in newest:
        mood = mood_of(text, locale=locale)
        found.setdefault(conversation_id, set()).update({mood.kind} if mood is not None else set())
    anger = sum("anger" in kinds for kinds in found.values())
    return Feelings(len(found), anger, sum("worry" in kinds and "anger" not in kinds for kinds in found.values()))
