"""To whom a case can be handed: every line but its own, and colleagues who serve its line."""

from __future__ import annotations

from holdfast.conversations.errors import Refused
from holdfast.desk.models import Queue
from holdfast.desk.reach import Reach
from holdfast.desk.screens import Choice
from holdfast.kit.numbers import whole
from holdfast.people.queries import colleagues


def queue_choices(*, reach: Reach, current: int | None) -> tuple[Choice, ...]:
    """Every queue but `current`; those outside the reader's reach say so, since the case then leaves their desk."""
    own = set(reach.ids)
    return tuple(
        Choice(str(queue_id), name, "" if queue_id in own else "leaves your desk")
        for queue_id, name in reach.names.items()
        if queue_id != current
    )


def agent_choices(*, current: int | None, queue_id: int | None) -> tuple[Choice, ...]:
    """Colleagues who serve the case's queue, but not who has it now."""
    found = colleagues(queue_ids=[queue_id] if queue_id is not None else None)
    return tuple(Choice(str(each.id), each.name, each.team) for each in found if each.id != current)


def receiver(to_queue: str, to_agent: str) -> tuple[int | None, int | None]:
    """Read who was chosen in the form. Raises `Refused` for a queue that does not exist."""
    queue_id = whole(to_queue, digits=18)
    agent_id = whole(to_agent, digits=18)
    if queue_id is not None and not Queue.objects.filter(id=queue_id).exists():
        raise Refused("There is no such queue.")
    return queue_id, agent_id
