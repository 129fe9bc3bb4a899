"""Same queue, other teams: who opens far more values per case than colleagues elsewhere who get the same cases.

The own team never counts: half a team that leaks together would make itself the norm. Median and median absolute
deviation (Iglewicz and Hoaglin 1993) of the logarithm of values per case, which is nearly normal where the ratio itself
leans to the right. How far is too far follows from the share of false alarms (`shares`).
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from holdfast.guard.watching.contract import Facts, Kind, Person, Signal
from holdfast.guard.watching.shares import PEOPLE, chance_a_look

WITHIN = timedelta(days=28)
TOO_FAR = statistics.NormalDist().inv_cdf(1 - chance_a_look(Kind.PEERS) / PEOPLE)
EXCUSED = timedelta(days=84)
"""What a person found explained is: who gets other cases than their colleagues goes on getting them."""
_LEAST_PEERS = 8
_LEAST_CASES = 100  # below, a ratio says little
_LEAST_DEVIATION = 0.03  # of the logarithm: where all are alike, little is not far
_LEAST_RATIO = 1e-3  # values a case: nobody is infinitely below
_TO_DEVIATION = 0.6745  # a normal's median absolute deviation in standard deviations


def signals(facts: Facts, *, cleared: Mapping[tuple[int, Kind], datetime]) -> Iterator[Signal]:
    """Yield a signal for each person whose values per case stand out among peers of other teams."""
    since = (facts.at - WITHIN).date()
    totals: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for day in facts.days:
        if day.day >= since:
            totals[day.agent_id][0] += day.values
            totals[day.agent_id][1] += day.cases
    ratios = {agent: values / cases for agent, (values, cases) in totals.items() if cases >= _LEAST_CASES}
    for person in facts.people:
        excused = cleared.get((person.agent_id, Kind.PEERS))
        if person.agent_id not in ratios or (excused is not None and excused > facts.at - EXCUSED):
            continue
        others = peers_of(person, facts.people, ratios)
        far = how_far(ratios[person.agent_id], others)
        if far is not None and far > TOO_FAR:
            yield _told(person, facts.at, ratios[person.agent_id], others, totals[person.agent_id])


def peers_of(person: Person, people: Sequence[Person], ratios: Mapping[int, float]) -> list[float]:
    """Return the ratios of everybody who shares a queue with `person` and is not of the same team."""
    return [
        ratios[each.agent_id]
        for each in people
        if each.agent_id in ratios
        and each.agent_id != person.agent_id
        and each.queues & person.queues
        and (person.team_id is None or each.team_id != person.team_id)
    ]


def how_far(own: float, others: Sequence[float]) -> float | None:
    """Return the modified z-score of `own` among `others`; `None` when they are too few to say."""
    if len(others) < _LEAST_PEERS:
        return None
    logs = [math.log(max(other, _LEAST_RATIO)) for other in others]
    middle = statistics.median(logs)
    deviation = statistics.median(abs(each - middle) for each in logs)
    return _TO_DEVIATION * (math.log(max(own, _LEAST_RATIO)) - middle) / max(deviation, _LEAST_DEVIATION)


def _told(person: Person, at: datetime, own: float, others: Sequence[float], total: Sequence[int]) -> Signal:
    middle = statistics.median(others)
    top = sorted(others)[int(0.95 * (len(others) - 1))]
    return Signal(
        kind=Kind.PEERS,
        agent_id=person.agent_id,
        at=at,
        sentence=(
            f"{total[0]} values in {total[1]} cases of four weeks, {own:.2f} a case; {len(others)} colleagues"
            f" of other teams in the same queues opened {middle:.2f} a case."
        ),
        reasons=(
            f"Nineteen of twenty of those colleagues stay below {top:.2f} a case.",
            "The own team is not among them.",
        ),
        clears=("A kind of case that only this person gets: compare the queues and skills first.",),
    )
