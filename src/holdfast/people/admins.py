"""Who keeps accounts, and could do so now: the house is never left without one by a single person's click."""

from __future__ import annotations

from collections.abc import Collection

from holdfast.guard.cutoff.states import cut_off_ids
from holdfast.people.models import Agent, Role


def able_admins(*, without: Collection[int] = ()) -> list[int]:
    """Return the ids of admins who are here and not cut off in any way, leaving `without` out."""
    here = Agent.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk__in=cut_off_ids())
    return list(here.exclude(pk__in=without).order_by("pk").values_list("pk", flat=True))


def hold_admins() -> None:
    """Lock every admin for the caller's transaction, so that two changes at once do not take the last two away."""
    list(Agent.objects.select_for_update().filter(role=Role.ADMIN).order_by("pk").values_list("pk"))
