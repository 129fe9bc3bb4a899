"""What whoever is cut off had written and had not left is held back; the customer waits again and is answered."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from holdfast.conversations import personal
from holdfast.conversations.assignments import assign
from holdfast.conversations.closures import close
from holdfast.conversations.errors import Refused
from holdfast.conversations.models import Conversation, Message, Place
from holdfast.conversations.snoozes import snooze
from holdfast.desk import cutting_off
from holdfast.desk.cutting_off import Scope, Target
from holdfast.desk.models import Queue
from holdfast.intake.models import Receipt
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.notify import deliveries, held, replies
from holdfast.notify.models import Delivery, HeldBack
from holdfast.people.models import Agent, Role, Team, Vendor

from .conftest import Sink, arrives, written

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "Please move what you have to this account: it is safe there."


@pytest.fixture
def bob(agent: Agent) -> Agent:
    """Somebody of an outsourcer, whose team serves everything; `agent` leads and is the house's own."""
    Agent.objects.create_user("sig@example.com", name="Sig", role=Role.SECURITY)  # who lets people back in
    team = Team.objects.create(name="Evening", vendor=Vendor.objects.create(name="Vendor T"))
    Queue.objects.get(slug="other").teams.add(team)
    return Agent.objects.create_user("bob@t.example", name="Bob Roth", team=team)


def _colleague(bob: Agent, role: Role = Role.LEAD) -> Agent:
    own = Team.objects.create(name="Day", vendor=bob.team.vendor)  # type: ignore[union-attr]
    return Agent.objects.create_user(f"{uuid7()}@t.example", name="Lea Roth", team=own, role=role)


def _reply(case: Conversation, by: Agent, text: str = WORDS) -> Delivery:
    message = replies.reply(conversation_id=case.pk, by=by.pk, text=text, client_key=str(uuid7()))
    return Delivery.objects.get(message=message)


def _cut(who: Agent) -> None:
    cutting_off.cut_off(target=Target(Scope.AGENT, who.pk), why="A test", by=None)


def _page(who: Agent, case: Conversation) -> str:
    client = Client()
    client.force_login(who)
    return client.get(f"/desk/c/{case.number}/").content.decode()


def test_a_reply_that_has_not_left_stays_and_its_customer_stands_in_the_pool_since_they_wrote(
    agent: Agent, bob: Agent, sink: Sink, tmp_path: Path
) -> None:
    case = arrives(written("Where is my salary?"), tmp_path)
    began = case.waiting_since
    assign(conversation_id=case.pk, to=bob.pk, by=bob.pk)
    queued = _reply(case, bob)
    assert held.waiting_to_be_sent([bob.pk]) == 1
    _cut(bob)
    assert deliveries.send_due() == 0
    assert sink.got == []
    queued.refresh_from_db()
    assert queued.state == Delivery.State.HELD
    case.refresh_from_db()
    assert (case.state, case.waiting_since, case.assignee_id, case.last_author) == ("open", began, None, "customer")
    place = Place.objects.get(conversation=case, left_at=None)
    assert (place.joined_at, Queue.objects.get(pk=place.queue_id).slug) == (began, cutting_off.SURGE)
    assert Receipt.objects.get(conversation_id=case.pk).state == "waiting"
    promised = personal.promise_of(case.pk)
    assert promised is not None
    assert timedelta(minutes=55) < promised.due - now() <= timedelta(hours=1)
    assert held.not_looked_at() == 1
    page = _page(agent, case)
    assert "Not sent" in page
    assert f"{WORDS}</textarea>" in page, "who answers begins with the words that were held"
    assert "Written by Bob Roth, held back" in page


