"""A cut-off begins with one person and one row, and ends when two people agree. Whom it means is told from above."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F

from holdfast.guard.cutoff.models import Asked, Covered, Cut, Kind, What
from holdfast.guard.cutoff.states import CHANNEL
from holdfast.guard.grants import close_grants_of
from holdfast.guard.ledger import acts
from holdfast.kit.clock import now

ASKED_LASTS = timedelta(hours=24)
_GRANTS = 1668641903  # an advisory lock: whoever gives a grant shares it, whoever cuts off has it alone
_PATIENCE = "2s"


class Refused(Exception):  # noqa: N818 - carries the sentence for the person
    """This cannot be done. `sentence` says why and what to do instead."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Begun:
    """A cut-off that is in force: its number, and how many grants it closed."""

    number: int
    grants: int


def begin(
    *,
    scope: str,
    target_id: int,
    label: str,
    kind: str,
    why: str,
    by: int | None,
    agent_ids: Collection[int],
    pool_id: int | None = None,
) -> Begun:
    """Cut off in the caller's transaction: the row, whom it means, their grants, an act in the log, a notice to all.

    From the commit on no ticket is given and none redeemed. Raises `Refused` when it is cut off already; who only reads
    can be cut off altogether.
    """
    _alone()
    if Cut.objects.filter(scope=scope, target_id=target_id, kind=Kind.OUT, ended_at=None).exists():
        raise Refused(f"{label} is cut off already.")
    try:
        with transaction.atomic():
            cut = Cut.objects.create(
                scope=scope,
                target_id=target_id,
                label=label[:200],
                kind=kind,
                why=why[:300],
                by_id=by,
                at=now(),
                pool_id=pool_id,
            )
    except IntegrityError:
        raise Refused(f"{label} is cut off already.") from None
    Covered.objects.bulk_create([Covered(cut=cut, agent_id=agent_id) for agent_id in sorted(set(agent_ids))])
    grants = close_grants_of(agent_ids=agent_ids)
    acts.record(
        kind="cut_off", actor_id=by, details=f"{cut.pk} {scope} {target_id} {kind} {len(set(agent_ids))} people"
    )
    tell()
    return Begun(cut.pk, grants)


def note_ended(*, number: int, sessions: int, tokens: int, grants: int) -> None:
    """Keep with a cut-off how much of theirs ended with it."""
    Cut.objects.filter(pk=number).update(sessions=sessions, tokens=tokens, grants=grants)


def note_moved(*, number: int, cases: int, settled: bool) -> None:
    """Keep with a cut-off that so many more cases went on, and whether that was all of them."""
    Cut.objects.filter(pk=number).update(moved=F("moved") + cases, **({"settled_at": now()} if settled else {}))


def note_lent(*, number: int, lent: list[list[int]]) -> None:
    """Keep which team serves which queue only while this lasts, as [queue, team] pairs."""
    Cut.objects.filter(pk=number).update(lent=lent)


def lent_by(number: int) -> list[list[int]]:
    """Return those pairs."""
    found: list[list[int]] = Cut.objects.values_list("lent", flat=True).get(pk=number)
    return found


def tell() -> None:
    """Have every process look at everybody's standing when the current transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def ask_back(*, number: int, what: str, why: str, by: int) -> None:
    """Ask for an undo or for the hold to be lifted; a second person has 24 hours to agree. Raises `Refused`."""
    with transaction.atomic():
        cut = _locked(number)
        _may_be_taken_back(cut, what)
        for stale in cut.asked.filter(what=what, agreed_at=None, withdrawn_at=None, at__lt=now() - ASKED_LASTS):
            _withdraw(stale)
        try:
            with transaction.atomic():
                Asked.objects.create(cut=cut, what=what, why=why[:300], by_id=by, at=now())
        except IntegrityError:
            raise Refused(
                "Somebody has asked for this already. A second person can agree, or it is withdrawn."
            ) from None
        acts.record(kind=f"cut_off_{what}_asked", actor_id=by, details=str(number))


def withdraw(*, number: int, what: str, by: int) -> None:
    """Take an open request back. Raises `Refused` when there is none."""
    with transaction.atomic():
        _withdraw(_open(_locked(number), what))
        acts.record(kind=f"cut_off_{what}_withdrawn", actor_id=by, details=str(number))


def agree(*, number: int, what: str, by: int, here_since: datetime | None = None) -> Cut:
    """Agree as the second person: the cut-off ends, or the hold on its evidence. Raises `Refused`.

    `here_since`: an account that is new must be older than the cut-off, so that nobody makes their own second person.
    Sessions, tokens and links from before stay dead: their epoch is over.
    """
    with transaction.atomic():
        cut = _locked(number)
        asked = _open(cut, what)
        _may_be_taken_back(cut, what)
        if asked.at < now() - ASKED_LASTS:
            raise Refused("This was asked for more than 24 hours ago. Ask again.")
        if asked.by_id == by:
            raise Refused("It takes two people. Somebody else has to agree.")
        if here_since is not None and here_since >= cut.at:
            raise Refused("Your account is newer than this cut-off. Somebody who was here before has to agree.")
        asked.agreed_by_id, asked.agreed_at = by, now()
        asked.save(update_fields=["agreed_by_id", "agreed_at"])
        ends = "ended_at" if what == What.UNDO else "hold_lifted_at"
        setattr(cut, ends, now())
        cut.save(update_fields=[ends])
        acts.record(kind=f"cut_off_{what}", actor_id=by, details=f"{number} with {asked.by_id}")
        tell()
    return cut


def _alone() -> None:
    """Wait until nobody is giving a grant at this moment, but not for ever: access ends in any case.

    A grant that slips by then is closed when the cases are passed on.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_GRANTS])
            cursor.execute("SET LOCAL lock_timeout = 0")
    except OperationalError:
        return


def _locked(number: int) -> Cut:
    cut = Cut.objects.select_for_update().filter(pk=number).first()
    if cut is None:
        raise Refused("There is no such cut-off.")
    return cut


def _may_be_taken_back(cut: Cut, what: str) -> None:
    if what == What.UNDO and cut.ended_at is not None:
        raise Refused("This cut-off has ended already.")
    if what == What.LIFT_HOLD and cut.hold_lifted_at is not None:
        raise Refused("Nothing is on hold for this cut-off any more.")
    if what not in What.values:
        raise Refused("Choose what is to be taken back.")


def _open(cut: Cut, what: str) -> Asked:
    asked = cut.asked.filter(what=what, agreed_at=None, withdrawn_at=None).first()
    if asked is None:
        raise Refused("Nobody has asked for this, or it was withdrawn. Ask first; a second person then agrees.")
    return asked


def _withdraw(asked: Asked) -> None:
    asked.withdrawn_at = now()
    asked.save(update_fields=["withdrawn_at"])
