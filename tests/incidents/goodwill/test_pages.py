"""The pages without a script, and the address for machines."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from tests.incidents.audiences.conftest import SignIn
from tests.incidents.conftest import House
from tests.incidents.goodwill.conftest import crowd

from holdfast.incidents import queries as incidents
from holdfast.incidents.goodwill import redeeming
from holdfast.incidents.goodwill.models import Offer
from holdfast.intake import tokens
from holdfast.kit.clock import now

CODE = re.compile(r"\b(?:[0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}\b")


@pytest.fixture
def page(incident: UUID) -> str:
    found = incidents.incident_of_id(incident)
    assert found is not None
    return f"/incidents/{found.number}/goodwill/"


def test_leads_and_who_approves_see_it_and_nobody_else(house: House, page: str, sign_in: SignIn) -> None:
    for agent, status in ((house.desk.ana, 403), (house.desk.security, 403), (house.desk.lead, 200)):
        assert sign_in(agent).get(page).status_code == status


def test_an_offer_from_writing_to_a_campaign(house: House, page: str, sign_in: SignIn) -> None:
    crowd(4)
    lead, admin, ana = sign_in(house.desk.lead), sign_in(house.desk.admin), sign_in(house.desk.ana)
    sent = {"name": "Ten back", "amount": "10", "currency": "eur", "budget": "40", "tier": "plus", "hold_out": "0",
            "expires": f"{timezone.localtime(now() + timedelta(days=9)):%Y-%m-%dT%H:%M}",
            "subject:en": "Sorry", "body:en": "Dear {name}, {amount}: {code}"}  # fmt: skip
    refused = lead.post(f"{page}offers/", {**sent, "amount": "1.005"})
    assert refused.status_code == 422
    assert 'value="Ten back"' in refused.content.decode()
    offer = lead.post(f"{page}offers/", sent).headers["Location"]
    assert admin.post(f"{page}limits/", {"agent": house.desk.ana.pk, "limit": "40", "limit_currency": "EUR"})
    assert "Approve 40.00 EUR" in ana.get(offer).content.decode()
    assert ana.post(f"{offer}approval/").status_code == 302
    assert ana.post(f"{offer}campaign/", {"stream": "service"}).status_code == 422
    shown = lead.post(f"{offer}trial/")
    assert shown.headers["Cache-Control"] == "no-store"
    (code,) = CODE.findall(shown.content.decode())
    assert "The test passed." in lead.post(f"{offer}trial/", {"code": code}).content.decode()
    assert not CODE.search(lead.get(offer).content.decode())
    (one,) = CODE.findall(lead.post(f"{offer}code/", {"reference": "GW-plus-1"}).content.decode())
    assert redeeming.redeem(code=one, key="order", through="till").amount == 10
    assert "/settings/campaigns/" in lead.post(f"{offer}campaign/", {"stream": "service"}).headers["Location"]
    page_shown = lead.get(offer).content.decode()
    assert "Handed to a campaign: 3 codes; 0 without a mail address." in page_shown
    assert "Counted from when" not in page_shown
    assert int(Offer.objects.get().promised) == 40


def test_a_breach_says_why_there_is_no_offer(house: House, sign_in: SignIn) -> None:
    found = incidents.incident_of_id(house.declare("Data was seen", harm="data"))
    assert found is not None
    shown = sign_in(house.desk.lead).get(f"/incidents/{found.number}/goodwill/").content.decode()
    assert "as if silence were bought" in shown
    assert "Write an offer" not in shown


def post(token: str, body: Any, **head: str) -> Any:
    given = {"Authorization": f"Bearer {token}", **head} if token else head
    return Client().post("/v1/goodwill/redemptions", body, content_type="application/json", headers=given)


def test_machines_redeem_with_a_token_of_that_scope(house: House, running: Callable[..., UUID]) -> None:
    (one,) = crowd(1)
    offer = running()
    code = redeeming.give_one(offer_id=offer, customer_id=one, by=house.lead)
    till = tokens.create(name="till", scopes=[tokens.GOODWILL_REDEEM])
    door = tokens.create(name="shop", scopes=[tokens.CONTACTS_WRITE])
    for token in ("", "hf_made_up", door):
        refused = post(token, {"code": code, "key": "1"})
        assert (refused.status_code, refused["Content-Type"]) == (401, "application/problem+json")
        assert refused["WWW-Authenticate"] == "Bearer"
    done = post(till, {"code": code, "key": "order 1"}).json()
    assert (done["amount"], done["currency"], done["repeat"], done["test"]) == ("10.00", "EUR", False, False)
    assert post(till, {"code": code, "key": "order 1"}).json() == {**done, "repeat": True}
    assert post(till, {"code": code, "key": "order 2"}).status_code == 409
    assert post(till, {"code": "NOT-ONE", "key": "order 2"}).status_code == 404
    wrong = post(till, {"code": code, "iban": "x"})
    assert wrong.status_code == 422
    assert {each["field"] for each in wrong.json()["errors"]} == {"iban", "key"}
    assert post(till, "{").status_code == 400
    assert post(till, "[]").status_code == 422
    assert post(till, {"code": code, "key": "k" * 5000}).status_code == 413
    assert Client().get("/v1/goodwill/redemptions").status_code == 405
    tokens.revoke("till")
    assert post(till, {"code": code, "key": "order 1"}).status_code == 401
