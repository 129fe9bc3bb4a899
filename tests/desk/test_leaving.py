"""Somebody is deactivated: nobody they were answering is left behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from holdfast.conversations.assignments import assign
from holdfast.conversations.held import Held, give_up_of_absent, held_by
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Assignment, Callback, Conversation, Place
from holdfast.conversations.places import standing
from holdfast.conversations.snoozes import snooze, wake
from holdfast.guard.models import Grant
from holdfast.kit.clock import now
from holdfast.people import accounts
from holdfast.people.models import Agent, Role

from .conftest import Desk

SignIn = Callable[[Agent], Client]


@pytest.fixture
def in_hand(desk: Desk) -> dict[str, Conversation]:
    """What Ana has: one that waits longest, one answered, one snoozed, one with a time to be written back."""
    cases = {
        "waits": desk.talk("waits longest", at=now() - timedelta(hours=3)),
        "answered": desk.talk("answered already"),
        "snoozed": desk.talk("put off"),
        "promised": desk.talk("to be called"),
    }
    for case in cases.values():
        assign(conversation_id=case.pk, to=desk.ana.pk, by=desk.ana.pk)
    post_reply(conversation_id=cases["answered"].pk, by=desk.ana.pk, text="Done.", client_key="a" * 12)
    snooze(conversation_id=cases["snoozed"].pk, by=desk.ana.pk, until=now() + timedelta(days=1))
    Callback.objects.create(
        conversation=cases["promised"],
        queue_id=desk.cards.pk,
        how="write",
        starts_at=now() + timedelta(hours=1),
        ends_at=now() + timedelta(hours=2),
        booked_at=now(),
    )
    return cases


def deactivate(client: Client, agent: Agent, **fields: str) -> str:
    """Press the button and return the page that follows."""
    return client.post(reverse("settings:leaving", args=[agent.pk]), fields, follow=True).content.decode()


def test_the_page_says_what_they_have(desk: Desk, sign_in: SignIn, in_hand: dict[str, Conversation]) -> None:
    assert held_by(desk.ana.pk) == Held(cases=4, waiting=2, snoozed=1, promised=1)
    page = sign_in(desk.admin).get(reverse("settings:leaving", args=[desk.ana.pk])).content.decode()
    for words in ("4 cases with Ana Test", "In 2 a customer waits", "1 is snoozed", "1 has a time to be called"):
        assert words in page
    assert page.index("Ben Test, One") < page.index("Bob Test, Two"), "team mates first"
    assert held_by(desk.ben.pk).cases == 0


def test_cases_go_back_to_their_lines_where_they_stood(
    desk: Desk, sign_in: SignIn, in_hand: dict[str, Conversation]
) -> None:
    desk.talk("somebody who came in between", at=now() - timedelta(hours=1))
    assert "4 of their cases went on" in deactivate(sign_in(desk.admin), desk.ana, cases="lines")
    assert not Conversation.objects.filter(assignee=desk.ana).exists()
    first = standing(conversation_id=in_hand["waits"].pk)
    assert first is not None
    assert first.place == 1, "who waited three hours stands before who waited one"
    assert first.joined_at == in_hand["waits"].waiting_since
    assert not Grant.objects.filter(agent_id=desk.ana.pk, closed_at=None).exists()
    assert Callback.objects.get().state == Callback.State.BOOKED
    assert Place.objects.filter(conversation=in_hand["promised"], left_at=None).exists()
    assert Assignment.objects.filter(agent=desk.ana, ended_at=None).count() == 0
    snoozed = in_hand["snoozed"]
    wake(conversation_id=snoozed.pk)
    assert standing(conversation_id=snoozed.pk) is not None, "it comes back to its line, not to nobody"


def test_cases_go_to_one_person(desk: Desk, sign_in: SignIn, in_hand: dict[str, Conversation]) -> None:
    deactivate(sign_in(desk.admin), desk.ana, cases="person", to=str(desk.ben.pk))
    assert held_by(desk.ben.pk).cases == 4
    assert not Agent.objects.get(pk=desk.ana.pk).is_active
    assert not Place.objects.filter(left_at=None).exists()


@pytest.mark.parametrize("to", ["", "security", "themselves", "999999"])
def test_without_somebody_who_can_take_them_nothing_changes(
    desk: Desk, sign_in: SignIn, in_hand: dict[str, Conversation], to: str
) -> None:
    chosen = {"security": str(desk.security.pk), "themselves": str(desk.ana.pk)}.get(to, to)
    answer = sign_in(desk.admin).post(
        reverse("settings:leaving", args=[desk.ana.pk]), {"cases": "person", "to": chosen}
    )
    assert answer.status_code == 422
    assert Agent.objects.get(pk=desk.ana.pk).is_active
    assert held_by(desk.ana.pk).cases == 4


def test_the_last_admin_keeps_their_cases(desk: Desk, sign_in: SignIn) -> None:
    case = desk.talk()
    assign(conversation_id=case.pk, to=desk.admin.pk, by=desk.admin.pk)
    assert "This is the only admin who is let in" in deactivate(sign_in(desk.admin), desk.admin)
    assert held_by(desk.admin.pk).cases == 1


def test_somebody_kept_out_another_way_leaves_nobody_behind_either(
    desk: Desk, in_hand: dict[str, Conversation]
) -> None:
    with_ben = desk.talk("with somebody who is here")
    assign(conversation_id=with_ben.pk, to=desk.ben.pk, by=desk.ben.pk)
    assert give_up_of_absent() == 0
    accounts.deactivate(agent_id=desk.ana.pk, by=desk.admin.pk)
    assert give_up_of_absent() == 4
    assert held_by(desk.ana.pk).cases == 0
    accounts.change_role(agent_id=desk.ben.pk, role=Role.SECURITY, by=desk.admin.pk)
    assert give_up_of_absent() == 1, "who only watches does not answer"


@pytest.mark.parametrize("name", ["ana", "lead", "security"])
def test_only_admins_deactivate(desk: Desk, sign_in: SignIn, name: str) -> None:
    assert sign_in(getattr(desk, name)).post(reverse("settings:leaving", args=[desk.ben.pk])).status_code == 403
    assert Agent.objects.get(pk=desk.ben.pk).is_active


def test_a_deactivated_person_is_let_in_again_without_cases(
    desk: Desk, sign_in: SignIn, in_hand: dict[str, Conversation]
) -> None:
    client = sign_in(desk.admin)
    deactivate(client, desk.ana, cases="lines")
    assert (
        "deactivated already"
        in client.get(reverse("settings:leaving", args=[desk.ana.pk]), follow=True).content.decode()
    )
    client.post(reverse("people:reactivation", args=[desk.ana.pk]))
    assert Agent.objects.get(pk=desk.ana.pk).is_active
    assert held_by(desk.ana.pk).cases == 0
