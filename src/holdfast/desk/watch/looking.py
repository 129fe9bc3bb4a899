"""Looking: gather the facts, have the signals found, and keep them for a person to judge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Q, Sum

from holdfast.conversations.models import Assignment
from holdfast.desk.watch.facts import gather, with_openings_of
from holdfast.guard.models import MachineOpening, RevealLog
from holdfast.guard.watching import common_point, machines, notices, numbers, trips
from holdfast.guard.watching.canaries import planted
from holdfast.guard.watching.contract import Facts, Kind, Signal
from holdfast.guard.watching.models import Canary, Report, ViewerAddress, ViewerNumber
from holdfast.guard.watching.over_time import PAST
from holdfast.guard.watching.signals import signals
from holdfast.kit.clock import now
from holdfast.people.models import Customer

_BY_DAYS = {Kind.UNEXPLAINED, Kind.VALUES, Kind.OUTSIDE, Kind.OFF_SHIFT, Kind.SURPRISE}


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found: all signals, and which of them are new on file."""

    signals: tuple[Signal, ...]
    new: tuple[UUID, ...]


def look(at: datetime | None = None) -> Looked:
    """Look at twelve weeks and keep what there is to say. The hourly job and replays call this."""
    at = at or now()
    cleared = notices.cleared()
    found = [
        *_with_their_entries(gather(at), cleared),
        *trips.signals(at=at, trials=_trials(at), touched=_touched(at), written_to=_written_to(), cleared=cleared),
        *_reported(at, cleared),
        *_machines(at, cleared.get((machines.MACHINES, Kind.MACHINES))),
    ]
    return Looked(tuple(found), tuple(notices.note(found, looked_for=list(Kind))))


def _with_their_entries(facts: Facts, cleared: Mapping[tuple[int, Kind], datetime]) -> list[Signal]:
    """Who stands out is found by counts; their openings of four weeks are read for what stood out only then."""
    found = signals(facts, cleared=cleared)
    by_days = {each.agent_id for each in found if each.kind in _BY_DAYS}
    return signals(with_openings_of(by_days, facts), cleared=cleared) if by_days else found


def seen_by(since: datetime, until: datetime) -> dict[int, set[UUID]]:
    """Return whose values each person opened in that time, made-up customers among them."""
    seen: dict[int, set[UUID]] = defaultdict(set)
    rows = RevealLog.objects.filter(at__gte=since, at__lt=until, ticket__redeemed_at__isnull=False)
    for agent_id, customer_id in rows.values_list("agent_id", "customer_id").distinct():
        if customer_id is not None:
            seen[agent_id].add(customer_id)
    return dict(seen)


def _reported(at: datetime, cleared: dict[tuple[int, Kind], datetime]) -> Iterator[Signal]:
    """A report counts against what was opened before it happened."""
    reports = Report.objects.filter(happened_on__gte=(at - PAST).date()).values_list("customer_id", "at")
    excused = {agent: when for (agent, kind), when in cleared.items() if kind is Kind.REPORTS}
    reported = {customer for customer, _ in reports}
    if not reported:
        return
    customers = Customer.objects.filter(created_at__lt=at).count()
    for signal in common_point.signals(seen_by(at - PAST, at), reported, customers=customers, at=at):
        since = excused.get(signal.agent_id)
        if since is None or any(when > since for _, when in reports):
            yield signal


def _machines(at: datetime, cleared: datetime | None) -> Iterator[Signal]:
    """What the house's machines were given in the last day, beside each day of the four weeks before."""
    rows = MachineOpening.objects.filter(at__gte=at - machines.BEFORE - machines.WITHIN, at__lt=at)
    split = at - machines.WITHIN
    lately = rows.filter(at__gte=split).values("use").annotate(given=Sum("number"), no=Count("id", Q(refused=True)))
    by_day: dict[str, dict[date, int]] = defaultdict(dict)
    for use, day, number in rows.filter(at__lt=split).values_list("use", "at__date").annotate(Sum("number")):
        by_day[use][day] = number
    known = len({day for days in by_day.values() for day in days})
    taken = [machines.Taken(row["use"], row["given"], by_day[row["use"]], row["no"]) for row in lately]
    return machines.signals(taken, at=at, days=known, cleared=cleared)


def _canaries(kind: str) -> list[UUID]:
    return [each.customer_id for each in planted() if each.kind == kind]


def _trials(at: datetime) -> list[trips.Trial]:
    """Every made-up case that somebody had, and whether they opened a value while they had it."""
    honey = _canaries(Canary.Kind.HONEY)
    held = Assignment.objects.filter(conversation__customer_id__in=honey, started_at__gte=at - PAST, started_at__lt=at)
    opened = {
        (row.agent_id, row.conversation_id): row.id
        for row in RevealLog.objects.filter(customer_id__in=honey, ticket__redeemed_at__isnull=False)
    }
    found: dict[tuple[int, UUID], trips.Trial] = {}
    for agent, case, when in held.order_by("started_at").values_list("agent_id", "conversation_id", "started_at"):
        entry = opened.get((agent, case))
        found.setdefault((agent, case), trips.Trial(agent, when, entry is not None, entry))
    return list(found.values())


def _touched(at: datetime) -> list[trips.Touched]:
    """Requests for values of made-up customers by somebody who never had a case of theirs."""
    every = [each.customer_id for each in planted()]
    had = set(
        Assignment.objects.filter(conversation__customer_id__in=every).values_list(
            "agent_id", "conversation__customer_id"
        )
    )
    rows = RevealLog.objects.filter(customer_id__in=every, at__gte=at - trips.SEARCHES, at__lt=at)
    return [trips.Touched(row.agent_id, row.at, row.id) for row in rows if (row.agent_id, row.customer_id) not in had]


def _written_to() -> list[trips.WrittenTo]:
    rows = ViewerAddress.objects.filter(written_to_at__isnull=False).values_list("agent_id", "written_to_at")
    called = ViewerNumber.objects.filter(heard__gte=numbers.ENOUGH).exclude(agent_id=numbers.NOBODY)
    return [
        *(trips.WrittenTo(agent, when) for agent, when in rows if when is not None),
        *(
            trips.WrittenTo(agent, when, number=True)
            for agent, when in called.values_list("agent_id", "first_heard_at")
            if when is not None
        ),
    ]
