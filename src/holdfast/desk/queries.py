"""Reads of queues for rooms above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.desk.models import Queue


@dataclass(frozen=True, slots=True)
class QueueInfo:
    """A queue as other rooms name it."""

    id: int
    slug: str
    name: str
    icon: str


def queues() -> Sequence[QueueInfo]:
    """Return the queues people answer, in their order; parking is none."""
    rows = Queue.objects.filter(parking=False).order_by("position", "name")
    return [QueueInfo(*row) for row in rows.values_list("id", "slug", "name", "icon")]


def queue_names() -> Mapping[int, str]:
    """Return the name of every queue by id, parking included."""
    return dict(Queue.objects.values_list("id", "name"))


def queues_of_teams() -> dict[int, frozenset[int]]:
    """Return the queues that each team answers. One query."""
    found: dict[int, set[int]] = {}
    rows = Queue.objects.filter(parking=False, teams__isnull=False).values_list("teams__id", "id")
    for team_id, queue_id in rows:
        found.setdefault(team_id, set()).add(queue_id)
    return {team_id: frozenset(own) for team_id, own in found.items()}


def priorities(wanted: Mapping[str, int]) -> dict[int, int]:
    """Return the priority of each queue by id, as a posture names them by slug."""
    if not wanted:
        return {}
    return {id_: wanted[slug] for id_, slug in Queue.objects.filter(slug__in=wanted).values_list("id", "slug")}
