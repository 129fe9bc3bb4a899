"""Who works in the real house of a play: employers, teams, one queue that all of them answer, and the roster."""

from __future__ import annotations

from datetime import timedelta

from holdfast.desk.models import Queue
from holdfast.drills.insiders.world import World
from holdfast.guard.watching.contract import Person
from holdfast.people.models import Agent, Role, Team, Vendor
from holdfast.staffing.models import Shift


class Staff:
    """Everybody, by their number in the world (`agents`) and by their account (`workers`)."""

    def __init__(self, world: World, *, past: int) -> None:
        """Hire them; the roster is known from `past` days before the play begins."""
        house, long_ago = world.scenario.house, world.scenario.start - timedelta(days=400)
        vendors = [Vendor.objects.create(name=f"Vendor {chr(84 + number)}") for number in range(house.vendors)]
        queue = Queue.objects.create(slug="drill", name="Drill")
        teams: dict[int, Team] = {}
        self.agents: dict[int, int] = {}
        for worker in world.workers:
            if worker.team not in teams:
                team = Team.objects.create(name=f"Team {worker.team + 1}", vendor=vendors[worker.vendor])
                queue.teams.add(team)
                teams[worker.team] = team
            agent = Agent.objects.create_user(
                f"w{worker.id}@drill.example",
                name=f"Agent {worker.id}",
                role=Role.LEAD if worker.lead else Role.AGENT,
                team=teams[worker.team],
                created_at=long_ago,
            )
            self.agents[worker.id] = agent.pk
        officer = Agent.objects.create_user(
            "officer@drill.example", name="Security", role=Role.SECURITY, created_at=long_ago
        )
        self.officer, self.queue = officer.pk, queue.pk
        self.workers = {self.agents[worker.id]: worker for worker in world.workers}
        self.people = tuple(
            Person(self.agents[each.id], teams[each.team].pk, vendors[each.vendor].pk, frozenset({queue.pk}), long_ago)
            for each in world.handlers
        )
        spans = [world.shift(number) for number in world.working(first=-past)]
        Shift.objects.bulk_create(
            (
                Shift(agent_id=self.agents[worker.id], begins_at=begins, ends_at=ends)
                for worker in world.handlers
                for begins, ends in spans
            ),
            batch_size=2_000,
        )
