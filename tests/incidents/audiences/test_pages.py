"""The pages: who sees them, and what a lead does there without a script."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.incidents.audiences.conftest import SignIn
from tests.incidents.conftest import House

from holdfast.guard.radius.models import Sighting
from holdfast.incidents import queries as incidents
from holdfast.incidents.audiences import handing
from holdfast.incidents.audiences.models import HandOver


@pytest.fixture
def page(incident: UUID) -> str:
    found = incidents.incident_of_id(incident)
    assert found is not None
    return f"/incidents/{found.number}/"


def test_only_those_who_lead_see_audiences(house: House, page: str, sign_in: SignIn) -> None:
    for agent, status in ((house.desk.ana, 403), (house.desk.security, 403), (house.desk.lead, 200)):
        assert sign_in(agent).get(f"{page}audiences/").status_code == status
        assert sign_in(agent).get(f"{page}audiences/count/").status_code in {status, 405}


@pytest.mark.usefixtures("unchecked")
def test_a_lead_adds_groups_counts_freezes_and_hands_over(
    house: House, incident: UUID, page: str, sign_in: SignIn
) -> None:
    lead, at = sign_in(house.desk.lead), f"{page}audiences/"
    file = SimpleUploadedFile("them.csv", "\ufeffreference\nTW-11\nTW-77\n".encode())
    lead.post(f"{at}groups/", {"name": "Charged twice", "segment": "affected", "source": "file", "file": file})
    lead.post(f"{at}groups/", {"name": "The rest", "segment": "unaffected", "source": "rest"})
    counted = lead.post(f"{at}count/", {}).content.decode()
    assert "5 customers would be told, each once." in counted
    assert "1 unknown reference: TW-77" in counted
    assert lead.post(f"{at}frozen/", {}).status_code == 302
    update = house.publish(incident)
    shown = lead.get(at).content.decode()
    assert "Audience 1" in shown
    form = shown.split('/campaign/"')[0].rsplit("/", 1)[1]
    sent = lead.post(f"{at}frozen/{form}/campaign/", {"update": str(update.id), "stream": "incident"})
    assert sent.headers["Location"] == at
    part = lead.get(f"{at}handed/").content.decode()
    assert "being handed over: 0 of 5" in part
    handing.fill(HandOver.objects.get().campaign_id)
    done = lead.get(at).content.decode()
    assert "4 recipients, 1 without a mail address" in done
    campaign = f"/settings/campaigns/{HandOver.objects.get().campaign_id}/"
    assert campaign in done
    assert "with their values masked" in lead.get(campaign).content.decode()
    assert Sighting.objects.filter(agent_id=house.lead, how="listed").exists()


def test_what_was_typed_stays_when_it_is_refused(page: str, house: House, sign_in: SignIn) -> None:
    sent = {"name": "Old friends", "segment": "high_value", "source": "people", "since": "2026-99-99"}
    answer = sign_in(house.desk.lead).post(f"{page}audiences/groups/", sent)
    assert answer.status_code == 422
    assert "The day cannot be read" in answer.content.decode()
    assert 'value="Old friends"' in answer.content.decode()
