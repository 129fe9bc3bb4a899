"""How soon is a slow leak seen?

    ./holdfast bench watching --seed 1

The house's own functions (`guard.watching`) on simulated agents, with the thresholds that follow from sharing out one
false alarm a week among all signals (`false_alarms` measures those); nothing here is real. Each figure stands beside
the one that a prototype gave before the house was built (in brackets; the same assumptions, one false alarm a week for
500 agents from one sum alone). Baselines in the same run: counting all openings instead of those no case explains, one
threshold for everybody instead of one's own past, and the own team instead of others. One JSON line last.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

Draw = np.random.Generator
DAYS = 260
NEVER = DAYS + 1
AT = datetime(2026, 3, 2, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Channel:
    """What is counted, events a day, spread of a day's load, and of the prototype by extra events a day: median, 90 %.

    `cases`: events come of so many cases, whose number is known; their days differ by `spread`, too.
    """

    name: str
    kind: str
    mean: float
    spread: float
    known: dict[int, str]
    cases: int = 0


CHANNELS = (
    Channel("unexplained, 0.5 a day", "unexplained", 0.5, 0.0, {5: "2, 2", 2: "4, 7", 1: "9, 23"}),
    Channel("unexplained, 2 a day, spread 30 %", "unexplained", 2.0, 0.3, {5: "3, 5", 2: "-", 1: "28, 78"}),
    Channel("values, 12 in 60 cases", "values", 12.0, 0.15, {5: "9, 15", 2: "34, 82", 1: "-"}, cases=60),
    Channel("unusual customers, 0.7 in 60 cases", "outside", 0.7, 0.15, {5: "-", 2: "-", 1: "-"}, cases=60),
    Channel("searches, 2 a day", "searches", 2.0, 0.15, {10: "-", 5: "-", 2: "-"}),
    Channel("all openings, 60 (baseline)", "all", 60.0, 0.15, {140: "2, 2", 5: "45, 88", 2: "191, >260"}),
    Channel("all openings, 60, spread 30 % (baseline)", "all", 60.0, 0.3, {140: "-", 5: "98, 203", 2: "never"}),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--insiders", type=int, default=300, help="simulated for each row")
    given = parser.parse_args()
    started = time.perf_counter()
    draw = np.random.default_rng(given.seed)
    _say(f"seed {given.seed}; all agents and customers are simulated")
    results = {
        "delays": delays(draw, given.insiders),
        "own_past": own_past(draw, given.insiders),
        "colluding": colluding(draw),
        "made_up_cases": made_up_cases(draw),
        "common_point": common_point(draw),
    }
    seconds = round(time.perf_counter() - started)
    print(json.dumps({"benchmark": "watching", "seed": given.seed, "seconds": seconds, **results}))
    return 0


def _days(draw: Draw, channel: Channel, extra: float, days: int) -> list[Any]:
    """What is counted in so many days, and what the house expects of each."""
    from holdfast.guard.watching.cusum import Counted

    load = draw.gamma(1 / channel.spread**2, channel.spread**2, days) if channel.spread else np.ones(days)
    leaked = draw.poisson(extra, days)
    if not channel.cases:
        return [Counted(int(each), channel.mean) for each in draw.poisson(channel.mean * load) + leaked]
    a_case = channel.mean / channel.cases
    cases = draw.poisson(channel.cases * load)
    counts = draw.poisson(cases * a_case) + leaked
    return [Counted(int(count), max(0.05, int(many) * a_case)) for count, many in zip(counts, cases, strict=True)]


def _first_alarm(days: Sequence[Any], channel: Channel) -> int | None:
    """The day of the first alarm, with the excesses, shape and share with which the house watches this."""
    from holdfast.guard.watching.contract import Kind
    from holdfast.guard.watching.cusum import watch
    from holdfast.guard.watching.over_time import MEASURES
    from holdfast.guard.watching.shares import days_between

    measure = next((each for each in MEASURES if each.kind == channel.kind), None)
    if measure is None:
        between = days_between(Kind.UNEXPLAINED)
        found = [watch(days, excess=(5.0, 0.0), shape=1 / channel.spread**2, between=between)]
    else:
        between = measure.looks * days_between(measure.kind)
        found = [watch(days, excess=each, shape=measure.shape, between=between) for each in measure.excesses]
    return min((alarm.at + 1 for alarm in found if alarm), default=None)


def delays(draw: Draw, insiders: int) -> list[dict[str, Any]]:
    """Days until a leak of so many more a day is seen, and false alarms of the same sums."""
    _say("\nSlow leaks: days until seen (median, 90 %), records lost; [prototype]")
    rows = []
    for channel in CHANNELS:
        false = _false_alarms(draw, channel)
        for extra, before in channel.known.items():
            found = sorted(_first_alarm(_days(draw, channel, extra, DAYS), channel) or NEVER for _ in range(insiders))
            middle, late = found[len(found) // 2], found[int(0.9 * len(found))]
            caught = round(sum(each < NEVER for each in found) / insiders, 2)
            rows.append({"channel": channel.name, "extra": extra, "median": middle, "p90": late, "caught": caught})
            rows[-1] |= {"false_a_week": false, "prototype": before}
            lost = f"{middle * extra}" if middle < NEVER else "-"
            _say(
                f"  {channel.name:<42} +{extra:<4} {_named(middle):>5}, {_named(late):>5}   lost {lost:>5}   [{before}]"
            )
        _say(f"  {'':<42} false alarms a week of 500: {false}")
    return rows


def _false_alarms(draw: Draw, channel: Channel) -> float:
    """False alarms a week of 500 honest agents whose usual is known, from runs of 250 days."""
    runs = 600
    alarms = sum(_first_alarm(_days(draw, channel, 0, 250), channel) is not None for _ in range(runs))
    return round(alarms / (runs * 250) * 2_500, 2)


def own_past(draw: Draw, insiders: int) -> dict[str, Any]:
    """Honest agents differ (gamma, shape 1.5, mean 0.5): one threshold, or one's own 40 days drawn to the pool."""
    from holdfast.guard.watching.baseline import Past, pool_of, usual
    from holdfast.guard.watching.cusum import Counted

    channel = CHANNELS[0]

    def alarm(events: Sequence[int], mean: float) -> int | None:
        return _first_alarm([Counted(int(each), mean) for each in events], channel)

    rates = draw.gamma(1.5, 0.5 / 1.5, 500)
    pasts = [Past(int(draw.poisson(rate * 40)), 40) for rate in rates]
    pool = pool_of(pasts)
    assert pool is not None
    known = [usual(pool, past) or 0.0 for past in pasts]
    honest = [draw.poisson(rate, 120) for rate in rates]
    found: dict[str, Any] = {}
    for name, means in (("one for all", [pool.mean] * 500), ("own past", known)):
        false = sum(alarm(days, mean) is not None for days, mean in zip(honest, means, strict=True))
        late = [
            alarm(draw.poisson(rates[number % 500] + 1, DAYS), means[number % 500]) or NEVER
            for number in range(insiders)
        ]
        found[name] = {"false_a_week": round(false / 24, 2), "median_days_at_1": int(statistics.median(late))}
    leaking = [Past(int(draw.poisson((rate + 5) * 40)), 40) for rate in rates]
    taught = [usual(pool, past) or 0.0 for past in leaking]
    days = [alarm(draw.poisson(rate + 5, DAYS), mean) or NEVER for rate, mean in zip(rates, taught, strict=True)]
    found["leaked through their whole past"] = {"median_days_at_5": int(statistics.median(days))}
    _say(f"\nOwn past: {found}  [prototype at +1 a day: one for all 255 days, own past 9]")
    return found


