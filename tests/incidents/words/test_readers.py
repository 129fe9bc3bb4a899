"""Who is affected reads other words than the public, from the same facts: composed, checked, approved, told to them."""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from tests.incidents.conftest import in_minutes
from tests.incidents.words.conftest import Signed

from holdfast.incidents import facts, queries, updates, worded
from holdfast.incidents.contract import UpdateView
from holdfast.incidents.errors import Refused
from holdfast.incidents.words import approvals, library, templates
from holdfast.incidents.words.contract import Claim, OutgoingText, Problem, Role
from holdfast.incidents.words.readers import reader_problems
from holdfast.kit.clock import now

AT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
FACTS = (
    Claim(text="38 % of card payments are declined since 09:38; we say 4 in 10."),
    Claim(text="Refunds arrive by 6 March."),
)


def beside(public: str, own: str, **given: object) -> list[Problem]:
    texts = [OutgoingText(locale="en", text=public), OutgoingText(locale="en", text=own, segment="affected")]
    due = AT + timedelta(minutes=30)
    return list(reader_problems(texts, ledger=FACTS, next_due=due, zone=UTC, at=AT))


@pytest.mark.parametrize(
    ("public", "own"),
    [
        ("4 in 10 payments are declined.", "38 % of your payments were declined."),
        ("Since 09:38 some payments are declined.", "Yours was declined since 09:38, as 4 in 10 were."),
        ("Some payments are declined.", "Next update 14:30. We are sorry."),
        ("4 in 10 payments are declined.", "You are not affected."),
    ],
)
def test_words_for_some_say_the_same_of_a_fact_and_may_say_less(public: str, own: str) -> None:
    refused = [each for each in beside(public, own) if not each.advice]
    assert [each.where for each in refused] == (["texts:en:affected"] if "38 %" in own else [])
    if refused:
        assert "the public text says “4 in 10” and this one “38 %”" in refused[0].sentence


def test_what_only_some_are_told_is_pointed_out() -> None:
    (only,) = beside("We are sorry.", "We are sorry. You have your money back by 6 March, after a certificate ran out.")
    assert only.advice
    assert "“6 March”, a certificate" in only.sentence


def written(signed: Signed, **segments: dict[str, str]) -> UpdateView:
    incident = signed.house.declare(harm="money")
    facts.state(
        incident_id=incident, text="38 % of payments fail; we say 4 in 10.", source="Monitoring", as_of=now(),
        by=signed.house.lead, public=True,
    )  # fmt: skip
    public = {"en": "4 in 10 card payments fail. We are sorry.", "id": "4 dari 10 pembayaran gagal. Kami mohon maaf."}
    return signed.house.draft(incident, texts=public, segments=segments)


def test_each_text_is_approved_for_its_readers_and_stops_the_whole_update_until_then(signed: Signed) -> None:
    draft = written(signed, affected={"en": "Your payment was among the 38 % that fail. We are sorry, {name}."})
    incident = queries.incident_of_id(draft.incident_id)
    assert incident is not None
    said = {(each.rule, each.where, each.advice) for each in updates.check(draft.id).problems}
    assert ("consistent", "texts:en:affected", False) in said
    assert ("text", "texts:id:affected", True) in said
    draft = updates.edit(
        update_id=draft.id, version=draft.version, by=signed.house.lead, status=draft.status, texts=draft.texts,
        segments={"affected": {"en": "Your payment was among the 4 in 10 that fail. We are sorry, {name}."}},
        next_update_due=draft.next_update_due, components={},
    )  # fmt: skip
    assert worded.ask(incident, draft, by=signed.house.lead) == 3
    asked = library.asks(agent_id=signed.communications.pk)
    assert {(each.locale, each.segment) for each in asked} == {("en", ""), ("id", ""), ("en", "affected")}
    for ask in asked:
        with pytest.raises(Refused, match="Communications has not approved"):
            updates.publish(update_id=draft.id, version=draft.version, by=signed.house.lead)
        approvals.approve(ask_id=ask.id, by=signed.communications.pk, expires_in=timedelta(days=1))
    said_now = updates.publish(update_id=draft.id, version=draft.version, by=signed.house.lead)
    assert said_now.segments["affected"]["en"].startswith("Your payment")


