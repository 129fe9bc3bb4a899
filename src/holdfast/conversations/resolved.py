"""Matters that a person answered and closed, and what became of matters over time: for those who learn from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from holdfast.conversations.models import Closure


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a customer asked first, and what a person wrote last. Both as they wrote them: scrub before keeping."""

    conversation_id: UUID
    customer_id: UUID | None
    locale: str
    question: str
    answer: str
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class Fate:
    """How matters that began in one span went, in numbers."""

    since: datetime
    began: int
    answered: int
    """The assistant answered, and no person wrote."""
    unsure: int
    """It handed over because no article was a clear match."""
    minutes_to_a_person: float | None
    """Median of the minutes until a person wrote, of those matters in which one did."""

    @property
    def share_answered(self) -> int:
        """The share that the assistant resolved alone, in per cent."""
        return round(100 * self.answered / self.began) if self.began else 0


def resolved_between(since: datetime, until: datetime, *, limit: int) -> Sequence[Resolved]:
    """Return matters closed by people in a span and still closed, the earliest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, c.customer_id, c.locale, asked.text, said.text, closure.at FROM conversations_closure closure"
            " JOIN conversations_conversation c ON c.id = closure.conversation_id"
            " CROSS JOIN LATERAL (SELECT text FROM conversations_message m WHERE m.conversation_id = c.id"
            "  AND NOT m.internal AND m.author = 'customer' ORDER BY m.created_at, m.id LIMIT 1) asked"
            " CROSS JOIN LATERAL (SELECT text, author FROM conversations_message m WHERE m.conversation_id = c.id"
            "  AND NOT m.internal AND m.author IN ('agent', 'assistant')"
            "  ORDER BY m.created_at DESC, m.id DESC LIMIT 1) said"
            " WHERE closure.reopened_at IS NULL AND closure.by_id IS NOT NULL AND closure.at > %s AND closure.at <= %s"
            "  AND c.kind = 'matter' AND said.author = 'agent' ORDER BY closure.at, closure.id LIMIT %s",
            [since, until, limit],
        )
        return [Resolved(*row) for row in cursor.fetchall()]


def first_closed_at() -> datetime | None:
    """Return when the first matter was closed."""
    return Closure.objects.order_by("at").values_list("at", flat=True).first()


def fates(spans: Sequence[tuple[datetime, datetime]]) -> Sequence[Fate]:
    """Return how the matters that began in each span went."""
    found = []
    with connection.cursor() as cursor:
        for since, until in spans:
            cursor.execute(
                "SELECT count(*), count(*) FILTER (WHERE assistant AND NOT person), count(*) FILTER (WHERE unsure),"
                " percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first - began) / 60)"
                " FROM (SELECT c.created_at AS began,"
                "  bool_or(m.author = 'assistant' AND NOT m.internal AND m.details ? 'citations') AS assistant,"
                "  bool_or(m.author = 'agent' AND NOT m.internal) AS person,"
                "  bool_or(m.details->>'kind' = 'handover' AND m.details->>'reason' IN ('not_sure', 'no_article'))"
                "   AS unsure,"
                "  min(m.created_at) FILTER (WHERE m.author = 'agent' AND NOT m.internal) AS first"
                "  FROM conversations_conversation c JOIN conversations_message m ON m.conversation_id = c.id"
                # Every state is named, and the last message is as new as the first, so that an index finds the span.
                "  WHERE c.state IN ('open', 'snoozed', 'closed') AND c.last_message_at >= %s"
                "   AND c.created_at >= %s AND c.created_at < %s AND c.kind = 'matter' GROUP BY c.id) matter",
                [since, since, until],
            )
            began, answered, unsure, minutes = cursor.fetchone()
            found.append(Fate(since, began, answered, unsure, float(minutes) if minutes is not None else None))
    return found
