"""Teams and who employs them: founded, renamed, dissolved while empty; and who belongs to which."""

from __future__ import annotations

import structlog
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from holdfast.people.accounts import Refused
from holdfast.people.cutting_off import catch_up
from holdfast.people.models import Agent, Team, Vendor

log = structlog.get_logger(__name__)


def found(*, name: str, vendor: str, internal: bool, by: int) -> Team:
    """Make a team of an employer, who is noted with it when new. Raises `Refused` for a name the employer has already.

    `internal` says of a new employer whether it is the company itself.
    """
    with transaction.atomic():
        employer = Vendor.objects.filter(name__iexact=vendor.strip()).first()
        employer = employer or Vendor.objects.create(name=vendor.strip(), internal=internal)
        try:
            with transaction.atomic():
                team = Team.objects.create(name=name.strip(), vendor=employer)
        except IntegrityError:
            raise Refused(f"{employer.name} has a team of this name already.") from None
    log.info("people.team_founded", team=team.pk, by=by)
    return team


def rename(*, team_id: int, name: str, by: int) -> None:
    """Give a team another name. Raises `Refused` for one that its employer's other team has."""
    try:
        with transaction.atomic():
            Team.objects.filter(pk=team_id).update(name=name.strip())
    except IntegrityError:
        raise Refused("Another team of this employer has that name.") from None
    log.info("people.team_renamed", team=team_id, by=by)


def dissolve(*, team_id: int, by: int) -> None:
    """Remove a team in which nobody is, deactivated agents included. Raises `Refused` otherwise."""
    try:
        Team.objects.filter(pk=team_id).delete()
    except ProtectedError:
        raise Refused("There are still people in this team, perhaps deactivated ones. Move them first.") from None
    log.info("people.team_dissolved", team=team_id, by=by)


def move(*, agent_id: int, team_id: int | None, by: int) -> None:
    """Move an agent to another team, or to none. Which queues they see changes within seconds."""
    Agent.objects.filter(pk=agent_id).update(team_id=team_id)
    catch_up(agent_id)
    log.info("people.moved", agent=agent_id, team=team_id, by=by)
