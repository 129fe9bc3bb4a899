"""What canaries say: made-up cases somebody opened values of, made-up customers somebody found, addresses written to.

A trip is an ordinary row of the log of reveals; here, outside the gate, it is put together. One opening of a made-up
case proves nothing: one honest agent in a hundred does it. So they are weighed as a likelihood ratio that sinks with
every such case left closed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from holdfast.guard.watching.contract import Kind, Signal
from holdfast.guard.watching.cusum import height_of_steps
from holdfast.guard.watching.shares import WORKING_DAYS, days_between

HONEST, LEAKING = 0.01, 0.3
"""How often a value of a made-up case is opened by somebody honest, and by somebody who sells what they see."""
A_WEEK = 2.0
"""So many made-up cases go to each person a week; with more of them there is more to be wrong about, too."""
_OPENED, _CLOSED = math.log(LEAKING / HONEST), math.log((1 - LEAKING) / (1 - HONEST))
ENOUGH = height_of_steps(
    (_CLOSED, _OPENED), (1 - HONEST, HONEST), between=days_between(Kind.HONEY) * A_WEEK / WORKING_DAYS
)
"""Natural logarithm of the ratio: two openings in a row, three of some ten."""
SINCE = timedelta(days=84)
SEARCHES = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Trial:
    """A made-up case that somebody had, and whether they opened a value of it (then `entry` is in the log)."""

    agent_id: int
    at: datetime
    opened: bool
    entry: UUID | None = None


@dataclass(frozen=True, slots=True)
class Touched:
    """Somebody asked for a value of a made-up customer who never had a case with them, granted or refused."""

    agent_id: int
    at: datetime
    entry: UUID


@dataclass(frozen=True, slots=True)
class WrittenTo:
    """Somebody outside wrote to an address, or called a number, that this viewer alone was shown."""

    agent_id: int
    at: datetime
    number: bool = False


def signals(
    *,
    at: datetime,
    trials: Sequence[Trial] = (),
    touched: Sequence[Touched] = (),
    written_to: Sequence[WrittenTo] = (),
    cleared: Mapping[tuple[int, Kind], datetime] | None = None,
) -> Iterator[Signal]:
    """Yield a signal per person and kind of canary that says enough."""
    cleared = cleared or {}
    by_agent: dict[int, list[Trial]] = defaultdict(list)
    for trial in sorted(trials, key=lambda each: each.at):
        if trial.at >= cleared.get((trial.agent_id, Kind.HONEY), at - SINCE):
            by_agent[trial.agent_id].append(trial)
    for agent, rows in by_agent.items():
        weight = highest(row.opened for row in rows)
        if weight >= ENOUGH:
            yield _honey(agent, at, rows, weight)
    found: dict[int, list[Touched]] = defaultdict(list)
    for touch in touched:
        if touch.at >= cleared.get((touch.agent_id, Kind.CANARY), at - SEARCHES):
            found[touch.agent_id].append(touch)
    yield from (_touched(agent, at, rows) for agent, rows in found.items())
    heard: dict[int, list[WrittenTo]] = defaultdict(list)
    for each in written_to:
        if each.at >= cleared.get((each.agent_id, Kind.CONTACT), each.at):
            heard[each.agent_id].append(each)
    yield from (_written_to(agent, at, rows) for agent, rows in heard.items())


def highest(opened: Iterator[bool] | Sequence[bool]) -> float:
    """Return the highest that the sum of log ratios came to, starting anew at zero whenever it sinks below."""
    total = top = 0.0
    for each in opened:
        total = max(0.0, total + (_OPENED if each else _CLOSED))
        top = max(top, total)
    return top


def _honey(agent: int, at: datetime, rows: Sequence[Trial], weight: float) -> Signal:
    opened = [row for row in rows if row.opened]
    return Signal(
        kind=Kind.HONEY,
        agent_id=agent,
        at=at,
        sentence=f"Values were opened in {len(opened)} of {len(rows)} made-up cases, where nothing had to be opened.",
        reasons=(
            f"Such a row of cases is about {math.exp(weight):,.0f} times as likely with somebody who sells what they"
            " see (who opens three of ten) as with somebody honest (one of a hundred).",
        ),
        clears=(
            "A habit of opening values in every case: then it shows in other cases too, and is a matter to teach.",
        ),
        entries=tuple(row.entry for row in opened if row.entry is not None),
    )


def _touched(agent: int, at: datetime, rows: Sequence[Touched]) -> Signal:
    return Signal(
        kind=Kind.CANARY,
        agent_id=agent,
        at=at,
        sentence=(
            f"{len(rows)} request{'s' * (len(rows) > 1)} for values of customers who do not exist and have no case with"
            " this person."
        ),
        reasons=("They can only be come by through searching or looking through lists.",),
        clears=("A search by mistake: one such request may be that, and is refused anyway.",),
        entries=tuple(row.entry for row in rows),
    )


def _written_to(agent: int, at: datetime, rows: Sequence[WrittenTo]) -> Signal:
    first = min(row.at for row in rows)
    called = sum(row.number for row in rows)
    many = (("address", "addresses", len(rows) - called), ("telephone number", "telephone numbers", called))
    where = " and ".join(f"{count} {one if count == 1 else more}" for one, more, count in many if count)
    return Signal(
        kind=Kind.CONTACT,
        agent_id=agent,
        at=at,
        sentence=(
            f"Somebody outside got in touch at {where} of made-up customers that only this person was ever shown, first"
            f" on {first:%-d %B}."
        ),
        reasons=("What this viewer was shown is shown to nobody else and published nowhere.",),
        clears=(
            "Somebody else saw or took a picture of their screen: look who sat there, and at the marks on the picture.",
            "A guess: addresses are built like private ones, and mail to names at random does happen.",
            *(
                ["Wrong numbers: ask what was said. Machines that call through whole ranges reach more of them."]
                * bool(called)
            ),
        ),
    )
