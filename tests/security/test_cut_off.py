"""Who only reads since a cut-off, at every address there is: what is listed, and no more."""

from __future__ import annotations

from collections.abc import Iterator

from django.test import Client
from django.urls import reverse
from tests.security.routes import EVERYBODY, ROUTES, CaseRoute
from tests.security.world import World

from holdfast.desk import cutting_off
from holdfast.desk.cutting_off import Kind, Scope, Target
from holdfast.people.cut_off_pages import READ
from holdfast.people.models import Agent

BACKEND = "holdfast.people.signed_in.SignedIn"
_OWN_ACCOUNT = ("account_", "mfa_")  # signing out and in, and pages that say who one is


def _addresses(world: World) -> Iterator[tuple[str, str]]:
    """Every address that is not for everybody."""
    for name, route in ROUTES.items():
        if isinstance(route, CaseRoute) or route.open_to != EVERYBODY:
            for arguments, _ in route.calls(world):
                yield name, reverse(name, args=arguments)


def test_who_only_reads_opens_what_is_listed_and_changes_nothing(world: World) -> None:
    target = Target(Scope.AGENT, world.agents["lead"].pk)
    cutting_off.cut_off(target=target, why="A test", by=world.agents["security"].pk, kind=Kind.MASKED)
    lead, wrong = Client(raise_request_exception=False), []
    lead.force_login(Agent.objects.get(pk=world.agents["lead"].pk), BACKEND)
    for name, address in _addresses(world):
        if name.startswith(_OWN_ACCOUNT):
            continue
        got = lead.get(address).status_code
        if got in {200, 201, 204} and name not in READ:
            wrong.append(f"GET {name} {address}: {got}")
        if name.startswith("desk:") and (posted := lead.post(address).status_code) not in {401, 403, 404, 405}:
            wrong.append(f"POST {name} {address}: {posted}")
    assert "\n".join(wrong) == ""
