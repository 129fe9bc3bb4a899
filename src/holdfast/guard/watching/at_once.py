"""Signals that need no past: many refusals within an hour, a steady beat of openings, marks that were taken away."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from holdfast.guard.watching.contract import Facts, Kind, Opening, Refusal, Signal, Unmarked

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
    refused: dict[int, list[Refusal]] = defaultdict(list)
    for each in sorted(facts.refusals, key=lambda refusal: refusal.at):
        after = max(facts.at - SINCE, cleared.get((each.agent_id, Kind.DENIALS), facts.at - SINCE))
        if each.outcome in _TELLING and each.at >= after:
            refused[each.agent_id].append(each)
    for agent, rows in refused.items():
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
    opened: dict[int, list[Opening]] = defaultdict(list)
    for each in sorted(facts.openings, key=lambda opening: opening.at):
        after = max(facts.at - SINCE, cleared.get((each.agent_id, Kind.RHYTHM), facts.at - SINCE))
        if each.at >= after:
            opened[each.agent_id].append(each)
    for agent, rows in opened.items():
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
    found: dict[int, list[Unmarked]] = defaultdict(list)
    for each in sorted(facts.unmarked, key=lambda row: row.at):
        if each.at >= cleared.get((each.agent_id, Kind.MARKS), each.at):
            found[each.agent_id].append(each)
    for agent, rows in found.items():
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
