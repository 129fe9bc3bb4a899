"""What a language model has cost in a conversation: the assistant's turns and the copilot's calls share one limit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count, F, QuerySet, Sum

from holdfast.assistant.llm.costs import Spent
from holdfast.assistant.models import Turn

_KEPT_SECONDS = 7 * 24 * 3_600


def spent_on(conversation_id: UUID) -> Spent:
    """Return what was spent on a conversation: in all its turns, and by the copilot in the last week."""
    return _sum(Turn.objects.filter(conversation_id=conversation_id)) + Spent(*cache.get(_key(conversation_id), ()))


def count(turn_id: UUID, spent: Spent) -> None:
    """Count a call of a turn, whatever became of the turn meanwhile: it was paid for."""
    Turn.objects.filter(pk=turn_id).update(
        tokens_in=F("tokens_in") + spent.tokens_in,
        tokens_out=F("tokens_out") + spent.tokens_out,
        cost=F("cost") + spent.cost,
    )


def add(conversation_id: UUID, spent: Spent) -> None:
    """Count a call of the copilot. Two at the same moment may count as one: then the limit is passed by one call."""
    total = Spent(*cache.get(_key(conversation_id), ())) + spent
    cache.set(_key(conversation_id), (total.tokens_in, total.tokens_out, total.cost), _KEPT_SECONDS)


def in_turns_between(spans: Sequence[tuple[datetime, datetime]]) -> list[tuple[int, Spent]]:
    """Return for each span in how many conversations a model was paid for by turns begun then, and what these cost."""
    found = []
    for since, until in spans:
        paid = Turn.objects.filter(created_at__gte=since, created_at__lt=until, tokens_in__gt=0)
        found.append((paid.aggregate(number=Count("conversation", distinct=True))["number"], _sum(paid)))
    return found


def _sum(turns: QuerySet[Turn]) -> Spent:
    sums = turns.aggregate(
        read=Sum("tokens_in", default=0), written=Sum("tokens_out", default=0), cost=Sum("cost", default=0.0)
    )
    return Spent(sums["read"], sums["written"], sums["cost"])


def _key(conversation_id: UUID) -> str:
    return f"copilot-spent:{conversation_id}"
