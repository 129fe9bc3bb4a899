"""Cases that came to somebody in ways the line does not bring them: how improbable they are, summed.

-log P(customer | queue, shift) is the same for everybody whom the line serves: it gives whichever customer is next.
Where somebody chose the customer, the choice is told by how the case came: taken by hand, given past the line, or not
held at all. So what is summed is -log P(how it came | queue, shift), with the shift as a third of the day: a house in
which everybody picks by hand, or whose night shift does, finds that unsurprising.

The sum is a cumulated log likelihood ratio (Page 1954) against ways in proportion to sqrt(p), so the rarer a way is the
more it counts: half its surprisal, less a constant. Such a sum passes h at most once in e^h cases (Lorden 1971, Annals
of Mathematical Statistics 42:1897).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time

from holdfast.guard.watching.contract import CAME, Came, Day, Facts, Kind, Person, Signal
from holdfast.guard.watching.over_time import RECENT, days_of, first_day
from holdfast.guard.watching.shares import days_between

Counts = Mapping[tuple[int, Came], float]

_POOL_WEIGHS = 60.0  # openings: so much the queue's ways count beside one's own past
_LEAST = 500  # openings of the past of a queue, below which its ways are not known
_CREDIT = 1.0  # standard deviations of what is not known of a person's ways, in their favour
_RARE = 0.005  # no way is held to be rarer: what nobody has done yet is not impossible


def signals(facts: Facts, *, cleared: Mapping[tuple[int, Kind], datetime]) -> Iterator[Signal]:
    """Yield a signal for each person to whom cases came in ways that are improbable in their queues and shifts."""
    split = facts.at - RECENT
    by_agent = days_of(facts)
    pasts = {
        person.agent_id: _total(day for day in by_agent[person.agent_id] if day.day < split.date())
        for person in facts.people
    }
    pools = {queues: _pool(queues, facts.people, pasts) for queues in {each.queues for each in facts.people}}
    for person in facts.people:
        pool = pools[person.queues]
        if sum(pool.values()) < _LEAST:
            continue
        first = first_day(split, cleared.get((person.agent_id, Kind.SURPRISE)))
        days = [day for day in by_agent[person.agent_id] if day.day >= first and day.came]
        chances = {third: _chances(third, pool, pasts[person.agent_id]) for third in range(3)}
        found = _passed(days, chances)
        if found is not None:
            yield _told(person, facts, days[found[0] : found[1] + 1], chances)


def step(came: Came, chances: Mapping[Came, float]) -> float:
    """Return what one case adds to the sum: the logarithm of sqrt(p) / sum(sqrt(p)) over p."""
    return -0.5 * math.log(chances[came]) - math.log(sum(math.sqrt(chance) for chance in chances.values()))


def _passed(days: Sequence[Day], chances: Mapping[int, Mapping[Came, float]]) -> tuple[int, int] | None:
    """Where the sum began to rise, and where it passed its threshold."""
    if not days:
        return None
    cases = sum(count for day in days for _, _, count in day.came) / len(days)
    high = math.log(max(2.0, cases * days_between(Kind.SURPRISE)))
    total, since = 0.0, 0
    for place, day in enumerate(days):
        total += sum(count * step(came, chances[third]) for third, came, count in day.came)
        if total <= 0:
            total, since = 0.0, place + 1
        elif total > high:
            return since, place
    return None


def _total(days: Iterator[Day]) -> Counts:
    counts: dict[tuple[int, Came], float] = defaultdict(float)
    for day in days:
        for third, came, count in day.came:
            counts[third, came] += count
    return counts


def _pool(queues: frozenset[int], people: Sequence[Person], pasts: Mapping[int, Counts]) -> Counts:
    """What was counted of everybody who shares one of these queues, across vendors and teams."""
    counts: dict[tuple[int, Came], float] = defaultdict(float)
    for person in people:
        if person.queues & queues:
            for key, count in pasts[person.agent_id].items():
                counts[key] += count
    return counts


def _chances(third: int, pool: Counts, own: Counts) -> dict[Came, float]:
    """How probable each way is for this person: their past in that third of the day, drawn to the queue's."""
    everybody = sum(pool.get((third, came), 0.0) for came in Came)
    mine = sum(own.get((third, came), 0.0) for came in Came)
    found: dict[Came, float] = {}
    for came in Came:
        common = pool.get((third, came), 0.0) / everybody if everybody else 0.0
        share = (_POOL_WEIGHS * common + own.get((third, came), 0.0)) / (_POOL_WEIGHS + mine)
        unsure = math.sqrt(share * (1 - share) / (_POOL_WEIGHS + mine))
        found[came] = max(_RARE, share + _CREDIT * unsure)
    chosen = sum(found[came] for came in Came if came is not Came.ROUTED)
    found[Came.ROUTED] = max(0.05, 1 - chosen)
    return found


def _told(person: Person, facts: Facts, days: Sequence[Day], chances: Mapping[int, Mapping[Came, float]]) -> Signal:
    counts = Counter[Came]()
    expected = 0.0
    for day in days:
        for third, came, count in day.came:
            counts[came] += count
            expected += count * (1 - chances[third][Came.ROUTED])
    chosen = sum(count for came, count in counts.items() if came is not Came.ROUTED)
    first = datetime.combine(days[0].day, time(), UTC)
    openings = [
        each
        for each in facts.openings
        if each.agent_id == person.agent_id and each.at >= first and each.came is not Came.ROUTED
    ]
    return Signal(
        kind=Kind.SURPRISE,
        agent_id=person.agent_id,
        at=facts.at,
        sentence=(
            f"Of {sum(counts.values())} customers opened since {first:%-d %B} the line brought all but {chosen}; in"
            f" this person's queues and shifts {expected:.0f} would be usual."
        ),
        reasons=(
            *(f"{count} {CAME[came]}." for came, count in counts.most_common() if came in CAME),
            "Which customer the line brings is chance; here somebody chose, again and again.",
        ),
        clears=(
            "A queue whose line was not used for some days, or cases kept by agreement: ask its lead.",
            "Look who gave the cases, and whether one person gave most of them.",
        ),
        entries=tuple(each.entry for each in openings[-50:]),
    )
