"""The life of a campaign: who may do what when, who is left out and why, and what a dry run says before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from tests.opened import token_of

from holdfast.kit import clock
from holdfast.notify.campaigns import adding, campaigns, dry_running, queries, suppression
from holdfast.notify.campaigns.contract import Recipient, Refused, Text
from holdfast.notify.campaigns.models import Campaign, Chunk, Suppression
from holdfast.notify.campaigns.models import Recipient as Row
from holdfast.people.models import Agent, Customer, Identity, Role

from .conftest import SAID, Team, person, send, states

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_wrote_it_does_not_approve_it_for_many_but_may_for_a_few(team: Team, settings: LazySettings) -> None:
    settings.CAMPAIGN_TWO_PEOPLE = 5
    many, few = team.campaign(6, approved=False), team.campaign(5, approved=False)
    with pytest.raises(Refused, match="more than 5 people"):
        campaigns.approve(campaign_id=many, by=team.writer.pk)
    campaigns.set_texts(campaign_id=many, texts=SAID, by=team.second.pk)
    with pytest.raises(Refused, match="You wrote it"):
        campaigns.approve(campaign_id=many, by=team.second.pk)
    campaigns.approve(campaign_id=few, by=team.writer.pk)


def test_an_agent_approves_nothing(team: Team) -> None:
    agent = Agent.objects.create_user("agent@example.com", name="Agent", role=Role.AGENT)
    with pytest.raises(Refused, match="Leads and admins"):
        campaigns.approve(campaign_id=team.campaign(approved=False), by=agent.pk)


def test_approving_what_changed_since_one_looked_is_refused(team: Team) -> None:
    campaign = team.campaign(approved=False)
    seen = queries.campaign(campaign).version
    campaigns.set_texts(campaign_id=campaign, texts=SAID, by=team.writer.pk)
    with pytest.raises(Refused, match="changed it since"):
        campaigns.approve(campaign_id=campaign, by=team.second.pk, seen=seen)


def test_an_audience_of_nobody_is_refused(team: Team) -> None:
    campaign = team.campaign(0, approved=False)
    with pytest.raises(Refused, match="Nobody would get this"):
        campaigns.approve(campaign_id=campaign, by=team.second.pk)


def test_what_is_approved_is_fixed_until_the_approval_is_taken_back(team: Team) -> None:
    campaign = team.campaign(started=False)
    with pytest.raises(Refused, match="text is fixed"):
        campaigns.set_texts(campaign_id=campaign, texts=SAID, by=team.writer.pk)
    with pytest.raises(Refused, match="being written"):
        adding.add_recipients(campaign, [person(9)])
    campaigns.take_back(campaign_id=campaign, by=team.writer.pk)
    assert adding.add_recipients(campaign, [person(9)]).added == 1


def test_a_text_that_was_public_already_needs_no_second_person_and_only_about_an_incident(team: Team) -> None:
    campaign = team.campaign(approved=False)
    campaigns.approve_published(campaign_id=campaign, by=team.writer.pk, on="update 3 of incident 12")
    assert queries.campaign(campaign).approved_on == "update 3 of incident 12"
    with pytest.raises(Refused, match="Only mails about an incident"):
        campaigns.approve_published(
            campaign_id=team.campaign(stream="outreach", approved=False), by=team.writer.pk, on="update 3"
        )


@pytest.mark.parametrize(
    ("verb", "when"), [("pause", "approved"), ("resume", "running"), ("start", "running"), ("take_back", "running")]
)
def test_verbs_out_of_turn_are_refused(team: Team, verb: str, when: str) -> None:
    campaign = team.campaign(started=when == "running")
    with pytest.raises(Refused):
        getattr(campaigns, verb)(campaign_id=campaign, by=team.writer.pk)


def test_the_same_person_is_added_once_however_often_they_come(team: Team) -> None:
    campaign = team.campaign(0, approved=False)
    assert adding.add_recipients(campaign, [person(1), person(1), person(2)]).already == 1
    again = adding.add_recipients(campaign, (person(number) for number in range(1, 1_202)))
    assert (again.added, again.already) == (1_199, 2)
    assert queries.progress(campaign).total == Row.objects.filter(campaign_id=campaign).count() == 1_201
    assert Campaign.objects.get(pk=campaign).recipients == 1_201
    assert not Chunk.objects.filter(size=0).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "nobody"},
        {"address": "a@b, c@d"},
        {"address": "a b@c.example"},
        {"address": ""},
        {"person_key": ""},
        {"channel": "pigeon"},
        {"channel": "sms", "address": "12"},
        {"channel": "chat", "address": "not-an-id"},
        {"channel": "webhook", "address": "ftp://x.example"},
        {"address": "a@b.example\r\nBcc: c@d.example"},
    ],
)
def test_who_has_no_usable_address_is_counted_and_costs_nobody_else(team: Team, wrong: dict[str, Any]) -> None:
    campaign = team.campaign(0, approved=False)
    added = adding.add_recipients(campaign, [person(1), person(2, **wrong), person(3)])
    assert (added.added, added.unusable) == (2, 1)


def test_sealed_values_are_opened_and_sealed_again_for_their_own_row(team: Team, db: None) -> None:
    customer = Customer.objects.create(name="Maren Holt")
    mail = Identity.objects.create(customer=customer, kind="email", value="maren@post.example", index=b"1" * 16)
    fresh, who = Identity.objects.get(pk=mail.pk), Customer.objects.get(pk=customer.pk)
    campaign = team.campaign(0, approved=False)
    sealed = person(1, address=fresh.value, values={"name": who.name, "reference": "TW-1"})
    moved = person(2, address=fresh.value.of("another.row.1"))
    assert adding.add_recipients(campaign, [sealed, moved]).unusable == 1
    row = Row.objects.get(campaign_id=campaign)
    assert str(row.sealed) == "m•••@p•••.•••"
    assert "maren" not in token_of(row.sealed)
    assert dry_running.dry_run(campaign).samples[0].body.startswith("Dear Maren H.,")


def test_a_dry_run_says_who_gets_what_who_is_left_out_and_what_it_costs(team: Team, settings: LazySettings) -> None:
    settings.CAMPAIGN_COSTS = {"email": 0.001, "sms": 0.05}
    settings.SUPPORT_LANGUAGES = ["en", "id"]
    texts = {
        ("en", ""): SAID[("en", "")],
        ("id", "affected"): Text(subject="Pembayaran", body="Halo {name}"),
        ("en", "affected"): Text(subject="Payments", body="Hello {name}"),
    }
    people = [
        *(person(n) for n in range(10)),
        person(20, locale="id", segment="affected"),
        person(21, locale="pt-br", segment="affected"),
        person(22, segment="unaffected"),
        person(23, values={"name": "Ayu"}),
        person(24, channel="sms", address="+62 812 555 0123"),
        person(25, address="gone@people.example"),
        person(26),
    ]
    suppression.suppress(channel="email", address="gone@people.example", reason="bounce")
    suppression.hold(person_key="customer:26", why="The managing director calls.", by=team.writer.pk)
    found = dry_running.dry_run(team.campaign(people, stream="service", texts=texts, approved=False))
    assert (found.total, found.reached) == (17, 13)
    assert {(c.channel, c.locale, c.segment, c.text_locale): c.number for c in found.counts} == {
        ("email", "en", "", "en"): 10,
        ("email", "id", "affected", "id"): 1,
        ("email", "pt-br", "affected", "en"): 1,
        ("sms", "en", "", "en"): 1,
    }
    assert {each.reason: (each.number, each.some) for each in found.excluded} == {
        "There is no text for segment “unaffected” in this language.": (1, ("customer:22",)),
        "No value for {reference}.": (1, ("customer:23",)),
        "Not reached: mail to this address came back before.": (1, ("customer:25",)),
        "Held: somebody of us talks to them in person.": (1, ("customer:26",)),
    }
    assert {each.channel: each.total for each in found.costs} == {"email": 0.01, "sms": 0.05}
    assert len(found.samples) == 3
    assert "Ayu W." in found.samples[0].body
    assert "Wijaya" not in "".join(each.body for each in found.samples)


def test_what_a_dry_run_leaves_out_is_left_out_for_the_same_reasons(team: Team, sink: Any) -> None:
    server = sink()
    people = [person(1), person(2, values={"name": "Ayu"}), person(3, segment="unaffected"), person(4), person(5)]
    suppression.suppress(channel="email", address="PERSON4@people.example", reason="complaint")
    suppression.hold(person_key="customer:5", why="A call.", by=team.writer.pk)
    campaign = team.campaign(people, approved=True)
    before = dry_running.dry_run(campaign)
    send()
    assert states(campaign) == {"sent": 1, "suppressed": 4}
    assert {each.reason for each in queries.reasons(campaign)} == {each.reason for each in before.excluded}
    assert list(server.took()) == ["person1@people.example"]


@pytest.mark.parametrize(
    ("reason", "listed", "stream", "goes"),
    [
        ("unsubscribed", "incident", "incident", False),
        ("unsubscribed", "incident", "service", True),
        ("unsubscribed", "", "service", False),
        ("unsubscribed", "", "legal", True),
        ("complaint", "", "outreach", False),
        ("complaint", "", "legal", True),
        ("bounce", "", "legal", False),
        ("bounce", "", "incident", False),
    ],
)
def test_each_stream_heeds_the_wishes_that_are_about_it(
    team: Team, sink: Any, reason: str, listed: str, stream: str, goes: bool
) -> None:
    server = sink()
    suppression.suppress(channel="email", address="person0@people.example", reason=reason, stream=listed)
    campaign = team.campaign(1, stream=stream)
    assert dry_running.dry_run(campaign).reached == int(goes)
    send()
    assert bool(server.took()) == goes
    if reason == "bounce":
        assert queries.reasons(campaign)[0].reason == "Not reached: mail to this address came back before."


def test_somebody_held_is_written_to_again_once_the_hold_ends(team: Team, sink: Any) -> None:
    sink()
    ends = clock.now() + timedelta(hours=1)
    suppression.hold(person_key="customer:0", why="A call.", by=team.writer.pk, until=ends)
    assert dry_running.dry_run(team.campaign(1, approved=False)).reached == 0
    suppression.let_go(person_key="customer:0")
    assert dry_running.dry_run(team.campaign(1, approved=False)).reached == 1


def test_one_click_stops_the_stream_it_came_with_and_no_legal_notice(team: Team) -> None:
    for stream, stops in (("incident", True), ("legal", False)):
        row = Row.objects.get(campaign_id=team.campaign(1, stream=stream, approved=False))
        assert suppression.unsubscribe(recipient_id=row.pk) is stops
        assert suppression.unsubscribe(recipient_id=row.pk) is stops
    assert list(Suppression.objects.values_list("reason", "stream")) == [("unsubscribed", "incident")]
    assert not suppression.unsubscribe(recipient_id=uuid4())


@pytest.mark.parametrize("body", ["Dear {Name}", "Dear {name", "Dear }", "{}", "   "])
def test_a_text_with_a_stray_brace_or_without_words_is_refused(team: Team, body: str) -> None:
    campaign = team.campaign(approved=False)
    with pytest.raises(Refused):
        campaigns.set_texts(campaign_id=campaign, texts={("en", ""): Text(subject="x", body=body)}, by=team.writer.pk)


def test_an_unsubscribe_address_is_https(team: Team) -> None:
    with pytest.raises(Refused, match="https"):
        campaigns.create(name="x", stream="incident", by=team.writer.pk, unsubscribe_url="http://elsewhere/{token}")


def test_a_recipient_prints_nothing_of_a_person() -> None:
    from holdfast.notify.campaigns.contract import Letter

    letter = Letter(uuid4(), 0, "maren@post.example", "Hello Maren", "Dear Maren", "en")
    assert "aren" not in repr(letter)
    assert isinstance(person(1), Recipient)
