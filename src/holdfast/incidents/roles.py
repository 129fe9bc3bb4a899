"""Who does what in an incident: one person per role, each from when until when."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from holdfast.incidents.changes import done, held, note
from holdfast.incidents.errors import Refused
from holdfast.incidents.models import Incident, Part
from holdfast.incidents.queries import subject_of
from holdfast.kit.clock import now
from holdfast.people.queries import is_here, name_of
from holdfast.promises import ledger
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind


@transaction.atomic
def give(*, incident_id: UUID, role: str, agent_id: int, by: int) -> None:
    """Give a role to somebody; whoever had it has it no more. Raises `NotFound`, `Refused`."""
    if role not in Part.Role.values:
        raise Refused(f"A role is one of: {', '.join(Part.Role.values)}.")
    if not is_here(agent_id):
        raise Refused("Choose somebody who is here.")
    incident = held(incident_id)
    if _now_with(incident, role) == agent_id:
        return
    begin(incident, role=role, agent_id=agent_id)
    _owe(incident)
    note(incident.pk, kind="role", what=f"{name_of(agent_id)} is {role}.", by=by)
    done(incident, kind="roles")


@transaction.atomic
def relieve(*, incident_id: UUID, role: str, by: int) -> None:
    """End a role. The commander hands over instead: an incident always has one. Raises `NotFound`, `Refused`."""
    if role == Part.Role.COMMANDER:
        raise Refused("An incident always has a commander. Give the role to somebody else.")
    incident = held(incident_id)
    ended = Part.objects.filter(incident=incident, role=role, until=None)
    who = ended.values_list("agent_id", flat=True).first()
    if who is None:
        return
    ended.update(until=now())
    _owe(incident)
    note(incident.pk, kind="role", what=f"{name_of(who)} is {role} no more.", by=by)
    done(incident, kind="roles")


def begin(incident: Incident, *, role: str, agent_id: int) -> None:
    """Inside a verb: let somebody have a role of a locked incident from now on."""
    moment = now()
    Part.objects.filter(incident=incident, role=role, until=None).update(until=moment)
    Part.objects.create(incident=incident, role=role, agent_id=agent_id, since=moment)


def speaker(incident: Incident) -> int:
    """Return who owes the public the next word: the communicator, else the commander, else who declared it."""
    return (
        _now_with(incident, Part.Role.COMMUNICATOR)
        or _now_with(incident, Part.Role.COMMANDER)
        or incident.declared_by_id
    )


def _owe(incident: Incident) -> None:
    """Let whoever speaks now answer for the next word that is promised."""
    promised = promises.open_promise(kind=Kind.UPDATE, subject=subject_of(incident.pk))
    if promised is not None and promised.owner != speaker(incident):
        ledger.hand_over(promise_id=promised.id, owner=speaker(incident))


def _now_with(incident: Incident, role: str) -> int | None:
    return Part.objects.filter(incident=incident, role=role, until=None).values_list("agent_id", flat=True).first()
