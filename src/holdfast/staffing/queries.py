"""What a screen shows of staffing: what the next hours need, and whom to call. Frozen dataclasses, never models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from holdfast.guard.cutoff.states import cut_off_ids
from holdfast.staffing.forecast import Storm, Usual, forecast
from holdfast.staffing.models import Reserve, Shift
from holdfast.staffing.planning import Load, Need, Target, Verdict, plan, surge
from holdfast.staffing.roster import CallIn, Person, Rules, allowed_hours, barred, whom_to_call

DAY, WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The next hours. `verdict` judges the worst of them; `None` while those on duty are enough."""

    needs: tuple[Need, ...]
    on_duty: int
    on_reserve: int
    verdict: Verdict | None


def outlook(
    usual: Usual,
    *,
    at: datetime,
    aht: float,
    on_duty: int,
    on_reserve: int = 0,
    patience: float | None = None,
    storms: Sequence[Storm] = (),
    hours: int = 8,
    target: Target | None = None,
) -> Outlook:
    """Return what the next `hours` hours need in half hours, from `at` on. `aht` and `patience` in seconds.

    With a storm the verdict is on the strongest, for as long as it lasts within these hours. Touches no table.
    """
    aim = target or Target()
    ahead = forecast(usual, start=at, intervals=2 * hours, minutes=30, storms=storms)
    needs = plan(ahead, aht=aht, target=aim, patience=patience, scheduled=[on_duty] * len(ahead))
    verdict = None
    coming = [storm for storm in storms if storm.ends > at and storm.times > 1]
    if coming and any(need.gap and need.gap > 0 for need in needs):
        worst = max(coming, key=lambda storm: storm.times)
        begins, ends = max(worst.begins, at), min(worst.ends, at + timedelta(hours=hours))
        lasts = max(0.5, (ends - begins).total_seconds() / 3600)
        quiet = forecast(usual, start=begins, intervals=1, minutes=60)[0]
        load = Load(per_hour=quiet.contacts, aht=aht, patience=patience)
        verdict = surge(load, times=worst.times, hours=lasts, agents=on_duty, callable_agents=on_reserve, target=aim)
    return Outlook(needs=needs, on_duty=on_duty, on_reserve=on_reserve, verdict=verdict)


def reachable() -> QuerySet[Reserve]:
    """Return the reserve without who is not here: deactivated, or cut off."""
    return Reserve.objects.filter(agent__is_active=True).exclude(agent_id__in=cut_off_ids())


def reserve(at: datetime) -> tuple[Person, ...]:
    """Return everybody on the reserve as they stand at a moment, by name. Two queries."""
    found = list(reachable().select_related("agent").order_by("agent__name"))
    shifts = _shifts([one.agent_id for one in found], at=at)
    return tuple(_person(one, shifts.get(one.agent_id, []), at=at) for one in found)


def call_list(
    *, need: Mapping[str, int], at: datetime, by: datetime | None = None, rules: Rules | None = None
) -> CallIn:
    """Return whom to call in for so many people per skill; see `roster.whom_to_call`."""
    return whom_to_call(reserve(at), need=need, at=at, by=by, rules=rules)


def on_shift(at: datetime) -> frozenset[int] | None:
    """Return who is on shift at a moment; `None` without a roster, which is one that has no shift a day around."""
    near = Shift.objects.filter(ends_at__gt=at - DAY, begins_at__lt=at + DAY)
    shifts = list(near.values_list("agent_id", "begins_at", "ends_at"))
    return frozenset(agent_id for agent_id, begins, ends in shifts if begins <= at < ends) if shifts else None


def shifts_between(since: datetime, until: datetime) -> dict[int, list[tuple[datetime, datetime]]]:
    """Return begin and end of the shifts that touch this time, by agent, in the order of time. One query."""
    rows = Shift.objects.filter(ends_at__gt=since, begins_at__lt=until).order_by("begins_at")
    found: dict[int, list[tuple[datetime, datetime]]] = {}
    for agent_id, begins, ends in rows.values_list("agent_id", "begins_at", "ends_at"):
        found.setdefault(agent_id, []).append((begins, ends))
    return found


