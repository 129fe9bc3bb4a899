"""Signals that need no past: many refusals within an hour, a steady beat of openings, marks that were taken away.

How many are too many follows from what happens to everybody else in these weeks and from the share of false alarms
(`shares`): never fewer than a fixed number, and never more than another, so that no ring can raise the bound.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TypeVar

from holdfast.guard.watching.contract import Facts, Kind, Opening, Refusal, Signal, Unmarked
from holdfast.guard.watching.shares import PEOPLE, allowed

Row = TypeVar("Row", Refusal, Opening, Unmarked)

WITHIN = timedelta(hours=1)
SINCE = timedelta(days=7)
BETWEEN = (timedelta(seconds=5), timedelta(seconds=20))
MANY, IN_A_ROW, UNMARKED = (10, 30), (6, 12), (3, 10)
"""The least and the most that a bound may be: refusals in an hour, customers in a row, openings without marks."""
_WEEKS = 4  # of refusals and marks that a look reads
_FEW = 8  # refusals in an hour; how far they go beyond says how much more may still be chance
_AGAIN = 3  # such days of one person: who is refused again and again raises the bound for nobody

# Refusals for asking clumsily or too late say nothing; these were asked for what is not one's own to see, or beyond it.
_TELLING = {
    "no_grant": "of a case that was not theirs",
    "not_of_case": "of a value that was not of the case",
    "other_session": "with a request of another session",
    "over_budget": "over the budget",
    "vendor_budget": "over the organisation's budget",
    "masked_again": "while values were to stay masked",
    "moved": "of a value that was moved or altered",
    "too_quick": "quicker than by hand, as a script moves",
}


def denials(facts: Facts, *, cleared: Mapping[tuple[int, Kind], datetime]) -> Iterator[Signal]:
    """Yield a signal for whoever was refused ten times within one hour of the last week, or more where many are."""
    telling = [each for each in facts.refusals if each.outcome in _TELLING]
    bursts = {agent: _bursts(rows) for agent, rows in _by_agent(telling, Kind.DENIALS, {}).items()}
    lately = [each for each in telling if each.at >= facts.at - SINCE]
    for agent, rows in _by_agent(lately, Kind.DENIALS, cleared).items():
        hour = _fullest_hour(rows)
        others = [size for other, sizes in bursts.items() if other != agent and len(sizes) < _AGAIN for size in sizes]
        if len(hour) < many(others, people=len(facts.people) - 1):
            continue
        customers = len({row.customer_id for row in hour if row.customer_id is not None})
        yield Signal(
            kind=Kind.DENIALS,
            agent_id=agent,
            at=facts.at,
            sentence=f"{len(hour)} requests were refused within one hour, from {hour[0].at:%-d %B, %H:%M} UTC.",
            reasons=(
                f"They were about {customers} customers.",
                *(f"{count} {_TELLING[outcome]}." for outcome, count in Counter(r.outcome for r in hour).most_common()),
            ),
            clears=("A case that was moved away while its page stayed open, or a screen that asks again by itself.",),
        )


def many(bursts: Sequence[int], *, people: int) -> int:
    """Return how many refusals in an hour are too many, from everybody else's hours of eight and more, one a day.

    Beyond eight they are taken for geometric: a page that asks again asks again and again. Two are added that went on
    for four more, so that few do not say much.
    """
    least, most = MANY
    beyond = (sum(min(size, most) - _FEW + 1 for size in bursts) + 8) / (len(bursts) + 2)
    a_week = PEOPLE * len(bursts) / _WEEKS / max(people, 1)
    further = math.log(max(1.0, a_week / allowed(Kind.DENIALS))) / -math.log1p(-1 / beyond)
    return min(max(least, _FEW + math.ceil(further)), most)


def _bursts(rows: Sequence[Refusal]) -> list[int]:
    """The size of the fullest hour of each day on which somebody was refused eight times or more in one."""
    by_day: dict[date, list[Refusal]] = defaultdict(list)
    for row in rows:
        by_day[row.at.date()].append(row)
    sizes = [len(_fullest_hour(own)) for own in by_day.values() if len(own) >= _FEW]
    return [size for size in sizes if size >= _FEW]


def _fullest_hour(rows: Sequence[Refusal]) -> Sequence[Refusal]:
    best: Sequence[Refusal] = rows[:0]
    first = 0
    for last in range(len(rows)):
        while rows[last].at - rows[first].at > WITHIN:
            first += 1
        if last - first + 1 > len(best):
            best = rows[first : last + 1]
    return best


def rhythm(facts: Facts, *, cleared: Mapping[tuple[int, Kind], datetime]) -> Iterator[Signal]:
    """Yield a signal for whoever opened values of one customer after the other every 5 to 20 seconds, six in a row.

    Or more, in a house where quick changes from customer to customer are common.
    """
    lately = _by_agent([each for each in facts.openings if each.at >= facts.at - SINCE], Kind.RHYTHM, {})
    changes = {agent: _changes(rows) for agent, rows in lately.items()}
    quick, every = (sum(each[place] for each in changes.values()) for place in (0, 1))
    for agent, all_rows in lately.items():
        since = cleared.get((agent, Kind.RHYTHM))
        run = _longest_run([row for row in all_rows if since is None or row.at >= since])
        own = changes[agent]
        if len(run) < in_a_row(quick - own[0], every - own[1], people=len(facts.people) - 1):
            continue
        gaps = [(after.at - before.at).total_seconds() for before, after in pairwise(run)]
        yield Signal(
            kind=Kind.RHYTHM,
            agent_id=agent,
            at=facts.at,
            sentence=(
                f"Values of {len(run)} customers were opened one after the other, every {min(gaps):.0f} to"
                f" {max(gaps):.0f} seconds, from {run[0].at:%-d %B, %H:%M} UTC."
            ),
            reasons=("That is too short to speak or write to a customer in between.",),
            clears=("A list that was worked through on somebody's request, such as checking accounts after a fault.",),
            entries=tuple(each.entry for each in run),
        )


def in_a_row(quick: int, changes: int, *, people: int) -> int:
    """Return how many customers in a row are too many: so many, if each change is quick by chance.

    `quick` of all `changes` from customer to customer were, with everybody else within a week.
    """
    least, most = IN_A_ROW
    if not quick:
        return least
    starts = PEOPLE * changes / max(people, 1)
    further = math.log(max(1.0, starts / allowed(Kind.RHYTHM))) / -math.log(min(0.9, quick / changes))
    return min(max(least, 1 + math.ceil(further)), most)


def _changes(rows: Sequence[Opening]) -> tuple[int, int]:
    """How often somebody went from one customer to another in the rhythm, and at all."""
    gaps = [after.at - before.at for before, after in pairwise(rows) if after.customer_id != before.customer_id]
    return sum(BETWEEN[0] <= gap <= BETWEEN[1] for gap in gaps), len(gaps)


def marks(facts: Facts, *, cleared: Mapping[tuple[int, Kind], datetime]) -> Iterator[Signal]:
    """Yield a signal for whoever opened three values or more on pages that said their marks were not whole.

    Or more, in a house in which that happens to others too.
    """
    counts = Counter(each.agent_id for each in facts.unmarked)
    for agent, rows in _by_agent(facts.unmarked, Kind.MARKS, cleared).items():
        others = [min(count, UNMARKED[0]) for other, count in counts.items() if other != agent]
        if len(rows) >= unmarked(sum(others), people=len(facts.people) - 1):
            yield Signal(
                kind=Kind.MARKS,
                agent_id=agent,
                at=facts.at,
                sentence=(
                    f"{len(rows)} values were opened since {rows[0].at:%-d %B} on pages that said their marks were gone"
                    " or hidden."
                ),
                reasons=("The marks tell whose screen a picture shows; without them a picture tells nobody.",),
                clears=(
                    "An extension of the browser, its reader view, or a fault in our page: try it on that computer.",
                ),
                entries=tuple(row.entry for row in rows),
            )


def unmarked(others: int, *, people: int) -> int:
    """Return how many openings without marks are too many, when it happened `others` times to everybody else.

    By a negative binomial of shape a half, for browsers differ: most never lose a mark, and some often.
    """
    least, most = UNMARKED
    shape, mean = 0.5, others / max(people, 1)
    odds = mean / (shape + mean)
    chance, below, count = (1 - odds) ** shape, 0.0, 0
    while count < most and PEOPLE * (1 - below) / _WEEKS > allowed(Kind.MARKS):
        below += chance
        chance *= (shape + count) / (count + 1) * odds
        count += 1
    return max(least, count)


def _by_agent(
    rows: Iterable[Row], kind: Kind, cleared: Mapping[tuple[int, Kind], datetime]
) -> Mapping[int, Sequence[Row]]:
    """Return each person's rows in the order of time, from when a signal of this kind was last cleared for them."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda each: each.at):
        if row.at >= cleared.get((row.agent_id, kind), row.at):
            found[row.agent_id].append(row)
    return found


def _longest_run(rows: Sequence[Opening]) -> list[Opening]:
    """The longest run of openings of a customer each, in the rhythm. More values of the same customer are one stop."""
    best: list[Opening] = []
    run: list[Opening] = []
    last_at = None
    for row in rows:
        if run and row.customer_id == run[-1].customer_id:
            last_at = row.at
            continue
        beat = last_at is not None and BETWEEN[0] <= row.at - last_at <= BETWEEN[1]
        fresh = row.customer_id not in {each.customer_id for each in run}
        run = [*run, row] if beat and fresh else [row]
        last_at = row.at
        best = max(best, run, key=len)
    return best
