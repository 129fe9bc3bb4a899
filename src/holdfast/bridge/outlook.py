"""The next hours as the bridge says them: what comes, who is there, who is missing, and what is not set up yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from holdfast.bridge.happens import Waiting
from holdfast.desk.queries import QueueInfo, queues_of_teams
from holdfast.people.queries import workforce
from holdfast.staffing import ahead as staffing


@dataclass(frozen=True, slots=True)
class QueueAhead:
    """One queue's next hours: contacts of the next hour with a range, and people in the worst half hour."""

    queue: QueueInfo
    contacts: float
    low: float
    high: float
    needed: int
    there: int | None
    missing: int
    worst_at: datetime


@dataclass(frozen=True, slots=True)
class Outlook:
    """The next hours of the house, and what would have to be set up to know more."""

    lines: tuple[QueueAhead, ...]
    ahead: staffing.Ahead
    to_set_up: tuple[str, ...]
    assumed: tuple[str, ...]
    """Names of queues whose handling time is assumed."""


def outlook(waits_of: Sequence[Waiting]) -> Outlook:
    """Return the next hours per queue: what comes, who is there, who is missing, whom to call in."""
    teams, known = queues_of_teams(), [line.queue for line in waits_of]
    found = staffing.ahead(
        {queue.id: queue.slug for queue in known},
        serves={worker.id: teams.get(worker.team_id, frozenset()) for worker in workforce()},
        waiting={line.queue.id: line.number for line in waits_of},
    )
    by_id = {queue.id: queue for queue in known}
    lines = []
    for one in found.lines:
        if one.known_weeks or one.waiting:
            first, worst = [need.interval for need in one.needs[:2]], one.worst
            lines.append(
                QueueAhead(
                    by_id[one.queue_id],
                    sum(each.contacts for each in first),
                    sum(each.low for each in first),
                    sum(each.high for each in first),
                    worst.required,
                    worst.scheduled,
                    one.missing,
                    worst.interval.start,
                )
            )
    to_set_up = []
    if not found.history:
        to_set_up.append("What is usual for a queue is known after a week of contacts.")
    if not found.roster:
        to_set_up.append("Nobody's shifts are known, so it cannot be said who is missing. Load a roster.")
    if not found.on_reserve:
        to_set_up.append("Nobody is on the reserve. Ask who would come on a bad day, and note their skills and notice.")
    assumed = tuple(by_id[one.queue_id].name for one in found.lines if one.known_weeks and not one.aht_measured)
    return Outlook(tuple(lines), found, tuple(to_set_up), assumed)
