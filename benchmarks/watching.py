"""How soon is a slow leak seen, and how often is somebody looked at for nothing?

    ./holdfast bench watching --seed 1

The house's own functions (`guard.watching`) on simulated agents; nothing here is real. Each figure stands beside the
one that a prototype gave before the house was built (in brackets; the same assumptions, one false alarm a week for 500
agents from one sum alone). Baselines in the same run: counting all openings instead of those no case explains, one
threshold for everybody instead of one's own past, and the own team instead of others. One JSON line last.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Hashable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

Draw = np.random.Generator
DAYS = 260
NEVER = DAYS + 1
AT = datetime(2026, 3, 2, 3, tzinfo=UTC)

# Channel, events a day, spread of a day's load, and of the prototype: median days (median, 90 %) by extra events a day.
CHANNELS: tuple[tuple[str, float, float, str, dict[int, str]], ...] = (
    ("unexplained, 0.5 a day", 0.5, 0.0, "unexplained", {5: "2, 2", 2: "4, 7", 1: "9, 23"}),
    ("unexplained, 2 a day", 2.0, 0.3, "unexplained", {5: "3, 5", 2: "-", 1: "28, 78"}),
    ("values, 12 in 60 cases", 12.0, 0.15, "values", {5: "9, 15", 2: "34, 82", 1: "-"}),
    ("all openings, 60 (baseline)", 60.0, 0.15, "all", {140: "2, 2", 5: "45, 88", 2: "191, >260"}),
    ("all openings, 60, spread 30 % (baseline)", 60.0, 0.3, "all", {140: "-", 5: "98, 203", 2: "never"}),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--insiders", type=int, default=300, help="simulated for each row")
    parser.add_argument("--weeks", type=int, default=12, help="of the honest house of 500 agents, looked at each night")
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
        "honest_house": honest_house(draw, given.weeks),
    }
    seconds = round(time.perf_counter() - started)
    print(json.dumps({"benchmark": "watching", "seed": given.seed, "seconds": seconds, **results}))
    return 0


def _counts(draw: Draw, mean: float, spread: float, days: int) -> Any:
    load = draw.gamma(1 / spread**2, spread**2, days) if spread else np.ones(days)
    return draw.poisson(mean * load)


def _sums(kind: str, mean: float, spread: float) -> tuple[list[float], float, int]:
    """The excesses, shape and days between false alarms with which the house watches this."""
    from holdfast.guard.watching.contract import Kind
    from holdfast.guard.watching.cusum import BETWEEN
    from holdfast.guard.watching.over_time import MEASURES

    wanted = {"unexplained": Kind.UNEXPLAINED, "values": Kind.VALUES}.get(kind)
    if wanted is None:
        return [5.0], 1 / spread**2, BETWEEN
    measure = next(each for each in MEASURES if each.kind is wanted)
    return [max(events, share * mean) for events, share in measure.excesses], measure.shape, measure.between


def _first_alarm(events: Sequence[int], mean: float, kind: str, spread: float = 0.0) -> int | None:
    from holdfast.guard.watching.cusum import Counted, watch

    excesses, shape, between = _sums(kind, mean, spread)
    days = [Counted(int(count), mean) for count in events]
    found = [watch(days, excess=excess, shape=shape, between=between) for excess in excesses]
    return min((alarm.at + 1 for alarm in found if alarm), default=None)


def delays(draw: Draw, insiders: int) -> list[dict[str, Any]]:
    """Days until a leak of so many more a day is seen, and false alarms of the same sums."""
    _say("\nSlow leaks: days until seen (median, 90 %), records lost; [prototype]")
    rows = []
    for name, mean, spread, kind, known in CHANNELS:
        false = _false_alarms(draw, mean, spread, kind)
        for extra, before in known.items():
            found = sorted(
                _first_alarm(_counts(draw, mean, spread, DAYS) + draw.poisson(extra, DAYS), mean, kind, spread) or NEVER
                for _ in range(insiders)
            )
            middle, late = found[len(found) // 2], found[int(0.9 * len(found))]
            caught = sum(each < NEVER for each in found) / insiders
            rows.append({"channel": name, "extra": extra, "median": middle, "p90": late, "caught": round(caught, 2)})
            rows[-1] |= {"false_a_week": false, "prototype": before}
            lost = f"{middle * extra}" if middle < NEVER else "-"
            _say(f"  {name:<42} +{extra:<4} {_days(middle):>5}, {_days(late):>5}   lost {lost:>5}   [{before}]")
        _say(f"  {'':<42} false alarms a week of 500: {false}")
    return rows


def _false_alarms(draw: Draw, mean: float, spread: float, kind: str) -> float:
    """False alarms a week of 500 honest agents whose usual is known, from runs of 250 days."""
    runs = 600
    alarms = sum(_first_alarm(_counts(draw, mean, spread, 250), mean, kind, spread) is not None for _ in range(runs))
    return round(alarms / (runs * 250) * 2_500, 2)


def own_past(draw: Draw, insiders: int) -> dict[str, Any]:
    """Honest agents differ (gamma, shape 1.5, mean 0.5): one threshold, or one's own 40 days drawn to the pool."""
    from holdfast.guard.watching.baseline import Past, pool_of, usual

    rates = draw.gamma(1.5, 0.5 / 1.5, 500)
    pasts = [Past(int(draw.poisson(rate * 40)), 40) for rate in rates]
    pool = pool_of(pasts)
    known = [usual(pool, past) for past in pasts]
    honest = [draw.poisson(rate, 120) for rate in rates]
    found: dict[str, Any] = {}
    for name, means in (("one for all", [pool.mean] * 500), ("own past", known)):
        false = sum(
            _first_alarm(days, mean, "unexplained") is not None for days, mean in zip(honest, means, strict=True)
        )
        late = []
        for number in range(insiders):
            agent = number % 500
            events = draw.poisson(rates[agent] + 1, DAYS)
            late.append(_first_alarm(events, means[agent], "unexplained") or NEVER)
        found[name] = {"false_a_week": round(false / 24, 2), "median_days_at_1": int(statistics.median(late))}
    leaking = [Past(int(draw.poisson((rate + 5) * 40)), 40) for rate in rates]
    taught = [usual(pool, past) for past in leaking]
    days = [
        _first_alarm(draw.poisson(rate + 5, DAYS), mean, "unexplained") or NEVER
        for rate, mean in zip(rates, taught, strict=True)
    ]
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


