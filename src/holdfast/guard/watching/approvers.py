"""Approvals: somebody who keeps approving for the same person, far more than others do."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from holdfast.guard.watching.contract import Facts, Kind, Signal

WITHIN = timedelta(days=28)
LEAST = 6  # approvals for one person
BOUND = 0.001  # over all pairs of one look


def signals(facts: Facts, *, cleared: Mapping[tuple[int, Kind], datetime]) -> Iterator[Signal]:
    """Yield a signal about each approver whose approvals go to one person more than chance allows.

    What is usual for a person is their share of everybody else's approvals (and one more each, so that nobody has
    none); the binomial tail is exact, and the bound is divided by the number of pairs.
    """
    rows = [
        each
        for each in facts.approvals
        if each.at >= facts.at - WITHIN
        and each.at >= cleared.get((each.by, Kind.APPROVALS), each.at)
        and each.by != each.for_agent
    ]
    pairs = Counter((each.by, each.for_agent) for each in rows)
    given, got = Counter(each.by for each in rows), Counter(each.for_agent for each in rows)
    for (by, person), count in pairs.items():
        # Everybody without an approval counts as much as one with: the pool is who could have asked.
        elsewhere = len(rows) - given[by] + len(facts.people)
        share = (got[person] - count + 1) / elsewhere
        if count >= LEAST and at_least(count, given[by], share) * len(pairs) < BOUND:
            yield Signal(
                kind=Kind.APPROVALS,
                agent_id=by,
                at=facts.at,
                sentence=f"{count} of {given[by]} approvals in four weeks went to one and the same person.",
                reasons=(
                    f"Of everybody else's approvals {got[person] - count} of {len(rows) - given[by]} did.",
                    *_queues(facts, by, person),
                ),
                clears=("A shared project or a shift on which only the two were there: look at the roster.",),
            )


def at_least(count: int, trials: int, share: float) -> float:
    """Return P(X >= count) for a binomial with `trials` and `share`, exactly (summed in logarithms)."""
    share = min(max(share, 1e-12), 1 - 1e-12)
    total = 0.0
    for k in range(count, trials + 1):
        total += math.exp(
            math.lgamma(trials + 1)
            - math.lgamma(k + 1)
            - math.lgamma(trials - k + 1)
            + k * math.log(share)
            + (trials - k) * math.log1p(-share)
        )
    return min(total, 1.0)


def _queues(facts: Facts, by: int, person: int) -> Iterator[str]:
    people = {each.agent_id: each for each in facts.people}
    first, second = people.get(by), people.get(person)
    if first and second and not first.queues & second.queues:
        yield "They answer none of the same queues."
    if first and second and first.team_id is not None and first.team_id == second.team_id:
        yield "They are of the same team."
