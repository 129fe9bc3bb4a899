"""What somebody wrote or approved who is cut off stays in the house until somebody else has looked at it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from holdfast.kit.clock import now
from holdfast.notify.campaigns import campaigns, minding, queries, second_look
from holdfast.notify.campaigns.contract import Refused
from holdfast.notify.campaigns.models import Campaign
from holdfast.people import cutting_off
from holdfast.people.cut_off_targets import Target
from holdfast.people.cutting_off import Kind, Scope, What
from holdfast.people.models import Agent, Role

from .conftest import Team

pytestmark = pytest.mark.django_db


@pytest.fixture
def keepers(db: None) -> list[Agent]:
    """Two who may cut off and let back in, one of them an admin."""
    made = [("ada", Role.ADMIN), ("sig", Role.SECURITY)]
    since = now() - timedelta(days=30)
    return [
        Agent.objects.create_user(f"{n}@example.com", name=n.title(), role=role, created_at=since) for n, role in made
    ]


def cut(keepers: list[Agent], agent: Agent, kind: Kind = Kind.OUT) -> int:
    target = Target(Scope.AGENT, agent.pk)
    return cutting_off.begin(target=target, kind=kind, why="A test", by=keepers[1].pk).number


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("who", ["writer", "second"])
def test_what_was_approved_before_waits_and_goes_when_somebody_else_has_read_it(
    team: Team, keepers: list[Agent], who: str, kind: Kind
) -> None:
    campaign = team.campaign(started=False)
    cut(keepers, getattr(team, who), kind)
    with pytest.raises(Refused, match=f"{getattr(team, who).name}, who is cut off, wrote or approved it"):
        campaigns.start(campaign_id=campaign, by=keepers[0].pk)
    with pytest.raises(Refused, match="lead or an admin"):
        campaigns.again(campaign_id=campaign, by=getattr(team, who).pk)
    campaigns.again(campaign_id=campaign, by=keepers[0].pk)
    assert second_look.waiting() == []
    campaigns.start(campaign_id=campaign, by=keepers[0].pk)
    minding.tick()
    assert queries.campaign(campaign).state == "running"


def test_what_is_being_sent_pauses_says_so_on_its_page_and_on_the_bridge_and_goes_on_after_a_look(
    team: Team, keepers: list[Agent], client: Client
) -> None:
    campaign, other = team.campaign(), team.campaign()
    Campaign.objects.filter(pk=other).update(written_by=keepers[0], approved_by=keepers[0])
    Campaign.objects.get(pk=other).texts.update(by=keepers[0])
    minding.tick()
    assert queries.campaign(campaign).state == "running"
    cut(keepers, team.writer)
    minding.tick()
    assert [queries.campaign(each).state for each in (campaign, other)] == ["paused", "running"]
    with pytest.raises(Refused, match="cut off"):
        campaigns.resume(campaign_id=campaign, by=keepers[0].pk)
    client.force_login(keepers[0])
    page = client.get(reverse("campaigns:one", args=[campaign])).content.decode()
    assert "Imani Clarke, who is cut off, wrote or approved it." in page
    assert page.count("wrote or approved it") == 1, "once, not as its reason as well"
    assert "I have read it" in page
    bridge = client.get(reverse("bridge:owed")).content.decode()
    assert "Waits for a second look" in bridge
    assert "Imani" not in bridge, "everybody at the desk reads the bridge"
    renewed = client.post(reverse("campaigns:standing", args=[campaign]), {"to": "renewed"})
    assert renewed.status_code == 302
    assert "second look" not in client.get(reverse("bridge:owed")).content.decode()
    campaigns.resume(campaign_id=campaign, by=keepers[0].pk)
    minding.tick()
    assert queries.campaign(campaign).state == "running"


def test_a_second_cut_wants_another_look_and_letting_them_in_wants_none(team: Team, keepers: list[Agent]) -> None:
    campaign = team.campaign(started=False)
    number = cut(keepers, team.writer)
    campaigns.again(campaign_id=campaign, by=team.second.pk)
    assert second_look.waiting() == []
    cut(keepers, team.second)
    assert [each.id for each in second_look.waiting()] == [campaign]
    campaigns.again(campaign_id=campaign, by=keepers[0].pk)
    for each in (number, number + 1):
        cutting_off.ask_back(number=each, what=What.UNDO, why="Cleared", by=keepers[0].pk)
        cutting_off.agree(number=each, what=What.UNDO, by=keepers[1].pk)
    cut(keepers, team.writer)
    assert [each.id for each in second_look.waiting()] == [campaign]


def test_a_draft_says_whose_words_it_has(team: Team, keepers: list[Agent]) -> None:
    campaign = team.campaign(approved=False)
    assert queries.second_look_at(campaign) == ""
    cut(keepers, team.writer)
    assert queries.second_look_at(campaign) == "Imani Clarke, who is cut off, wrote it. Read it as if it were new."
