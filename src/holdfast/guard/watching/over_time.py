"""Signals from counts over weeks, against the own past: openings no routed case explains, values, and the like."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from holdfast.guard.watching.baseline import Past, Pool, pool_of, usual
from holdfast.guard.watching.contract import ODDITIES, Day, Facts, Kind, Opening, Person, Signal
from holdfast.guard.watching.cusum import DAY_SHAPE, Alarm, Counted, watch
from holdfast.guard.watching.shares import days_between

RECENT = timedelta(days=28)
"""What is watched. What was before it, up to `PAST`, says what is usual."""
PAST = timedelta(days=84)
_DAYS_OF_PAST = 10  # fewer working days of one's own are no past
_LEAST = 0.05  # events a day: nothing is so rare that one is an alarm


@dataclass(frozen=True, slots=True)
class Measure:
    """Something counted a day: how much of it, by which exposure, and the excesses it is tuned to.

    `excesses` and `shape`: see `cusum.watch`. How often it may be wrong is its share (`shares`).
    """

    kind: Kind
    events: Callable[[Day], int]
    exposure: Callable[[Day], int]
    excesses: tuple[tuple[float, float], ...]
    shape: float = DAY_SHAPE
    looks: float = 1.0
    """A day is looked at for four weeks, and what is usual is known a little otherwise each time. Worth so many looks,
    by simulation: the more, the less of the past there is to know it by."""
    rostered: bool = False
    """Whether it says something only of people whose shifts are known."""


MEASURES = (
    Measure(Kind.UNEXPLAINED, lambda day: day.unexplained, lambda _: 1, ((1.0, 0.3), (3.0, 1.0)), looks=4.0),
    Measure(Kind.VALUES, lambda day: day.values, lambda day: day.cases, ((3.0, 0.25),), shape=100.0),
    Measure(Kind.OUTSIDE, lambda day: day.outside, lambda day: day.cases, ((2.0, 0.5),), looks=3.0),
    # Days, not customers: whoever stays late once goes on with several.
    Measure(Kind.OFF_SHIFT, lambda day: day.off_shift > 0, lambda _: 1, ((0.3, 1.0),), rostered=True),
    Measure(Kind.SEARCHES, lambda day: day.searches, lambda _: 1, ((3.0, 1.0),), shape=4.0),
)


def signals(facts: Facts, *, cleared: Mapping[tuple[int, Kind], datetime]) -> Iterator[Signal]:
    """Yield a signal per person and measure whose sum is above its threshold.

    `cleared`: until when a person found what there was explained; only days after that are summed. Nothing is said of
    somebody for whom nothing is usual yet: a house, or a queue, in its first weeks.
    """
    split = facts.at - RECENT
    by_agent = days_of(facts)
    for measure in MEASURES:
        people = [each for each in facts.people if not measure.rostered or each.agent_id in facts.rostered]
        pasts = {each.agent_id: _past(measure, by_agent[each.agent_id], before=split.date()) for each in people}
        pools = {queues: _pool(queues, people, pasts) for queues in {each.queues for each in people}}
        for person in people:
            pool = pools[person.queues]
            rate = usual(pool, pasts[person.agent_id])
            if pool is None or rate is None:
                continue
            first = first_day(split, cleared.get((person.agent_id, measure.kind)))
            days = [day for day in by_agent[person.agent_id] if day.day >= first]
            alarm = _alarm(measure, days, rate)
            if alarm is not None:
                yield _told(measure, person, alarm, days, facts, rate, pool)


def first_day(split: datetime, cleared: datetime | None) -> date:
    """Return the first day that is summed: a day of which some was found explained is not summed again."""
    if cleared is None or cleared.date() < split.date():
        return split.date()
    return cleared.date() + timedelta(days=1)


def days_of(facts: Facts) -> Mapping[int, Sequence[Day]]:
    """Return the days of each person, the oldest first; nobody's are missing."""
    by_agent: dict[int, list[Day]] = defaultdict(list)
    for day in sorted(facts.days, key=lambda day: day.day):
        by_agent[day.agent_id].append(day)
    return by_agent


def _past(measure: Measure, days: Sequence[Day], *, before: date) -> Past | None:
    old = [day for day in days if day.day < before]
    if len(old) < _DAYS_OF_PAST:
        return None
    return Past(sum(measure.events(day) for day in old), sum(measure.exposure(day) for day in old))


def _pool(queues: frozenset[int], people: Sequence[Person], pasts: Mapping[int, Past | None]) -> Pool | None:
    """The prior of everybody who shares one of these queues, across vendors and teams."""
    return pool_of([past for each in people if each.queues & queues and (past := pasts.get(each.agent_id)) is not None])


