"""What can be cut off: employers, sites, teams and people; what each is called and whom it means now."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from holdfast.guard.cutoff.cutting import Refused
from holdfast.guard.cutoff.models import Scope
from holdfast.people.models import Agent, Site, Team, Vendor

_WITHIN = {
    Scope.VENDOR: "team__vendor_id",
    Scope.SITE: "team__site_id",
    Scope.TEAM: "team_id",
    Scope.AGENT: "id",
}


@dataclass(frozen=True, slots=True)
class Target:
    """What is cut off: `Target(Scope.TEAM, 7)`."""

    scope: Scope
    id: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be cut off, with who employs it (for a person: their team) and how many people work there."""

    target: Target
    name: str
    of: str
    people: int


def people_of(target: Target) -> QuerySet[Agent]:
    """Return everybody a target means now, deactivated people included: they could be let in again."""
    return Agent.objects.filter(**{_WITHIN[target.scope]: target.id})


def label_of(target: Target) -> tuple[str, str]:
    """Return what a target is called, and its employer. Raises `Refused` when there is no such thing."""
    if target.scope == Scope.VENDOR:
        name = Vendor.objects.filter(pk=target.id).values_list("name", flat=True).first()
        found = (name, name) if name else None
    elif target.scope == Scope.SITE:
        found = Site.objects.filter(pk=target.id).values_list("name", "vendor__name").first()
    elif target.scope == Scope.TEAM:
        found = Team.objects.filter(pk=target.id).values_list("name", "vendor__name").first()
    else:
        found = Agent.objects.filter(pk=target.id).values_list("name", "team__vendor__name").first()
    if found is None:
        raise Refused("There is nobody of that kind here. Choose from the list.")
    return found[0], found[1] or ""


def groups() -> list[Choice]:
    """Return every employer, site and team that can be cut off, in that order, each by name. Four queries."""
    counted = _counted()
    vendors = [(Scope.VENDOR, pk, name, "") for pk, name in Vendor.objects.order_by("name").values_list("id", "name")]
    sites = Site.objects.order_by("vendor__name", "name").values_list("id", "name", "vendor__name")
    teams = Team.objects.order_by("vendor__name", "name").values_list("id", "name", "vendor__name")
    everything = [*vendors, *((Scope.SITE, *row) for row in sites), *((Scope.TEAM, *row) for row in teams)]
    return [Choice(Target(scope, pk), name, of, counted.get((scope, pk), 0)) for scope, pk, name, of in everything]


def people_named(text: str, *, limit: int = 20) -> list[Choice]:
    """Return people who are here and whose name or address has `text` in it, by name, at most `limit`."""
    rows = Agent.objects.filter(Q(name__icontains=text) | Q(email__icontains=text), is_active=True)
    found = rows.order_by("name", "id").values_list("id", "name", "team__name")[:limit]
    return [Choice(Target(Scope.AGENT, agent_id), name, team or "", 1) for agent_id, name, team in found]


def _counted() -> dict[tuple[Scope, int], int]:
    counted: dict[tuple[Scope, int], int] = {}
    rows = Agent.objects.filter(is_active=True, team__isnull=False)
    for team, site, vendor in rows.values_list("team_id", "team__site_id", "team__vendor_id"):
        for place in ((Scope.TEAM, team), (Scope.SITE, site), (Scope.VENDOR, vendor)):
            if place[1] is not None:
                counted[place] = counted.get(place, 0) + 1
    return counted
