"""Over HTTP: templates, who signs, what is forbidden, and the inbox in which it is approved."""

from __future__ import annotations

import html

import pytest
from django.test import Client
from django.urls import reverse
from tests.incidents.conftest import in_minutes
from tests.incidents.words.conftest import Signed

from holdfast.incidents import queries
from holdfast.incidents.words import library
from holdfast.incidents.words.models import Approval, Ask, Forbidden, Template, Version
from holdfast.people.models import Agent

SORRY = "Some of your data was seen by others. We are sorry. We tell you more when it is certain."


def sign_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def read(response: object) -> str:
    return html.unescape(response.content.decode())  # type: ignore[attr-defined]


def asked(signed: Signed) -> int:
    incident_id = signed.house.declare("Statements were sent to the wrong people", harm="data")
    incident = queries.incident_of_id(incident_id)
    assert incident is not None
    sent = {
        "status": "investigating", "text:en": SORRY, "next": "at", "next_at": f"{in_minutes(40):%Y-%m-%dT%H:%M}",
        "update": "", "version": "0",
    }  # fmt: skip
    lead = sign_in(signed.house.desk.lead)
    response = lead.post(reverse("incidents:ask", args=[incident.number]), sent, follow=True)
    assert "Asked for 3 approvals." in read(response)
    return incident.number


def test_what_was_typed_is_kept_and_asked_about_and_the_inbox_has_the_words(signed: Signed) -> None:
    number = asked(signed)
    page = read(sign_in(signed.legal).get(reverse("incidents:approvals")))
    for part in (SORRY, f"Incident {number}", "You approve for legal", "Approve these words", "waiting for you"):
        assert part in page
    assert "No fact stands yet" in page


def test_approving_and_asking_for_a_change_end_in_the_draft_s_page(signed: Signed) -> None:
    number = asked(signed)
    legal, security = sign_in(signed.legal), sign_in(signed.security)
    (mine,) = library.asks(agent_id=signed.legal.pk)
    (theirs,) = library.asks(agent_id=signed.security.pk)
    done = legal.post(reverse("incidents:decide", args=[mine.id]), {"hours": "24"}, follow=True)
    assert "Approved." in read(done)
    refused = legal.post(reverse("incidents:decide", args=[theirs.id]), {"hours": "24"})
    assert (refused.status_code, "do not approve for security" in read(refused)) == (422, True)
    security.post(reverse("incidents:decide", args=[theirs.id]), {"change": "1", "what": "Leave out whose."})
    page = read(sign_in(signed.house.desk.lead).get(reverse("incidents:incident", args=[number])))
    for part in ("Leave out whose.", "asks for a change", "The draft lacks: security"):
        assert part in page
    given = Approval.objects.get()
    taken = legal.post(reverse("incidents:revoke", args=[given.pk]), {"why": "Wait for the authority."}, follow=True)
    assert "Taken back" in read(taken)


def test_who_signs_nothing_reads_nothing_of_what_waits(signed: Signed) -> None:
    asked(signed)
    page = read(sign_in(signed.house.desk.ana).get(reverse("incidents:approvals")))
    assert SORRY not in page
    assert "You approve for no role" in page
    assert "waiting for you" not in page


def test_templates_are_taken_up_changed_with_their_difference_shown_and_asked_about(signed: Signed) -> None:
    lead = sign_in(signed.house.desk.lead)
    assert "templates were taken up" in read(lead.post(reverse("words:seeds"), follow=True))
    address = reverse("words:template", args=["holding", "en"])
    first = Version.objects.get(template__slug="holding", locale="en")
    body = first.body.replace("still ", "")
    assert "Version 2 is saved" in read(lead.post(address, {"body": body, "seen": "1"}, follow=True))
    assert "<del>" in lead.get(address).content.decode()
    stale = lead.post(address, {"body": "What I wrote", "seen": "1"})
    assert stale.status_code == 409
    assert "What I wrote" in read(stale)
    assert "What they saved" in read(stale)
    wrong = lead.post(address, {"body": "Hello {you}", "seen": "2"})
    assert (wrong.status_code, "no variable {you}" in read(wrong)) == (422, True)
    lead.post(reverse("words:ask", args=["holding", "en"]), {"role": ["communications", "legal"]})
    assert {each.role for each in Ask.objects.all()} == {"communications", "legal"}
    lead.post(reverse("words:new"), {"title": "Ours", "slug": "ours", "use": "update"})
    assert Template.objects.filter(slug="ours").exists()
    assert lead.post(reverse("words:new"), {"title": "Ours", "slug": "ours", "use": "update"}).status_code == 422


