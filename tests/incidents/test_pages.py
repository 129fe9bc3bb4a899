"""The pages of an incident: who may do what, and that nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.desk.conftest import BACKEND
from tests.incidents.conftest import House

from holdfast.incidents import queries, updates
from holdfast.incidents.models import Answering, Incident
from holdfast.kit.clock import now
from holdfast.people.models import Agent

SignIn = Callable[[Agent], Client]
pytestmark = pytest.mark.usefixtures("unchecked")


@pytest.fixture
def sign_in() -> SignIn:
    def signed_in(agent: Agent) -> Client:
        client = Client()
        client.force_login(agent, BACKEND)
        return client

    return signed_in


def fields(text: str = "We are looking into it.", **given: Any) -> dict[str, Any]:
    return {"status": "investigating", "text:en": text, "next": "30", "update": "", "version": "0", **given}


def test_a_lead_declares_states_and_publishes_without_a_script(house: House, sign_in: SignIn) -> None:
    lead = sign_in(house.desk.lead)
    posted = lead.post(
        "/incidents/declare/",
        {
            "title": "Card payments are declined",
            "severity": "2",
            "impact": "major",
            "harm": "money",
            f"component:{house.cards.id}": "major_outage",
        },
    )
    number = Incident.objects.get().number
    assert posted.headers["Location"] == f"/incidents/{number}/"
    address = f"/incidents/{number}/"
    lead.post(f"{address}facts/", {"text": "38 % fail.", "source": "Monitoring", "public": "on"})
    assert "38 % fail." in lead.get(address).content.decode()
    lead.post(f"{address}updates/", fields(**{f"component:{house.cards.id}": "major_outage"}))
    shown = queries.incident(number)
    assert shown is not None
    assert [each.texts for each in shown.updates] == [{"en": "We are looking into it."}]
    assert queries.components()[0].status == "major_outage"
    for part in ("", "owed/", "asking/"):
        assert sign_in(house.desk.ana).get(f"{address}{part}").status_code == 200
    assert "Card payments are declined" in lead.get("/incidents/").content.decode()
    assert lead.get("/incidents/now/").headers["Location"] == f"{address}#update"


def test_what_is_typed_is_kept_checked_and_refused_without_loss(house: House, sign_in: SignIn) -> None:
    incident_id = house.declare()
    address = f"/incidents/{Incident.objects.get(pk=incident_id).number}/"
    lead = sign_in(house.desk.lead)
    kept = lead.post(f"{address}draft/", fields("Over.", status="resolved", next=""), headers={"HX-Request": "true"})
    assert "Say whether the cause is known" in kept.content.decode()
    drafted = queries.draft_of(incident_id)
    assert drafted is not None
    refused = lead.post(
        f"{address}updates/",
        fields("Over, and better said.", status="resolved", next="", update=str(drafted.id), version="0"),
    )
    page = refused.content.decode()
    assert (refused.status_code, "Over, and better said." in page) == (422, True)
    assert 'name="version" value="1"' in page
    assert queries.updates_of(incident_id) == []


def test_the_second_of_two_editors_sees_both_texts_and_may_keep_theirs_on_purpose(
    house: House, sign_in: SignIn
) -> None:
    incident_id = house.declare()
    address = f"/incidents/{Incident.objects.get(pk=incident_id).number}/"
    drafted = house.draft(incident_id, "What Lea began")
    sent = {"update": str(drafted.id), "version": "0"}
    lea, ada = sign_in(house.desk.lead), sign_in(house.desk.admin)
    assert lea.post(f"{address}draft/", fields("What Lea wrote", **sent)).status_code == 302
    second = ada.post(f"{address}draft/", fields("What Ada wrote", **sent))
    page = second.content.decode()
    assert second.status_code == 409
    assert "What Ada wrote" in page
    assert "What Lea wrote" in page
    kept = queries.draft_of(incident_id)
    assert kept is not None
    assert kept.texts == {"en": "What Lea wrote"}
    assert ada.post(f"{address}updates/", fields("What Ada wrote", **sent)).status_code == 409
    assert queries.updates_of(incident_id) == []
    ada.post(f"{address}draft/", fields("What Ada wrote", mine=str(kept.version), **sent))
    kept = queries.draft_of(incident_id)
    assert kept is not None
    assert kept.texts == {"en": "What Ada wrote"}


def test_publishing_may_answer_everybody_linked(house: House, sign_in: SignIn) -> None:
    incident_id = house.declare()
    conversation = house.desk.talk("My card was declined")
    number = Incident.objects.get(pk=incident_id).number
    lead = sign_in(house.desk.lead)
    lead.post(f"/incidents/{number}/links/", {"conversation": f"#{conversation.number}"})
    assert queries.linked_count(incident_id) == 1
    lead.post(f"/incidents/{number}/updates/", fields(answer="on"))
    assert Answering.objects.get().update.number == 1
    shown = sign_in(house.desk.ana).get(f"/incidents/case/{conversation.pk}/")
    assert "We are looking into it." in shown.content.decode()
    other = house.desk.talk("Something else")
    assert sign_in(house.desk.ana).get(f"/incidents/case/{other.pk}/").status_code == 204


def test_agents_read_but_do_not_work_and_see_no_draft_of_a_breach(house: House, sign_in: SignIn) -> None:
    incident_id = house.declare("Data reached somebody", harm="data")
    number = Incident.objects.get(pk=incident_id).number
    house.draft(incident_id, "Words that legal has not read")
    agent, security = sign_in(house.desk.ana), sign_in(house.desk.security)
    page = agent.get(f"/incidents/{number}/")
    assert (page.status_code, "legal has not read" in page.content.decode()) == (200, False)
    assert "legal has not read" in security.get(f"/incidents/{number}/").content.decode()
    for address in ("draft/", "updates/", "facts/", "answer/", "ending/"):
        assert agent.post(f"/incidents/{number}/{address}", fields()).status_code == 403
    assert agent.get("/incidents/declare/").status_code == 403


def test_bad_input_is_one_clear_sentence(house: House, sign_in: SignIn) -> None:
    incident_id = house.declare()
    number = Incident.objects.get(pk=incident_id).number
    lead = sign_in(house.desk.lead)
    for address, sent, said in [
        ("facts/", {"text": "x", "source": ""}, "Say where it is known from."),
        ("facts/", {"text": "x", "source": "y", "as_of": "yesterday"}, "cannot be read"),
        ("links/", {"conversation": "99999"}, "There is no conversation with this number."),
        ("links/", {"phrases": " , "}, "Name it in 1 to 20 phrases"),
        ("roles/", {"role": "king", "agent": "1"}, "A role is one of"),
        ("ending/", {"known": "yes", "cause": ""}, "Say what the cause was."),
        ("ending/", {}, "Say whether the cause is known."),
        ("commitments/", {"what": "x", "owner": "1"}, "Say by when."),
        ("sooner/", {"next": "at", "next_at": ""}, "Say by when."),
        ("recurrence/", {"of": "999"}, "There is no incident 999."),
        ("draft/", fields(next="at", next_at="soon"), "cannot be read"),
    ]:
        answer = lead.post(f"/incidents/{number}/{address}", sent)
        assert (answer.status_code, said in answer.content.decode()) == (422, True), address
    assert lead.post(f"/incidents/{number}/facts/999/withdrawal/", {"why": "x"}).status_code == 404
    assert lead.get("/incidents/999/").status_code == 404
    assert lead.post("/incidents/declare/", {"title": "x", "severity": "9"}).status_code == 422


def test_components_are_kept_and_what_an_incident_touches_stays(house: House, sign_in: SignIn) -> None:
    lead = sign_in(house.desk.lead)
    act = "/incidents/components/act/"
    lead.post(act, {"act": "add", "name": "Transfers", "description": "To other banks"})
    names = [each.name for each in queries.components()]
    assert names == ["Card payments", "App and website", "Transfers"]
    house.declare()
    refused = lead.post(act, {"act": "remove", "component": str(house.cards.id)})
    assert (refused.status_code, "is open and touches" in refused.content.decode()) == (422, True)
    lead.post(act, {"act": "status", "component": str(house.app.id), "status": "degraded_performance"})
    assert queries.components()[1].status == "degraded_performance"
    assert lead.get("/incidents/components/").status_code == 200


def test_maintenance_is_planned_on_a_page(house: House, sign_in: SignIn) -> None:
    lead = sign_in(house.desk.lead)
    begins = now() + timedelta(days=2)
    sent = {"title": "New card system", "scheduled_for": f"{begins:%Y-%m-%dT%H:%M}", "scheduled_until": ""}
    assert lead.post("/incidents/maintenance/", sent).status_code == 422
    sent["scheduled_until"] = f"{begins + timedelta(hours=2):%Y-%m-%dT%H:%M}"
    lead.post("/incidents/maintenance/", sent)
    assert [each.title for each in queries.maintenances()] == ["New card system"]


def test_a_commitment_is_settled_on_the_page(house: House, sign_in: SignIn) -> None:
    incident_id = house.declare()
    number = Incident.objects.get(pk=incident_id).number
    lead = sign_in(house.desk.lead)
    due = f"{now() + timedelta(days=7):%Y-%m-%dT%H:%M}"
    lead.post(
        f"/incidents/{number}/ending/",
        {"known": "no", "what": "Certificates renew themselves.", "owner": str(house.lead), "due": due, "public": "on"},
    )
    (made,) = queries.commitments(incident_id=incident_id)
    assert (made.prevention, made.public, made.state) == (True, True, "open")
    lead.post(f"/incidents/{number}/commitments/{made.id}/", {"outcome": "They do.", "as": "done"})
    assert [each.state for each in queries.commitments(incident_id=incident_id)] == ["done"]
    assert updates.check(house.draft(incident_id, status="resolved", next_update_due=None).id).may_go is True


def test_a_review_is_begun_from_the_ledger_kept_once_and_its_summary_leaves_as_an_update(
    house: House, sign_in: SignIn
) -> None:
    incident_id = house.declare()
    number = Incident.objects.get(pk=incident_id).number
    lead, address = sign_in(house.desk.lead), f"/incidents/{number}/review/"
    lead.post(f"/incidents/{number}/facts/", {"text": "38 % fail.", "source": "Monitoring", "public": "on"})
    house.publish(incident_id, components={house.cards.id: "major_outage"})
    assert lead.post(f"{address}summary/").status_code == 422
    house.resolve(incident_id)
    page = lead.get(address).content.decode()
    for said in ("38 % fail.", "A certificate had run out.", "Certificates renew themselves", "2 of 2"):
        assert said in page, said
    sent = {"version": "0", "section:story": "A certificate ran out.", "summary:en": "What we learnt."}
    assert lead.post(address, sent).status_code == 302
    second = sign_in(house.desk.admin).post(address, {**sent, "section:story": "Told otherwise."})
    page = second.content.decode()
    assert (second.status_code, "Told otherwise." in page, "A certificate ran out." in page) == (409, True, True)
    assert sign_in(house.desk.ana).post(address, sent).status_code == 403
    assert sign_in(house.desk.ana).get(address).status_code == 200
    lead.post(f"{address}summary/")
    drafted = queries.draft_of(incident_id)
    assert drafted is not None
    said = updates.publish(update_id=drafted.id, version=drafted.version, by=house.lead)
    assert (said.status, said.texts) == ("postmortem", {"en": "What we learnt."})
    again = house.declare("It is back")
    lead.post(f"/incidents/{Incident.objects.get(pk=again).number}/recurrence/", {"of": str(number)})
    assert "It is back" in lead.get(address).content.decode()