def person_of(found: Reserve, *, at: datetime) -> Person:
    """Return one of the reserve as they stand at a moment."""
    return _person(found, _shifts([found.agent_id], at=at).get(found.agent_id, []), at=at)


def _shifts(agent_ids: Sequence[int], *, at: datetime) -> dict[int, list[Shift]]:
    """The shifts that began in the seven days before, and those that are still to come in the next day."""
    near = Shift.objects.filter(
        agent_id__in=agent_ids, ends_at__gt=at - WEEK, begins_at__lt=at + timedelta(days=1)
    ).order_by("begins_at")
    found: dict[int, list[Shift]] = {}
    for shift in near:
        found.setdefault(shift.agent_id, []).append(shift)
    return found


def _person(found: Reserve, shifts: Sequence[Shift], *, at: datetime) -> Person:
    # A shift that is agreed and still to come counts as worked: nobody is planned beyond their week.
    worked = sum((shift.ends_at - max(shift.begins_at, at - WEEK)).total_seconds() for shift in shifts) / 3600
    ended = [shift.ends_at for shift in shifts if shift.ends_at <= at]
    return Person(
        id=found.agent_id,
        name=found.agent.name,
        skills=frozenset(found.skills),
        notice=timedelta(minutes=found.notice_minutes),
        worked_hours=worked,
        last_ended=_local(max(ended, default=None)),
        on_duty=any(shift.begins_at <= at < shift.ends_at for shift in shifts),
        next_begins=_local(min((shift.begins_at for shift in shifts if shift.begins_at > at), default=None)),
        away_until=_local(found.away_until),
    )


def _local(moment: datetime | None) -> datetime | None:
    """Sentences about a person name times where the house stands."""
    return moment and timezone.localtime(moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnReserve:
    """Somebody on the reserve as a lead sees them who thinks of calling now."""

    person: Person
    why_not: str | None
    """Why they cannot be called, in words that follow their name."""
    begins: datetime
    hours: float
    """How long they may work then at most."""

    @property
    def notice_minutes(self) -> int:
        """Minutes from the call until they can begin."""
        return int(self.person.notice.total_seconds() // 60)

    @property
    def skills(self) -> list[str]:
        """Short names of the queues they can help with, in order."""
        return sorted(self.person.skills)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledIn:
    """A shift that somebody of the reserve was called in for, and who called."""

    shift_id: int
    name: str
    begins: datetime
    ends: datetime
    by: str
    at: datetime


def on_reserve(at: datetime, *, rules: Rules | None = None) -> tuple[OnReserve, ...]:
    """Return everybody on the reserve, who can be called first, then by name. Two queries."""
    limits = rules or Rules()
    found = []
    for person in reserve(at):
        begins = at + person.notice
        why_not = barred(person, begins=begins, by=None, rules=limits)
        hours = 0.0 if why_not else allowed_hours(person, begins=begins, rules=limits)
        found.append(OnReserve(person=person, why_not=why_not, begins=begins, hours=hours))
    return tuple(sorted(found, key=lambda one: (one.why_not is not None, one.person.name)))


def called_in(since: datetime) -> tuple[CalledIn, ...]:
    """Return who was called in and whose shift had not ended by then, the newest call first. One query."""
    rows = Shift.objects.filter(called_in=True, ends_at__gte=since).select_related("agent", "by")
    return tuple(
        CalledIn(
            shift_id=row.pk,
            name=row.agent.name,
            begins=row.begins_at,
            ends=row.ends_at,
            by=row.by.name if row.by else "Somebody who left",
            at=row.noted_at,
        )
        for row in rows.order_by("-noted_at", "-pk")
    )