def test_words_for_some_are_there_in_the_language_of_the_house_or_not_at_all(signed: Signed) -> None:
    draft = written(signed, unaffected={"id": "Anda tidak terdampak."})
    (problem,) = [each for each in updates.check(draft.id).problems if each.rule == "text" and not each.advice]
    assert problem.sentence.startswith("Write the words for the unaffected in the house's own language")


def test_who_has_words_of_their_own_gets_them_rather_than_the_publics_in_their_language(signed: Signed) -> None:
    draft = written(signed, affected={"en": "Yours."})
    assert draft.text_in("id", default="en", segment="affected") == "Yours."
    assert draft.text_in("id", default="en", segment="unaffected").startswith("4 dari 10")
    assert replace(draft, segments={}).text_in("pt-br", default="en", segment="affected").startswith("4 in 10")


def test_a_lead_writes_for_some_readers_on_the_page_and_sees_what_they_get(signed: Signed) -> None:
    incident = queries.incident_of_id(signed.house.declare(harm="money"))
    assert incident is not None
    lead = Client()
    lead.force_login(signed.house.desk.lead)
    sent = {
        "status": "investigating", "text:en": "Some payments fail. We are sorry.", "next": "at",
        "next_at": f"{in_minutes(40):%Y-%m-%dT%H:%M}", "update": "", "version": "0",
        "text:en:affected": "Yours failed. We are sorry.", "text:en:unaffected": "", "text:en:high_value": "",
    }  # fmt: skip
    kept = lead.post(reverse("incidents:draft", args=[incident.number]), sent, headers={"HX-Request": "true"})
    shown = html.unescape(kept.content.decode())
    assert "As the affected get it" in shown
    assert "Communications has not approved this text" in shown
    assert "English, for the affected" in shown
    draft = queries.draft_of(incident.id)
    assert draft is not None
    assert draft.segments == {"affected": {"en": "Yours failed. We are sorry."}}
    page = lead.get(reverse("incidents:incident", args=[incident.number])).content.decode()
    assert 'name="text:en:affected" lang="en" rows="5" maxlength="4000">Yours failed.' in page
    without = {name: value for name, value in sent.items() if name.count(":") < 2}
    again = {**without, "update": str(draft.id), "version": str(draft.version)}
    lead.post(reverse("incidents:draft", args=[incident.number]), again)
    draft = queries.draft_of(incident.id)
    assert draft is not None
    assert set(draft.segments) == {"affected"}
    gone = {**sent, "text:en:affected": "", "update": str(draft.id), "version": str(draft.version)}
    lead.post(reverse("incidents:draft", args=[incident.number]), gone)
    draft = queries.draft_of(incident.id)
    assert draft is not None
    assert draft.segments == {}


def test_a_template_for_the_affected_begins_their_words_and_leaves_the_publics(signed: Signed) -> None:
    templates.take_seeds(by=signed.house.lead)
    incident = queries.incident_of_id(signed.house.declare(harm="data"))
    assert incident is not None
    lead = Client()
    lead.force_login(signed.house.desk.lead)
    slug = next(each.slug for each in library.templates() if each.use == "breach_affected")
    sent = {
        "status": "investigating", "text:en": "We know. We are sorry.", "next": "30", "update": "", "version": "0",
        "template": slug, "reader": "affected", "text:en:affected": "", "text:en:unaffected": "You are not affected.",
    }  # fmt: skip
    lead.post(reverse("incidents:template", args=[incident.number]), sent)
    draft = queries.draft_of(incident.id)
    assert draft is not None
    assert draft.texts == {"en": "We know. We are sorry."}
    assert draft.segments["unaffected"] == {"en": "You are not affected."}
    assert {"en", "id", "pt-br"} == set(draft.segments["affected"])
    roles = {(each.need.role, each.text.segment) for each in worded.missing(incident, draft, facts=[])}
    assert (Role.LEGAL, "affected") in roles
