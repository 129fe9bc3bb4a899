"""Teams and who employs them: founded, renamed, dissolved while empty; and who belongs to which."""

from __future__ import annotations

import structlog
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from holdfast.people.accounts import Refused
from holdfast.people.cutting_off import catch_up
from holdfast.people.models import Agent, Site, Team, Vendor

log = structlog.get_logger(__name__)


def found(*, name: str, vendor: str, internal: bool, by: int, site: str = "") -> Team:
    """Make a team of an employer, who is noted with it when new. Raises `Refused` for a name the employer has already.

    `internal` says of a new employer whether it is the company itself. `site` is where the team sits, new or known.
    """
    with transaction.atomic():
        employer = Vendor.objects.filter(name__iexact=vendor.strip()).first()
        employer = employer or Vendor.objects.create(name=vendor.strip(), internal=internal)
        try:
            with transaction.atomic():
                team = Team.objects.create(name=name.strip(), vendor=employer, site=_site(site, employer))
        except IntegrityError:
            raise Refused(f"{employer.name} has a team of this name already.") from None
    log.info("people.team_founded", team=team.pk, by=by)
    return team


def rename(*, team_id: int, name: str, by: int, site: str = "") -> None:
    """Give a team another name, and say where it sits. Raises `Refused` for a name its employer's other team has."""
    try:
        with transaction.atomic():
            team = Team.objects.select_related("vendor").get(pk=team_id)
            team.name, team.site = name.strip(), _site(site, team.vendor)
            team.save(update_fields=["name", "site"])
    except IntegrityError:
        raise Refused("Another team of this employer has that name.") from None
    for agent_id in Agent.objects.filter(team_id=team_id).values_list("id", flat=True):
        catch_up(agent_id)  # the new site may be one that is cut off
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


def _site(name: str, employer: Vendor) -> Site | None:
    """Return the site of this name of an employer, made when new; none for no name."""
    if not name.strip():
        return None
    known = Site.objects.filter(vendor=employer, name__iexact=name.strip()).first()
    return known or Site.objects.create(vendor=employer, name=name.strip())
