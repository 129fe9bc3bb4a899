"""The legal page: who sees it, and what people do on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from tests.desk.conftest import BACKEND
from tests.incidents.conftest import House
from tests.promises.conftest import NOON, Clock

from holdfast.incidents import queries as incidents
from holdfast.incidents import roles
from holdfast.incidents.legal import queries
from holdfast.incidents.words import signatories
from holdfast.people.models import Agent


@pytest.fixture
def page(leak: UUID) -> str:
    found = incidents.incident_of_id(leak)
    assert found is not None
    return f"/incidents/{found.number}/legal/"


@pytest.fixture
def as_(db: None) -> Callable[[Agent], Client]:
    def signed_in(agent: Agent) -> Client:
        client = Client()
        client.force_login(agent, BACKEND)
        return client

    return signed_in


def text(client: Client, page: str) -> str:
    response = client.get(page)
    assert response.status_code == 200
    return response.content.decode()


def test_an_agent_sees_it_only_with_the_legal_role(
    house: House, leak: UUID, page: str, as_: Callable[[Agent], Client]
) -> None:
    ana = as_(house.desk.ana)
    assert ana.get(page).status_code == 403
    assert ana.post(f"{page}clocks/", {"regime": "eu-gdpr"}).status_code == 403
    roles.give(incident_id=leak, role="legal", agent_id=house.desk.ana.pk, by=house.lead)
    assert "Legal decides" in text(ana, page)
    roles.relieve(incident_id=leak, role="legal", by=house.lead)
    assert ana.get(page).status_code == 403


def test_a_signatory_sees_it_by_what_they_sign(house: House, page: str, as_: Callable[[Agent], Client]) -> None:
    ana = as_(house.desk.ana)
    signatories.name(agent_id=house.desk.ana.pk, role="communications", jurisdiction="", by=house.lead)
    assert ana.get(page).status_code == 403
    given = signatories.name(agent_id=house.desk.ana.pk, role="legal", jurisdiction="DE", by=house.lead)
    assert ana.get(page).status_code == 200
    signatories.relieve(signatory_id=given)
    assert ana.get(page).status_code == 403


def test_from_starting_a_clock_to_the_notice_that_was_given(
    house: House, leak: UUID, page: str, time: Clock, as_: Callable[[Agent], Client]
) -> None:
    lead = as_(house.desk.lead)
    assert "Nobody has declared anything" in text(lead, page)
    assert lead.post(f"{page}clocks/", {"regime": ["eu-gdpr", "eu-dora"]}).status_code == 302
    assert "Nobody has declared that yet" in text(lead, page)
    assert lead.post(f"{page}acts/", {"event": "aware", "evidence": "Mail of the provider"}).status_code == 302
    shown = text(lead, page)
    for wanted in ("Legal decides", "Supervisory authority", "Not verified: known from memory", "Article 33(1)"):
        assert wanted in shown
    assert "checked 22 Nov 2026" in shown
    assert "from detection; from memory it is 72 hours" in shown  # a conflict is written out
    clock = next(each for each in queries.clocks_of(leak) if each.terms.key == "authority")
    time.on(hours=3)
    lead = as_(house.desk.lead)  # a session without anybody for so long has ended
    given = {"as": "done", "why": "Case 4711 of the authority", "at": ""}
    assert lead.post(f"{page}clocks/{clock.id}/end/", given).status_code == 302
    assert "Case 4711 of the authority" in text(lead, page)
    assert lead.post(f"{page}clocks/{clock.id}/end/", given).status_code == 422


def test_a_refusal_is_one_sentence_on_the_page_and_what_was_sent_is_not_lost(
    house: House, leak: UUID, page: str, as_: Callable[[Agent], Client]
) -> None:
    lead = as_(house.desk.lead)
    ahead = (NOON + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    response = lead.post(f"{page}acts/", {"event": "aware", "evidence": "Mail of 11:40", "at": ahead})
    assert response.status_code == 422
    shown = response.content.decode()
    assert "That lies in the future." in shown
    assert "Mail of 11:40" in shown
    for data, says in (
        ({"event": "x", "evidence": "y"}, "Choose what happened"),
        ({"event": "aware", "evidence": "y", "at": "soon"}, "cannot be read"),
    ):
        assert says in lead.post(f"{page}acts/", data).content.decode()
    assert not queries.acts_of(leak)
    gone = lead.post(f"{page}clocks/{UUID(int=7)}/end/", {"as": "done", "why": "x"})
    assert gone.status_code == 404
    assert "not there any more" in gone.content.decode()


def test_a_correction_shows_what_was_declared_before(
    house: House, leak: UUID, page: str, as_: Callable[[Agent], Client]
) -> None:
    lead = as_(house.desk.lead)
    lead.post(f"{page}acts/", {"event": "aware", "evidence": "The first mail"})
    (act,) = queries.acts_of(leak)
    at = (NOON - timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M")
    sent = {"at": at, "evidence": "The log of the gateway", "as": "so"}
    assert lead.post(f"{page}acts/{act.id}/correction/", sent).status_code == 302
    shown = text(lead, page)
    assert "The first mail" in shown
    assert "The log of the gateway" in shown


def test_a_pause_and_its_document_are_shown(
    house: House, leak: UUID, page: str, as_: Callable[[Agent], Client]
) -> None:
    lead = as_(house.desk.lead)
    lead.post(f"{page}clocks/", {"regime": "us-sec-8k"})
    lead.post(f"{page}acts/", {"event": "material", "evidence": "Board"})
    clock = next(each for each in queries.clocks_of(leak) if each.terms.key == "filing")
    until = (NOON + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M")
    sent = {"as": "pause", "authority": "Attorney General", "document": "", "until": until}
    assert "needs a document" in lead.post(f"{page}clocks/{clock.id}/pause/", sent).content.decode()
    assert lead.post(f"{page}clocks/{clock.id}/pause/", {**sent, "document": "Letter 12"}).status_code == 302
    assert "Attorney General: Letter 12" in text(lead, page)
    assert lead.post(f"{page}clocks/{clock.id}/pause/", {"as": "resume"}).status_code == 302
