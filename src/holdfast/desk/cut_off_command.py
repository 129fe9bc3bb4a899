"""`./holdfast guard cut-off …`: the same from the terminal, when nobody can reach the page; the operator as the second.

Whoever has the machine has the database, so the operator is no first person here but may be the second of two.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from holdfast.desk import cutting_off
from holdfast.desk.cutting_off import SURGE, DryRun, Kind, Refused, Target, What
from holdfast.desk.models import Queue
from holdfast.guard.cutoff import queries
from holdfast.people.cut_off_targets import groups, people_named


def main(arguments: Sequence[str]) -> int:
    """Run one verb and return the exit code: 0 done, 1 refused, 2 only looked."""
    chosen = _parser().parse_args(arguments)
    try:
        code: int = chosen.run(chosen)
    except Refused as refused:
        sys.stderr.write(f"{refused.sentence}\n")
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="holdfast guard cut-off", description="End all access of an employer, a site, a team or a person at once."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="who is cut off, and who was").set_defaults(run=_list)
    agree = verbs.add_parser("agree", help="agree, as the second person, to what somebody asked for on the page")
    agree.add_argument("number", type=int)
    agree.add_argument("--what", choices=What.values, default=What.UNDO.value)
    agree.set_defaults(run=_agree)
    now = verbs.add_parser("now", help="cut off; without --yes only say what it would mean")
    now.add_argument("scope", choices=["vendor", "site", "team", "agent"])
    now.add_argument("name", help="as the page calls it; of a person the mail address")
    now.add_argument("--why", default="", help="for the record")
    now.add_argument("--masked", action="store_true", help="they may still sign in and read what is masked")
    now.add_argument("--pool", default=SURGE, metavar="SLUG", help="the queue that takes the cases; own: their lines")
    now.add_argument("--yes", action="store_true", help="do it")
    now.set_defaults(run=_now)
    return parser


def _list(_: argparse.Namespace) -> int:
    for cut in queries.cut_offs():
        state = "in force" if cut.in_force else f"ended {cut.ended_at:%Y-%m-%d %H:%M}"
        _say(
            f"{cut.number}  {cut.scope} {cut.label}  {cut.kind}  {cut.people} people  {cut.at:%Y-%m-%d %H:%M}  {state}"
        )
    return 0


def _agree(chosen: argparse.Namespace) -> int:
    cutting_off.agree(number=chosen.number, what=What(chosen.what), by=None)
    _say(f"Done: {What(chosen.what).label.lower()}, cut-off {chosen.number}.")
    return 0


def _now(chosen: argparse.Namespace) -> int:
    target = _target(chosen.scope, chosen.name)
    if not chosen.yes:
        _tell(cutting_off.dry_run(target))
        return 2
    begun = cutting_off.cut_off(
        target=target,
        why=chosen.why,
        by=None,
        kind=Kind.MASKED if chosen.masked else Kind.OUT,
        pool=None if chosen.pool == "own" else SURGE if chosen.pool == SURGE else _queue(chosen.pool),
    )
    moved = cutting_off.settle(number=begun.number)
    _say(
        f"Cut-off {begun.number}: {begun.people} people, {begun.sessions} sessions, {begun.grants} grants and"
        f" {begun.tokens} tokens ended; {moved} cases went on."
    )
    return 0


def _tell(found: DryRun) -> None:
    meant = found.meant
    _say(f"{meant.label}: {len(meant.agent_ids)} people, {meant.sessions} sessions, {meant.grants} open grants.")
    _say(f"{found.held.cases} cases in hand, {found.held.waiting} waiting; {found.staying} people would be left.")
    for line in found.stranded:
        _say(f"Nobody would be left in {line.name}, where {line.waiting} wait.")
    for name in meant.tokens:
        _say(f"The API token {name} would end for good.")
    _say("Nothing was done. Add --yes and --why to do it.")


def _target(scope: str, name: str) -> Target:
    if scope == "agent":
        found = [each.target for each in people_named(name, limit=2)]
    else:
        found = [each.target for each in groups() if each.target.scope == scope and each.name == name]
    if len(found) != 1:
        many = "more than one" if found else "no"
        raise Refused(f"There is {many} {scope} of that name. The page /security/cut-off/ lists them all.")
    return found[0]


def _queue(slug: str) -> int:
    pk = Queue.objects.filter(slug=slug).values_list("id", flat=True).first()
    if pk is None:
        raise Refused(f"There is no queue {slug!r}. Leave --pool out for the surge pool, or say own.")
    return pk


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
