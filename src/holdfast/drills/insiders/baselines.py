"""Three houses as they are usual, in memory: values open to all, open and logged, masked by role.

In each, whoever has a case sees its customer's values, and may look up anybody. At the demand for money they do what
was done: the whole employer is cut off, and told is whoever it may have been.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from holdfast.drills.insiders.scores import Played
from holdfast.drills.insiders.world import MADE_UP, Day, World

NAMES = ("none", "log only, z-score", "role masking")
_UNUSUAL = 3.0  # standard deviations above the own past, two working days in a row
_PAST = 28  # working days that make a past; fewer than ten are none
_LEAST_PAST = 10
Evening = Callable[[Day, dict[int, int]], None]
_SEES = 3  # of so many agents one has the role that sees values


def everybody(world: World) -> Iterator[Played]:
    """Play the three, one after the other."""
    days = [world.day(number) for number in world.working()]
    yield _open_to_all(world, days)
    yield _logged(world, days)
    yield _by_role(world, days)


def _open_to_all(world: World, days: Iterable[Day]) -> Played:
    played = Played(NAMES[0])
    _live(world, days, played, sees={each.id for each in world.handlers})
    return played


def _logged(world: World, days: Iterable[Day]) -> Played:
    """Each view is in a log; who looks at far more than usual on two days running is cut off the morning after."""
    played = Played(NAMES[1])
    views: dict[int, list[int]] = defaultdict(list)
    unusual: dict[int, int] = defaultdict(int)

    def evening(day: Day, seen: dict[int, int]) -> None:
        for worker, count in seen.items():
            past = views[worker][-_PAST:]
            high = len(past) >= _LEAST_PAST and count > statistics.mean(past) + _UNUSUAL * max(
                1.0, statistics.stdev(past)
            )
            unusual[worker] = unusual[worker] + 1 if high else 0
            if high:
                played.noticed.setdefault(worker, set()).add(day.number)
            if unusual[worker] == 2:
                played.cut[worker] = day.number + 1
            if not high:
                views[worker].append(count)

    _live(world, days, played, sees={each.id for each in world.handlers}, evening=evening)
    return played


def _by_role(world: World, days: Iterable[Day]) -> Played:
    """Only one agent in three has the role that sees values; the others hand on what needs one."""
    played = Played(NAMES[2])
    sees = {each.id for each in world.handlers if each.id % _SEES == 0}
    _live(world, days, played, sees=sees)
    return played


def _live(world: World, days: Iterable[Day], played: Played, *, sees: set[int], evening: Evening | None = None) -> None:
    of_employer = {each.id for each in world.handlers if each.vendor == world.thieves}
    handled: set[int] = set()
    for day in days:
        if day.number >= world.scenario.ransom.day:
            break
        seen: dict[int, int] = {}
        for worker, cases in day.cases.items():
            if worker in played.cut and played.cut[worker] <= day.number:
                continue
            bad = world.ring.get(worker, day.number + 1) <= day.number
            own = cases if bad and world.mode.own else ()
            more = [look.customer for look in day.looks if look.worker == worker and look.stolen] if bad else []
            targets = [*own, *(() if world.mode.own else more)]
            played.tried += len(targets)
            seen[worker] = len(cases) + (0 if world.mode.own else len(more))
            if worker in sees:
                for customer in targets:
                    played.leaked.setdefault(customer, day.number)
                if worker in of_employer:
                    handled.update(cases)
                    if evening is not None:
                        handled.update(targets)  # the log has them
            elif not bad:
                honest = (look for look in day.looks if look.worker == worker and not look.stolen)
                played.hindered += sum(look.way not in MADE_UP for look in honest)
        if evening is not None:
            evening(day, seen)
    played.outcry = True
    for worker in of_employer:
        played.cut.setdefault(worker, world.scenario.ransom.day)
    played.told = handled
    played.minutes_to_no_access = world.scenario.as_it_was.minutes_to_no_access
    played.hours_to_list = world.scenario.as_it_was.hours_to_list
