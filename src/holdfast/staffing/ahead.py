"""The next hours of each queue on the live house: what comes, who is there, who is missing, and whom to call in."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings

from holdfast.conversations import handling, lookups
from holdfast.kit.clock import now
from holdfast.staffing import queries
from holdfast.staffing.forecast import Interval, Storm, forecast
from holdfast.staffing.models import Shift
from holdfast.staffing.planning import Load, Need, Target, Verdict, plan, surge
from holdfast.staffing.roster import CallIn
from holdfast.staffing.weekly import STEP, WEEK, WEEKS, Weekly, slot_of

HOURS = 4
LATELY = timedelta(minutes=30)
GOES_ON = timedelta(hours=2)
"""For so long it is taken to go on as in the last half hour, when that was beyond the usual."""

FEWEST_CASES = 20
"""Of fewer cases in a week handling times are not averaged; `ASSUMED_AHT` stands in."""

ASSUMED_AHT = 360.0
_KEPT_FOR = timedelta(minutes=15)
_RECENT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One queue's next hours in half hours. `aht` in seconds; `lately`: begun in the last half hour."""

    queue_id: int
    needs: tuple[Need, ...]
    aht: float
    aht_measured: bool
    lately: int
    times: float
    """How many times the usual the last half hour was; 1 while it is within the usual range."""
    known_weeks: int
    waiting: int

    @property
    def worst(self) -> Need:
        """The half hour in which most people are missing; without a roster, the one that needs most."""
        return max(self.needs, key=lambda need: (need.gap if need.gap is not None else need.required, need.required))

    @property
    def missing(self) -> int:
        """How many people are missing in the worst half hour; 0 when there are enough, or nobody knows."""
        return max(self.worst.gap or 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """The house's next hours. `roster`: whether shifts are known; `on_reserve`: how many could be called at all."""

    at: datetime
    lines: tuple[Line, ...]
    target: Target
    roster: bool
    on_duty: int
    on_reserve: int
    verdict: Verdict | None
    """On the storm that goes on, when people on duty are not enough for it."""
    call_in: CallIn

    @property
    def missing(self) -> int:
        """How many people are missing in all, each queue in its worst half hour."""
        return sum(line.missing for line in self.lines)

    @property
    def history(self) -> bool:
        """Whether the usual of any queue is known."""
        return any(line.known_weeks for line in self.lines)


@dataclass(frozen=True, slots=True)
class _History:
    at: datetime
    usual: Mapping[int, Weekly]
    handled: Mapping[int, tuple[int, float]]


_history: _History | None = None


def ahead(
    queues: Mapping[int, str],
    *,
    serves: Mapping[int, frozenset[int]],
    waiting: Mapping[int, int],
    hours: int = HOURS,
) -> Ahead:
    """Look ahead for `queues` (id to slug). `serves` are the queues of each agent, `waiting` how many stand in line.

    Who stands in line now is work of the first hour. People who serve several queues are shared out by their load.
    """
    moment, aim = now(), target()
    known = _known(moment)
    start, number = slot_of(moment), 2 * hours
    begun = lookups.begun_by_queue(moment - LATELY, step=LATELY)
    lately = {queue_id: sum(begun.get(queue_id, {}).values()) for queue_id in queues}
    times, comes = {}, {}
    for queue_id in queues:
        usual = known.usual.get(queue_id, Weekly({}, moment))
        times[queue_id] = _times(usual, lately[queue_id], at=moment)
        storms = [Storm(begins=start, ends=start + GOES_ON, times=times[queue_id])] if times[queue_id] > 1 else []
        usual_ahead = forecast(usual, start=start, intervals=number, storms=storms)
        comes[queue_id] = _with_line(usual_ahead, waiting.get(queue_id, 0))
    ahts = {queue_id: _aht(known.handled.get(queue_id)) for queue_id in queues}
    shifts = _shifts(start, start + number * STEP)
    there = _shared_out(shifts, queues, serves, comes, ahts, start=start, number=number) if shifts else None
    lines = tuple(
        Line(
            queue_id=queue_id,
            needs=plan(
                comes[queue_id],
                aht=ahts[queue_id][0],
                target=aim,
                scheduled=None if there is None else there[queue_id],
            ),
            aht=ahts[queue_id][0],
            aht_measured=ahts[queue_id][1],
            lately=lately[queue_id],
            times=times[queue_id],
            known_weeks=known.usual.get(queue_id, Weekly({}, moment)).weeks(moment),
            waiting=waiting.get(queue_id, 0),
        )
        for queue_id in queues
    )
    found = Ahead(
        at=moment,
        lines=lines,
        target=aim,
        roster=bool(shifts),
        on_duty=len({agent_id for agent_id, begins, ends, _ in shifts if begins <= moment < ends}),
        on_reserve=queries.reachable().count(),
        verdict=None,
        call_in=queries.call_list(
            need={queues[line.queue_id]: line.missing for line in lines if line.missing}, at=moment
        ),
    )
    return replace(found, verdict=_verdict(found, known))


def target() -> Target:
    """Return what is promised here, from the settings."""
    return Target(service_level=settings.SERVICE_LEVEL, within=settings.SERVICE_WITHIN)


def usual_minutes() -> Mapping[int, float]:
    """Return the minutes that people need for a conversation, by queue; only where enough were handled in a week."""
    found = {queue_id: _aht(handled) for queue_id, handled in _known(now()).handled.items()}
    return {queue_id: aht / 60 for queue_id, (aht, measured) in found.items() if measured}


def forget() -> None:
    """Read history again on the next question."""
    global _history
    _history = None


def _known(moment: datetime) -> _History:
    """Return what the last weeks tell, read at most every `_KEPT_FOR`."""
    global _history
    if _history is None or not timedelta(0) <= moment - _history.at < _KEPT_FOR:
        first = slot_of(moment) - WEEKS * WEEK - 2 * STEP
        counted = lookups.begun_by_queue(first, step=STEP)
        usual = {}
        for queue_id, steps in counted.items():
            if queue_id is not None:
                counts = {first + number * STEP: begun for number, begun in steps.items()}
                usual[queue_id] = Weekly(counts, min(counts))
        _history = _History(moment, usual, handling.per_queue(since=moment - WEEK))
    return _history


def _times(usual: Weekly, lately: int, *, at: datetime) -> float:
    expected = usual.expected(at - LATELY)
    return lately / expected.median if expected.median > 0 and lately > expected.high else 1.0


def _with_line(intervals: Sequence[Interval], waiting: int) -> tuple[Interval, ...]:
    more = waiting / 2
    return tuple(
        replace(one, contacts=one.contacts + more, low=one.low + more, high=one.high + more) if place < 2 else one
        for place, one in enumerate(intervals)
    )


def _aht(handled: tuple[int, float] | None) -> tuple[float, bool]:
    if handled is None or handled[0] < FEWEST_CASES:
        return ASSUMED_AHT, False
    return max(60 * handled[1] / handled[0], 1.0), True


def _shifts(start: datetime, end: datetime) -> list[tuple[int, datetime, datetime, list[str]]]:
    """Return the shifts of a span; empty without a roster, which is one that has no shift a day around."""
    near = Shift.objects.filter(ends_at__gt=start - _RECENT, begins_at__lt=end + _RECENT)
    return list(near.values_list("agent_id", "begins_at", "ends_at", "skills"))


def _shared_out(
    shifts: Sequence[tuple[int, datetime, datetime, list[str]]],
    queues: Mapping[int, str],
    serves: Mapping[int, frozenset[int]],
    comes: Mapping[int, Sequence[Interval]],
    ahts: Mapping[int, tuple[float, bool]],
    *,
    start: datetime,
    number: int,
) -> dict[int, list[int]]:
    """Return the people of each queue in each half hour: everybody's time goes to their queues by load.

    A shift that names queues is for those; any other is for those of the team.
    """
    by_slug = {slug: queue_id for queue_id, slug in queues.items()}
    shares: dict[int, list[float]] = {queue_id: [0.0] * number for queue_id in comes}
    for place in range(number):
        begins = start + place * STEP
        present: dict[frozenset[int], float] = defaultdict(float)
        for agent_id, first, last, skills in shifts:
            own = {by_slug[skill] for skill in skills if skill in by_slug} or serves.get(agent_id, frozenset())
            own = own & comes.keys()
            overlap = min(last, begins + STEP) - max(first, begins)
            if own and overlap > timedelta(0):
                present[frozenset(own)] += overlap / STEP
        for own, people in present.items():
            load = {queue_id: comes[queue_id][place].contacts * ahts[queue_id][0] + 1e-6 for queue_id in own}
            for queue_id in own:
                shares[queue_id][place] += people * load[queue_id] / sum(load.values())
    return {queue_id: [math.floor(one + 0.5) for one in own] for queue_id, own in shares.items()}


def _verdict(found: Ahead, known: _History) -> Verdict | None:
    """Judge the storm that goes on, over all queues together; `None` without one, and while people are enough."""
    stormy = [line for line in found.lines if line.times > 1]
    if not stormy or not found.roster or not found.missing:
        return None
    usual = {line.queue_id: known.usual[line.queue_id].expected(found.at, minutes=60).median for line in stormy}
    per_hour = sum(usual.values())
    times = sum(usual[line.queue_id] * line.times for line in stormy) / per_hour if per_hour else 1.0
    aht = sum(usual[line.queue_id] * line.aht for line in stormy) / per_hour if per_hour else ASSUMED_AHT
    if times <= 1:
        return None
    callable_agents = len(queries.call_list(need=_everybody(found), at=found.at).calls)
    return surge(
        Load(per_hour=per_hour, aht=aht),
        times=times,
        hours=GOES_ON.total_seconds() / 3600,
        agents=found.on_duty,
        callable_agents=callable_agents,
        target=found.target,
    )


def _everybody(found: Ahead) -> dict[str, int]:
    """A need so large that everybody who may be called and knows any queue is."""
    skills = {skill for person in queries.reserve(found.at) for skill in person.skills}
    return dict.fromkeys(sorted(skills), found.on_reserve)