def test_an_update_begins_from_a_template_and_what_nobody_filled_in_keeps_it_in_the_house(signed: Signed) -> None:
    lead = sign_in(signed.house.desk.lead)
    lead.post(reverse("words:seeds"))
    incident_id = signed.house.declare()
    incident = queries.incident_of_id(incident_id)
    assert incident is not None
    sent = {"status": "investigating", "next": "at", "next_at": f"{in_minutes(40):%Y-%m-%dT%H:%M}", "version": "0"}
    page = lead.post(reverse("incidents:template", args=[incident.number]), sent | {"template": "update"}, follow=True)
    draft = queries.draft_of(incident_id)
    assert draft is not None
    assert set(draft.texts) == {"en", "id", "pt-br"}
    assert "working on Card payments" in draft.texts["en"]
    assert f"Next update {draft.next_update_due:%H:%M}." in draft.texts["en"]
    assert "{fact} is not filled in" in read(page)
    wrong = lead.post(reverse("incidents:template", args=[incident.number]), sent | {"template": "none"})
    assert wrong.status_code == 422


def test_an_admin_names_who_signs_and_a_lead_does_not(signed: Signed) -> None:
    ana = signed.house.desk.ana
    address, sent = reverse("words:signatories"), {"agent": ana.pk, "role": "executive", "jurisdiction": "br"}
    assert sign_in(signed.house.desk.lead).post(address, sent).status_code == 422
    admin = sign_in(signed.admin)
    admin.post(address, sent)
    (named,) = [each for each in library.signatories() if each.agent_id == ana.pk]
    assert (named.role, named.jurisdiction) == ("executive", "BR")
    assert "BR" in read(admin.get(address))
    assert admin.post(address, sent).status_code == 422
    admin.post(reverse("words:relieve", args=[named.id]))
    assert library.roles_of(ana.pk) == []
    assert admin.post(reverse("words:relieve", args=[named.id])).status_code == 404


@pytest.mark.parametrize(
    "fault", [{"why": ""}, {"asked_by": ""}, {"pattern": "(a+)+", "kind": "expression"}, {"until": "2020-02-31"}]
)
def test_a_statement_is_forbidden_with_a_reason_and_allowed_again(signed: Signed, fault: dict[str, str]) -> None:
    lead = sign_in(signed.house.desk.lead)
    address = reverse("words:forbidden")
    sent = {"pattern": "no data was lost", "kind": "phrase", "why": "Not known", "asked_by": "Counsel", "until": ""}
    wrong = lead.post(address, sent | fault)
    assert (wrong.status_code, Forbidden.objects.count()) == (422, 0)
    lead.post(address, sent | {"until": "2099-01-01"})
    assert "Not known" in read(lead.get(address))
    lead.post(reverse("words:allow", args=[Forbidden.objects.get().pk]))
    assert library.forbidden_now() == []


def test_where_it_is_read_makes_legal_sign_for_each(signed: Signed) -> None:
    number = asked(signed)
    lead = sign_in(signed.house.desk.lead)
    page = lead.post(reverse("incidents:reach", args=[number]), {"jurisdictions": "de, br"}, follow=True)
    assert "legal for BR" in read(page)
    bad = lead.post(reverse("incidents:reach", args=[number]), {"jurisdictions": "somewhere else"}, follow=True)
    assert bad.status_code == 200
