"""Who saw what customers' later reports have in common: the common point of compromise.

Banks find the till at which cards were copied this way. Under the hypothesis that a person leaked nothing, the
customers they saw report as often as all others (exact hypergeometric tail); the bound is divided by everybody who is
tested (Bonferroni). Nobody above the bound is named, not even as the likeliest. Customers whose reports one person
accounts for are taken out before the next is tested, so that who saw the same people is not drawn in.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from holdfast.guard.watching.contract import Kind, Signal
from holdfast.guard.watching.shares import chance_a_look

BOUND = chance_a_look(Kind.REPORTS)
LEAST = 5  # reports: fewer name nobody, whatever their chance
ONE_IN = 1_000
"""The prior: so many people there are to one who sells what they see."""
SUREST = 0.99
"""More is never said: customers' data leave a house in more ways than this compares."""
_TIMES = tuple(2.0 ** (step / 2) for step in range(2, 15))
"""How much more often customers of somebody who sells report: 2 to 128 times, each as likely as the next."""


@dataclass(frozen=True, slots=True)
class Point:
    """One person whom the reports have in common, and by how much. `chance` counts everybody who was tested."""

    agent_id: int
    seen: int
    reported: int
    expected: float
    chance: float


def points(
    seen: Mapping[int, Collection[Hashable]], reported: Collection[Hashable], *, customers: int, bound: float = BOUND
) -> list[Point]:
    """Return who stands out, the surest first; an empty list is the usual answer.

    `seen`: whose values each person opened in the time before. `customers`: how many there are altogether.
    """
    left = set(reported)
    sets = {agent: frozenset(whom) for agent, whom in seen.items() if whom}
    tested, found = len(sets), list[Point]()
    customers = max(customers, len(left.union(*sets.values())) if sets else 0)
    while sets and left:
        best = min((_point(agent, whom, left, customers, tested) for agent, whom in sets.items()), key=_by_chance)
        if best.chance > bound or best.reported < LEAST:
            break
        found.append(best)
        whom = sets.pop(best.agent_id)
        left -= whom
        customers -= len(whom)
        sets = {agent: each - whom for agent, each in sets.items()}
    return found


def _by_chance(point: Point) -> tuple[float, int]:
    return point.chance, -point.reported


def _point(agent: int, whom: frozenset[Hashable], reported: set[Hashable], customers: int, tested: int) -> Point:
    hit = len(whom & reported)
    expected = len(whom) * len(reported) / customers
    chance = 1.0 if hit <= expected else min(1.0, tested * tail(hit, customers, len(reported), len(whom)))
    return Point(agent, len(whom), hit, expected, chance)


def sureness(reported: int, expected: float) -> float:
    """Return how probable it is that a person sold what they saw: the posterior of `ONE_IN` to one, at most `SUREST`.

    Poisson counts, against each of `_TIMES` as many as expected. Words beside the exact test, no bound of its own.
    """
    expected = max(expected, 0.05)
    weights = [reported * math.log(times) - expected * (times - 1) for times in _TIMES]
    highest = max(weights)
    factor = highest + math.log(sum(math.exp(weight - highest) for weight in weights) / len(weights))
    odds = factor - math.log(ONE_IN - 1)
    return min(SUREST, 1 / (1 + math.exp(-odds)) if odds > -50 else 0.0)


def tail(hits: int, customers: int, reported: int, seen: int) -> float:
    """Return P(at least `hits` of `reported` are among `seen`), drawn without putting back from `customers`."""
    total, expected = 0.0, seen * reported / customers
    for k in range(hits, min(reported, seen) + 1):
        if reported - k > customers - seen:
            continue
        term = math.exp(_choose(seen, k) + _choose(customers - seen, reported - k) - _choose(customers, reported))
        total += term
        if k > expected and term < 1e-17 * total:
            break  # from here on each is smaller than the one before
    return min(total, 1.0)


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def signals(
    seen: Mapping[int, Collection[Hashable]], reported: Collection[Hashable], *, customers: int, at: datetime
) -> Iterator[Signal]:
    """Yield a signal for each person whom customers' reports have in common."""
    for point in points(seen, reported, customers=customers):
        yield Signal(
            kind=Kind.REPORTS,
            agent_id=point.agent_id,
            at=at,
            sentence=(
                f"{point.reported} customers whose values this person opened report that somebody who knew them got in"
                f" touch; {point.expected:.1f} would be expected of {point.seen:,}."
            ),
            reasons=(
                f"By chance that happens to one of all who were tested in {_one_in(point.chance)} cases.",
                f"If one of {ONE_IN:,} people sells what they see, the reports alone make it"
                f" {_in_hundred(sureness(point.reported, point.expected))} that this person did. More than"
                f" {100 * SUREST:.0f} is never said.",
                "Customers who reported and were seen by several people are counted for the surest one only.",
            ),
            clears=(
                "Another way the same customers' data left the house: a mailing list, an export, a partner.",
                "Customers who were asked to report because of this person's cases.",
            ),
        )


def _one_in(chance: float) -> str:
    return "fewer than one in 1,000,000" if chance < 1e-6 else f"one of {1 / chance:,.0f}"


def _in_hundred(probability: float) -> str:
    return f"{max(1, round(100 * probability))} in 100"
