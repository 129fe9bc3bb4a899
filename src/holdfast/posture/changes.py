"""Changing the posture: people do, the system proposes. Each verb is one transaction and tells the screens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import IntegrityError, connection, transaction

from holdfast.kit import outbox
from holdfast.kit.clock import now
from holdfast.posture import current as reading
from holdfast.posture import playbooks
from holdfast.posture.current import Current, current_of, newest
from holdfast.posture.effects import Name
from holdfast.posture.errors import Refused, Stale
from holdfast.posture.models import Posture, Proposal, StepDone

TOPIC = "posture"
LONGEST = timedelta(days=30)
_LOCK = 0x706F7374  # an advisory lock: one change of posture at a time


@transaction.atomic
def change(
    *,
    to: Name,
    by: int | None,
    why: str,
    expires_in: timedelta | None = None,
    playbook: str | None = None,
    drill: bool | None = None,
    seen_version: int | None = None,
) -> Current:
    """Put another posture in force, with the effects its playbook names now. Returns it.

    `playbook` is a slug; without one the present playbook goes on, and so does a drill. `seen_version` is what the
    asker saw: another one is `Stale`. Calm has no end and is no drill. Raises `Refused` with a sentence,
    `PlaybookError`.
    """
    why = " ".join(why.replace("\x00", "").split())
    if not why or len(why) > 280:
        raise Refused("Say in one line, at most 280 characters, why the posture changes.")
    if expires_in is not None and not timedelta(0) < expires_in <= LONGEST:
        raise Refused(f"A posture may end by itself after at most {LONGEST.days} days.")
    shown, before = _locked()
    # Until its end is written down, screens show a posture that is over as calm, with the version it had.
    if seen_version is not None and seen_version not in {shown, before.version}:
        raise Stale(before.version)
    slug = playbook or before.playbook
    effects = playbooks.playbook(slug).effects_in(to)
    moment = now()
    row = Posture.objects.create(
        version=before.version + 1,
        name=to,
        playbook=slug,
        effects=playbooks.written(effects),
        by_id=by,
        why=why,
        at=moment,
        expires_at=moment + expires_in if expires_in is not None and to != Name.CALM else None,
        drill=to != Name.CALM and (before.drill if drill is None else drill),
    )
    Proposal.objects.filter(decided_at=None, to=to).update(decided_at=moment, accepted=True, by_id=by)
    _tell()
    return current_of(row)


@transaction.atomic
def propose(*, to: Name, evidence: Sequence[str]) -> Proposal | None:
    """Propose a posture to whoever may change it. Nothing when it is in force, or proposed already.

    Evidence of an open proposal is brought up to date.
    """
    if not evidence:
        raise Refused("A proposal needs evidence.")
    _, before = _locked()
    if before.name == to:
        return None
    open_one = Proposal.objects.filter(to=to, decided_at=None).first()
    if open_one is not None:
        open_one.evidence = list(evidence)
        open_one.save(update_fields=["evidence"])
        return None
    proposal = Proposal.objects.create(to=to, evidence=list(evidence), at=now())
    _tell()
    return proposal


@transaction.atomic
def withdraw(*, to: Name) -> None:
    """Take back an open proposal: its reason is gone."""
    if Proposal.objects.filter(to=to, decided_at=None).update(decided_at=now(), accepted=False):
        _tell()


@transaction.atomic
def decide(*, proposal_id: int, by: int, accept: bool, expires_in: timedelta | None = None) -> Current:
    """Accept a proposal, which changes the posture, or decline it. Raises `Refused` when it was decided already."""
    _, before = _locked()  # always before a proposal's own row, or two who decide could wait for each other
    proposal = Proposal.objects.select_for_update().filter(pk=proposal_id, decided_at=None).first()
    if proposal is None:
        raise Refused("This proposal was decided already.")
    if not accept:
        proposal.decided_at, proposal.accepted, proposal.by_id = now(), False, by
        proposal.save(update_fields=["decided_at", "accepted", "by"])
        _tell()
        return before
    return change(to=Name(proposal.to), by=by, why=str(proposal.evidence[0])[:280], expires_in=expires_in)


@transaction.atomic
def expire_due() -> bool:
    """Write down that a posture ended by its own clock; tell if one did. It reads as calm before that, too."""
    shown, before = _locked()
    return shown != before.version


@transaction.atomic
def do_step(*, step: str, by: int) -> Current:
    """Write down that a step of the playbook was done, and do what it does. Doing it twice changes nothing.

    Raises `Refused` when the posture in force knows no such step.
    """
    _, before = _locked()
    if before.version == 0:
        raise Refused("There are no steps while it has always been calm.")
    found = next((each for each in playbooks.playbook(before.playbook).steps_in(before.name) if each.key == step), None)
    if found is None:
        raise Refused("The posture in force has no such step.")
    try:
        with transaction.atomic():
            StepDone.objects.create(posture_id=before.version, step=step, by_id=by, at=now())
    except IntegrityError:
        return before
    if found.does is not None and found.does != before.name:
        return change(to=found.does, by=by, why=found.title)
    _tell()
    return before


def _locked() -> tuple[int, Current]:
    """Lock out other changes. Return the version that screens show, and the posture in force.

    A posture that is over is written down as ended first.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    before = newest()
    if before.expires_at is None or now() < before.expires_at:
        return before.version, before
    row = Posture.objects.create(
        version=before.version + 1,
        name=Name.CALM,
        playbook=before.playbook,
        why=f"{before.name.capitalize()} ended by its own clock.",
        at=before.expires_at,
    )
    Proposal.objects.filter(decided_at=None, to=Name.CALM).update(decided_at=now(), accepted=False)
    _tell()
    return before.version, current_of(row)


def _tell() -> None:
    outbox.publish([(TOPIC, {"kind": "posture"})])
    transaction.on_commit(reading.forget)
