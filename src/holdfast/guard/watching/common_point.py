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
                "Customers who reported and were seen by several people are counted for the surest one only.",
            ),
            clears=(
                "Another way the same customers' data left the house: a mailing list, an export, a partner.",
                "Customers who were asked to report because of this person's cases.",
            ),
        )


def _one_in(chance: float) -> str:
    return "fewer than one in 1,000,000" if chance < 1e-6 else f"one of {1 / chance:,.0f}"
