"""What was asked of the company's systems for a conversation goes with it; those systems keep their own records."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from holdfast.kit.removing import remove_where
from holdfast.operations.models import Act


def without_answer() -> QuerySet[Act, UUID | None]:
    """Return ids of conversations with an act of which nobody knows yet whether it happened."""
    acts = Act.objects.filter(state__in=[Act.State.ASKED, Act.State.UNKNOWN], conversation_id__isnull=False)
    return acts.values_list("conversation_id", flat=True)


def forget_acts(conversation_ids: Sequence[UUID]) -> None:
    """Delete what was done, or refused, for these conversations."""
    remove_where(Act, "conversation_id", conversation_ids)
