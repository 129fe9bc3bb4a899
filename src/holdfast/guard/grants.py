"""Leave to ask for a customer's values while a case is one's own. Opened and closed with the assignment.

Functions of the database open them (`guard_open_grants`) and look at the case themselves; the application can write
none. What each rests on stays on record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from holdfast.kit.clock import now

_SENTENCES = {
    "no_case": "There is no such case, so nobody's values open for it.",
    "closed": "This case is closed. Reopen it before somebody asks for its customer's values.",
    "not_theirs": "This case is not assigned to that person, so its customer's values stay sealed for them.",
    "other_customer": "This case is another customer's.",
    "not_here": "That person does not work here at the moment, so a customer's values stay sealed for them.",
    "cut_off": "That person is cut off, so no case opens a customer's values to them.",
}


class NotGiven(Exception):  # noqa: N818 - a decision, not a fault
    """No grant was opened. `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Held(NamedTuple):
    """A case and who has it, as the caller sees it; the database looks itself."""

    agent_id: int
    conversation_id: UUID
    customer_id: UUID | None


def open_grant(*, agent_id: int, conversation_id: UUID, customer_id: UUID | None) -> None:
    """Let `agent_id` ask for this customer's values for this case. Twice is once; without a customer nothing opens.

    Runs in the caller's transaction, once the assignment (or the outreach, for a call) is written, so the grant exists
    exactly when that does. Raises `NotGiven` unless the case is theirs now, of this customer, and they are let in.
    """
    open_grants([Held(agent_id, conversation_id, customer_id)])


def open_grants(held: Iterable[Held]) -> None:
    """Open the grants of many cases with one query. Raises `NotGiven` for the first that is refused."""
    asked = [each for each in held if each.customer_id is not None]
    if not asked:
        return
    agents, cases, customers = (list(column) for column in zip(*asked, strict=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT outcome FROM guard_open_grants(%s, %s, %s, %s)", [now(), agents, cases, customers])
        refused = next((outcome for (outcome,) in cursor.fetchall() if outcome != "opened"), None)
    if refused is not None:
        raise NotGiven(_SENTENCES[refused])


def close_grants(*, conversation_id: UUID) -> None:
    """End every grant of this case. Tickets already given for it can no longer be redeemed."""
    _close(cases=[conversation_id])


def close_grants_of(*, agent_ids: Collection[int]) -> int:
    """End every grant of these agents, for example because they no longer work here; return how many there were."""
    return _close(agents=agent_ids)


def _close(*, cases: Collection[UUID] = (), agents: Collection[int] = ()) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT guard_close_grants(%s, %s::uuid[], %s::bigint[])", [now(), list(cases), list(agents)])
        closed: int = cursor.fetchone()[0]
    return closed