def colluding(draw: Draw, rounds: int = 25) -> list[dict[str, Any]]:
    """20 teams of 15, five more values a day in part of one team, over 20 days: colleagues elsewhere, and own team."""
    from holdfast.guard.watching import peers
    from holdfast.guard.watching.contract import Day, Facts, Person

    _say("\nColluding in one team of 15: recall, people looked at for nothing; [prototype]; own team as baseline")
    people = tuple(Person(n, n // 15, n // 100, frozenset({1}), AT) for n in range(300))
    before = {1: ".72, .3", 3: ".68, .3", 6: ".67, .3", 8: ".65, .3", 15: ".60, .3"}
    rows = []
    for many, prototype in before.items():
        hits = false = own_hits = own_false = 0
        for _ in range(rounds):
            means = 12 * np.exp(draw.normal(0, 0.08, 300)) + np.where(np.arange(300) < many, 5, 0)
            days = tuple(
                Day(n, (AT - timedelta(days=2)).date(), 1_200, 0, int(draw.poisson(means[n] * 20)), 0)
                for n in range(300)
            )
            found = {each.agent_id for each in peers.signals(Facts(AT, people, days), cleared={})}
            hits, false = hits + sum(n < many for n in found), false + sum(n >= many for n in found)
            ratios = [day.values / day.cases for day in days]
            near = {n for n in range(300) if _far_in_team(n, ratios) > peers.TOO_FAR}
            own_hits, own_false = own_hits + sum(n < many for n in near), own_false + sum(n >= many for n in near)
        row = {"colluders": many, "recall": round(hits / rounds / many, 2), "false": round(false / rounds, 2)}
        row |= {"own_team_recall": round(own_hits / rounds / many, 2), "own_team_false": round(own_false / rounds, 2)}
        rows.append({**row, "prototype": prototype})
        _say(
            f"  {many:>2}: {row['recall']:.2f}, {row['false']:.2f}  [{prototype}]"
            f"  own team {row['own_team_recall']:.2f}, {row['own_team_false']:.2f}"
        )
    return rows


def _far_in_team(agent: int, ratios: Sequence[float]) -> float:
    from holdfast.guard.watching import peers

    team = agent // 15
    others = [ratios[n] for n in range(15 * team, 15 * team + 15) if n != agent]
    return peers.how_far(ratios[agent], others) or 0.0


def made_up_cases(draw: Draw) -> dict[str, Any]:
    """Made-up cases until somebody who opens so many of them is seen; and weeks of 500 honest people at two each."""
    from holdfast.guard.watching.trips import ENOUGH, HONEST, highest

    found: dict[str, Any] = {}
    for share in (0.8, 0.3, 0.1):
        needed = []
        for _ in range(400):
            opened = list(draw.random(400) < share)
            needed.append(next((n for n in range(1, 401) if highest(opened[:n]) >= ENOUGH), 401))
        found[f"opens {share:.0%}"] = {"median_cases": int(statistics.median(needed)), "p90": sorted(needed)[360]}
    weeks, people = 12, 2_000
    false = sum(highest(list(draw.random(2 * weeks) < HONEST)) >= ENOUGH for _ in range(people))
    found["false_a_week"] = round(false / weeks * 500 / people, 2)
    _say(f"\nMade-up cases: {found}  [prototype: 2 to 2.5 cases at 80 %, 8 to 10 at 30 %, 43 to 54 at 10 %]")
    return found


def common_point(draw: Draw, rounds: int = 12) -> list[dict[str, Any]]:
    """500 people who saw 3,600 of 1,000,000 customers each; 0.2 % report without a leak; the bound is 1 % over all."""
    from holdfast.guard.watching.common_point import points

    _say("\nCommon point: reports more than by chance, share found, others named; [prototype]")
    seen: dict[int, frozenset[Hashable]] = {
        agent: frozenset(draw.choice(1_000_000, 3_600, replace=False).tolist()) for agent in range(500)
    }
    before = {0: "-", 9: "-", 18: ".83", 25: "-", 50: "1.00"}
    rows = []
    for excess, prototype in before.items():
        hit = wrong = 0
        for number in range(rounds):
            culprit = number
            reported: set[Hashable] = set(draw.integers(0, 1_000_000, int(draw.poisson(2_000))).tolist())
            reported |= set(draw.choice(np.array(list(seen[culprit])), excess, replace=False).tolist())
            named = {point.agent_id for point in points(seen, reported, customers=1_000_000)}
            hit, wrong = hit + (culprit in named and excess > 0), wrong + len(named - ({culprit} if excess else set()))
        rows.append({"excess": excess, "found": round(hit / rounds, 2), "others_named": wrong, "prototype": prototype})
        _say(f"  +{excess:<3} found {hit / rounds:.2f}, others named in {rounds} rounds: {wrong}  [{prototype}]")
    return rows


def _named(value: int) -> str:
    return str(value) if value < NEVER else f">{DAYS}"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
