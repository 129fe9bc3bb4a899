"""Taking, handing over, putting off, closing, tagging, merging; and who may not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils.http import urlencode

from holdfast.conversations import snoozes
from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Conversation, Snooze, Transfer
from holdfast.kit import clock
from holdfast.kit.clock import now
from holdfast.people.models import Agent

from .conftest import Desk, make_customer

SignIn = Callable[[Agent], Client]


def post(client: Client, conversation: Conversation, what: str, **fields: object) -> HttpResponse:
    return client.post(f"/desk/c/{conversation.number}/{what}/", fields)


def test_an_agent_takes_a_case_and_puts_it_back_where_it_stood(desk: Desk, sign_in: SignIn) -> None:
    conversation, client = desk.talk(), sign_in(desk.ana)
    since = conversation.waiting_since
    assert post(client, conversation, "assignment", to="me").status_code == 204
    conversation.refresh_from_db()
    assert conversation.assignee_id == desk.ana.pk
    assert post(client, conversation, "assignment", to="nobody").status_code == 204
    conversation.refresh_from_db()
    assert (conversation.assignee_id, conversation.waiting_since) == (None, since)
    assert conversation.places.get(left_at=None).joined_at == since


def test_only_leads_move_what_is_in_other_hands(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    assign(conversation_id=conversation.pk, to=desk.ben.pk, by=desk.ben.pk)
    ana = sign_in(desk.ana)
    until = (now() + timedelta(hours=2)).isoformat()
    for what, fields in (
        ("assignment", {"to": "me"}),
        ("transfers", {"to_agent": desk.ana.pk, "summary": "mine now"}),
        ("snooze", {"until": until}),
        ("closure", {}),
        ("merge", {"into": "1"}),
    ):
        response = post(ana, conversation, what, **fields)
        assert response.status_code == 422, what
        assert "Ben Test has this conversation" in response.content.decode()
    assert post(sign_in(desk.lead), conversation, "assignment", to=desk.ana.pk).status_code == 204
    conversation.refresh_from_db()
    assert conversation.assignee_id == desk.ana.pk


def test_an_agent_cannot_give_a_case_to_a_colleague_without_a_word(desk: Desk, sign_in: SignIn) -> None:
    response = post(sign_in(desk.ana), desk.talk(), "assignment", to=desk.ben.pk)
    assert response.status_code == 422


@pytest.mark.parametrize("to", ["", "everybody", "-1", "9" * 30])
def test_assigning_to_nobody_known_is_refused(desk: Desk, sign_in: SignIn, to: str) -> None:
    assert post(sign_in(desk.lead), desk.talk(), "assignment", to=to).status_code == 422


def test_an_outdated_epoch_cannot_take_a_case(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    assign(conversation_id=conversation.pk, to=desk.lead.pk, by=desk.lead.pk)
    assert post(sign_in(desk.lead), conversation, "assignment", to="me", epoch="0").status_code == 409


@pytest.mark.parametrize("summary", ["", "   ", "x" * 281])
def test_a_transfer_without_a_summary_is_refused_and_keeps_the_form(desk: Desk, sign_in: SignIn, summary: str) -> None:
    conversation = desk.talk()
    response = post(sign_in(desk.ana), conversation, "transfers", to_queue=desk.payments.pk, summary=summary)
    assert response.status_code == 422
    assert response.context["problem"].fields == ("summary",)
    assert response.context["chosen"] == str(desk.payments.pk)
    conversation.refresh_from_db()
    assert conversation.queue_id == desk.cards.pk
    assert not Transfer.objects.exists()


def test_a_transfer_travels_with_its_summary_and_leaves_the_desk(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    response = post(
        sign_in(desk.ana),
        conversation,
        "transfers",
        to_queue=desk.payments.pk,
        summary="Charged twice, card is checked",
    )
    assert response.status_code == 204
    assert json.loads(response["HX-Trigger"])["holdfast:changed"] == {"number": conversation.number, "gone": True}
    assert sign_in(desk.ana).get(f"/desk/c/{conversation.number}/").status_code == 404
    screen = sign_in(desk.bob).get(f"/desk/c/{conversation.number}/").context["conversation"]
    assert screen.handover.by == "Ana Test"
    assert screen.handover.lines[0].text == "Charged twice, card is checked"
    assert screen.place.joined_at == conversation.waiting_since, "the time waited is kept"


def test_a_transfer_to_a_person_gives_them_the_case(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    response = post(sign_in(desk.ana), conversation, "transfers", to_agent=desk.bob.pk, summary="He knows this one")
    assert response.status_code == 204
    assert sign_in(desk.bob).get("/desk/?view=mine").context["page"].groups[0].rows[0].number == conversation.number


def test_a_queue_that_does_not_exist_is_refused(desk: Desk, sign_in: SignIn) -> None:
    assert post(sign_in(desk.ana), desk.talk(), "transfers", to_queue="999999", summary="there").status_code == 422


def test_the_transfer_dialog_offers_other_queues_and_colleagues(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    form = sign_in(desk.ana).get(f"/desk/c/{conversation.number}/transfers/").context["form"]
    assert [(choice.label, choice.hint) for choice in form.queues] == [
        ("Payments", "leaves your desk"),
        ("Everything else", ""),
    ]
    assert "Ben Test" in {choice.label for choice in form.agents}
    assert "Sig Test" not in {choice.label for choice in form.agents}


def test_snoozing_hides_until_its_time_and_waking_puts_it_back_in_line(desk: Desk, sign_in: SignIn) -> None:
    conversation, client = desk.talk(), sign_in(desk.ana)
    assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.ana.pk)
    form = client.get(f"/desk/c/{conversation.number}/snooze/?tz=Asia/Jakarta").context["form"]
    assert form.presets[-1].at > now()
    assert form.presets[0].until.endswith("+07:00")
    assert post(client, conversation, "snooze", until=form.presets[0].until).status_code == 204
    assert client.get("/desk/?view=mine").context["page"].empty is not None
    assert client.get("/desk/?view=snoozed").context["page"].groups[0].rows[0].number == conversation.number
    later = form.presets[0].at + timedelta(minutes=1)
    clock.set_source(lambda: later)
    try:
        assert snoozes.wake_due() == 1
    finally:
        clock.set_source(None)
    assert client.get("/desk/?view=mine").context["page"].groups[0].rows[0].number == conversation.number
    assert Snooze.objects.get().ended_at is not None


def test_a_snoozed_conversation_can_be_woken_by_hand(desk: Desk, sign_in: SignIn) -> None:
    conversation, client = desk.talk(), sign_in(desk.ana)
    post(client, conversation, "snooze", until=(now() + timedelta(days=2)).isoformat())
    assert client.delete(f"/desk/c/{conversation.number}/snooze/").status_code == 204
    conversation.refresh_from_db()
    assert conversation.state == "open"


@pytest.mark.parametrize("until", ["", "tomorrow", "2001-01-01T09:00:00+00:00", "9999-12-31T00:00:00+00:00"])
def test_a_snooze_needs_a_time_ahead(desk: Desk, sign_in: SignIn, until: str) -> None:
    assert post(sign_in(desk.ana), desk.talk(), "snooze", until=until).status_code == 422


def test_closing_and_reopening(desk: Desk, sign_in: SignIn) -> None:
    conversation, client = desk.talk(), sign_in(desk.ana)
    assert post(client, conversation, "closure").status_code == 204
    screen = client.get(f"/desk/c/{conversation.number}/").context["conversation"]
    assert (screen.state, screen.closed_by) == ("closed", "Ana Test")
    assert client.delete(f"/desk/c/{conversation.number}/closure/").status_code == 204
    conversation.refresh_from_db()
    assert conversation.state == "open"
    assert conversation.waiting_since is not None
    assert client.delete(f"/desk/c/{conversation.number}/closure/").status_code == 422


def test_tags_are_added_and_taken_off(desk: Desk, sign_in: SignIn) -> None:
    conversation, client = desk.talk(), sign_in(desk.ana)
    added = post(client, conversation, "tags", name="  Chargeback ")
    assert added.context["tags"].tags == ("chargeback",)
    post(client, conversation, "tags", name="urgent")
    assert client.get("/desk/?tag=urgent").context["page"].groups[0].rows[0].mark == "chargeback"
    removed = client.delete(f"/desk/c/{conversation.number}/tags/?{urlencode({'name': 'chargeback'})}")
    assert removed.context["tags"].tags == ("urgent",)
    assert post(client, conversation, "tags", name="x" * 41).status_code == 422


def test_two_conversations_of_one_customer_become_one_and_two_again(desk: Desk, sign_in: SignIn) -> None:
    first, second, client = desk.talk("first matter"), desk.talk("same matter again"), sign_in(desk.ana)
    form = client.get(f"/desk/c/{second.number}/merge/").context["form"]
    assert [candidate.number for candidate in form.candidates] == [first.number]
    response = post(client, second, "merge", into=first.number)
    assert json.loads(response["HX-Trigger"])["holdfast:changed"]["number"] == first.number
    screen = client.get(f"/desk/c/{first.number}/").context["conversation"]
    assert {"first matter", "same matter again"} <= {message.text for message in screen.messages}
    source = client.get(f"/desk/c/{second.number}/").context["conversation"]
    assert not source.can_write
    assert source.merged_into_url == f"/desk/c/{first.number}/"
    assert client.delete(screen.merges[0].undo_url).status_code == 204
    screen = client.get(f"/desk/c/{first.number}/").context["conversation"]
    assert "same matter again" not in {message.text for message in screen.messages}


def test_conversations_of_different_customers_stay_apart(desk: Desk, sign_in: SignIn) -> None:
    other = make_customer(name="Tomas Reis", email="tomas@post.example", reference="TW-2")
    mine, theirs = desk.talk(), desk.talk(customer=other)
    assert post(sign_in(desk.ana), mine, "merge", into=theirs.number).status_code == 422


def test_merging_into_what_one_may_not_see_tells_nothing(desk: Desk, sign_in: SignIn) -> None:
    mine, hidden = desk.talk(), desk.talk(queue=desk.payments)
    response = post(sign_in(desk.ana), mine, "merge", into=hidden.number)
    missing = post(sign_in(desk.ana), mine, "merge", into=987654321)
    assert response.status_code == missing.status_code == 422
    assert response.content.decode().replace(str(hidden.number), "N") == missing.content.decode().replace(
        "987654321", "N"
    )
