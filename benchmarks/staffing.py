"""How fast staffing answers, and whether the simulated day and the formulas agree.

    ./holdfast bench staffing [--days 30]

Baselines in the same run: a discrete-event loop without the heap (a list sorted for every contact), on one tenth of
the day; and Erlang C by plain factorials, which overflows. One JSON line last.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable

from holdfast.staffing.erlang import required, service
from holdfast.staffing.planning import Load, Target, surge
from holdfast.staffing.simulation import Calls, Group, Shift, day, play, play_skills

AGENTS, AHT, PATIENCE, CALLS = 500, 340.0, 600.0, 122_538


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=10, help="days of the comparison with the formula")
    options = parser.parse_args()
    figures = {"benchmark": "staffing", **formulas(), **simulations(), **agreement(options.days), **verdict()}
    print(json.dumps(figures))


def milliseconds(work: Callable[[], object], *, times: int = 5) -> float:
    """Processor time of the fastest of several runs: what the machine can do when nobody else uses it."""
    taken = []
    for _ in range(times):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return round(1000 * min(taken), 3)


def formulas() -> dict[str, object]:
    rate = 300 / 60
    figures = {
        "erlang_a_1800_agents_ms": milliseconds(lambda: service(rate=rate, aht=360, agents=1800, patience=720)),
        "erlang_c_1800_agents_ms": milliseconds(lambda: service(rate=rate, aht=360, agents=1819)),
        "required_1819_agents_ms": milliseconds(lambda: required(rate=rate, aht=360, service_level=0.8)),
        "required_patience_ms": milliseconds(lambda: required(rate=rate, aht=360, max_abandoned=0.05, patience=720)),
        "factorials_overflow_at_agents": _overflows(),
    }
    print(f"formulas: Erlang A at 1,800 agents {figures['erlang_a_1800_agents_ms']} ms, "
          f"required 1,819 agents {figures['required_1819_agents_ms']} ms")  # fmt: skip
    return figures


def _overflows() -> int:
    """The number of agents at which Erlang C as textbooks print it no longer works in floating point."""
    agents = 1
    while True:
        try:
            float(agents * 0.9) ** agents / math.factorial(agents)
        except OverflowError:
            return agents
        agents += 1


def simulations() -> dict[str, object]:
    usual = day(seed=1, per_interval=[CALLS / 48] * 48, interval=1800, aht=AHT, patience=PATIENCE)
    storm = day(
        seed=2, per_interval=[CALLS / 48] * 46 + [30 * CALLS / 48] * 2, interval=1800, aht=AHT, patience=PATIENCE
    )
    skills = [("cards", "loans")[number % 2] for number in range(len(usual))]
    groups = [
        Group(220, frozenset({"cards"})),
        Group(180, frozenset({"loans"})),
        Group(100, frozenset({"cards", "loans"})),
    ]
    tenth = Calls(*(column[: len(usual) // 10] for column in (usual.arrival, usual.handling, usual.patience)))
    figures = {
        "calls": len(usual),
        "day_ms": milliseconds(lambda: play(usual, [Shift(0, AGENTS)])),
        "storm_calls": len(storm),
        "storm_ms": milliseconds(lambda: play(storm, [Shift(0, AGENTS)])),
        "skills_ms": milliseconds(lambda: play_skills(usual, skill=skills, groups=groups), times=2),
        "make_up_a_day_ms": milliseconds(
            lambda: day(seed=1, per_interval=[CALLS / 48] * 48, interval=1800, aht=AHT, patience=PATIENCE)
        ),
        "baseline_sorted_list_day_ms": round(10 * milliseconds(lambda: _without_heap(tenth), times=1), 1),
    }
    print(f"simulation, plain Python: {figures['calls']:,} calls on {AGENTS} agents {figures['day_ms']} ms; "
          f"with a storm {figures['storm_calls']:,} calls {figures['storm_ms']} ms; "
          f"two skills {figures['skills_ms']} ms; "
          f"without the heap {figures['baseline_sorted_list_day_ms']:,} ms")  # fmt: skip
    return figures


def _without_heap(calls: Calls) -> None:
    free = [0.0] * AGENTS
    for arrival, handling, patience in zip(calls.arrival, calls.handling, calls.patience, strict=True):
        free.sort()
        start = max(float(arrival), free[0])
        if start - arrival <= patience:
            free[0] = start + float(handling)


def agreement(days: int) -> dict[str, object]:
    """Days of exponential handling against Erlang A: what the formula assumes, so they have to agree."""
    import numpy as np

    agents, rate, expected = 485, CALLS / 86_400, None
    expected = service(rate=rate, aht=AHT, agents=agents, within=20, patience=PATIENCE)
    shares, levels = [], []
    for seed in range(days):
        noise = np.random.default_rng(seed)
        number = noise.poisson(CALLS)
        calls = Calls(
            np.sort(noise.random(number) * 86_400), noise.exponential(AHT, number), noise.exponential(PATIENCE, number)
        )
        played = play(calls, [Shift(0, agents)])
        shares.append(played.abandoned())
        levels.append(played.service_level(within=20))
    error = statistics.stdev(shares) / math.sqrt(days) if days > 1 else math.nan
    print(f"agreement, {days} days: abandoned {statistics.mean(shares):.2%} +- {error:.2%} simulated, "
          f"{expected.abandoned:.2%} by Erlang A; within 20 s {statistics.mean(levels):.1%} and "
          f"{expected.service_level:.1%}")  # fmt: skip
    return {
        "days": days,
        "abandoned_simulated": round(statistics.mean(shares), 5),
        "abandoned_erlang_a": round(expected.abandoned, 5),
        "service_level_simulated": round(statistics.mean(levels), 4),
        "service_level_erlang_a": round(expected.service_level, 4),
    }


def verdict() -> dict[str, object]:
    found = surge(Load(per_hour=600, aht=360), times=30, hours=1, agents=72, callable_agents=40, target=Target())
    print("\n".join(found.sentences))
    return {"required_at_30x": found.required, "deflection_needed": found.deflection_needed}


if __name__ == "__main__":
    main()
