"""Canned replies: found by shortcut, title or words, and filled in for one conversation.

The renderer knows a closed list of variables and nothing else: no filters, no attribute walks, no code. Sealed values
enter as their masks, so a canned reply can never carry what the agent was not shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from holdfast.desk.models import CannedReply

VARIABLES = (
    "customer.given_name",
    "customer.reference",
    "conversation.number",
    "conversation.subject",
    "queue.name",
    "agent.name",
    "agent.first_name",
    "company",
)
_VARIABLE = re.compile(r"\{\{\s*([a-z_]+(?:\.[a-z_]+)?)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A body with its variables filled in, and those that stayed visible because they are unknown or empty."""

    text: str
    missing: tuple[str, ...]


def render(body: str, *, values: Mapping[str, str]) -> Rendered:
    """Replace `{{ name }}` in `body` by `values[name]`. Unknown or empty ones stay as written, so an agent sees them.

    Replaced text is never looked at again: a customer who is called `{{ agent.name }}` stays so.
    """
    missing: list[str] = []

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        value = values.get(name, "") if name in VARIABLES else ""
        if not value and name not in missing:
            missing.append(name)
        return value or match[0]

    return Rendered(_VARIABLE.sub(fill, body), tuple(missing))


def given_name(mask: str) -> str:
    """First word of a masked name (`Maren O.` gives `Maren`); empty when the mask hides it."""
    first = mask.split(" ")[0].strip() if mask else ""
    return "" if "•" in first else first


def find(*, text: str, queue_ids: Sequence[int], locale: str = "", limit: int = 20) -> list[CannedReply]:
    """Canned replies that match every word of `text`, those of the given queues and without a queue.

    The conversation's language comes first, then those whose shortcut starts with the text.
    """
    found: QuerySet[CannedReply] = CannedReply.objects.select_related("queue").filter(
        Q(queue_id__in=queue_ids) | Q(queue_id=None)
    )
    words = text.replace("\x00", "").split()[:8]
    for word in words:
        found = found.filter(Q(shortcut__icontains=word) | Q(title__icontains=word) | Q(body__icontains=word))
    first = words[0].lower() if words else ""
    replies = sorted(
        found.order_by("title")[:200],
        key=lambda reply: (not _speaks(reply.locale, locale), not reply.shortcut.startswith(first), reply.title),
    )
    return replies[:limit]


def _speaks(reply_locale: str, locale: str) -> bool:
    return not locale or reply_locale.split("-")[0].lower() == locale.split("-")[0].lower()
