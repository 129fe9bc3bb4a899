"""The days of a house in which some sell what they see: who works what, who wants what. From a seed, and pure."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from holdfast.drills.insiders.scenario import Mode, Scenario, mode
from holdfast.guard.watching.rosters import GRACE

_OPENS_AT, _HOURS = 8, 9
_LATE = timedelta(hours=_OPENS_AT + _HOURS, minutes=5) + GRACE
_LAST = 3  # cases of a day with overtime
_HONEST = 0.01  # who opens a value of a made-up case in which nothing has to be, without meaning anything by it
_PICTURE = timedelta(seconds=12)


class Way(StrEnum):
    """How somebody comes by a case."""

    ROUTED = "routed"
    TAKEN = "taken"  # by themselves, out of the line
    GIVEN = "given"  # by a lead, past the line
    SEARCHED = "searched"  # without a case
    HONEY = "honey"  # routed, and nobody's: nothing in it has to be opened
    NEEDS = "needs"  # routed, and nobody's: it is about the address on file


MADE_UP = frozenset({Way.HONEY, Way.NEEDS})


@dataclass(frozen=True, slots=True)
class Worker:
    """One account. Leads handle no cases in this world."""

    id: int
    vendor: int
    team: int
    lead: bool


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody wants to see a value. `stolen`: they take a picture of what they see."""

    at: datetime
    worker: int
    customer: int
    way: Way
    stolen: bool


@dataclass(frozen=True, slots=True)
class Approved:
    """A lead gave somebody more, or a case past the line."""

    at: datetime
    by: int
    for_worker: int


@dataclass(frozen=True, slots=True)
class Day:
    """One working day: every case by worker, in each of which somebody may look, and made-up cases that stayed closed.

    `cases` are of customers; where values are open, whoever has a case sees them.
    """

    number: int
    cases: dict[int, tuple[int, ...]]
    looks: tuple[Look, ...]
    unopened: tuple[tuple[datetime, int], ...]
    approvals: tuple[Approved, ...]


