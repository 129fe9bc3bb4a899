"""How many people are needed when, what a measure would change, and when no number of people is the answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from holdfast.staffing.erlang import Service, required, service
from holdfast.staffing.forecast import Interval
from holdfast.staffing.wording import counted, duration, percent

HOUR: Final = 3600.0
NEARLY: Final = 0.1
"""So small a share of those available, when it is missing, is worth looking for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is promised: so many of all contacts answered within so many seconds, at most so many given up."""

    service_level: float | None = 0.8
    within: float = 20.0
    max_abandoned: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Contacts per hour, seconds of work for each, and the mean seconds until who waits gives up (`None`: never)."""

    per_hour: float
    aht: float
    patience: float | None = None

    @property
    def offered(self) -> float:
        """The load in Erlangs: how many people it keeps busy all the time."""
        return self.per_hour / HOUR * self.aht

    def service(self, *, agents: int, target: Target) -> Service:
        """Return what so many agents give."""
        return service(
            rate=self.per_hour / HOUR, aht=self.aht, agents=agents, within=target.within, patience=self.patience
        )

    def required(self, target: Target) -> int:
        """Return the least number of agents that keeps the target."""
        return required(
            rate=self.per_hour / HOUR,
            aht=self.aht,
            service_level=target.service_level,
            within=target.within,
            patience=self.patience,
            max_abandoned=target.max_abandoned,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What can be done. Shares are of all contacts, from 0 to 1."""

    agents: int = 0
    """People added here; fewer than none are taken away."""
    second_site: int = 0
    """People of another site or vendor who take the same contacts."""
    deflected: float = 0.0
    """Share that is content with an answer that needs no person, and that leaves the way to a person open."""
    called_back: float = 0.0
    """Share that takes a callback: the work stays, the waiting in line does not."""
    shorter_handling: float = 0.0
    """Share by which handling gets shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """Before and after a set of measures. `callback_spare` is how many people are left for callbacks, on average."""

    before: Service
    after: Service
    required_before: int
    required_after: int
    callback_work: float
    """Erlangs of callbacks that have to be worked off beside the line."""
    callback_spare: float
    sentences: tuple[str, ...]
    solvable: bool | None = None
    """Whether the people there and those who can be called in are enough; `None`: nobody said who can be called in."""


def what_if(
    load: Load, *, agents: int, target: Target, measures: Measures, callable_agents: int | None = None
) -> WhatIf:
    """Return what measures would change, for a constant load; raises `ValueError` for shares that are none.

    With `callable_agents` it also says whether people are the answer at all, after these measures.
    """
    for name in ("deflected", "called_back", "shorter_handling"):
        if not 0 <= getattr(measures, name) <= 1:
            raise ValueError(f"{name.replace('_', ' ').capitalize()} is a share between 0 and 1.")
    if measures.deflected + measures.called_back > 1:
        raise ValueError("Deflected and called back are together at most all contacts.")
    staffed = agents + measures.agents + measures.second_site
    if staffed < 0:
        raise ValueError("There cannot be fewer than no agents.")
    aht = load.aht * (1 - measures.shorter_handling)
    if aht <= 0:
        raise ValueError("Handling cannot be shortened to nothing.")
    live = 1 - measures.deflected - measures.called_back
    changed = replace(load, per_hour=load.per_hour * live, aht=aht)
    callbacks = load.per_hour * measures.called_back / HOUR * aht
    after = changed.service(agents=staffed, target=target)
    spare = staffed * (1 - after.occupancy)
    result = WhatIf(
        before=load.service(agents=agents, target=target),
        after=after,
        required_before=load.required(target),
        required_after=changed.required(target) + math.ceil(callbacks),
        callback_work=callbacks,
        callback_spare=spare,
        sentences=(),
    )
    told = _told(result, staffed=staffed, target=target)
    if callable_agents is None:
        return replace(result, sentences=told)
    solvable, sentence = _enough(result, changed, staffed=staffed, callable_agents=callable_agents, target=target)
    return replace(result, sentences=(*told, sentence), solvable=solvable)


def _enough(result: WhatIf, changed: Load, *, staffed: int, callable_agents: int, target: Target) -> tuple[bool, str]:
    missing = result.required_after - staffed
    if missing <= 0:
        return True, "With this, the people who are there are enough."
    if missing <= callable_agents:
        return True, f"With this, {counted(missing, 'more person is', 'more people are')} needed; call them in."
    most = max(staffed + callable_agents - math.ceil(result.callback_work), 0)
    more = _least_deflection(changed, most, target)
    return False, (
        f"Staffing cannot solve this: {counted(missing, 'more person is', 'more people are')} needed and"
        f" {callable_agents:,} can be called in. What would: an answer that needs no person, and leaves the way to one"
        f" open, for {percent(more)} of the contacts that are left."
    )


def _told(result: WhatIf, *, staffed: int, target: Target) -> tuple[str, ...]:
    before, after = result.before, result.after
    told = [
        f"Answered within {duration(target.within)}: {percent(after.service_level)} instead of "
        f"{percent(before.service_level)}. Needed: {result.required_after:,} people instead of "
        f"{result.required_before:,}; there are {staffed:,}."
    ]
    if result.callback_work > 0:
        if result.callback_work <= result.callback_spare:
            told.append(
                f"Callbacks keep {result.callback_work:,.1f} people busy, and {result.callback_spare:,.1f} are spare: "
                "they can be kept."
            )
        else:
            late = result.callback_work - result.callback_spare
            told.append(
                f"Callbacks need {result.callback_work:,.1f} people beside the line and {result.callback_spare:,.1f} "
                f"are spare: each hour {late:,.1f} hours of promised work stay undone."
            )
    return tuple(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One interval of a plan. `gap` is how many people are missing (negative: spare)."""

    interval: Interval
    required: int
    required_high: int
    """For the busy one in ten."""
    scheduled: int | None
    gap: int | None
    service: Service | None
    """With the people scheduled."""


def plan(
    intervals: Sequence[Interval],
    *,
    aht: float,
    target: Target,
    patience: float | None = None,
    scheduled: Sequence[int] | None = None,
    shrinkage: float = 0.0,
) -> tuple[Need, ...]:
    """Return what each interval needs, and what is missing of it.

    `shrinkage` is the share of paid time in which people are not at the line (breaks, training, illness): needs are
    people to schedule, and of those scheduled only the rest counts. Each interval is taken as constant and on its
    own (the pointwise stationary approximation): right while it is long beside handling time and patience.
    """
    if not 0 <= shrinkage < 1:
        raise ValueError("Shrinkage is a share of at least 0 and less than 1.")
    if scheduled is not None and len(scheduled) != len(intervals):
        raise ValueError("There is one number of people for each interval.")
    return tuple(
        _need(interval, aht, target, patience, None if scheduled is None else scheduled[place], shrinkage)
        for place, interval in enumerate(intervals)
    )


def _need(
    interval: Interval, aht: float, target: Target, patience: float | None, scheduled: int | None, shrinkage: float
) -> Need:
    load = Load(per_hour=interval.contacts * 60 / interval.minutes, aht=aht, patience=patience)
    busy = replace(load, per_hour=max(interval.high, interval.contacts) * 60 / interval.minutes)
    needed, needed_high = (math.ceil(one.required(target) / (1 - shrinkage)) for one in (load, busy))
    at_line = None if scheduled is None else int(scheduled * (1 - shrinkage))
    return Need(
        interval=interval,
        required=needed,
        required_high=needed_high,
        scheduled=scheduled,
        gap=None if scheduled is None else needed - scheduled,
        service=None if at_line is None else load.service(agents=at_line, target=target),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether people alone can meet a storm, and what would. Hours are hours of work or of the clock, as named."""

    solvable: bool
    required: int
    available: int
    extra_contacts: float
    extra_work_hours: float
    hours_to_clear: float | None
    """Clock hours to work off what came on top, with the people spare on an ordinary day; `None`: never."""
    abandoned: float | None
    deflection_needed: float
    """Least share that has to be content without a person for those available to be enough."""
    hours_to_clear_deflected: float | None
    """The same clock hours when that share needs no person."""
    sentences: tuple[str, ...]


def surge(load: Load, *, times: float, hours: float, agents: int, callable_agents: int = 0, target: Target) -> Verdict:
    """Judge a storm of `times` the usual `load` that lasts `hours`, with agents there and others who can be called.

    It is solvable when the people available keep the target. Deflection is a share of all contacts.
    """
    if not (times >= 1 and math.isfinite(times)):
        raise ValueError("A storm is at least once the usual.")
    if not (hours > 0 and math.isfinite(hours)):
        raise ValueError("A storm lasts longer than nothing.")
    if agents < 0 or callable_agents < 0:
        raise ValueError("There cannot be fewer than no agents.")
    storm, available = replace(load, per_hour=load.per_hour * times), agents + callable_agents
    needed = storm.required(target)
    extra = load.per_hour * (times - 1) * hours
    work = extra * load.aht / HOUR
    spare = available - load.offered
    deflection = _least_deflection(storm, available, target)
    verdict = Verdict(
        solvable=needed <= available,
        required=needed,
        available=available,
        extra_contacts=extra,
        extra_work_hours=work,
        hours_to_clear=work / spare if spare > 0 else None,
        abandoned=storm.service(agents=available, target=target).abandoned if load.patience else None,
        deflection_needed=deflection,
        hours_to_clear_deflected=work * (1 - deflection) / spare if spare > 0 else None,
        sentences=(),
    )
    return replace(
        verdict, sentences=_judged(verdict, storm, agents=agents, callable_agents=callable_agents, target=target)
    )


def _least_deflection(storm: Load, available: int, target: Target) -> float:
    """The least share, to a thousandth, that must need no person; 1 when even nobody would be too many."""
    few, many = 0, 1000
    while few < many:
        middle = (few + many) // 2
        if replace(storm, per_hour=storm.per_hour * (1 - middle / 1000)).required(target) <= available:
            many = middle
        else:
            few = middle + 1
    return many / 1000


def _judged(verdict: Verdict, storm: Load, *, agents: int, callable_agents: int, target: Target) -> tuple[str, ...]:
    promised = _promise(target)
    there = f"{agents:,} are there and {callable_agents:,} can be called in"
    demand = f"{storm.per_hour / 60:,.0f} contacts a minute of {duration(storm.aht)} need {verdict.required:,} people"
    if verdict.solvable:
        more = max(0, verdict.required - agents)
        do = f"call in {more:,}" if more else "nobody has to be called in"
        return (f"Staffing can solve this: {demand} {promised}; {there}: {do}.",)
    told = [f"Staffing cannot solve this: {demand} {promised}; {there}."]
    missing = verdict.required - verdict.available
    if missing <= NEARLY * verdict.available:
        told.append(f"It is close: {counted(missing, 'more person', 'more people')} would be enough.")
    if verdict.abandoned is not None:
        told.append(f"With everybody called in {percent(verdict.abandoned)} would still give up.")
    clear = f"{verdict.extra_contacts:,.0f} extra contacts are {counted(verdict.extra_work_hours, 'hour')} of work"
    if verdict.hours_to_clear is None:
        told.append(f"{clear}, and an ordinary day already leaves nobody spare: callbacks alone would never be kept.")
    else:
        told.append(
            f"{clear}; callbacks alone would take {counted(verdict.hours_to_clear, 'hour')} to work off "
            "with the people an ordinary day leaves spare."
        )
    told.append(
        "What would: an answer that needs no person, and leaves the way to one open, for "
        f"{percent(verdict.deflection_needed)} of the contacts. One answer to the incident for all who ask about it, "
        "and a broadcast to those affected before they ask, do most of that."
    )
    if verdict.hours_to_clear_deflected is not None and verdict.deflection_needed > 0.5:
        rest = counted(verdict.hours_to_clear_deflected, "hour")
        told.append(f"Callbacks for the rest would then take {rest}.")
    return tuple(told)


def _promise(target: Target) -> str:
    parts = []
    if target.service_level is not None:
        parts.append(f"to answer {percent(target.service_level)} within {duration(target.within)}")
    if target.max_abandoned is not None:
        parts.append(f"to lose at most {percent(target.max_abandoned)}")
    return " and ".join(parts)
