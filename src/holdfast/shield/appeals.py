"""Appeals: "this is wrong, I need a person". Whoever says so stands as in calm, and is asked nothing more."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from holdfast.conversations.errors import ConversationError
from holdfast.conversations.line import CALM, rank_many
from holdfast.conversations.messages import post_system
from holdfast.kit.clock import now
from holdfast.shield import steps
from holdfast.shield.models import Appeal, Assessment

REASON = "They said this was wrong and asked for a person."


@dataclass(frozen=True, slots=True)
class Appealed:
    """One appeal, for leads."""

    conversation_id: UUID
    at: datetime


@transaction.atomic
def appeal(*, conversation_id: UUID) -> bool:
    """Put a conversation back to the first band and ask nothing more of it; tell whether this was the first time."""
    _, first = Appeal.objects.get_or_create(conversation_id=conversation_id, defaults={"at": now()})
    if not first:
        return False
    Assessment.objects.filter(conversation_id=conversation_id).update(band=0, friction="none", reasons=[REASON])
    steps.drop([conversation_id])
    rank_many({conversation_id: CALM})
    with suppress(ConversationError), transaction.atomic():  # merged meanwhile, it has no lines of its own any more
        post_system(conversation_id=conversation_id, kind="appeal", text=REASON)
    return True


def appealed(conversation_ids: Collection[UUID]) -> set[UUID]:
    """Return those conversations whose customer appealed."""
    rows = Appeal.objects.filter(conversation_id__in=list(conversation_ids))
    return set(rows.values_list("conversation_id", flat=True))


def newest(*, since: datetime, limit: int = 50) -> list[Appealed]:
    """Return the appeals since then, the newest first, for leads to look at."""
    rows = Appeal.objects.filter(at__gte=since).order_by("-at")
    return [Appealed(*row) for row in rows.values_list("conversation_id", "at")[:limit]]
