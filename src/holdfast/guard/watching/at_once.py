"""Signals that need no past: many refusals within an hour, a steady beat of openings, marks that were taken away."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeVar

from holdfast.guard.watching.contract import Facts, Kind, Opening, Refusal, Signal, Unmarked

Row = TypeVar("Row", Refusal, Opening, Unmarked)

WITHIN = timedelta(hours=1)
MANY = 10
SINCE = timedelta(days=7)
BETWEEN = (timedelta(seconds=5), timedelta(seconds=20))
IN_A_ROW = 6
UNMARKED = 3

# Refusals for asking clumsily or too late say nothing; these were asked for what is not one's own to see, or beyond it.
_TELLING = {
    "no_grant": "of a case that was not theirs",
    "not_of_case": "of a value that was not of the case",
    "other_session": "with a request of another session",
    "over_budget": "over the budget",
    "vendor_budget": "over the organisation's budget",
    "masked_again": "while values were to stay masked",
    "moved": "of a value that was moved or altered",
}


def denials(facts: Facts, *, cleared: Mapping[tuple[int, Kind], datetime]) -> Iterator[Signal]:
    """Yield a signal for whoever was refused ten times within one hour of the last week."""
    telling = [each for each in facts.refusals if each.outcome in _TELLING and each.at >= facts.at - SINCE]
    for agent, rows in _by_agent(telling, Kind.DENIALS, cleared).items():
        hour = _fullest_hour(rows)
        if len(hour) < MANY:
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
    """Yield a signal for whoever opened values of one customer after the other every 5 to 20 seconds, six in a row."""
    lately = [each for each in facts.openings if each.at >= facts.at - SINCE]
    for agent, rows in _by_agent(lately, Kind.RHYTHM, cleared).items():
        run = _longest_run(rows)
        if len(run) < IN_A_ROW:
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


def marks(facts: Facts, *, cleared: Mapping[tuple[int, Kind], datetime]) -> Iterator[Signal]:
    """Yield a signal for whoever opened three values or more on pages that said their marks were not whole."""
    for agent, rows in _by_agent(facts.unmarked, Kind.MARKS, cleared).items():
        if len(rows) >= UNMARKED:
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
