"""Days as the signals over weeks read them, counted once when they are over and kept: a look counts only what is new.

A day is over an hour after nothing that belongs to it can still change: a word within a day of an opening explains it.
What is kept is exact, a function of the log and of the cases; a day that is missing is counted again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction

from holdfast.desk.watch.openings import openings
from holdfast.guard.watching.canaries import left_out
from holdfast.guard.watching.contract import Came, Day, Opening
from holdfast.guard.watching.models import CountedDay, DayCount, Search
from holdfast.guard.watching.over_time import PAST

_DAY = timedelta(days=1)
_SETTLES = timedelta(hours=25)
_LOCK = 0x64617973  # an advisory lock: of two looks at once, the second finds what the first has counted
_CASES = """
SELECT a.agent_id, (a.started_at AT TIME ZONE 'UTC')::date, count(DISTINCT a.conversation_id)
FROM conversations_assignment a JOIN conversations_conversation c ON c.id = a.conversation_id
WHERE a.started_at >= %(since)s AND a.started_at < %(until)s AND {real} GROUP BY 1, 2
"""


def days(at: datetime, fresh: Sequence[Opening], *, since: datetime) -> list[Day]:
    """Return the days of twelve weeks until `at`. `fresh` are all openings from `since` on, which begins a day."""
    first, settled = (at - PAST).date(), min((at - _SETTLES).date(), since.date())
    _count_missing(first, settled, at=at)
    kept = DayCount.objects.filter(day__gte=first, day__lt=settled).order_by("day", "agent_id")
    late = fresh if settled == since.date() else openings(_begin(settled), at, at=at)
    return [*(_kept(row) for row in kept), *count(_begin(settled), at, late)]


def count(since: datetime, until: datetime, found: Sequence[Opening]) -> Iterator[Day]:
    """Count days from their openings and what else there was in them."""
    by_day: dict[tuple[int, date], list[Opening]] = defaultdict(list)
    for each in found:
        if since <= each.at < until:
            by_day[each.agent_id, each.at.date()].append(each)
    cases = {(agent, day): number for agent, day, number in _cases(since, until)}
    searches = Search.objects.filter(at__gte=since, at__lt=until).exclude(by="case").values_list("agent_id", "at")
    searched = Counter((agent, when.date()) for agent, when in searches)
    for key in sorted({*by_day, *cases, *searched}):
        yield counted(*key, by_day.get(key, ()), cases=cases.get(key, 0), searches=searched[key])


def counted(agent: int, day: date, found: Sequence[Opening], *, cases: int, searches: int) -> Day:
    """Count one day of one agent. Values and customers count once a day, however often they were opened."""
    ways = Counter((third, way) for third, way, _ in {(e.at.hour // 8, e.came, e.customer_id) for e in found})
    return Day(
        agent_id=agent,
        day=day,
        cases=cases,
        openings=len(found),
        values=len({(each.customer_id, each.field) for each in found if each.field != "name"}),
        unexplained=len({(each.customer_id, each.conversation_id) for each in found if not each.explained}),
        searches=searches,
        outside=len({each.customer_id for each in found if each.outside}),
        off_shift=len({each.customer_id for each in found if each.off_shift}),
        came=tuple((third, way, number) for (third, way), number in sorted(ways.items())),
    )


def forget_old(before: date) -> int:
    """Remove days that no look reads any more; return how many."""
    CountedDay.objects.filter(day__lt=before).delete()
    return DayCount.objects.filter(day__lt=before).delete()[0]


@transaction.atomic
def _count_missing(first: date, until: date, *, at: datetime) -> None:
    """Count and keep the days from `first` to before `until` that are not kept yet; whole stretches in one go."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    have = set(CountedDay.objects.filter(day__gte=first, day__lt=until).values_list("day", flat=True))
    wanted = [day for day in (first + _DAY * n for n in range((until - first).days)) if day not in have]
    for begins, ends in _stretches(wanted):
        since, end = _begin(begins), _begin(ends)
        DayCount.objects.filter(day__gte=begins, day__lt=ends).delete()
        DayCount.objects.bulk_create(
            [_to_keep(day) for day in count(since, end, openings(since, end, at=at))], batch_size=2_000
        )
    CountedDay.objects.bulk_create([CountedDay(day=day, at=at) for day in wanted])


def _stretches(wanted: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Yield days that follow each other as one stretch: its first, and the day after its last."""
    begins: date | None = None
    for place, day in enumerate(wanted):
        begins = begins or day
        if place + 1 == len(wanted) or wanted[place + 1] != day + _DAY:
            yield begins, day + _DAY
            begins = None


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _cases(since: datetime, until: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_CASES.format(real=left_out("c.customer_id")), {"since": since, "until": until})
        return list(cursor.fetchall())


def _to_keep(day: Day) -> DayCount:
    return DayCount(
        agent_id=day.agent_id,
        day=day.day,
        cases=day.cases,
        openings=day.openings,
        values=day.values,
        unexplained=day.unexplained,
        searches=day.searches,
        outside=day.outside,
        off_shift=day.off_shift,
        came=[list(each) for each in day.came],
    )


def _kept(row: DayCount) -> Day:
    return Day(
        row.agent_id,
        row.day,
        row.cases,
        row.openings,
        row.values,
        row.unexplained,
        row.searches,
        row.outside,
        row.off_shift,
        tuple((third, Came(way), number) for third, way, number in row.came),
    )
