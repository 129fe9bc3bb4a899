"""Cases of a play as rows of the real house: a conversation, who has it and how it came, and the grant that gives.

Whoever takes one out of the line, or is given one past it, has it as in any house; what the desk knows of that it reads
from here. Nobody writes words in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from holdfast.conversations.models import Assignment, Conversation
from holdfast.drills.insiders.staff import Staff
from holdfast.drills.insiders.world import Look, Way, World
from holdfast.guard.data_keys import keys_for
from holdfast.guard.fields import seal
from holdfast.guard.grants import Held, close_grants_of, open_grants
from holdfast.kit.ids import uuid7
from holdfast.people.models import Customer

NO_CASE = UUID("6f0d7f3a-2f57-4f0e-9a35-3a0b8a3c7c11")
"""What somebody names who looks a customer up without one."""
USUAL, RARE = "standard", "private"


class Cases:
    """Customers that somebody wanted to see, and the cases of the day."""

    def __init__(self, world: World, staff: Staff) -> None:
        self._world, self._staff = world, staff
        self.known: dict[int, Customer] = {}
        self.number: dict[UUID, int] = {}

    def id_of(self, customer: int) -> UUID:
        """Return the id of a customer, met or not."""
        return uuid5(NO_CASE, f"{self._world.seed} {customer}")

    def meet(self, customers: Iterable[int]) -> None:
        """Give customers a row, a key and a sealed value when somebody first wants to see it."""
        new = sorted({each for each in customers if each not in self.known})
        ids = {each: self.id_of(each) for each in new}
        keys = keys_for(list(ids.values()))
        rows = []
        for each, id_ in ids.items():
            row = Customer(id=id_, reference=f"DR-{each}", tier=RARE if self._world.rare(each) else USUAL)
            value = f"GB33DRIL{each:014}"
            row.iban = seal(f"people_customer.iban.{id_}", value, mask="iban", owner=id_, key=keys[id_])
            rows.append(row)
            self.number[id_] = each
        Customer.objects.bulk_create(rows)
        self.known |= dict(zip(new, rows, strict=True))

    def begin(self, looks: Sequence[tuple[Look, UUID]], *, at: datetime) -> list[UUID]:
        """Open a case for each look and its customer, in whichever way that came by it; return their ids."""
        conversations, assignments = [], []
        for look, customer_id in looks:
            agent = self._staff.agents[look.worker]
            case = Conversation(
                id=uuid7(),
                customer_id=customer_id,
                channel="email",
                queue_id=self._staff.queue,
                assignee_id=agent,
                epoch=1,
                created_at=at,
                last_message_at=at,
            )
            by = self._staff.agents[self._world.lead_of(look.worker)] if look.way is Way.GIVEN else agent
            assignments.append(
                Assignment(
                    conversation=case, agent_id=agent, epoch=1, by_id=by, picked=look.way is Way.TAKEN, started_at=at
                )
            )
            conversations.append(case)
        Conversation.objects.bulk_create(conversations, batch_size=1_000)
        Assignment.objects.bulk_create(assignments, batch_size=1_000)
        open_grants(Held(each.assignee_id or 0, each.id, each.customer_id) for each in conversations)
        return [each.id for each in conversations]

    def end(self, *, at: datetime) -> None:
        """Close every case there is, when the day is over."""
        Assignment.objects.filter(ended_at=None).update(ended_at=at)
        Conversation.objects.filter(state=Conversation.State.OPEN).update(
            state=Conversation.State.CLOSED, assignee_id=None
        )
        close_grants_of(agent_ids=list(self._staff.workers))
