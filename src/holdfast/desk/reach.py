"""Which queues an agent works in. Leads and admins reach all of them, security none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from holdfast.conversations.filters import know_queues
from holdfast.desk.models import Queue

if TYPE_CHECKING:
    from holdfast.people.models import Agent


@dataclass(frozen=True, slots=True)
class Reach:
    """The queues in reach, in their order, and all queues by id for names. One query."""

    queues: tuple[Queue, ...]
    names: dict[int, str]
    everything: bool

    @property
    def ids(self) -> list[int]:
        """Ids of the queues in reach."""
        return [queue.id for queue in self.queues]

    def by_slug(self, slug: str) -> Queue | None:
        """The queue in reach with this slug."""
        return next((queue for queue in self.queues if queue.slug == slug), None)

    def name(self, queue_id: int | None) -> str:
        """Name of any queue; empty while a conversation is in none."""
        return self.names.get(queue_id, "") if queue_id is not None else ""


def works_at_desk(agent: Agent) -> bool:
    """Whether this agent answers customers. Role `security` sees the log of reveals and nothing else."""
    return agent.role != "security"


def reach_of(agent: Agent) -> Reach:
    """Return what `agent` reaches: every queue for leads, those of the team for agents. One query."""
    queues: tuple[Any, ...] = tuple(  # with `own` beside the columns
        Queue.objects.raw(
            "SELECT id, slug, name, icon, position, fallback, parking,"
            " EXISTS (SELECT FROM desk_queue_teams WHERE queue_id = queue.id AND team_id = %s) AS own"
            " FROM desk_queue AS queue ORDER BY position, name",
            [agent.team_id],
        )
    )
    names = {queue.id: queue.name for queue in queues}
    if not works_at_desk(agent):
        return Reach((), names, everything=False)
    if agent.leads:
        return Reach(queues, names, everything=True)
    own = tuple(queue for queue in queues if queue.own)
    know_queues(agent, [queue.id for queue in own])
    return Reach(own, names, everything=False)
