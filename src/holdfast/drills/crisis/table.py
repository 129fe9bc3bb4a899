"""All policies on one world, and the table of how they fared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from statistics import median, stdev
from typing import Any

from rich.table import Table

from holdfast.drills.crisis import scores
from holdfast.drills.crisis.ours import Shield, stratum
from holdfast.drills.crisis.policies import FairByCluster, Fifo, oracle, per_identity, per_source
from holdfast.drills.crisis.room import Played, Policy, Room
from holdfast.drills.crisis.world import World
from holdfast.kit.series.baseline import Expected
from holdfast.shield.evidence import MinuteReport
from holdfast.shield.judge import Judge

_BILLED = ("flood_minutes", "abandoned_genuine", "provider_fees", "agents_cost")
_Z90 = 1.2816  # standard normal, 90th percentile


@dataclass(frozen=True, slots=True)
class Row:
    """One policy on one world, scored. `telling`, `naming` and the waits are the shield's alone."""

    policy: str
    service: scores.Service
    quiet: scores.Service
    account: scores.Account
    bill: scores.Bill
    billed: dict[str, float] | None = None
    """The bill the shield would write, to be held against `bill`, which is the truth."""
    waits: scores.Waits | None = None
    telling: scores.Telling | None = None
    naming: scores.Naming | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values, floats to four digits."""
        return dict(_rounded(asdict(self)))


class Usual:
    """What the centre knows of itself: contacts per minute by quarter of an hour of the week, from its own past."""

    def __init__(self, history: Iterable[tuple[datetime, int]]) -> None:
        slots: dict[int, list[int]] = {}
        for at, count in history:
            slots.setdefault(_slot(at), []).append(count)
        self._known = {slot: (median(counts), max(stdev(counts), 1.0)) for slot, counts in slots.items()}

    def expected(self, at: datetime) -> Expected:
        """Return what is usual for the minute of `at`."""
        usual, spread = self._known[_slot(at)]
        return Expected(median=usual, low=max(0.0, usual - _Z90 * spread), high=usual + _Z90 * spread, spread=spread)


def _slot(at: datetime) -> int:
    return at.weekday() * 96 + at.hour * 4 + at.minute // 15


def judge_for(world: World) -> Judge:
    """Return a judge that knows how much was usual at this centre, and nothing of the people."""
    return Judge(baseline=Usual(world.history()))


def side_by_side(world: World, *, progress: Callable[[str, float], None] = lambda *_: None) -> Iterator[Row]:
    """Play every policy on the same world, ours last."""
    for policy in usual_policies(world):
        played = Room(world, policy).play(progress=partial(progress, policy.name))
        yield Row(
            policy=policy.name,
            service=scores.service(played),
            quiet=scores.quiet(played),
            account=scores.account(played),
            bill=scores.bill(played),
        )
    yield shield(world, judge_for(world), progress=progress)


def shield(world: World, judge: Judge, *, progress: Callable[[str, float], None] = lambda *_: None) -> Row:
    """Play the shield with this judge."""
    policy = Shield(world, judge, guaranteed=guaranteed(world))
    return row_of(Room(world, policy).play(progress=partial(progress, policy.name)), policy.reports)


def row_of(played: Played, reports: Sequence[MinuteReport]) -> Row:
    """Score a run in which the shield judged."""
    billed = scores.billed(played, reports)
    return Row(
        policy=played.policy,
        service=scores.service(played),
        quiet=scores.quiet(played),
        account=scores.account(played),
        bill=scores.bill(played),
        billed={name: getattr(billed, name).likely for name in _BILLED},
        waits=scores.waits(played),
        telling=scores.telling(played),
        naming=scores.naming(played, reports),
    )


def usual_policies(world: World) -> list[Policy]:
    """The policies ours is compared with, each new."""
    return [Fifo(), per_identity(), per_source(usual=usual(world)), FairByCluster(), oracle()]


def usual(world: World) -> dict[str, float]:
    """What each source sent a minute before the onset, as the centre counted it."""
    until = world.scenario.onset or world.scenario.minutes
    before = Counter(visit.evidence.source or "" for visit in world.visits if visit.at < until)
    return {source: count / until for source, count in before.items()}


def guaranteed(world: World) -> dict[str, float]:
    """What each stratum is guaranteed a minute: its share before the onset of what the agents can answer."""
    until = world.scenario.onset or world.scenario.minutes
    before = Counter(stratum(visit.evidence) for visit in world.visits if visit.at < until)
    capacity = world.scenario.centre.agents / world.scenario.everyday.handling
    return {name: capacity * count / before.total() for name, count in before.items()}


def table(rows: Sequence[Row], *, title: str) -> Table:
    """Return the table people read."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False)
    made.add_column("Policy", no_wrap=True)
    for head in ("in 60 s", "served", "owed a call", "machine", "unserved", "flood min", "waits held"):
        made.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        served = row.service
        cells = (
            *(f"{share:.1%}" for share in (served.prompt, served.served, served.promised, served.prompt_machine)),
            f"{served.matters - round(served.served * served.matters):,}",
            f"{row.bill.flood_minutes:,.0f}",
            "" if row.waits is None else f"{row.waits.covered:.0%} of {row.waits.told:,}",
        )
        made.add_row(row.policy, *cells)
    return made


def sentences(row: Row) -> list[str]:
    """Say in sentences how the shield told contacts apart, and how well waits were told."""
    told, named = row.telling, row.naming
    if told is None or named is None:
        return []
    said = []
    if named.surge_after is not None:
        said.append(f"Surge named after {named.surge_after:.0f} min.")
    if told.recall is not None:
        after = "never" if named.flood_after is None else f"after {named.flood_after:.0f} min"
        said.append(f"Flood named {after}; its share put at {named.flood_share:.0%}, in truth {named.true_share:.0%}.")
        precision = "nobody was suspected" if told.precision is None else f"precision {told.precision:.1%}"
        said.append(
            f"Recall {told.recall:.1%}, {precision}; {told.leak_erlangs:.1f} Erl leaked, {told.leak_peak:.1f} at worst."
        )
    said.append(
        f"Genuine: {told.demoted_genuine:.1%} placed further back, {told.asked_genuine:.1%} asked a question. "
        f"Floods named that were none: {named.false_floods}."
    )
    if row.billed is not None and row.bill.agents_cost:
        said.append(
            f"Agents' cost billed at {row.billed['agents_cost']:,.0f} euros, in truth {row.bill.agents_cost:,.0f}; "
            f"flood {row.billed['flood_minutes']:,.0f} of their minutes, in truth {row.bill.flood_minutes:,.0f}."
        )
    if row.waits is not None:
        said.append(f"Of {row.waits.told} waits told, {row.waits.covered:.0%} were within what nine in ten should be.")
    return said


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return value
