"""Cutting off with the cases in view: a dry run, the cut, what becomes of the customers, and taking it back.

`dry_run` changes nothing. `cut_off` ends all access before it returns; the cases follow within seconds (`settle`, a job
of the worker), for access must not wait for them. In `people.cutting_off` is what ends, in `guard.cutoff` what stands.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from procrastinate.contrib.django import app

from holdfast.conversations.held import Held, InHand, give_up_all, held_by, in_hand
from holdfast.conversations.line import lengths
from holdfast.desk import routing
from holdfast.desk.models import Queue
from holdfast.guard.cutoff import cutting, evidence, queries
from holdfast.guard.grants import close_grants_of
from holdfast.notify.held import waiting_to_be_sent
from holdfast.people import cutting_off
from holdfast.people.cut_off_targets import Target, people_of
from holdfast.people.cutting_off import Begun, Kind, Meant, Refused, Scope, What
from holdfast.people.queries import workforce

__all__ = ["Begun", "DryRun", "Kind", "Refused", "Scope", "Target", "What", "agree", "cut_off", "dry_run", "settle"]

SURGE = "surge-pool"
"""Slug of the queue that takes cases over, and as `pool` the wish for it: it is made when there is none."""

_SHOWN = 20  # cases in a dry run; their number is told besides


@dataclass(frozen=True, slots=True)
class Line:
    """A queue: how many wait in it, and how many people are left to answer there."""

    id: int
    name: str
    waiting: int
    people: int


@dataclass(frozen=True, slots=True)
class DryRun:
    """What cutting off would do, without having done anything.

    `stranded`: lines in which nobody would be left to answer. `pools`: lines that could take the cases, those with most
    people first. `staying`: people who answer customers and are not meant. `unsent`: replies that would be held back.
    """

    meant: Meant
    held: Held
    cases: tuple[InHand, ...]
    stranded: tuple[Line, ...]
    pools: tuple[Line, ...]
    staying: int
    unsent: int


def dry_run(target: Target) -> DryRun:
    """Return whom cutting off `target` would mean, what would end, and which customers would be left waiting.

    Raises `Refused` when there is no such target.
    """
    meant = cutting_off.meant(target)
    teams = _staying(meant.agent_ids)
    lines = _lines(teams)
    served = set(Queue.objects.filter(teams__agents__in=meant.agent_ids).values_list("id", flat=True))
    return DryRun(
        meant=meant,
        held=held_by(*meant.agent_ids),
        cases=tuple(in_hand(meant.agent_ids, limit=_SHOWN)),
        stranded=tuple(line for line in lines if not line.people and line.id in served),
        pools=tuple(sorted((line for line in lines if line.people), key=lambda line: -line.people)),
        staying=len(set().union(*teams.values())) if teams else 0,
        unsent=waiting_to_be_sent(meant.agent_ids),
    )


def cut_off(
    *, target: Target, why: str, by: int | None, kind: Kind = Kind.OUT, pool: int | str | None = SURGE
) -> Begun:
    """Cut off at once and everywhere; return what ended. Raises `Refused`.

    `pool`: the queue that takes their open cases, `SURGE` for the surge pool, `None` for each case's own line. Lines in
    which nobody would be left are served by the pool's teams while it lasts. `by` is `None` at the terminal.
    """
    with transaction.atomic():
        ids = set(people_of(target).values_list("id", flat=True))
        teams = _staying(ids)
        pool_id = _pool(pool, teams)
        stranded = _stranded(ids, teams) if pool_id is not None else []
        begun = cutting_off.begin(target=target, kind=kind, why=why, by=by, pool_id=pool_id)
        cutting.note_lent(number=begun.number, lent=_lend(pool_id, stranded))
        app.configure_task("holdfast.desk.tasks.settle_cut_off", queue="now").defer(number=begun.number)
    routing.forget()
    return begun


def settle(*, number: int, limit: int | None = None) -> int:
    """Give the cases to the pool or to their lines, and freeze the evidence; return how many went on.

    Who has waited longest goes first. May be called again: what is done stays done. With `limit` at most so many cases
    go on now.
    """
    cut = queries.cut_off(number)
    if cut is None or not cut.in_force:
        return 0
    ids = queries.covered(number)
    close_grants_of(agent_ids=ids)  # one that was being given at that very moment
    moved = give_up_all(agent_ids=ids, to_queue=cut.pool_id, limit=limit)
    evidence.freeze(number=number)
    cutting.note_moved(number=number, cases=moved, settled=not held_by(*ids).cases)
    return moved


def agree(*, number: int, what: What, by: int | None) -> None:
    """Agree as the second person (`None`: the operator, at the terminal). Raises `Refused`.

    Lent teams go back; who was cut off signs in again, without their cases.
    """
    with transaction.atomic():
        cutting_off.agree(number=number, what=what, by=by)
        if what == What.UNDO:
            for queue_id, team_id in cutting.lent_by(number):
                Queue.teams.through.objects.filter(queue_id=queue_id, team_id=team_id).delete()
    routing.forget()


def _staying(without: Collection[int]) -> dict[int, set[int]]:
    """Return who answers customers and is not among `without`, by team."""
    teams: dict[int, set[int]] = {}
    for worker in workforce():
        if worker.id not in without:
            teams.setdefault(worker.team_id, set()).add(worker.id)
    return teams


def _lines(teams: dict[int, set[int]]) -> list[Line]:
    rows = list(Queue.objects.filter(parking=False).order_by("position", "name").values_list("id", "name"))
    serving: dict[int, set[int]] = {}
    for queue_id, team_id in Queue.teams.through.objects.values_list("queue_id", "team_id"):
        serving.setdefault(queue_id, set()).update(teams.get(team_id, ()))
    waiting = lengths([queue_id for queue_id, _ in rows])
    return [Line(queue_id, name, waiting[queue_id], len(serving.get(queue_id, ()))) for queue_id, name in rows]


def _stranded(ids: Collection[int], teams: dict[int, set[int]]) -> list[int]:
    """Return the queues that some of these people serve and nobody else does."""
    served = set(Queue.objects.filter(teams__agents__in=ids, parking=False).values_list("id", flat=True))
    kept = set(Queue.objects.filter(teams__in=teams).values_list("id", flat=True))
    return sorted(served - kept)


def _pool(pool: int | str | None, teams: dict[int, set[int]]) -> int | None:
    if pool is None:
        return None
    if pool == SURGE:
        made, _ = Queue.objects.get_or_create(
            slug=SURGE, defaults={"name": "Surge pool", "icon": "users", "position": 800}
        )
        made.teams.add(*teams)
        return made.pk
    found = Queue.objects.filter(pk=pool, parking=False).values_list("id", flat=True).first()
    if found is None:
        raise Refused("There is no such queue any more. Choose another one for the cases.")
    return found


def _lend(pool_id: int | None, queue_ids: list[int]) -> list[list[int]]:
    """Let the teams of the pool serve these queues; return the pairs, so that it can be taken back."""
    if pool_id is None or not queue_ids:
        return []
    teams = list(Queue.objects.get(pk=pool_id).teams.values_list("id", flat=True))
    for queue in Queue.objects.filter(pk__in=queue_ids):
        queue.teams.add(*teams)
    return [[queue_id, team_id] for queue_id in queue_ids for team_id in teams]
