"""The pages without a script, and whose they are."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.test import Client
from tests.incidents.audiences.conftest import SignIn
from tests.incidents.conftest import House
from tests.incidents.outreach.conftest import take

from holdfast.guard.keys import blind_index
from holdfast.guard.marks.models import Overlay
from holdfast.guard.models import RevealLog
from holdfast.guard.radius.models import Sighting
from holdfast.incidents import queries as incidents
from holdfast.incidents.outreach import queries, taking
from holdfast.incidents.outreach.models import Outreach
from holdfast.people.models import Identity


@pytest.fixture
def page(incident: UUID) -> str:
    found = incidents.incident_of_id(incident)
    assert found is not None
    return f"/incidents/{found.number}/outreach/"


def test_leads_and_executives_see_calls_and_nobody_else(
    house: House, page: str, sign_in: SignIn, executive: int
) -> None:
    desk = house.desk
    for agent, status in ((desk.ana, 403), (desk.security, 403), (desk.lead, 200), (desk.ben, 200)):
        assert sign_in(agent).get(page).status_code == status


@pytest.mark.usefixtures("audience")
def test_a_person_is_taken_called_and_let_go(house: House, page: str, people: dict[str, UUID], sign_in: SignIn) -> None:
    lead = sign_in(house.desk.lead)
    assert "Of high value, by audience 1." in lead.get(page).content.decode()
    taken = lead.post(f"{page}people/", {"customer": str(people["TW-11"])})
    person = taken.headers["Location"]
    shown = lead.get(person).content.decode()
    assert "No talking points are approved." in shown
    assert "eleven@post.example" not in shown
    again = sign_in(house.desk.admin).post(f"{page}people/", {"reference": "TW-11"})
    assert again.status_code == 422
    assert "Lea Test has this person" in again.content.decode()
    refused = lead.post(f"{person}calls/", {"outcome": "wants", "promised": "A word by tonight"})
    assert refused.status_code == 422
    assert 'value="A word by tonight"' in refused.content.decode()
    assert lead.post(f"{person}calls/", {"outcome": "voicemail"}).status_code == 302
    assert lead.post(f"{person}end/", {}).status_code == 302
    assert "Talked to" in lead.get(person).content.decode()
    assert queries.held(people.values()) == set()
    noted = set(Sighting.objects.filter(agent_id=house.lead).values_list("customer_id", "how"))
    assert {(people["TW-11"], "opened"), (people["TW-11"], "listed")} <= noted
    assert {how for customer, how in noted if customer != people["TW-11"]} == {"listed"}


def test_what_is_not_there_is_said(house: House, page: str, sign_in: SignIn) -> None:
    lead = sign_in(house.desk.lead)
    assert "No customer has the account reference" in lead.post(f"{page}people/", {"reference": "X"}).content.decode()
    assert lead.post(f"{page}people/", {"customer": "made up"}).status_code == 404
    assert lead.get(f"{page}{UUID(int=3)}/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_number_opens_for_its_executive_while_they_have_the_person(
    house: House, page: str, people: dict[str, UUID], sign_in: SignIn
) -> None:
    phone = Identity.objects.create(
        customer_id=people["TW-11"], kind="phone", value="+353 20 9100 001", index=blind_index("phone", "+353209100001")
    )
    hand = take(Outreach.incident.field.related_model.objects.get().pk, people["TW-11"], executive=house.lead)
    address = f"{page}{hand}/reveal/{phone.pk}/"
    for agent, status in ((house.desk.lead, 200), (house.desk.admin, 403)):
        client = sign_in(agent)
        answer = client.post(address, {"purpose": "contact"})
        assert answer.status_code == status
        assert ("9100 001" in answer.content.decode()) == (status == 200)
        if status == 200:
            _the_page_carries_marks_and_says_so(client, answer.content.decode())
    taking.end(outreach_id=hand, by=house.lead, handed_back=True)
    assert sign_in(house.desk.lead).post(address, {"purpose": "contact"}).status_code == 403
    log = RevealLog.objects.order_by("at").values_list("outcome", "conversation_id", "purpose")
    assert list(log) == [("allowed", hand, "contact"), ("no_grant", hand, "contact"), ("no_grant", hand, "contact")]
    other = Identity.objects.get(customer=house.desk.customer, kind="email")
    assert sign_in(house.desk.lead).post(f"{page}{hand}/reveal/{other.pk}/").status_code == 404


def _the_page_carries_marks_and_says_so(client: Client, card: str) -> None:
    assert 'class="marks" popover="manual"' in card
    overlay = card.partition('data-overlay="')[2].partition('"')[0]
    measures = {"width": 1440, "height": 900, "left": 40, "top": 300, "card_width": 420, "card_height": 60}
    assert client.post(overlay, {"fault": "", **measures}).status_code == 204
    said = Overlay.objects.get()
    assert (said.card_width, said.fault) == (420, "")
    assert client.post(overlay, {"fault": "", "width": "wide"}).status_code == 422
    assert client.post(f"{overlay[:-37]}{UUID(int=5)}/", {"fault": "", **measures}).status_code == 404
