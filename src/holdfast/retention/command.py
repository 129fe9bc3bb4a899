"""`holdfast vault retention`: what would go, the day's run at once, and the plan as it stands. For operators."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

from holdfast.kit.clock import now
from holdfast.retention import looking, plan, runs, working
from holdfast.retention.models import Look


def main(arguments: Sequence[str]) -> int:
    """Run `holdfast vault retention ARGUMENTS`. Exit code 0 when it was done, 1 when nothing may run out now."""
    parser = argparse.ArgumentParser(
        prog="holdfast vault retention", description="What is kept no longer, by the plan under Settings, Retention."
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--dry-run", action="store_true", help="count what would go now and what is held; change nothing")
    what.add_argument(
        "--run", action="store_true", help="do the day's run to its end; as the worker, so it may be both"
    )
    what.add_argument("--off", action="store_true", help="turn it off, when nobody can reach the page")
    chosen = parser.parse_args(arguments)
    if chosen.dry_run:
        return _dry_run()
    return _run() if chosen.run else _off()


def _dry_run() -> int:
    stands = plan.in_force()
    look = Look.objects.get(pk=looking.look(days=stands.days, by=None))
    for line in looking.figures(look):
        held = f", {line.held:,} held" if line.held else ""
        why = f" ({'; '.join(f'{count:,} {words}' for words, count in line.because)})" if line.because else ""
        _say(f"{line.title}, {line.days:,} days: {line.goes:,} would go{held}{why}.")
    _say(working.why_waiting(stands, now()) or "The plan is in force.")
    return 0


def _run() -> int:
    went, batches = Counter[str](), 0
    while True:
        worked = working.work(seconds=10.0)
        went, batches = went + worked.went, batches + worked.batches
        if worked.idle and not batches:
            sys.stderr.write(f"{worked.idle}\n")
            return 1
        if not worked.more:
            break
        _say(_told(went))
    _say(f"Done. {_told(went)}")
    return 0


def _off() -> int:
    try:
        plan.turn_off(by=None)
    except plan.Refused as refused:
        sys.stderr.write(f"{refused.sentence}\n")
        return 1
    _say("Off. Nothing runs out until somebody turns it on again.")
    return 0


def _told(went: Counter[str]) -> str:
    return ", ".join(f"{went[kind]:,} {kind}" for kind in runs.KINDS if went[kind]) or "Nothing was over."


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