def test_a_lead_of_another_organisation_sends_it_in_their_name_and_nobody_else_does(
    agent: Agent, bob: Agent, sink: Sink, tmp_path: Path
) -> None:
    case = arrives(written("Where is my salary?"), tmp_path)
    queued = _reply(case, bob)
    _cut(bob)
    deliveries.send_due()
    for other in (_colleague(bob), _colleague(_other(), Role.AGENT), bob):
        with pytest.raises(Refused, match="A lead of another organisation"):
            replies.reply_as_held(message_id=queued.message_id, by=other.pk)
    client, path = Client(), f"/desk/c/{case.number}/delivery/{queued.message_id}/held/"
    client.force_login(agent)
    assert WORDS in client.get(path).content.decode()
    assert client.post(path).status_code == 204
    assert client.post(path).status_code == 422
    assert client.get(path).status_code == 422
    deliveries.send_due()
    (mail,) = sink.got
    assert WORDS in mail.get_body().get_content()
    assert "Imani" in mail["From"]
    row = HeldBack.objects.get()
    assert row.looked_by_id == agent.pk
    assert held.not_looked_at() == 0
    promised = personal.promise_of(case.pk)
    assert promised is None, "word was kept by the answer"
    assert f"{WORDS}</textarea>" not in _page(agent, case)


def _other() -> Agent:
    team = Team.objects.create(name="North", vendor=Vendor.objects.create(name="Vendor N"))
    return Agent.objects.create_user("nia@n.example", name="Nia North", team=team)


def test_whoever_answers_in_other_words_has_looked_and_the_held_ones_never_leave(
    agent: Agent, bob: Agent, sink: Sink, tmp_path: Path
) -> None:
    case = arrives(written("Where is my salary?"), tmp_path)
    queued = _reply(case, bob)
    _cut(bob)
    deliveries.send_due()
    _reply(case, agent, "It shows by 18:00.")
    deliveries.send_due()
    assert [WORDS in mail.get_body().get_content() for mail in sink.got] == [False]
    assert HeldBack.objects.get().looked_by_id == agent.pk
    with pytest.raises(Refused, match="meanwhile"):
        replies.reply_as_held(message_id=queued.message_id, by=agent.pk)


@pytest.mark.parametrize("how", ["closed", "snoozed", "somebody else has it", "a second reply"])
def test_however_the_matter_stood_somebody_is_to_answer(
    agent: Agent, bob: Agent, sink: Sink, tmp_path: Path, how: str
) -> None:
    case = arrives(written("Where is my salary?"), tmp_path)
    if how == "a second reply":
        _reply(case, bob, "One moment.")
        deliveries.send_due()
    assert len(sink.got) == (how == "a second reply")
    queued = _reply(case, bob)
    if how == "closed":
        close(conversation_id=case.pk, by=bob.pk)
    elif how == "snoozed":
        snooze(conversation_id=case.pk, by=bob.pk, until=now() + timedelta(days=1))
    elif how == "somebody else has it":
        assign(conversation_id=case.pk, to=agent.pk, by=agent.pk)
    _cut(bob)
    deliveries.send_due()
    queued.refresh_from_db()
    assert queued.state == Delivery.State.HELD
    case.refresh_from_db()
    assert case.state == "open"
    assert case.waiting_since is not None
    stands = Place.objects.filter(conversation=case, left_at=None).exists()
    assert stands == (how != "somebody else has it")
    assert (case.assignee_id == agent.pk) == (how == "somebody else has it")


def test_one_cut_off_while_a_batch_is_sent_sends_no_more_of_it(
    agent: Agent, bob: Agent, sink: Sink, tmp_path: Path
) -> None:
    for text in ("First", "Second"):
        _reply(arrives(written(text, sender=f"{text}@example.com"), tmp_path), bob, f"{text}: it shows by 18:00.")
    sink.then = lambda: _cut(bob)
    deliveries.send_due()
    sink.then = None
    assert len(sink.got) == 1, "what was being handed over when the button was pressed"
    deliveries.send_due()
    assert len(sink.got) == 1
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["held", "sent"]


def test_what_others_wrote_leaves_while_somebody_is_cut_off(
    agent: Agent, bob: Agent, sink: Sink, tmp_path: Path
) -> None:
    _reply(arrives(written("Where is my salary?"), tmp_path), agent)
    _cut(bob)
    assert deliveries.send_due() == 1
    assert len(sink.got) == 1
    assert not Message.objects.filter(details__kind="held").exists()
