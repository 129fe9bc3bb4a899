"""What goes to people one by one about an incident has words that stand, from approving it to the last of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from tests.incidents.conftest import House, in_minutes
from tests.incidents.words.conftest import Signed, make_signed

from holdfast.incidents import facts, queries, updates, worded
from holdfast.incidents.audiences import freezing, groups, handing
from holdfast.incidents.contract import UpdateView
from holdfast.incidents.words import approvals, forbidden, library
from holdfast.incidents.words.models import Approval
from holdfast.kit import clock
from holdfast.kit.clock import now
from holdfast.notify.campaigns import campaigns, checking, minding
from holdfast.notify.campaigns.contract import Refused, Text
from holdfast.notify.campaigns.models import Campaign, Recipient

LETTER = {"affected": {"en": "Dear {name}, your statement reached somebody else. We are sorry."}}
SORRY = "Some statements reached other people. We are sorry. We tell you more when it is certain."


@pytest.fixture
def signed(house: House) -> Signed:
    return make_signed(house)


@pytest.fixture
def later() -> Iterator[None]:
    yield
    clock.set_source(None)


def sign(signed: Signed, *, good_for: timedelta = timedelta(days=7)) -> int:
    given = 0
    for person in (signed.legal, signed.security, signed.communications):
        for ask in library.asks(agent_id=person.pk):
            approvals.approve(ask_id=ask.id, by=person.pk, expires_in=good_for)
            given += 1
    return given


def breach(signed: Signed, *, good_for: timedelta = timedelta(days=7)) -> UpdateView:
    """Statements went to wrong people: the public and the affected were told, each in approved words."""
    incident_id = signed.house.declare("Statements were sent to the wrong people", harm="data")
    draft = signed.house.draft(incident_id, SORRY, segments=LETTER, next_update_due=in_minutes(300))
    incident = queries.incident_of_id(incident_id)
    assert incident is not None
    worded.ask(incident, draft, by=signed.house.lead)
    assert sign(signed, good_for=good_for) == 6
    return updates.publish(update_id=draft.id, version=draft.version, by=signed.house.lead)


def campaign_of(signed: Signed, update: UpdateView) -> UUID:
    lead, incident_id = signed.house.lead, update.incident_id
    groups.add(
        incident_id=incident_id, name="Named", segment="affected", source="file", by=lead, lines=["TW-1", "TW-11"]
    )
    audience = freezing.freeze(incident_id=incident_id, exposed_at=now(), by=lead)
    campaign_id = handing.hand_over(
        incident_id=incident_id, audience_id=audience, update_id=update.id, stream="legal", by=lead
    )
    handing.fill(campaign_id)
    return campaign_id


def approve(signed: Signed, campaign_id: UUID) -> Campaign:
    campaigns.approve(campaign_id=campaign_id, by=signed.communications.pk)
    return Campaign.objects.get(pk=campaign_id)


def test_words_approved_for_an_update_count_and_the_campaign_is_good_no_longer_than_they_are(
    signed: Signed, people: dict[str, UUID], later: None
) -> None:
    campaign_id = campaign_of(signed, breach(signed, good_for=timedelta(hours=2)))
    legal = Approval.objects.filter(role="legal", segment="affected").get()
    campaign = approve(signed, campaign_id)
    assert campaign.approval_ends == legal.expires_at
    assert set(campaign.texts.values_list("body", flat=True)) == {
        LETTER["affected"]["en"]
    }  # the name is filled in late
    campaigns.start(campaign_id=campaign_id, by=signed.house.lead)
    minding.tick()
    assert Campaign.objects.get().state == "running"
    expired = now() + timedelta(hours=3)
    clock.set_source(lambda: expired)
    minding.tick()
    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.why) == ("paused", minding.RAN_OUT)
    with pytest.raises(Refused, match="does not stand any more"):
        campaigns.again(campaign_id=campaign_id, by=signed.communications.pk)
    assert campaigns.ask(campaign_id=campaign_id, by=signed.house.lead) == 3
    assert campaigns.ask(campaign_id=campaign_id, by=signed.house.lead) == 0
    assert sign(signed) == 3
    campaigns.again(campaign_id=campaign_id, by=signed.communications.pk)
    campaigns.resume(campaign_id=campaign_id, by=signed.house.lead)
    assert set(Recipient.objects.values_list("state", flat=True)) == {"pending"}


def test_an_approval_that_is_taken_back_and_a_new_ban_stop_what_is_being_sent(
    signed: Signed, people: dict[str, UUID]
) -> None:
    campaign_id = campaign_of(signed, breach(signed))
    approve(signed, campaign_id)
    campaigns.start(campaign_id=campaign_id, by=signed.house.lead)
    ban = forbidden.forbid(
        pattern="reached somebody else", is_expression=False, why="The authority asked.", asked_by="Counsel",
        jurisdiction="", locale="", until=None, by=signed.admin.pk,
    )  # fmt: skip
    minding.tick()
    paused = Campaign.objects.get()
    assert paused.state == "paused"
    assert "may not be said" in paused.why
    with pytest.raises(Refused, match="may not be said"):
        campaigns.resume(campaign_id=campaign_id, by=signed.house.lead)
    forbidden.allow(forbidden_id=ban, by=signed.admin.pk)
    campaigns.resume(campaign_id=campaign_id, by=signed.house.lead)
    approvals.revoke(
        approval_id=Approval.objects.get(role="security", segment="affected").pk, by=signed.security.pk, why="Wait."
    )
    minding.tick()
    assert "It was taken back: Wait." in Campaign.objects.get().why


def test_other_words_than_the_update_s_need_the_approvals_of_those_words(
    signed: Signed, people: dict[str, UUID]
) -> None:
    campaign_id = campaign_of(signed, breach(signed))
    title = "Statements were sent to the wrong people"
    words = {("en", "affected"): Text(subject=title, body="Your statement was sent to somebody. We are sorry.")}
    campaigns.set_texts(campaign_id=campaign_id, texts=words, by=signed.house.lead)
    with pytest.raises(Refused, match=r"Legal has not approved this text.* There are 3 things to mend"):
        approve(signed, campaign_id)
    assert campaigns.ask(campaign_id=campaign_id, by=signed.house.lead) == 3
    assert sign(signed) == 3
    assert approve(signed, campaign_id).state == "approved"
    campaigns.take_back(campaign_id=campaign_id, by=signed.house.lead)
    louder = {("en", "affected"): Text(subject="61,000 statements", body=words["en", "affected"].body)}
    campaigns.set_texts(campaign_id=campaign_id, texts=louder, by=signed.house.lead)
    assert any("No public fact has the number “61,000”" in each for each in _problems(campaign_id))


def test_a_fact_that_does_not_stand_any_more_keeps_a_campaign_from_starting(
    signed: Signed, people: dict[str, UUID]
) -> None:
    lead, incident_id = signed.house.lead, signed.house.declare(severity=3)
    stated = facts.state(
        incident_id=incident_id, text="38 % of payments fail.", source="Monitoring", as_of=now(), by=lead, public=True
    )
    update = signed.house.publish(incident_id, "38 % of payments fail.")
    campaign_id = campaign_of(signed, update)
    approve(signed, campaign_id)
    facts.withdraw(fact_id=stated.id, why="Counted twice.", by=lead)
    with pytest.raises(Refused, match="No public fact has the number “38 %”"):
        campaigns.start(campaign_id=campaign_id, by=lead)


def test_who_wrote_the_update_does_not_approve_the_campaign_another_made_of_it(
    signed: Signed, people: dict[str, UUID], settings: object
) -> None:
    settings.CAMPAIGN_TWO_PEOPLE = 1  # type: ignore[attr-defined]
    update = signed.house.publish(signed.house.declare(severity=3), "Some payments fail. We are sorry.")
    groups.add(
        incident_id=update.incident_id, name="Named", segment="affected", source="file", by=signed.admin.pk,
        lines=["TW-1", "TW-11"],
    )  # fmt: skip
    audience = freezing.freeze(incident_id=update.incident_id, exposed_at=now(), by=signed.admin.pk)
    campaign_id = handing.hand_over(
        incident_id=update.incident_id, audience_id=audience, update_id=update.id, stream="incident", by=signed.admin.pk
    )
    handing.fill(campaign_id)
    with pytest.raises(Refused, match="You wrote it"):
        campaigns.approve(campaign_id=campaign_id, by=signed.house.lead)
    assert approve(signed, campaign_id).state == "approved"


def test_what_nobody_could_check_stays(
    signed: Signed, people: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = campaign_of(signed, breach(signed))
    monkeypatch.setattr(checking, "_plugged", [])
    with pytest.raises(Refused, match="could not be checked"):
        approve(signed, campaign_id)


def test_the_page_of_a_campaign_says_what_its_words_lack_and_asks_for_it(
    signed: Signed, people: dict[str, UUID]
) -> None:
    campaign_id = campaign_of(signed, breach(signed))
    for approval in Approval.objects.filter(segment="affected", role="legal"):
        approvals.revoke(approval_id=approval.pk, by=signed.legal.pk, why="Wait for the regulator.")
    lead = Client()
    lead.force_login(signed.house.desk.lead)
    page = lead.get(f"/settings/campaigns/{campaign_id}/").content.decode()
    assert "It was taken back: Wait for the regulator." in page
    lead.post(f"/settings/campaigns/{campaign_id}/standing/", {"to": "asked"})
    (ask,) = library.asks(agent_id=signed.legal.pk)
    assert ask.about.startswith("Campaign on incident")
    inbox = Client()
    inbox.force_login(signed.legal)
    assert "What is known" in inbox.get("/incidents/approvals/").content.decode()


def _problems(campaign_id: UUID) -> list[str]:
    return list(checking.look(Campaign.objects.get(pk=campaign_id)).problems)