class World:
    """A scenario, a way of stealing and a seed; `day(n)` is the same whenever it is asked for."""

    def __init__(self, scenario: Scenario, named: str, *, seed: int) -> None:
        self.scenario, self.named, self.seed = scenario, named, seed
        self.mode: Mode = mode(scenario, named)
        self.workers = tuple(self._hired())
        self.ring: dict[int, int] = dict(self._recruited())
        """The day on which each of the ring begins."""
        self.thieves = self.workers[min(self.ring)].vendor if self.ring else 0
        self._every = round(1 / scenario.house.rare)

    @property
    def handlers(self) -> list[Worker]:
        """Everybody who works on cases."""
        return [each for each in self.workers if not each.lead]

    def lead_of(self, worker: int) -> int:
        """Return the lead of somebody's team."""
        team = self.workers[worker].team
        return next(each.id for each in self.workers if each.lead and each.team == team)

    def complicit(self) -> set[int]:
        """Return leads who give cases to the ring; only some ways of stealing need them."""
        return {self.lead_of(worker) for worker in self.ring} if self.mode.given else set()

    def working(self, *, first: int = 0) -> Iterator[int]:
        """Yield the numbers of the working days; with a negative `first` also of days before the play begins."""
        for number in range(first, self.scenario.days):
            if (self.scenario.start + timedelta(days=number)).weekday() < 5:
                yield number

    def shift(self, number: int) -> tuple[datetime, datetime]:
        """Return when everybody begins and ends on a working day."""
        begins = self.scenario.start + timedelta(days=number, hours=_OPENS_AT)
        return begins, begins + timedelta(hours=_HOURS)

    def rare(self, customer: int) -> bool:
        """Whether a customer is of the tier that is rare in the queue."""
        return customer % self._every == 0

    def reports(self, number: int, stolen: dict[int, int]) -> list[int]:
        """Return who tells on this day that somebody who knew them got in touch. `stolen`: customers, and since when.

        Each stolen record is used once or never; it is told some days after it was taken.
        """
        rules, dice = self.scenario.reports, random.Random(f"{self.seed} reports {number}")  # noqa: S311 - a game
        if number < rules.begin:
            return []
        lasting = self.scenario.days - rules.begin
        everybody = self.scenario.house.customers
        told = [dice.randrange(everybody) for _ in range(_poisson(dice, everybody * rules.background / lasting))]
        told += [customer for customer, since in stolen.items() if self.used(number, str(customer), since)]
        return sorted(set(told))

    def used(self, number: int, record: str, since: int) -> bool:
        """Whether somebody gets in touch on this day with whom a record that was stolen `since` is about."""
        rules, own = self.scenario.reports, random.Random(f"{self.seed} used {record}")  # noqa: S311 - a game
        return own.random() < rules.leaked and max(rules.begin, since + 7) + own.randrange(14) == number

    def readable(self, customer: int) -> bool:
        """Whether the photograph of this record shows enough for its marks to be read."""
        dice = random.Random(f"{self.seed} photograph {customer}")  # noqa: S311 - a game
        return dice.random() < self.scenario.photographs.readable

    def sample(self, stolen: dict[int, int]) -> list[int]:
        """Return the records that come with the demand for money."""
        dice = random.Random(f"{self.seed} sample")  # noqa: S311 - a game
        there = sorted(stolen)
        return dice.sample(there, min(len(there), self.scenario.ransom.sample))

    def day(self, number: int) -> Day:
        """Return one working day. What somebody who is not there any more would have done is to be left out."""
        dice = random.Random(f"{self.seed} {self.named} {number}")  # noqa: S311 - a game
        besides = random.Random(f"{self.seed} {self.named} {number} besides")  # noqa: S311 - a game
        house, midnight = self.scenario.house, self.scenario.start + timedelta(days=number)
        cases: dict[int, tuple[int, ...]] = {}
        looks: list[Look] = []
        unopened: list[tuple[datetime, int]] = []
        for worker in self.handlers:
            count = max(5, round(dice.gauss(house.cases, house.spread * house.cases)))
            cases[worker.id] = tuple(dice.randrange(house.customers) for _ in range(count))
            bad = self.ring.get(worker.id, number + 1) <= number
            own = list(self._honest(dice, worker.id, cases[worker.id], midnight, bad=bad))
            if bad:
                own += self._stolen(dice, worker.id, midnight)
            looks += self._late(besides, own, midnight)
            opens, made_up = self.mode.honey if bad else _HONEST, number % 7 == worker.id % 5
            for _ in range(house.honey if made_up else 0):
                at = _some_time(dice, midnight)
                if dice.random() < opens:
                    looks.append(Look(at, worker.id, dice.randrange(house.customers), Way.HONEY, stolen=False))
                else:
                    unopened.append((at, worker.id))
            for _ in range(house.needs if made_up else 0):
                if besides.random() < house.needs_opened:
                    at = _some_time(besides, midnight)
                    looks.append(Look(at, worker.id, 0, Way.NEEDS, stolen=False))
        looks.sort(key=lambda look: (look.at, look.worker))
        return Day(number, cases, tuple(looks), tuple(unopened), tuple(self._approvals(dice, looks, midnight)))

    def _honest(
        self, dice: random.Random, worker: int, cases: tuple[int, ...], midnight: datetime, *, bad: bool
    ) -> Iterator[Look]:
        house = self.scenario.house
        for customer in cases:
            if dice.random() < house.needs_value:
                yield Look(_some_time(dice, midnight), worker, customer, Way.ROUTED, stolen=bad and self.mode.own)
        for _ in range(_poisson(dice, house.unexplained)):
            yield Look(_some_time(dice, midnight), worker, dice.randrange(house.customers), Way.TAKEN, stolen=False)

    def _stolen(self, dice: random.Random, worker: int, midnight: datetime) -> Iterator[Look]:
        ways = ((Way.SEARCHED, self.mode.search), (Way.TAKEN, self.mode.taken), (Way.GIVEN, self.mode.given))
        begins = midnight + timedelta(hours=12, seconds=dice.randrange(3600))
        for way, count in ways:
            for place in range(count):
                at = begins + place * _PICTURE if way is Way.SEARCHED else _some_time(dice, midnight)
                customer = dice.randrange(self.scenario.house.customers)
                if way is not Way.SEARCHED and dice.random() < self.mode.wanted:
                    customer -= customer % self._every
                yield Look(at, worker, customer, way, stolen=True)

    def _late(self, dice: random.Random, looks: list[Look], midnight: datetime) -> Iterator[Look]:
        """Some of a day is done after the shift: by anybody now and then, and by choice of what is not to be seen."""
        left = _LAST if dice.random() < self.scenario.house.overtime else 0
        for look in looks:
            late = look.way in (Way.TAKEN, Way.GIVEN) and look.stolen and dice.random() < self.mode.aside
            if look.way is Way.ROUTED and left:
                late, left = True, left - 1
            yield replace(look, at=midnight + _LATE + timedelta(seconds=dice.randrange(6000))) if late else look

    def _approvals(self, dice: random.Random, looks: list[Look], midnight: datetime) -> Iterator[Approved]:
        for look in looks:
            if look.way is Way.GIVEN:
                yield Approved(look.at, self.lead_of(look.worker), look.worker)
        for lead in (each for each in self.workers if each.lead):
            for _ in range(self.scenario.house.approvals):  # whichever lead is there, for whoever asks
                yield Approved(_some_time(dice, midnight), lead.id, dice.choice(self.handlers).id)

    def _hired(self) -> Iterator[Worker]:
        house, number = self.scenario.house, 0
        for team in range(house.teams):
            for place in range(house.per_team + 1):
                yield Worker(number, team % house.vendors, team, lead=place == house.per_team)
                number += 1

    def _recruited(self) -> Iterator[tuple[int, int]]:
        """All of one employer; one after the other, from all its teams."""
        dice = random.Random(f"{self.seed} ring")  # noqa: S311 - a game
        own = [each.id for each in self.handlers if each.vendor == 0]
        dice.shuffle(own)
        days = range(self.scenario.ring.hub, self.scenario.ring.last + 1, self.scenario.ring.every)
        yield from zip(own, days, strict=False)


def _some_time(dice: random.Random, midnight: datetime) -> datetime:
    return midnight + timedelta(
        hours=_OPENS_AT, seconds=dice.randrange(_HOURS * 3600), milliseconds=dice.randrange(999)
    )


def _poisson(dice: random.Random, mean: float) -> int:
    """Knuth's method; means here are below some hundred."""
    bound, product, count = math.exp(-min(mean, 600)), dice.random(), 0
    while product > bound:
        product *= dice.random()
        count += 1
    return count
