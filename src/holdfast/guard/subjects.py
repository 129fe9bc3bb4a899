"""What each sealed value belongs to. The gate opens only values it can tie to the case in hand; this list is closed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg

# Table -> the customer or conversation its row belongs to. These rooms stand above this one, so only names cross.
_OWNERS = {
    "people_customer": "SELECT id FROM people_customer WHERE id = %s",
    "people_identity": "SELECT customer_id FROM people_identity WHERE id = %s",
    "intake_contact": "SELECT conversation_id FROM conversations_message WHERE contact_id = %s",
    "notify_delivery": (
        "SELECT m.conversation_id FROM notify_delivery d JOIN conversations_message m ON m.id = d.message_id"
        " WHERE d.id = %s"
    ),
}


def belongs(cursor: psycopg.Cursor[Any], *, subject: str, customer_id: UUID | None, conversation_id: UUID) -> bool:
    """Return whether the value named by `subject` (`table.column.pk`) is this customer's or of this conversation."""
    table, _, rest = subject.partition(".")
    query = _OWNERS.get(table)
    try:
        row = UUID(rest.rpartition(".")[2])
    except ValueError:
        return False
    if query is None:
        return False
    cursor.execute(query, (row,))
    found = cursor.fetchone()
    return found is not None and found[0] in {customer_id, conversation_id}
