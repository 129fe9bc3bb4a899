"""Approvals: somebody who keeps approving for the same person, far more than others do."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from holdfast.guard.watching.contract import Approval, Facts, Kind, Person, Signal
from holdfast.guard.watching.shares import chance_a_look

WITHIN = timedelta(days=28)
LEAST = 6  # approvals for one person
_TOGETHER = 0.05
"""How much approvals for one person go together (intra-class correlation): who shares a shift is asked more often."""


def signals(facts: Facts, *, cleared: Mapping[tuple[int, Kind], datetime]) -> Iterator[Signal]:
    """Yield a signal about each approver whose approvals go to one person more than chance allows.

    What is usual is the person's share of everybody else's approvals, or an even share of those whom the approver is
    there for: their team, or their queues. The tail is exact, for a share that varies from approver to approver
    (beta-binomial), and divided among all pairs (Bonferroni).
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
        if count < LEAST:
            continue
        elsewhere = len(rows) - given[by]
        share = max((got[person] - count) / elsewhere if elsewhere else 0.0, 1 / _there_for(facts.people, by, rows))
        if at_least(count, given[by], share, together=_TOGETHER) * len(pairs) < chance_a_look(Kind.APPROVALS):
            yield Signal(
                kind=Kind.APPROVALS,
                agent_id=by,
                at=facts.at,
                sentence=f"{count} of {given[by]} approvals in four weeks went to one and the same person.",
                reasons=(
                    f"Of everybody else's approvals {got[person] - count} of {elsewhere} did.",
                    *_queues(facts, by, person),
                ),
                clears=("A shared project or a shift on which only the two were there: look at the roster.",),
            )


def _there_for(people: Sequence[Person], by: int, rows: Sequence[Approval]) -> int:
    """How many people an approver approves for by their place: the team, if most of it goes there, else the queues."""
    own = next((each for each in people if each.agent_id == by), None)
    if own is None:
        return max(1, len(people))
    team = {each.agent_id for each in people if own.team_id is not None and each.team_id == own.team_id} - {by}
    mine = [each.for_agent for each in rows if each.by == by]
    if team and 2 * sum(agent in team for agent in mine) > len(mine):
        return len(team)
    return max(1, sum(bool(each.queues & own.queues) for each in people) - 1)


def at_least(count: int, trials: int, share: float, *, together: float = 0.0) -> float:
    """Return P(X >= count) of `trials`, each with `share`, exactly (summed in logarithms).

    `together` 0: binomial. Else a beta-binomial whose trials have that correlation.
    """
    share = min(max(share, 1e-12), 1 - 1e-12)
    if not together:
        log_share, log_rest = math.log(share), math.log1p(-share)
        return min(
            1.0,
            sum(
                math.exp(_choose(trials, k) + k * log_share + (trials - k) * log_rest) for k in range(count, trials + 1)
            ),
        )
    a, b = share * (1 - together) / together, (1 - share) * (1 - together) / together
    return min(
        1.0,
        sum(
            math.exp(_choose(trials, k) + _beta(k + a, trials - k + b) - _beta(a, b)) for k in range(count, trials + 1)
        ),
    )


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _queues(facts: Facts, by: int, person: int) -> Iterator[str]:
    people = {each.agent_id: each for each in facts.people}
    first, second = people.get(by), people.get(person)
    if first and second and not first.queues & second.queues:
        yield "They answer none of the same queues."
    if first and second and first.team_id is not None and first.team_id == second.team_id:
        yield "They are of the same team."
