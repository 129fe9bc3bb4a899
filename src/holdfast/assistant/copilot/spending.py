"""What the copilot's calls to a language model have cost in a conversation: its limit holds over all of them."""

from __future__ import annotations

from uuid import UUID

from django.core.cache import cache

from holdfast.assistant.llm.costs import Spent

_KEPT_SECONDS = 7 * 24 * 3_600


def spent_on(conversation_id: UUID) -> Spent:
    """Return what was spent on a conversation in the last week."""
    return Spent(*cache.get(_key(conversation_id), ()))


def add(conversation_id: UUID, spent: Spent) -> None:
    """Count a call. Two at the same moment may count as one: then the limit is passed by one call at most."""
    total = spent_on(conversation_id) + spent
    cache.set(_key(conversation_id), (total.tokens_in, total.tokens_out, total.cost), _KEPT_SECONDS)


def _key(conversation_id: UUID) -> str:
    return f"copilot-spent:{conversation_id}"
