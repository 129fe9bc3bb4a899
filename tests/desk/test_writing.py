"""Replies, notes, drafts, files, and what happens when two people answer at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from holdfast.conversations.assignments import assign
from holdfast.conversations.closures import close
from holdfast.conversations.models import Conversation, Draft, Message
from holdfast.kit.models import OutboxEvent
from holdfast.people.models import Agent

from .conftest import Desk

SignIn = Callable[[Agent], Client]


def say(
    client: Client, conversation: Conversation, text: str = "We are looking into it.", **fields: object
) -> HttpResponse:
    """Post a reply, or with `kind="note"` a note, as the composer does."""
    form = {"kind": "reply", "text": text, "client_key": str(uuid4()), "version": conversation.version} | fields
    return client.post(f"/desk/c/{conversation.number}/messages/", form)


def test_a_reply_answers_takes_the_case_and_leaves_the_line(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    response = say(sign_in(desk.ana), conversation)
    assert response.status_code == 201
    assert "We are looking into it." in response.content.decode()
    assert json.loads(response["HX-Trigger"])["holdfast:changed"]["number"] == conversation.number
    conversation.refresh_from_db()
    assert (conversation.assignee_id, conversation.waiting_since) == (desk.ana.pk, None)
    assert not conversation.places.filter(left_at=None).exists()
    assert OutboxEvent.objects.filter(topic="desk", payload__conversation=str(conversation.pk)).exists()


def test_the_same_client_key_is_one_message(desk: Desk, sign_in: SignIn) -> None:
    conversation, client = desk.talk(), sign_in(desk.ana)
    first = say(client, conversation, client_key="once")
    again = say(client, conversation, client_key="once")
    assert (first.status_code, again.status_code) == (201, 201)
    assert conversation.messages.filter(author="agent").count() == 1


def test_a_note_stays_inside_and_the_customer_still_waits(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    assert say(sign_in(desk.ana), conversation, "Ask Ben first", kind="note").status_code == 201
    note = conversation.messages.get(author="agent")
    conversation.refresh_from_db()
    assert note.internal
    assert conversation.waiting_since is not None
    assert conversation.assignee_id is None


def test_who_answers_second_sees_the_first_answer_and_keeps_the_words(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    assert say(sign_in(desk.lead), conversation, "The lead was quicker").status_code == 201
    response = say(sign_in(desk.ana), conversation, "My slower answer")
    assert response.status_code == 409
    page = response.content.decode()
    assert "The lead was quicker" in page
    assert "My slower answer" in page
    assert response.context["stale"].by == "Lea Test"
    assert Draft.objects.get(conversation=conversation, agent=desk.ana).text == "My slower answer"
    assert not conversation.messages.filter(agent=desk.ana).exists()
    conversation.refresh_from_db()
    assert conversation.assignee_id == desk.lead.pk, "a stale reply takes nothing from anybody"


def test_after_reading_the_first_answer_the_second_can_still_be_sent(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    say(sign_in(desk.ana), conversation, "First")
    stale = say(sign_in(desk.lead), conversation, "Second").context["stale"]
    response = say(sign_in(desk.lead), conversation, "Second", version=stale.version, client_key=stale.client_key)
    assert response.status_code == 201


def test_a_colleagues_note_or_the_customers_next_words_make_no_reply_stale(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    say(sign_in(desk.ben), conversation, "A note", kind="note")
    assert say(sign_in(desk.ana), conversation).status_code == 201


def test_somebody_elses_case_is_answered_by_them_or_a_lead(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    assign(conversation_id=conversation.pk, to=desk.ben.pk, by=desk.ben.pk)
    response = say(sign_in(desk.ana), conversation)
    assert response.status_code == 422
    assert "Ben Test has this conversation" in response.content.decode()
    assert say(sign_in(desk.lead), conversation).status_code == 201


@pytest.mark.parametrize("text", ["", "   ", "\x00"])
def test_nothing_is_not_sent(desk: Desk, sign_in: SignIn, text: str) -> None:
    conversation = desk.talk()
    assert say(sign_in(desk.ana), conversation, text).status_code == 422
    assert not conversation.messages.filter(author="agent").exists()


def test_a_form_without_a_key_is_refused(desk: Desk, sign_in: SignIn) -> None:
    assert say(sign_in(desk.ana), desk.talk(), client_key="").status_code == 422


def test_send_and_close_does_both_or_neither(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    assert say(sign_in(desk.ana), conversation, then="close").status_code == 201
    conversation.refresh_from_db()
    assert conversation.state == "closed"


def test_a_closed_conversation_can_be_answered(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    close(conversation_id=conversation.pk, by=desk.ana.pk)
    conversation.refresh_from_db()
    assert say(sign_in(desk.ana), conversation).status_code == 201


def test_drafts_are_kept_shown_and_forgotten_when_sent(desk: Desk, sign_in: SignIn) -> None:
    conversation, client = desk.talk(), sign_in(desk.ana)
    path = f"/desk/c/{conversation.number}/draft/"
    assert client.post(path, {"kind": "reply", "text": "half a tho"}).status_code == 204
    assert (
        client.put(path, "kind=note&text=a+note", content_type="application/x-www-form-urlencoded").status_code == 204
    )
    screen = client.get(f"/desk/c/{conversation.number}/").context["conversation"]
    assert (screen.reply.text, screen.note.text) == ("half a tho", "a note")
    assert sign_in(desk.ben).get(f"/desk/c/{conversation.number}/").context["conversation"].reply.text == ""
    say(client, conversation)
    assert list(Draft.objects.filter(agent=desk.ana).values_list("text", flat=True)) == ["a note"]
    assert client.delete(f"{path}?kind=note").status_code == 204
    assert not Draft.objects.exists()


def test_files_go_with_a_reply_under_their_bare_name(desk: Desk, sign_in: SignIn) -> None:
    conversation, client = desk.talk(), sign_in(desk.ana)
    page = SimpleUploadedFile("../../a <b>.html.txt", b"<script>alert(1)</script>", "text/html")
    assert say(client, conversation, files=[page]).status_code == 201
    attachment = conversation.messages.get(author="agent").attachments.get()
    assert attachment.name == "a <b>.html.txt"
    asking = f"/desk/c/{conversation.number}/file/{attachment.pk}/"
    assert client.get(asking).status_code == 200
    assert sign_in(desk.bob).get(asking).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("setup.exe", b"anything", "run programs"),
        ("invoice.pdf.exe", b"anything", "run programs"),
        ("harmless.txt", b"MZ\x90\x00", "run programs"),
        ("page.html", b"<p>", "run programs"),
        ("big.bin", b"x" * (10 * 2**20 + 1), "larger than 10 MB"),
    ],
)
def test_some_files_are_not_sent_and_the_reply_neither(
    desk: Desk, sign_in: SignIn, name: str, content: bytes, says: str
) -> None:
    conversation = desk.talk()
    response = say(sign_in(desk.ana), conversation, files=[SimpleUploadedFile(name, content)])
    assert response.status_code == 422
    assert says in response.content.decode()
    assert name in response.content.decode()
    assert not conversation.messages.filter(author="agent").exists()


def test_eleven_files_are_one_too_many(desk: Desk, sign_in: SignIn) -> None:
    files = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(11)]
    response = say(sign_in(desk.ana), desk.talk(), files=files)
    assert response.status_code == 422
    assert "At most 10 files" in response.content.decode()


def test_the_thread_gives_what_came_after_and_what_stands_before(desk: Desk, sign_in: SignIn) -> None:
    conversation, client = desk.talk(*[f"line {number}" for number in range(130)]), sign_in(desk.ana)
    screen = client.get(f"/desk/c/{conversation.number}/").context["conversation"]
    assert [message.text for message in screen.messages] == [f"line {number}" for number in range(30, 130)]
    earlier = client.get(screen.earlier_url)
    assert [message.text for message in earlier.context["messages"]] == [f"line {number}" for number in range(30)]
    assert earlier.context["earlier_url"] == ""
    say(client, conversation, "after that")
    newer = client.get(f"/desk/c/{conversation.number}/messages/?after={screen.last_id}").context
    assert [message.text for message in newer["messages"]] == ["after that"]
    nothing = client.get(f"/desk/c/{conversation.number}/messages/?after={newer['last_id']}").context
    assert nothing["messages"] == ()
    assert nothing["last_id"] == newer["last_id"]


def test_markup_in_messages_is_shown_as_text(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk("<img src=x onerror=alert(1)>", subject="<b>bold</b>")
    page = sign_in(desk.ana).get(f"/desk/c/{conversation.number}/").content.decode()
    assert "<img src=x" not in page
    assert "<b>bold</b>" not in page


def test_formatted_mail_is_a_document_where_nothing_runs(desk: Desk, sign_in: SignIn) -> None:
    conversation, client = desk.talk(channel="email"), sign_in(desk.ana)
    message = Message.objects.get(conversation=conversation)
    message.html = "<p>Hello <b>there</b></p>"
    message.save(update_fields=["html"])
    response = client.get(f"/desk/c/{conversation.number}/html/{message.pk}/")
    policy = response["Content-Security-Policy"]
    assert "<b>there</b>" in response.content.decode()
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert sign_in(desk.bob).get(f"/desk/c/{conversation.number}/html/{message.pk}/").status_code == 404
