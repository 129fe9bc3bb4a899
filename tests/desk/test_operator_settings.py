"""Leads accept operators of assistants on a page, switch them off, and remove them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from tests.intake.signing import Signer

from holdfast.intake import operators
from holdfast.people.models import Agent

from .conftest import Desk

SignIn = Callable[[Agent], Client]


def test_a_lead_accepts_an_operator_switches_it_off_and_removes_it(desk: Desk, sign_in: SignIn) -> None:
    client, signer = sign_in(desk.lead), Signer()
    typed = {"name": "alexa", "url": "https://assistant.example", "keys": signer.key_set()}
    done = client.post(reverse("settings:operators"), typed)
    assert (done.status_code, done["Location"]) == (302, reverse("settings:operators"))
    page = client.get(reverse("settings:operators")).content.decode()
    assert "Its signatures count now." in page
    assert desk.lead.name in page
    assert "Remove" not in page, "what counts is switched off before it is removed"
    client.post(reverse("settings:operator-switch", args=["alexa"]), {"on": "0"})
    assert not operators.listed()[0].enabled
    assert "Remove" in client.get(reverse("settings:operators")).content.decode()
    client.post(reverse("settings:operator-removal", args=["alexa"]))
    assert operators.listed() == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "A name"}, "name"),
        ({"url": "http://assistant.example"}, "url"),
        ({"url": ""}, "url"),
        ({"keys": "no keys"}, "keys"),
    ],
)
def test_an_operator_that_cannot_be_is_refused_at_its_field(
    desk: Desk, sign_in: SignIn, changed: dict[str, str], field: str
) -> None:
    typed = {"name": "alexa", "url": "https://assistant.example", "keys": ""} | changed
    refused = sign_in(desk.lead).post(reverse("settings:operators"), typed)
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {field}
    assert operators.listed() == []


def test_a_page_cannot_reach_into_the_companys_own_network(desk: Desk, sign_in: SignIn) -> None:
    typed = {"name": "alexa", "url": "https://10.0.0.1", "own_network": "on"}
    assert sign_in(desk.lead).post(reverse("settings:operators"), typed).status_code == 302
    assert not operators.listed()[0].own_network


def test_only_leads_and_admins_keep_operators(desk: Desk, sign_in: SignIn) -> None:
    operators.add(name="alexa", url="https://assistant.example")
    client = sign_in(desk.ben)
    assert client.get(reverse("settings:operators")).status_code in {403, 404}
    for name in ("operator-switch", "operator-removal"):
        assert client.post(reverse(f"settings:{name}", args=["alexa"]), {"on": "0"}).status_code in {403, 404}
    assert operators.listed()[0].enabled


def test_who_removes_what_is_gone_is_told(desk: Desk, sign_in: SignIn) -> None:
    client = sign_in(desk.admin)
    for name in ("operator-switch", "operator-removal"):
        client.post(reverse(f"settings:{name}", args=["gone"]))
        assert "There is no operator named" in client.get(reverse("settings:operators")).content.decode()
