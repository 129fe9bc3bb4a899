"""How often does a letter lead to who sells what their own cases show them, and how soon?

    ./holdfast bench letters --seeds 20

The days of the insiders' replay (`guard/taskus-2025`, `own_cases`, a tenth of the size), without a house: which
addresses of made-up customers the ring opens and takes pictures of, and on which of them somebody outside writes before
the demand for money. Beside each other: only cases in which nothing has to be opened (the baseline), and with those
about an address. Nobody is cut off before, budgets are not played, and everything is made up. One JSON line last.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.drills.insiders.world import Way, World

SCALE = 0.1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    given = parser.parse_args()
    started = time.perf_counter()
    from holdfast.drills.insiders import scenario
    from holdfast.drills.insiders.world import MADE_UP, Way, World

    house = scenario.scaled(scenario.load("guard/taskus-2025"), by=SCALE)
    without, with_them = defaultdict[int, list[int | None]](list), defaultdict[int, list[int | None]](list)
    for seed in range(given.seeds):
        world = World(house, "own_cases", seed=seed)
        for found, kinds in ((without, {Way.HONEY}), (with_them, MADE_UP)):
            first = dict(letters(world, kinds))
            for worker, begun in world.ring.items():
                found[begun].append(first[worker] - begun if worker in first else None)
    print(f"seeds 0 to {given.seeds - 1}; who began on day: had a letter, after days (median); nothing to open | also")
    rows = []
    for begun in sorted(without):
        row = {"begun": begun, "without": _told(without[begun]), "with": _told(with_them[begun])}
        print(f"  {begun:>3}  {row['without']}  |  {row['with']}")
        rows.append(row)
    seconds = round(time.perf_counter() - started)
    print(json.dumps({"benchmark": "letters", "seeds": given.seeds, "rows": rows, "seconds": seconds}))
    return 0


def letters(world: World, kinds: Collection[Way]) -> Iterator[tuple[int, int]]:
    """Yield each of the ring who has one, with the day of the first letter to an address that only they saw."""
    first: dict[int, int] = {}
    days = range(world.scenario.ransom.day)
    for number in (each for each in world.working() if each in days):
        for look in world.day(number).looks:
            if look.way in kinds and world.ring.get(look.worker, number + 1) <= number:
                record = f"{look.at} {look.worker}"
                used = (each for each in days[number + 1 :] if world.used(each, record, number))
                day = min(used, default=None)
                if day is not None:
                    first[look.worker] = min(first.get(look.worker, day), day)
    yield from first.items()


def _told(days: list[int | None]) -> str:
    had = [each for each in days if each is not None]
    return f"{len(had)} of {len(days)}" + (f", {statistics.median(had):g}" if had else "")


if __name__ == "__main__":
    raise SystemExit(main())
