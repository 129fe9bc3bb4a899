"""What the shield says a crisis cost, beside what it really cost in the simulated world.

    ./holdfast bench bill [--scenarios flood-medium,outage-30x] [--seeds 1,2] [--scale 0.5]

The worlds are synthetic (`holdfast drill list`); the shield sees evidence only. Baseline in the same run: the same
bill from counts alone, without what is known of single contacts. One JSON line last.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from datetime import timedelta

from holdfast.drills.crisis import room, scenario, scores, table, world
from holdfast.drills.crisis.ours import Shield
from holdfast.drills.crisis.room import State
from holdfast.shield.bill import Outcome, Prices, Record, bill

BECAME = {
    State.WAITING: Outcome.WAITING,
    State.ANSWERED: Outcome.ANSWERED,
    State.LEFT: Outcome.GAVE_UP,
    State.MERGED: Outcome.JOINED,
}
USUAL = "flood-easy,flood-medium,both-medium,outage-30x,flood-hard,flood-insider"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", default=USUAL)
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--scale", type=float, default=0.5, help="size of the centre and its crowds")
    options = parser.parse_args()
    figures = {
        f"{name} {seed}": judged(name, seed=int(seed), scale=options.scale)
        for name in options.scenarios.split(",")
        for seed in options.seeds.split(",")
    }
    print(json.dumps({"benchmark": "bill", "scale": options.scale, **figures}))


def judged(name: str, *, seed: int, scale: float) -> dict[str, float | None]:
    """Play one world under the shield, and compare the bill with the truth."""
    given = scenario.scaled(scenario.load(name), by=scale)
    made = world.make(given, seed=seed)
    shield = Shield(made, table.judge_for(made), guaranteed=table.guaranteed(made))
    played = room.Room(made, shield).play()
    truth, centre = scores.bill(played), given.centre
    prices = Prices(
        agent_minute=centre.agent_minute, fee_per_contact=centre.fee_per_contact, fee_per_minute=centre.fee_per_minute
    )
    records = [
        Record(
            at=given.start + timedelta(minutes=entry.at),
            score=None if entry.decision is None else entry.decision.score,
            outcome=BECAME[entry.state],
            minutes=entry.visit.handling,
            matter=entry.visit.matter,
        )
        for entry in played.entries
    ]
    found = bill(records, shield.reports, prices=prices)
    plain = bill([replace(one, score=None) for one in records], shield.reports, prices=prices)
    really = truth.agents_cost + truth.provider_fees
    rows = {
        "total": (really, found.total.likely, plain.total.likely),
        "flood_minutes": (truth.flood_minutes, found.flood_minutes.likely, plain.flood_minutes.likely),
        "surge_minutes": (truth.outage_minutes, found.surge_minutes.likely, plain.surge_minutes.likely),
        "abandoned_genuine": (
            truth.abandoned_genuine, found.abandoned_genuine.likely, plain.abandoned_genuine.likely,
        ),
    }  # fmt: skip
    told = "  ".join(f"{key} {true:,.0f} / {ours:,.0f}" for key, (true, ours, _) in rows.items())
    print(f"{name} seed {seed}: truth / bill: {told}; total off by {found.total.likely / really - 1:+.1%}", flush=True)
    result: dict[str, float | None] = {}
    for key, (true, ours, base) in rows.items():
        result[f"{key}_true"] = round(true, 1)
        result[f"{key}_off"] = round(ours / true - 1, 4) if true else None
        result[f"{key}_off_without_scores"] = round(base / true - 1, 4) if true else None
    return result


if __name__ == "__main__":
    main()
