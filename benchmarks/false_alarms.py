"""How often is somebody looked at for nothing? 500 honest people who differ, and every signal there is.

    ./holdfast bench false_alarms --seeds 1 2 3 --weeks 24

Everything is simulated; the signals are the house's own functions, looked at every night. A person finds each signal
explained the next day. What honest people do is in `Honest`: rates are assumed, not measured, and each is one line to
change. Beside each kind stands its share of the one false alarm a week (`guard/watching/shares.py`). Looks begin four
weeks before anything is counted, as in a house that has been open. One JSON line last.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

if TYPE_CHECKING:
    from holdfast.guard.watching.contract import Signal

Draw = np.random.Generator
PEOPLE, PER_TEAM, QUEUES, VENDORS = 500, 15, 3, 3
AT = datetime(2026, 3, 2, 3, tzinfo=UTC)
PAST, WARM_UP = 84, 28
CUSTOMERS = 1_000_000


@dataclass(frozen=True)
class Honest:
    """What honest people do, a day and person unless something else is said. People differ: gamma of `shape`."""

    cases: float = 60
    load: float = 0.15  # spread of a day's load
    values_a_case: float = 0.2  # people differ by 8 %, their days by 10 % beyond chance
    unexplained: float = 0.5  # shape 1.5; three in five of them picked by hand, one in five never held
    searches: float = 2.0  # shape 2
    outside: float = 0.7  # shape 3
    given: float = 0.3  # shape 1.5
    overtime: float = 0.04  # days on which somebody goes on after their shift, with three customers; shape 1
    refused: float = 0.05  # clusters of refusals, of two on average; shape 1
    stuck_page: float = 1 / 2_000  # a page that asks again by itself, six times on average
    worklist: float = 1 / 40  # a list to work through: five customers on average, 40 seconds apart
    mark_lost: float = 0.002  # shape 0.5
    extension: float = 1 / 50_000  # a browser that hides every mark until somebody says so: one in 20 weeks of 500
    approvals: float = 2.0  # of a lead; four in five within the own team, where some are asked for far more often
    made_up_opened: float = 0.01  # of made-up cases, two a week; people differ by half
    made_up_asked: float = 1 / 125_000  # asks for a made-up customer by mistake: once in 50 weeks of 500
    wrong_number: float = 1 / 250_000  # a guessed address, a wrong number
    reports: float = 40  # customers a week who report something, by no fault of anybody's
    leave: float = 3.5  # people a week who leave, for whom somebody new comes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--weeks", type=int, default=24)
    given = parser.parse_args()
    started = time.perf_counter()
    from holdfast.guard.watching.shares import SHARES

    every: Counter[str] = Counter()
    by_seed: dict[int, float] = {}
    for seed in given.seeds:
        found = House(seed, given.weeks).play()
        every += found
        by_seed[seed] = round(sum(found.values()) / given.weeks, 2)
        _say(f"seed {seed}: {by_seed[seed]} a week, {dict(found)}")
    weeks = given.weeks * len(given.seeds)
    low, high = interval(sum(every.values()))
    total = {"a_week": sum(every.values()) / weeks, "low": low / weeks, "high": high / weeks}
    _say(f"\n{weeks} weeks of {PEOPLE} honest people: signal, share, a week (95 % interval)")
    for kind, share in SHARES.items():
        ends = interval(every[str(kind)])
        _say(
            f"  {kind:<12} {share:.2f}  {every[str(kind)] / weeks:.2f} ({ends[0] / weeks:.2f} to {ends[1] / weeks:.2f})"
        )
    _say(f"  {'together':<12} 1.00  {total['a_week']:.2f} ({total['low']:.2f} to {total['high']:.2f})")
    result = {"benchmark": "false_alarms", "seeds": given.seeds, "weeks": weeks, "people": PEOPLE, "by_seed": by_seed}
    result |= {"by_kind": every, "seconds": round(time.perf_counter() - started)}
    print(json.dumps(result | {name: round(value, 2) for name, value in total.items()}))
    return 0


def interval(count: int) -> tuple[float, float]:
    """The exact 95 % interval of a Poisson count (Garwood 1936)."""
    from scipy.stats import chi2

    return (chi2.ppf(0.025, 2 * count) / 2 if count else 0.0), chi2.ppf(0.975, 2 * count + 2) / 2


@dataclass
class House:
    """500 people, their days, and what was noticed."""

    seed: int
    weeks: int
    honest: Honest = field(default_factory=Honest)

    def play(self) -> Counter[str]:
        """Return how many signals there were, by kind."""
        from holdfast.guard.watching.signals import signals

        self._draw = np.random.default_rng(self.seed)
        self._hire()
        self._broken: set[int] = set()
        rows = _Rows()
        found: Counter[str] = Counter()
        open_now: set[tuple[int, str]] = set()
        cleared: dict[Any, datetime] = {}
        for number in range(-PAST, 7 * self.weeks):
            at = AT + timedelta(days=number)
            if at.weekday() < 5:
                self._day(at, rows)
            if number % 7 == 0:
                self._change(at)
            if number < -WARM_UP or at.weekday() > 4:
                continue  # on a night after nothing was done, a look finds nothing new
            night = at + timedelta(hours=21)
            rows.forget(night)
            noticed: list[Signal] = [
                *signals(rows.facts(night, tuple(self._people)), cleared=cleared),
                *self._trips(night, rows, cleared),
                *(self._reported(night, rows) if number % 7 == 0 else ()),
            ]
            keys = {(each.agent_id, str(each.kind)) for each in noticed}
            if number >= 0:
                found.update(kind for _, kind in keys - open_now)
            self._broken -= {agent for agent, kind in keys if kind == "marks"}
            cleared |= {(each.agent_id, each.kind): night for each in noticed}
            open_now = keys
        return found

    # --- People ---

    def _hire(self) -> None:
        self._next = 0
        self._people: list[Any] = []
        self._rates: dict[int, dict[str, float]] = {}
        for place in range(PEOPLE):
            self._people.append(self._person(place, AT - timedelta(days=900)))

    def _person(self, place: int, since: datetime) -> Any:
        from holdfast.guard.watching.contract import Person

        draw, honest, agent = self._draw, self.honest, self._next
        self._next += 1
        self._rates[agent] = {
            "values": honest.values_a_case * math.exp(draw.normal(0, 0.08)),
            "unexplained": draw.gamma(1.5, honest.unexplained / 1.5),
            "searches": draw.gamma(2, honest.searches / 2),
            "outside": draw.gamma(3, honest.outside / 3),
            "given": draw.gamma(1.5, honest.given / 1.5),
            "overtime": draw.gamma(1, honest.overtime),
            "refused": draw.gamma(1, honest.refused),
            "mark_lost": draw.gamma(0.5, honest.mark_lost / 0.5),
            "made_up": honest.made_up_opened * math.exp(draw.normal(-0.125, 0.5)),
            "asked": draw.gamma(2, 0.5),
        }
        team = place // PER_TEAM
        return Person(agent, team, team % VENDORS, frozenset({team % QUEUES}), since)

    def _change(self, at: datetime) -> None:
        for place in self._draw.choice(PEOPLE, self._draw.poisson(self.honest.leave), replace=False).tolist():
            self._people[place] = self._person(place, at)

    # --- A day ---

    def _day(self, at: datetime, rows: _Rows) -> None:
        from holdfast.guard.watching.contract import Came, Day

        draw, honest = self._draw, self.honest
        for person in self._people:
            agent, own = person.agent_id, self._rates[person.agent_id]
            load = draw.gamma(1 / honest.load**2, honest.load**2)
            cases = int(draw.poisson(honest.cases * load))
            values = int(draw.binomial(cases, min(0.9, own["values"] * draw.gamma(100, 0.01))))
            odd = int(draw.poisson(own["unexplained"] * load))
            picked, never = draw.multinomial(odd, (0.6, 0.2, 0.2))[:2].tolist()
            given = int(draw.poisson(own["given"] * load))
            late = 1 + int(draw.poisson(2)) if draw.random() < own["overtime"] else 0
            came = ((Came.ROUTED, values), (Came.PICKED, picked), (Came.GIVEN, given), (Came.NOT_HELD, never))
            rows.days.append(
                Day(
                    agent, at.date(), cases, values + odd, values, odd, int(draw.poisson(own["searches"] * load)),
                    outside=int(draw.poisson(own["outside"] * load)), off_shift=late,
                    came=tuple((1, way, count) for way, count in came if count),
                )
            )  # fmt: skip
            self._openings(agent, at, values + odd, rows)
            self._refusals(agent, at, rows)
            self._marks(agent, at, values, rows)
            if at.weekday() in (agent % 5, (agent + 2) % 5):
                rows.trials.append((agent, at, bool(draw.random() < own["made_up"])))
            if draw.random() < honest.made_up_asked:
                rows.asked.append((agent, at))
            if draw.random() < honest.wrong_number:
                rows.wrong.append((agent, at))
        self._approvals(at, rows)

    def _openings(self, agent: int, at: datetime, count: int, rows: _Rows) -> None:
        draw = self._draw
        seconds = np.sort(draw.random(count) * 8 * 3600).tolist()
        if draw.random() < self.honest.worklist:
            gaps = np.exp(draw.normal(math.log(40), 0.6, int(draw.geometric(1 / 5))))
            seconds = sorted([*seconds, *(3600 + np.cumsum(gaps)).tolist()])
        begins = at + timedelta(hours=5)
        from holdfast.guard.watching.contract import Opening

        nobody = UUID(int=0)
        rows.openings += [
            Opening(nobody, begins + timedelta(seconds=each), agent, UUID(int=place + 1), nobody, "iban")
            for place, each in enumerate(seconds)
        ]
        rows.seen[agent].append((at.date(), draw.integers(0, CUSTOMERS, count).tolist()))

    def _refusals(self, agent: int, at: datetime, rows: _Rows) -> None:
        draw = self._draw
        sizes = [int(draw.geometric(1 / 2)) for _ in range(draw.poisson(self._rates[agent]["refused"]))]
        if draw.random() < self.honest.stuck_page:
            sizes.append(int(draw.geometric(1 / 6)))
        for size in sizes:
            begins = at + timedelta(hours=5 + 8 * draw.random())
            rows.refusals += [(begins + timedelta(minutes=2 * place), agent) for place in range(size)]

    def _marks(self, agent: int, at: datetime, values: int, rows: _Rows) -> None:
        if self._draw.random() < self.honest.extension:
            self._broken.add(agent)
        lost = values if agent in self._broken else int(self._draw.poisson(self._rates[agent]["mark_lost"]))
        rows.unmarked += [(at + timedelta(hours=9), agent)] * lost

    def _approvals(self, at: datetime, rows: _Rows) -> None:
        draw = self._draw
        for first in range(0, PEOPLE, PER_TEAM):
            lead, *team = self._people[first : first + PER_TEAM]
            weights = np.array([self._rates[each.agent_id]["asked"] for each in team])
            for _ in range(draw.poisson(self.honest.approvals)):
                near = draw.random() < 0.8
                who = team[draw.choice(len(team), p=weights / weights.sum())] if near else draw.choice(self._people)
                rows.approvals.append((at + timedelta(hours=9), lead.agent_id, who.agent_id))

    # --- What is noticed beside ---

    def _trips(self, night: datetime, rows: _Rows, cleared: dict[Any, datetime]) -> Iterator[Signal]:
        from holdfast.guard.watching import trips

        return trips.signals(
            at=night,
            trials=[trips.Trial(agent, at, opened) for agent, at, opened in rows.trials],
            touched=[trips.Touched(agent, at, UUID(int=1)) for agent, at in rows.asked],
            written_to=[trips.WrittenTo(agent, at) for agent, at in rows.wrong],
            cleared=cleared,
        )

    def _reported(self, night: datetime, rows: _Rows) -> Iterator[Signal]:
        from holdfast.guard.watching import common_point

        rows.reported += [(night, int(each)) for each in self._draw.integers(0, CUSTOMERS, int(self.honest.reports))]
        seen = {agent: {one for _, own in days for one in own} for agent, days in rows.seen.items()}
        return common_point.signals(seen, {each for _, each in rows.reported}, customers=CUSTOMERS, at=night)


class _Rows:
    """What a look reads, in the order of time."""

    def __init__(self) -> None:
        self.days: list[Any] = []
        self.openings: list[Any] = []
        self.refusals: list[tuple[datetime, int]] = []
        self.unmarked: list[tuple[datetime, int]] = []
        self.approvals: list[tuple[datetime, int, int]] = []
        self.trials: list[tuple[int, datetime, bool]] = []
        self.asked: list[tuple[int, datetime]] = []
        self.wrong: list[tuple[int, datetime]] = []
        self.reported: list[tuple[datetime, int]] = []
        self.seen: dict[int, list[tuple[date, list[int]]]] = defaultdict(list)

    def forget(self, at: datetime) -> None:
        """Leave out what no look reads any more."""
        old, recent, week = at - timedelta(days=PAST), at - timedelta(days=28), at - timedelta(days=7)
        self.days = [each for each in self.days if each.day > old.date()]
        self.openings = [each for each in self.openings if each.at > week]
        self.refusals = [each for each in self.refusals if each[0] > recent]
        self.unmarked = [each for each in self.unmarked if each[0] > recent]
        self.approvals = [each for each in self.approvals if each[0] > recent]
        self.trials = [each for each in self.trials if each[1] > old]
        self.asked = [each for each in self.asked if each[1] > recent]
        self.reported = [each for each in self.reported if each[0] > old]
        for agent, days in self.seen.items():
            self.seen[agent] = [each for each in days if each[0] > old.date()]

    def facts(self, at: datetime, people: tuple[Any, ...]) -> Any:
        """Return what the signals are made of; everybody's shifts are known."""
        from holdfast.guard.watching.contract import Approval, Facts, Refusal, Unmarked

        nobody = UUID(int=0)
        return Facts(
            at=at,
            people=people,
            days=tuple(self.days),
            openings=tuple(self.openings),
            refusals=tuple(Refusal(when, agent, None, "no_grant") for when, agent in self.refusals),
            unmarked=tuple(Unmarked(when, agent, nobody) for when, agent in self.unmarked),
            approvals=tuple(Approval(*each) for each in self.approvals),
            rostered=frozenset(each.agent_id for each in people),
        )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
