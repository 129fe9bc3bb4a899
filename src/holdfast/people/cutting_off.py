"""Cutting off an employer, a site, a team or a person: whom that means, and everything of theirs that ends with it.

Here, and not in `guard`, because only this room knows who works where, and their sessions. The state itself is in
`guard.cutoff`, below everything that asks for it; what becomes of the cases is `desk.cutting_off`, above, which calls
this.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet

from holdfast.guard.cutoff import cutting
from holdfast.guard.cutoff.cutting import Refused
from holdfast.guard.cutoff.models import Kind, Scope, What
from holdfast.guard.cutoff.states import cut_off_ids, everybody_cut_off, state_of
from holdfast.guard.grants import close_grants_of
from holdfast.guard.models import Grant
from holdfast.intake import tokens
from holdfast.kit.clock import now
from holdfast.people.admins import able_admins, hold_admins
from holdfast.people.cut_off_targets import Target, label_of, people_of
from holdfast.people.models import Agent, Role
from holdfast.people.sessions import end_sessions_of, sessions_of

__all__ = ["MAY", "Begun", "Kind", "Meant", "Refused", "Scope", "Target", "What", "agree", "ask_back", "begin", "meant"]

MAY = (Role.ADMIN, Role.SECURITY)
"""Roles that may cut off, and take back. Leads may not: in the case this is for, some of them took part."""

OPERATOR = 0
"""Stands in the record for whoever agreed at the terminal."""

_SEASONED = timedelta(days=7)
"""Whoever agrees has an account that is older than the cut-off, or than this: nobody makes their own second person."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom a cut-off would mean, and what of theirs would end. Numbers as of the moment of looking.

    `others` are the names of those who could take it back afterwards; it takes two of them.
    """

    target: Target
    label: str
    employer: str
    agent_ids: tuple[int, ...]
    names: tuple[str, ...]
    sessions: int
    grants: int
    tokens: tuple[str, ...]
    others: tuple[str, ...]
    already: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """What has ended: from the commit of this nothing is shown to them any more."""

    number: int
    people: int
    sessions: int
    grants: int
    tokens: int


def meant(target: Target) -> Meant:
    """Return whom cutting off `target` would mean, without changing anything. Raises `Refused` when there is none."""
    label, employer = label_of(target)
    rows = list(people_of(target).order_by("name", "id").values_list("id", "name"))
    ids = [agent_id for agent_id, _ in rows]
    others = _able(without=ids)
    return Meant(
        target=target,
        label=label,
        employer=employer,
        agent_ids=tuple(ids),
        names=tuple(name for _, name in rows),
        sessions=len(sessions_of(ids)),
        grants=Grant.objects.filter(agent_id__in=ids, closed_at=None).count(),
        tokens=tuple(tokens.names_of(employer_id=target.id)) if target.scope == Scope.VENDOR else (),
        others=tuple(others.order_by("name", "id").values_list("name", flat=True)),
        already=bool(ids) and set(ids) <= everybody_cut_off().keys(),
    )


def begin(*, target: Target, kind: Kind, why: str, by: int | None, pool_id: int | None = None) -> Begun:
    """Cut off, in one transaction: state, grants, tokens, sessions; every process hears of it when it commits.

    `by` is `None` at the terminal. Raises `Refused`: without a reason, for somebody who may not, for who would cut
    themselves off (they could not see what comes of it; any other admin or security officer can), where nobody would be
    left who keeps accounts (the terminal may), and where nobody would be left to ask for it back.
    """
    why = " ".join(why.replace("\x00", "").split())
    if not why:
        raise Refused("Say in a few words why. It stands in the record.")
    label, _ = label_of(target)
    with transaction.atomic():
        ids = list(people_of(target).values_list("id", flat=True))
        if by is not None:
            _check_may(by)
            if by in ids:
                raise Refused("You belong to this yourself. Ask another admin or security officer to do it.")
        _leaves_somebody(ids, by=by)
        begun = cutting.begin(
            scope=target.scope,
            target_id=target.id,
            label=label,
            kind=kind,
            why=why,
            by=by,
            agent_ids=ids,
            pool_id=pool_id,
        )
        ended = tokens.revoke_of(employer_id=target.id) if target.scope == Scope.VENDOR else 0
        sessions = end_sessions_of(ids)
        cutting.note_ended(number=begun.number, sessions=sessions, tokens=ended, grants=begun.grants)
    log.warning("people.cut_off", number=begun.number, scope=str(target.scope), kind=str(kind), people=len(ids), by=by)
    return Begun(begun.number, len(ids), sessions, begun.grants, ended)


def ask_back(*, number: int, what: What, why: str, by: int) -> None:
    """Ask, as the first of two, to let them back in or to lift the hold on evidence. Raises `Refused`."""
    why = " ".join(why.replace("\x00", "").split())
    if not why:
        raise Refused("Say in a few words why. The second person reads it, and it stands in the record.")
    _check_may(by)
    cutting.ask_back(number=number, what=what, why=why, by=by)
    log.info("people.cut_off_back_asked", number=number, what=str(what), by=by)


def withdraw(*, number: int, what: What, by: int) -> None:
    """Take back what somebody asked for; either of the two may. Raises `Refused` when nobody has asked."""
    _check_may(by)
    cutting.withdraw(number=number, what=what, by=by)


def agree(*, number: int, what: What, by: int | None) -> None:
    """Agree, as the second of two. What was theirs before stays ended: they sign in again. Raises `Refused`.

    `by` is `None` at the terminal: whoever has the machine has the database, so they may be the second, not the first.
    """
    if by is not None:
        _check_may(by)
    since = _here_since(by) if by is not None else None
    cut = cutting.agree(number=number, what=what, by=OPERATOR if by is None else by, here_since=since)
    if what == What.UNDO:
        ids = list(cut.covered.values_list("agent_id", flat=True))
        end_sessions_of(ids)  # also of who came to them later: what they open next is opened under their new standing
    log.warning("people.cut_off_taken_back", number=number, what=str(what), by=by)


def catch_up(agent_id: int) -> None:
    """After somebody moved to a team that is cut off: their grants and sessions end as everybody's there did."""
    if state_of(agent_id).mode:
        close_grants_of(agent_ids=[agent_id])
        end_sessions_of([agent_id])
        cutting.tell()


def _leaves_somebody(ids: list[int], *, by: int | None) -> None:
    """Refuse what would leave nobody to keep accounts, or nobody to let them back in. Locks admins meanwhile."""
    hold_admins()
    if by is not None and not able_admins(without=ids) and able_admins():
        raise Refused(
            "Nobody would be left who keeps accounts. Make somebody else admin first, or have the operator do it at the"
            " terminal: ./holdfast guard cut-off now."
        )
    if not _able(without=ids).exists():
        raise Refused("Nobody would be left to let them back in. Make somebody else admin or security officer first.")


def _able(*, without: Collection[int]) -> QuerySet[Agent]:
    """Return who may take a cut-off back and is not cut off."""
    here = Agent.objects.filter(is_active=True, role__in=MAY)
    return here.exclude(pk__in=without).exclude(pk__in=cut_off_ids())


def _check_may(by: int) -> None:
    role = Agent.objects.filter(pk=by, is_active=True).values_list("role", flat=True).first()
    if role not in MAY or state_of(by).mode:
        raise Refused("An admin or a security officer does this.")


def _here_since(by: int) -> datetime | None:
    """Since when somebody has had their account; `None` for so long that it does not matter."""
    made = Agent.objects.values_list("created_at", flat=True).get(pk=by)
    return made if made > now() - _SEASONED else None
