"""Who may open what: every address, every role. A new address without a row here fails."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from tests.security.routes import ROLES, ROUTES, CaseRoute, patterns
from tests.security.world import World


def test_every_address_has_its_row() -> None:
    known = {name for name, _ in patterns()}
    assert known - set(ROUTES) == set(), "say in tests/security/routes.py who may open these"
    assert set(ROUTES) - known == set(), "these addresses are gone"


ATTEMPT = {
    "kind": "reply",
    "text": "Not mine to say",
    "client_key": "forged",
    "to": "me",
    "summary": "Not mine to hand over",
    "to_queue": "1",
    "until": "2036-01-01T09:00:00+00:00",
    "name": "not-mine",
    "into": "1",
    "purpose": "payment",
    "typing": "1",
}


def _state() -> str:
    """Everything a verb on a conversation can change, in one text."""
    tables = [*apps.get_app_config("conversations").get_models(), apps.get_model("desk", "Presence")]
    return repr([(m.__name__, sorted(map(str, m._default_manager.values_list()))) for m in tables])


@pytest.mark.parametrize("role", ROLES)
def test_nobody_changes_a_case_out_of_reach(world: World, clients: dict[str, Client], role: str) -> None:
    before = _state()
    wrong = []
    for name, route in ROUTES.items():
        if not isinstance(route, CaseRoute):
            continue
        for arguments, open_to in route.calls(world):
            if role in open_to:
                continue
            address = reverse(name, args=arguments)
            for method in ("post", "put", "patch", "delete"):
                body = ATTEMPT if method == "post" else urlencode(ATTEMPT)
                kind = {} if method == "post" else {"content_type": "application/x-www-form-urlencoded"}
                response = getattr(clients[role], method)(address, body, **kind)
                to_sign_in = response.status_code == 302 and response.url.startswith("/accounts/login/")
                if not to_sign_in and response.status_code not in {401, 403, 404, 405}:
                    wrong.append(f"{role} {method} {address}: {response.status_code}")
                wrong += world.leaks(f"{role} {method} {address}", response.content)
    assert "\n".join(wrong) == ""
    assert _state() == before


def test_what_belongs_to_others_stays_theirs(world: World, clients: dict[str, Client]) -> None:
    assert world.view
    assert world.merge
    for role in ("other", "security"):
        assert clients[role].delete(reverse("desk:view", args=[world.view.pk])).status_code in {403, 404}
        assert clients[role].delete(reverse("desk:unmerge", args=[world.merge.pk])).status_code in {403, 404}
    world.merge.refresh_from_db()
    assert world.merge.undone_at is None
    assert type(world.view).objects.filter(pk=world.view.pk).exists()
