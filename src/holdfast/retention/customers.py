"""Customers without a case: which run out, and taking out their values with the key that opens them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from holdfast.conversations.models import Conversation
from holdfast.guard.watching import canaries
from holdfast.kit.clock import now
from holdfast.people import forgetting as people
from holdfast.people.models import Customer
from holdfast.retention import holds
from holdfast.retention.models import Gone, LastCase
from holdfast.retention.order import Found, Place, by_key

_WITH_LAST_CASE = """
SELECT count(*) FROM (
    SELECT c.customer_id FROM conversations_conversation c
        LEFT JOIN ({going}) AS g ON g.id = c.id JOIN people_customer p ON p.id = c.customer_id
    WHERE c.merged_into_id IS NULL AND p.created_at < %s
    GROUP BY c.customer_id HAVING bool_and(g.id IS NOT NULL) AND max(c.last_message_at) < %s
) AS each
"""


def over(before: datetime) -> QuerySet[Customer]:
    """Return customers whose time is over, held or not. Made-up customers stay, and are in no figure.

    One who was merged into another goes after them: both are one person, and nobody's case is lost meanwhile.
    """
    left = Conversation.objects.all()
    lately = LastCase.objects.filter(customer_id=OuterRef("pk"), at__gte=before)
    gone = Gone.objects.filter(customer_id=OuterRef("pk"))
    other = Gone.objects.filter(customer_id=OuterRef("merged_into"))
    return people.known_since(before).filter(
        # Two questions: in one, with an "or", every customer would be held against every conversation.
        ~Exists(left.filter(customer=OuterRef("pk"))),
        ~Exists(left.filter(customer__merged_into=OuterRef("pk"))),
        ~Exists(lately),
        ~Exists(gone),
        Q(merged_into=None) | Exists(other),
        ~Q(pk__in=canaries.everybody()),
    )


def with_last_case(before: datetime, *, going: QuerySet[Conversation]) -> int:
    """Return how many customers would go because all their cases are among those that go. In a transaction.

    What is held is not among these cases, nor are cases of whoever is held.
    """
    inner, parameters = going.order_by().values("id").query.sql_with_params()
    with connection.cursor() as cursor:
        # The planner takes what goes for one row, whatever its number, and would go through it for each conversation.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(_WITH_LAST_CASE.replace("{going}", inner), [*parameters, before, before])
        return int(cursor.fetchone()[0])


def find(before: datetime, after: Place | None, limit: int) -> Found:
    """Return ids of the next customers who go."""
    return by_key(over(before).exclude(holds.held_customers()), after, limit)


def remove(customer_ids: Sequence[UUID]) -> Counter[str]:
    """Destroy the keys of these and take out what names them. Whose key the database will not give up stays whole.

    Rows are locked first, so that nobody gets a case while they are forgotten.
    """
    list(Customer.objects.select_for_update().filter(pk__in=customer_ids).order_by("pk").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT retention_keys_run_out(%s::uuid[])", [list(customer_ids)])
        destroyed = [row[0] for row in cursor.fetchall()]
    gone = people.forget_customers(destroyed)
    moment = now()
    Gone.objects.bulk_create([Gone(customer_id=each, at=moment) for each in destroyed], ignore_conflicts=True)
    LastCase.objects.filter(customer_id__in=destroyed).delete()
    return Counter(customers=gone)