def _alarm(measure: Measure, days: Sequence[Day], rate: float) -> Alarm | None:
    counted = [Counted(measure.events(day), max(_LEAST, rate * measure.exposure(day))) for day in days]
    between = measure.looks * days_between(measure.kind)
    found = [watch(counted, excess=excess, shape=measure.shape, between=between) for excess in measure.excesses]
    return min((alarm for alarm in found if alarm), key=lambda alarm: alarm.at, default=None)


_SENTENCES = {
    Kind.UNEXPLAINED: (
        "{events} openings since {since} that no routed case explains; {expected} would be usual for this person and"
        " their queue."
    ),
    Kind.VALUES: (
        "{events} values opened since {since} in {cases} cases; for so many cases {expected} would be usual for this"
        " person and their queue."
    ),
    Kind.OUTSIDE: (
        "{events} customers opened for the first time since {since} who are unusual in this person's queues; in"
        " {cases} cases {expected} would be usual for this person and their queue."
    ),
    Kind.OFF_SHIFT: (
        "On {events} days since {since} values were opened outside of this person's shifts or in their breaks;"
        " {expected} such days would be usual for this person and their queue."
    ),
    Kind.SEARCHES: (
        "{events} searches by attribute since {since}, not by a case; {expected} would be usual for this person and"
        " their queue."
    ),
}
_CLEARS = {
    Kind.UNEXPLAINED: (
        "Cases that were handed over by word of mouth, joint accounts, or a lead who asked for help.",
        "Ask the lead of another team in the same queue what such cases look like, then read the entries.",
    ),
    Kind.VALUES: (
        "A kind of case that needs more values than others, such as returned payments.",
        "Look whether colleagues of other teams with the same kinds of case opened as many.",
    ),
    Kind.OUTSIDE: (
        "Help in another queue or region that was agreed: ask its lead, and look at the transfers.",
        "A campaign or a fault that brings other customers into the queue: then colleagues open them too.",
    ),
    Kind.OFF_SHIFT: (
        "A shift that was swapped, or overtime nobody wrote into the roster: ask who plans it.",
        "A roster that was loaded with the wrong hours: then more people stand out.",
    ),
    Kind.SEARCHES: (
        "A list to be worked through that somebody gave out, or callers without a case number.",
        "Ask who gave the list out; the searches themselves are not kept, only how they were made.",
    ),
}


def _told(
    measure: Measure, person: Person, alarm: Alarm, days: Sequence[Day], facts: Facts, rate: float, pool: Pool
) -> Signal:
    first, last = days[alarm.since].day, days[alarm.at].day
    since = datetime.combine(first, time(), UTC)
    openings = [each for each in facts.openings if each.agent_id == person.agent_id and each.at >= since]
    told = _SENTENCES[measure.kind].format(
        events=alarm.events,
        since=f"{first:%-d %B}",
        expected=_number(alarm.expected),
        cases=sum(day.cases for day in days[alarm.since : alarm.at + 1]),
    )
    reasons = [
        f"Usual here is {_number(rate)} {_UNITS.get(measure.kind, 'a working day')}, from the own past and the queue's"
        f" ({_number(pool.mean)}).",
        f"It went on over {alarm.at - alarm.since + 1} working days, until {last:%-d %B}.",
    ]
    if measure.kind is Kind.UNEXPLAINED:
        openings = [each for each in openings if not each.explained]
        reasons += _why(openings)
    if measure.kind is Kind.OUTSIDE:
        openings = [each for each in openings if each.outside]
        reasons += [f"{count} {what}." for what, count in Counter(each.outside for each in openings).most_common(6)]
    if measure.kind is Kind.OFF_SHIFT:
        openings = [each for each in openings if each.off_shift]
        reasons.append(f"They were of {len({each.customer_id for each in openings})} customers.")
    if measure.kind is Kind.SEARCHES:
        ways = Counter(each.by for each in facts.lookups if each.agent_id == person.agent_id and each.at >= since)
        reasons += [f"{ways[by]} by {words}." for by, words in _WAYS.items() if ways[by]]
    return Signal(
        kind=measure.kind,
        agent_id=person.agent_id,
        at=facts.at,
        sentence=told,
        reasons=tuple(reasons),
        clears=_CLEARS[measure.kind],
        entries=tuple(each.entry for each in openings[-50:]) if measure.kind is not Kind.SEARCHES else (),
    )


_WAYS = {"value": "a whole reference, address or number", "words": "words"}
_UNITS = {Kind.VALUES: "a case", Kind.OUTSIDE: "a case"}


def _why(openings: Sequence[Opening]) -> list[str]:
    counts = Counter(oddity for each in openings for oddity in each.oddities)
    return [f"{count} {ODDITIES[oddity]}." for oddity, count in counts.most_common()]


def _number(value: float) -> str:
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"
