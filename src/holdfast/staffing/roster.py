"""Whom to call in: people with the skills that are missing, soonest first, and nobody beyond what the law allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

_NOT_THIS_SKILL: Final = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Limits of working time. The defaults are those of Directive 2003/88/EC, articles 3 and 6; set your own."""

    rest: timedelta = timedelta(hours=11)
    """Between the end of one shift and the beginning of the next."""
    week_hours: float = 48.0
    shift_hours: float = 8.0
    """The longest surge shift."""
    least_hours: float = 2.0
    """Nobody is called in for less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody on the reserve. `worked_hours` in the last seven days; `last_ended` is the end of the last shift."""

    id: int
    name: str
    skills: frozenset[str]
    notice: timedelta
    worked_hours: float = 0.0
    last_ended: datetime | None = None
    on_duty: bool = False
    next_begins: datetime | None = None
    """When their next shift begins that is agreed already."""
    away_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One person to call, for one skill: when they can begin, and how long they may work then."""

    person: Person
    skill: str
    begins: datetime
    hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """Somebody who is not called, and why, in words for people."""

    person: Person
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallIn:
    """Whom to call, soonest first, what stays missing per skill, and who was passed over."""

    calls: tuple[Call, ...]
    missing: Mapping[str, int] = field(default_factory=dict)
    passed_over: tuple[PassedOver, ...] = ()


def whom_to_call(
    people: Sequence[Person],
    *,
    need: Mapping[str, int],
    at: datetime,
    by: datetime | None = None,
    rules: Rules | None = None,
) -> CallIn:
    """Choose whom to call now (`at`), so that as many as possible of `need` (people per skill) are met, soonest.

    `by` is the moment from which help comes too late. Among choices that meet as much, the sum of notice and of hours
    already worked is least, so that the same people are not asked every time.
    """
    limits = rules or Rules()
    if any(number < 0 for number in need.values()):
        raise ValueError("A need cannot be negative.")
    ready: list[tuple[Person, datetime, float]] = []
    passed: list[PassedOver] = []
    for person in people:
        begins = at + person.notice
        if why := barred(person, begins=begins, by=by, rules=limits):
            passed.append(PassedOver(person=person, why=why))
        else:
            ready.append((person, begins, allowed_hours(person, begins=begins, rules=limits)))
    places = [skill for skill, number in sorted(need.items()) for _ in range(number)]
    calls = _match(ready, places)
    met = [call.skill for call in calls]
    missing = {skill: number - met.count(skill) for skill, number in need.items() if number > met.count(skill)}
    return CallIn(calls=calls, missing=missing, passed_over=tuple(passed))


def barred(person: Person, *, begins: datetime, by: datetime | None, rules: Rules) -> str | None:
    """Return why somebody cannot be called in to begin at a moment, in words that follow their name; else `None`."""
    if person.on_duty:
        return "is on duty already"
    if person.away_until is not None and person.away_until > begins:
        return f"is away until {person.away_until:%d %b %H:%M}"
    if person.last_ended is not None and begins - person.last_ended < rules.rest:
        return f"rests until {person.last_ended + rules.rest:%d %b %H:%M}"
    if person.next_begins is not None and begins + timedelta(hours=rules.least_hours) + rules.rest > person.next_begins:
        return f"is due at {person.next_begins:%d %b %H:%M}"
    if rules.week_hours - person.worked_hours < rules.least_hours:
        return f"has worked {person.worked_hours:.0f} of {rules.week_hours:.0f} hours this week"
    if by is not None and begins > by:
        return f"would come at {begins:%d %b %H:%M}, too late"
    return None


def allowed_hours(person: Person, *, begins: datetime, rules: Rules) -> float:
    """Return how long they may work: until the longest shift, the week, or the rest before their next one ends it."""
    hours = min(rules.shift_hours, rules.week_hours - person.worked_hours)
    if person.next_begins is not None:
        hours = min(hours, (person.next_begins - rules.rest - begins).total_seconds() / 3600)
    return hours


def _match(ready: Sequence[tuple[Person, datetime, float]], places: Sequence[str]) -> tuple[Call, ...]:
    """The assignment of people to places that fills most of them at the least cost (Kuhn 1955)."""
    if not ready or not places:
        return ()
    cost = np.full((len(ready), len(places)), _NOT_THIS_SKILL)
    for row, (person, _, _) in enumerate(ready):
        hours = person.notice.total_seconds() / 3600 + person.worked_hours / 10
        for column, skill in enumerate(places):
            if skill in person.skills:
                cost[row, column] = hours
    rows, columns = linear_sum_assignment(cost)
    calls = [
        Call(person=ready[row][0], skill=places[column], begins=ready[row][1], hours=ready[row][2])
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if cost[row, column] < _NOT_THIS_SKILL
    ]
    return tuple(sorted(calls, key=lambda call: (call.begins, call.person.name)))