def honest_house(draw: Draw, weeks: int) -> dict[str, Any]:
    """500 honest people who differ, looked at every night: new signals a week, by kind, of everything that has a past.

    Cases differ by day and person, as do openings no case explains (gamma, shape 1.5), values per case and searches.
    """
    from holdfast.guard.watching.contract import Day, Facts, Person
    from holdfast.guard.watching.over_time import PAST
    from holdfast.guard.watching.signals import signals

    people = tuple(Person(n, n // 15, n // 170, frozenset({n % 3}), AT - timedelta(days=900)) for n in range(500))
    rates = draw.gamma(1.5, 0.5 / 1.5, 500), 0.2 * np.exp(draw.normal(0, 0.08, 500)), draw.gamma(2.0, 1.0, 500)
    workdays = [day for day in (AT.date() + timedelta(days=n) for n in range(-84, 7 * weeks)) if day.weekday() < 5]
    days = []
    for day in workdays:
        load = draw.gamma(1 / 0.15**2, 0.15**2, 500)
        cases = draw.poisson(60 * load)
        drawn = draw.poisson(rates[0] * load), draw.binomial(cases, rates[1]), draw.poisson(rates[2] * load)
        days += [
            Day(n, day, int(cases[n]), 0, *(int(each[n]) for each in (drawn[1], drawn[0], drawn[2])))
            for n in range(500)
        ]
    open_now: set[tuple[int, str]] = set()
    new: dict[str, int] = {}
    cleared: dict[Any, datetime] = {}
    for night in range(7 * weeks):
        at = AT + timedelta(days=night)
        first = (at - PAST).date()
        facts = Facts(at, people, tuple(day for day in days if first <= day.day < at.date()))
        found = {(each.agent_id, str(each.kind)): each for each in signals(facts, cleared=cleared)}
        for key, signal in found.items():
            if key not in open_now:
                new[key[1]] = new.get(key[1], 0) + 1
            cleared[signal.agent_id, signal.kind] = at  # a person finds it explained the next day
        open_now = set(found)
    a_week = round(sum(new.values()) / weeks, 2)
    result = {"false_a_week": a_week, "weeks": weeks, "by_kind": new}
    _say(f"\nHonest house of 500, {weeks} weeks: {a_week} a week, {new}  [aim: at most 1]")
    return result


def _days(value: int) -> str:
    return str(value) if value < NEVER else f">{DAYS}"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
