"""An approval is of one exact text, for so long, by somebody else; one that lapsed in between lets no word out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from tests.incidents.conftest import in_minutes
from tests.incidents.words.conftest import Signed, make_signed

from holdfast.incidents import holding, queries, updates, worded
from holdfast.incidents.contract import IncidentView, UpdateView
from holdfast.incidents.errors import Refused as IncidentRefused
from holdfast.incidents.words import approvals, bell, library, signatories, templates
from holdfast.incidents.words.contract import Missing, Need, OutgoingText, Role
from holdfast.incidents.words.errors import Refused, Stale
from holdfast.incidents.words.models import Approval, Ask, Version
from holdfast.kit import clock
from holdfast.kit.clock import now
from holdfast.people import cutting_off
from holdfast.people.cut_off_targets import Target
from holdfast.people.cutting_off import Kind as CutKind
from holdfast.people.cutting_off import Scope
from holdfast.people.models import Agent
from holdfast.posture import current as posture
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind

WEEK = timedelta(days=7)
SORRY = "Some of your data was seen by others. We are sorry. We tell you more when it is certain."


@pytest.fixture
def later() -> Iterator[None]:
    yield
    clock.set_source(None)


def breach(signed: Signed, text: str = SORRY, **given: Any) -> tuple[IncidentView, UpdateView]:
    incident_id = signed.house.declare("Statements were sent to the wrong people", harm="data")
    draft = signed.house.draft(incident_id, text, **given)
    incident = queries.incident_of_id(incident_id)
    assert incident is not None
    return incident, draft


def approve_all(signed: Signed, incident: IncidentView, draft: UpdateView, expires_in: timedelta = WEEK) -> None:
    worded.ask(incident, draft, by=signed.house.lead)
    for person in (signed.legal, signed.security, signed.communications):
        for ask in library.asks(agent_id=person.pk):
            approvals.approve(ask_id=ask.id, by=person.pk, expires_in=expires_in)


def publish(signed: Signed, draft: UpdateView) -> UpdateView:
    return updates.publish(update_id=draft.id, version=draft.version, by=signed.house.lead)


def test_what_is_said_of_data_leaves_once_legal_security_and_communications_approved_it(signed: Signed) -> None:
    incident, draft = breach(signed)
    with pytest.raises(IncidentRefused, match="has not approved"):
        publish(signed, draft)
    assert worded.ask(incident, draft, by=signed.house.lead) == 3
    assert worded.ask(incident, draft, by=signed.house.lead) == 0
    (waits,) = library.asks(agent_id=signed.legal.pk)
    assert (waits.text, waits.role, waits.about) == (SORRY, Role.LEGAL, f"Incident {incident.number}: {incident.title}")
    assert bell.waiting_for(signed.legal.pk) == 1
    approve_all(signed, incident, draft)
    assert bell.waiting_for(signed.legal.pk) == 0
    assert publish(signed, draft).number == 1


@pytest.mark.parametrize("edit", [f"{SORRY} Nothing else.", SORRY.replace("others", "other people")])
def test_any_edit_is_another_text_and_shows_what_was_approved_before(signed: Signed, edit: str) -> None:
    incident, draft = breach(signed)
    approve_all(signed, incident, draft)
    changed = updates.edit(
        update_id=draft.id, version=draft.version, by=signed.house.lead, status="investigating",
        texts={"en": edit}, next_update_due=in_minutes(30), components={},
    )  # fmt: skip
    with pytest.raises(IncidentRefused, match="has not approved"):
        publish(signed, changed)
    worded.ask(incident, changed, by=signed.house.lead)
    (waits,) = library.asks(agent_id=signed.legal.pk)
    assert (waits.text, waits.before) == (edit, SORRY)


def test_an_approval_that_expired_between_check_and_publishing_refuses_inside_it(signed: Signed, later: None) -> None:
    incident, draft = breach(signed, next_update_due=in_minutes(90))
    approve_all(signed, incident, draft, expires_in=timedelta(minutes=10))
    assert updates.check(draft.id).may_go
    expired = now() + timedelta(minutes=11)
    clock.set_source(lambda: expired)
    with pytest.raises(IncidentRefused, match="expired at"):
        publish(signed, draft)
    assert queries.updates_of(incident.id) == []


def test_an_approval_taken_back_lets_nothing_out_and_says_why(signed: Signed) -> None:
    incident, draft = breach(signed)
    approve_all(signed, incident, draft)
    legal = Approval.objects.get(role="legal")
    with pytest.raises(Refused, match="Only somebody who approves for legal"):
        approvals.revoke(approval_id=legal.pk, by=signed.security.pk, why="No")
    with pytest.raises(Refused, match="Say in a sentence"):
        approvals.revoke(approval_id=legal.pk, by=signed.legal.pk, why=" ")
    approvals.revoke(approval_id=legal.pk, by=signed.legal.pk, why="The authority asked to wait.")
    with pytest.raises(IncidentRefused, match=r"taken back: The authority asked to wait\."):
        publish(signed, draft)
    with pytest.raises(Refused, match="already"):
        approvals.revoke(approval_id=legal.pk, by=signed.legal.pk, why="Again")


@pytest.mark.django_db(transaction=True)
def test_taking_back_waits_for_a_word_that_is_leaving() -> None:
    posture.forget()
    signed = make_signed()
    incident, draft = breach(signed)
    approve_all(signed, incident, draft)
    legal = Approval.objects.get(role="legal")
    begun, order = threading.Event(), []

    def takes_back() -> None:
        try:
            begun.set()
            approvals.revoke(approval_id=legal.pk, by=signed.legal.pk, why="Wait.")
            order.append("taken back")
        finally:
            connection.close()

    other = threading.Thread(target=takes_back)
    with transaction.atomic():
        said = publish(signed, draft)
        other.start()
        assert begun.wait(10)
        other.join(0.3)
        assert other.is_alive()
        order.append("published")
    other.join(10)
    assert (said.number, order) == (1, ["published", "taken back"])


def test_nobody_approves_what_they_asked_for_or_wrote_or_without_the_role(signed: Signed) -> None:
    incident, draft = breach(signed)
    worded.ask(incident, draft, by=signed.house.lead)
    legal = next(each for each in library.asks() if each.role == Role.LEGAL)
    with pytest.raises(Refused, match="You asked"):
        approvals.approve(ask_id=legal.id, by=signed.house.lead, expires_in=WEEK)
    with pytest.raises(Refused, match="do not approve for legal"):
        approvals.approve(ask_id=legal.id, by=signed.security.pk, expires_in=WEEK)
    for never in (timedelta(), timedelta(days=401)):
        with pytest.raises(Refused, match="holds between"):
            approvals.approve(ask_id=legal.id, by=signed.legal.pk, expires_in=never)
    approvals.approve(ask_id=legal.id, by=signed.legal.pk, expires_in=WEEK)
    with pytest.raises(Refused, match="decided"):
        approvals.approve(ask_id=legal.id, by=signed.legal.pk, expires_in=WEEK)
    with pytest.raises(Refused, match="somebody else has to send it"):
        approvals.second_person(action="send it", by=3, second=3)
    approvals.second_person(action="send it", by=3, second=4)


def test_who_drafted_or_edited_a_text_does_not_approve_it_even_when_another_asks(signed: Signed) -> None:
    """The lawyer begins it, communications changes a word, the lead asks: neither of the first two stands for it."""
    incident_id = signed.house.declare("Statements were sent to the wrong people", harm="data")
    fields: dict[str, Any] = {"status": "investigating", "next_update_due": in_minutes(30), "components": {}}
    draft = updates.draft(incident_id=incident_id, by=signed.legal.pk, texts={"en": f"{SORRY} Yes."}, **fields)
    draft = updates.edit(
        update_id=draft.id, version=draft.version, by=signed.communications.pk, texts={"en": SORRY}, **fields
    )
    same = {"update_id": draft.id, "texts": {"en": SORRY}}
    draft = updates.edit(version=draft.version, by=signed.security.pk, **same, **fields)  # not a word of hers
    incident = queries.incident_of_id(incident_id)
    assert incident is not None
    assert worded.ask(incident, draft, by=signed.house.lead) == 3
    for person in (signed.legal, signed.communications):
        (waits,) = library.asks(agent_id=person.pk)
        assert bell.waiting_for(person.pk) == 0
        with pytest.raises(Refused, match="had a hand in these words"):
            approvals.approve(ask_id=waits.id, by=person.pk, expires_in=WEEK)
    (waits,) = library.asks(agent_id=signed.security.pk)
    approvals.approve(ask_id=waits.id, by=signed.security.pk, expires_in=WEEK)
    gone = updates.edit(update_id=draft.id, version=draft.version, by=signed.legal.pk, **{**fields, "texts": {}})
    anew = updates.edit(
        update_id=draft.id, version=gone.version, by=signed.house.lead, **{**fields, "texts": {"en": f"{SORRY} Now."}}
    )
    worded.ask(incident, anew, by=signed.house.lead)
    approve_all(signed, incident, anew)  # written anew by another, they may
    assert publish(signed, anew).number == 1


def test_who_wrote_a_version_of_a_template_does_not_approve_it(signed: Signed) -> None:
    templates.add(slug="mine", title="Mine", use="update")
    templates.save(slug="mine", locale="en", body="One. Next update {next}.", seen=0, by=signed.legal.pk)
    text = OutgoingText(locale="en", text="One. Next update {next}.")
    wanted = [Missing(text=text, need=Need(role=Role.LEGAL))]
    approvals.ask(subject="template:mine", about="Mine", missing=wanted, by=signed.house.lead)
    (waits,) = library.asks(agent_id=signed.legal.pk)
    with pytest.raises(Refused, match="had a hand in these words"):
        approvals.approve(ask_id=waits.id, by=signed.legal.pk, expires_in=WEEK)


def test_a_change_is_asked_for_in_a_sentence(signed: Signed) -> None:
    incident, draft = breach(signed)
    worded.ask(incident, draft, by=signed.house.lead)
    (legal,) = library.asks(agent_id=signed.legal.pk)
    with pytest.raises(Refused, match="Say in a sentence"):
        approvals.ask_for_change(ask_id=legal.id, by=signed.legal.pk, what=" ")
    approvals.ask_for_change(ask_id=legal.id, by=signed.legal.pk, what="Say which data.")
    told = library.asked_about(queries.subject_of(incident.id))
    assert [each.answer for each in told if each.role == Role.LEGAL] == ["Say which data."]
    assert library.asks(agent_id=signed.legal.pk) == []


def test_legal_approves_for_each_jurisdiction_that_is_named(signed: Signed) -> None:
    incident, draft = breach(signed)
    subject = queries.subject_of(incident.id)
    brazil = signed.admin.pk
    signatories.name(agent_id=brazil, role="legal", jurisdiction="br", by=brazil)
    approvals.set_reach(subject=subject, jurisdictions=["br", " de "], by=signed.house.lead)
    worded.ask(incident, draft, by=signed.house.lead)
    asked = {each.jurisdiction for each in library.asks() if each.role == Role.LEGAL}
    assert asked == {"BR", "DE"}
    (only,) = library.asks(agent_id=brazil)
    approvals.approve(ask_id=only.id, by=brazil, expires_in=WEEK)
    facts = queries.facts_of(incident.id)
    lacking = {(each.need.role, each.need.jurisdiction) for each in worded.missing(incident, draft, facts=facts)}
    assert lacking == {(Role.LEGAL, "DE"), (Role.SECURITY, ""), (Role.COMMUNICATIONS, "")}
    with pytest.raises(Refused, match="Write jurisdictions"):
        approvals.set_reach(subject=subject, jurisdictions=["everywhere on earth"], by=brazil)


def test_where_nobody_signs_a_service_speaks_and_data_does_not(signed: Signed) -> None:
    for each in library.signatories():
        signatories.relieve(signatory_id=each.id)
    text = "Card payments do not go through. We are sorry."
    assert signed.house.publish(signed.house.declare(severity=1), text).number == 1
    _, draft = breach(signed)
    with pytest.raises(IncidentRefused, match="nobody is named for that"):
        publish(signed, draft)


def test_a_text_from_an_approved_template_needs_no_second_approval_but_an_edited_one_does(signed: Signed) -> None:
    templates.take_seeds(by=signed.house.lead)
    version = Version.objects.get(template__slug="first-word-open", locale="en")
    asked = [
        Missing(text=OutgoingText(locale="en", text=version.body), need=Need(role=role))
        for role in (Role.LEGAL, Role.SECURITY, Role.COMMUNICATIONS)
    ]
    approvals.ask(subject="template:first-word-open", about="A template", missing=asked, by=signed.house.lead)
    for person in (signed.legal, signed.security, signed.communications):
        (waits,) = library.asks(agent_id=person.pk)
        approvals.approve(ask_id=waits.id, by=person.pk, expires_in=WEEK)
    due = in_minutes(30)
    text = version.body.replace("{next}", f"{due:%H:%M}")
    incident, draft = breach(signed, f"{text} Call us.", next_update_due=due)
    with pytest.raises(IncidentRefused, match="has not approved"):
        publish(signed, draft)
    kept = updates.edit(
        update_id=draft.id, version=draft.version, by=signed.house.lead, status="investigating",
        texts={"en": text}, next_update_due=due, components={},
    )  # fmt: skip
    assert publish(signed, kept).number == 1
    assert worded.missing(incident, kept, facts=[]) == []


def test_the_approved_holding_text_goes_out_at_its_time_in_every_language_that_has_one(
    signed: Signed, later: None
) -> None:
    templates.take_seeds(by=signed.house.lead)
    incident_id = signed.house.declare()
    said = signed.house.publish(incident_id, "We are looking into it. We are sorry.", next_update_due=in_minutes(20))
    promise = promises.open_promise(kind=Kind.UPDATE, subject=queries.subject_of(incident_id))
    assert promise is not None
    clock.set_source(lambda: promise.due)
    assert not holding.publish_holding(promise)
    for locale in ("en", "id"):
        body = Version.objects.get(template__slug="holding", locale=locale).body
        need = Need(role=Role.COMMUNICATIONS)
        wanted = [Missing(text=OutgoingText(locale=locale, text=body), need=need)]
        approvals.ask(subject="template:holding", about="Holding", missing=wanted, by=signed.house.lead)
        (waits,) = library.asks(agent_id=signed.communications.pk)
        approvals.approve(ask_id=waits.id, by=signed.communications.pk, expires_in=WEEK)
    assert holding.publish_holding(promise)
    newest = queries.updates_of(incident_id)[0]
    assert said.published_at is not None
    assert newest.next_update_due is not None
    since, due = f"{said.published_at:%H:%M}", f"{newest.next_update_due:%H:%M}"
    assert newest.texts == {
        "en": f"No change since {since}. We are still working on it. Next update {due}.",
        "id": f"Tidak ada perubahan sejak {since}. Kami masih menanganinya. Kabar berikutnya pukul {due}.",
    }


def test_of_two_editors_of_a_template_the_second_is_told_and_nothing_is_lost(signed: Signed) -> None:
    templates.add(slug="mine", title="Mine", use="update")
    first = templates.save(slug="mine", locale="en", body="One. Next update {next}.", seen=0, by=signed.admin.pk)
    with pytest.raises(Stale) as stale:
        templates.save(slug="mine", locale="en", body="Two.", seen=0, by=signed.legal.pk)
    assert (stale.value.current, first.variables) == (1, ["next"])
    second = templates.save(slug="mine", locale="en", body="Two.", seen=1, by=signed.legal.pk)
    assert [each.body for each in library.versions("mine", "en")] == [second.body, first.body]
    for body, why in (("{nxt}", "no variable"), ("{next", "no partner"), (" ", "says something"), ("Two.", "Nothing")):
        with pytest.raises(Refused, match=why):
            templates.save(slug="mine", locale="en", body=body, seen=2, by=signed.legal.pk)
    for slug in ("mine", "Not So!", ""):
        with pytest.raises(Refused):
            templates.add(slug=slug, title="T", use="update")


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["", "affected"]), st.sampled_from(["en", "id"]))
def test_two_texts_have_one_digest_only_when_they_are_one_text(a: str, b: str, segment: str, locale: str) -> None:
    one = approvals.digest(OutgoingText(locale=locale, text=a, segment=segment))
    two = approvals.digest(OutgoingText(locale="en", text=b, segment=""))
    same = (a.replace("\r\n", "\n").strip(), locale, segment) == (b.replace("\r\n", "\n").strip(), "en", "")
    assert (one == two) is same


def test_an_ask_for_an_older_text_lapses(signed: Signed) -> None:
    incident, draft = breach(signed)
    worded.ask(incident, draft, by=signed.house.lead)
    changed = updates.edit(
        update_id=draft.id, version=draft.version, by=signed.house.lead, status="investigating",
        texts={"en": f"{SORRY} More."}, next_update_due=in_minutes(30), components={},
    )  # fmt: skip
    worded.ask(incident, changed, by=signed.house.lead)
    assert Ask.objects.filter(state="lapsed").count() == 3
    assert {each.text for each in library.asks()} == {f"{SORRY} More."}


def _cut_off(signed: Signed, agent: Agent) -> None:
    cutting_off.begin(target=Target(Scope.AGENT, agent.pk), kind=CutKind.OUT, why="A test", by=signed.security.pk)


def test_an_approval_by_somebody_who_is_cut_off_does_not_count_until_they_are_let_back_in(signed: Signed) -> None:
    incident, draft = breach(signed)
    approve_all(signed, incident, draft)
    _cut_off(signed, signed.legal)
    with pytest.raises(IncidentRefused, match="nobody is named for that"):
        publish(signed, draft)
    assert [each.stands for each in library.given()].count(False) == 1
    signatories.name(agent_id=signed.admin.pk, role="legal", jurisdiction="", by=signed.admin.pk)
    with pytest.raises(IncidentRefused, match="cut off, so somebody else looks at it"):
        publish(signed, draft)
    worded.ask(incident, draft, by=signed.house.lead)
    (asked,) = library.asks(agent_id=signed.admin.pk)
    approvals.approve(ask_id=asked.id, by=signed.admin.pk, expires_in=WEEK)
    assert publish(signed, draft).number == 1


def test_words_of_somebody_who_is_cut_off_are_approved_anew_and_their_draft_says_so(signed: Signed) -> None:
    incident, draft = breach(signed)
    approve_all(signed, incident, draft)
    _cut_off(signed, signed.house.desk.lead)
    with pytest.raises(IncidentRefused, match="Whoever wrote or approved it is cut off"):
        publish(signed, draft)
    said = [each.sentence for each in updates.check(draft.id).problems if each.advice]
    assert "Lea Test, who is cut off, had a hand in it. Read it as if new." in said


def test_whoever_signs_alone_and_is_cut_off_leaves_no_text_without_its_approval(signed: Signed) -> None:
    text = OutgoingText(locale="en", text="We are sorry.", segment="")
    need = [Need(role=Role.COMMUNICATIONS, waived_alone=True)]
    _cut_off(signed, signed.communications)
    (missing,) = approvals.standing([text], needed=need, at=now(), values={})
    assert missing.nobody, "an admin names somebody else"
