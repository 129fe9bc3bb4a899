"""First answers of a playbook and offered times, from the door to the mail: kind, once, with the place kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client

from holdfast.assistant.contract import Answer, Citation
from holdfast.conversations import deflections
from holdfast.conversations.assignments import assign
from holdfast.conversations.chats import chat_of
from holdfast.conversations.deflections import Counted
from holdfast.conversations.models import Assignment, Callback, Conversation, Deflection, Message, Place
from holdfast.desk.models import Queue
from holdfast.intake.models import Receipt
from holdfast.intake.queries import BY_DEFLECTION, tally
from holdfast.kit.clock import now
from holdfast.notify.envelopes import envelopes, mail_for
from holdfast.notify.models import Delivery
from holdfast.people.models import Agent, Role
from holdfast.posture import current as posture
from holdfast.posture.changes import change
from holdfast.posture.effects import Name

Accept = Callable[..., UUID]
Triage = Callable[[], int]
LATE = "Where is my transfer?"
WORDS = "Transfers are delayed today."


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    posture.forget()
    yield
    posture.forget()


@pytest.fixture
def lead(db: None) -> Agent:
    return Agent.objects.create(email="lea@desk.example", name="Lea", role=Role.LEAD)


@pytest.fixture
def surge(lead: Agent) -> None:
    change(to=Name.SURGE, by=lead.pk, why="Payments are late.", playbook="payments-degraded")
    posture.forget()


@pytest.fixture
def on_duty(lead: Agent, queues: dict[str, Queue]) -> None:
    """Lea works, so that times can be promised in every queue."""
    for queue in queues.values():
        case = Conversation.objects.create(
            channel="web", queue_id=queue.pk, last_message_at=now(), created_at=now(), assignee=None
        )
        assign(conversation_id=case.pk, to=lead.pk, by=lead.pk)
    Assignment.objects.update(started_at=now() - timedelta(minutes=5))


def case_of(receipt: UUID) -> Conversation:
    return Conversation.objects.get(messages__contact_id=receipt)


def told(receipt: UUID) -> list[str]:
    rows = Message.objects.filter(conversation=case_of(receipt), internal=False).exclude(author="customer")
    return [message.text for message in rows.order_by("created_at")]


def path_in(text: str, *, time: bool = False) -> str:
    """The path of the own page, or of the first offered time, in a mail."""
    paths = re.findall(r"https?://[^/\s]+(/line/\S+)", text)
    return next(path for path in paths if path.endswith("/time/") == time)


@pytest.mark.usefixtures("surge")
def test_by_mail_it_is_the_first_answer_with_a_way_to_a_person_and_the_place_stays(
    accept: Accept, triage: Triage
) -> None:
    receipt = accept(LATE, locale="pt-BR")
    triage()
    (text,) = told(receipt)
    assert text.startswith(WORDS)
    assert "precisa de uma pessoa" in text
    assert "/line/" in text
    place = Place.objects.get(conversation=case_of(receipt), left_at=None)
    assert place.joined_at == case_of(receipt).waiting_since
    assert Receipt.objects.get(pk=receipt).state == "waiting"
    delivery = Delivery.objects.get()
    mail = mail_for(next(envelopes([delivery.pk])), "maria@post.example")
    assert mail.automatic, "machines must not answer it"


@pytest.mark.usefixtures("surge")
def test_in_a_chat_it_shows_with_the_place_and_waits_for_their_word(accept: Accept, triage: Triage) -> None:
    receipt = accept(LATE, channel="chat", sender={"chat": "one"}, thread=["chat:one"], thread_own=["chat:one"])
    triage()
    (text,) = told(receipt)
    assert text.startswith(WORDS)
    shown = chat_of("one")
    assert shown.state == "line"
    assert shown.line is not None
    assert shown.line.deflected
    assert not Delivery.objects.exists()


def test_in_calm_nothing_of_it_happens(accept: Accept, triage: Triage, lead: Agent) -> None:
    change(to=Name.SURGE, by=lead.pk, why="Payments are late.", playbook="payments-degraded")
    change(to=Name.CALM, by=lead.pk, why="It is over.")
    posture.forget()
    receipt = accept(LATE)
    triage()
    assert told(receipt) == []
    assert not Deflection.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.usefixtures("surge")
@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("I want to speak to a person about my transfer", {}),
        ("my transfer", {"kind": "person_request"}),
        ("quero falar com uma pessoa sobre meu transfer", {"locale": "pt"}),
        ("Undelivered: transfer", {"kind": "bounce"}),
        ("I am away. transfer", {"kind": "auto_reply"}),
        ("My card has not come", {}),
    ],
)
def test_never_against_a_request_for_a_person_to_a_machine_or_about_something_else(
    accept: Accept, triage: Triage, text: str, given: dict[str, str]
) -> None:
    accept(text, **given)
    triage()
    assert not Deflection.objects.exists()
    assert not Message.objects.filter(details__kind="deflection").exists()


@pytest.mark.usefixtures("surge")
def test_once_per_conversation_also_after_it_was_closed_by_it(
    accept: Accept, triage: Triage, assistant: list[object]
) -> None:
    receipt = accept(LATE, subject="Rent")
    triage()
    deflections.answered(conversation_id=case_of(receipt).pk)
    assert Receipt.objects.get(pk=receipt).reason == BY_DEFLECTION
    assistant[-1] = Answer("Read this.", (Citation(1, 1, "s", "en", "Late", "/help/", 0, 5),), "en", 0.9)
    again = accept("The transfer is still not there", subject="Re: Rent")
    triage()
    case = case_of(again)
    assert case == case_of(receipt)
    assert (case.state, Place.objects.filter(conversation=case, left_at=None).count()) == ("open", 1)
    assert len(told(receipt)) == 1, "no machine answers again"
    assert Deflection.objects.count() == 1


@pytest.mark.usefixtures("surge")
def test_it_goes_before_the_assistant_which_then_says_nothing(
    accept: Accept, triage: Triage, assistant: list[object]
) -> None:
    accept(LATE)
    triage()
    assert len(assistant) == 1, "it was not asked"


@pytest.mark.usefixtures("surge")
def test_who_asks_for_a_person_afterwards_keeps_their_place_and_is_counted(accept: Accept, triage: Triage) -> None:
    chat = {"channel": "chat", "sender": {"chat": "one"}, "thread": ["chat:one"], "thread_own": ["chat:one"]}
    first = accept(LATE, **chat)
    accept(LATE, email="other@post.example")
    triage()
    before = Place.objects.get(conversation=case_of(first), left_at=None)
    accept("", kind="person_request", **chat)
    triage()
    assert Place.objects.get(conversation=case_of(first), left_at=None) == before
    shown = chat_of("one")
    assert shown.line is not None
    assert not shown.line.deflected
    assert deflections.counts(since=before.joined_at - timedelta(hours=1)) == [Counted("transfer", 2, 0, 1)]


@pytest.mark.usefixtures("surge")
def test_one_click_on_their_page_says_that_it_answers_or_that_it_does_not(
    accept: Accept, triage: Triage, client: Client
) -> None:
    settled, not_settled = accept(LATE), accept(LATE, email="other@post.example")
    triage()
    for receipt, word in ((settled, "answered"), (not_settled, "person")):
        page = path_in(told(receipt)[0])
        shown = client.get(page).content.decode()
        assert "Does what we wrote first answer it?" in shown
        assert case_of(receipt).state == "open", "opening it says nothing"
        assert client.post(page, {"do": word}).status_code == 302
        assert "Does what we wrote first answer it?" not in client.get(page).content.decode()
    assert "Thank you. Your matter is closed" in client.get(path_in(told(settled)[0])).content.decode()
    assert (case_of(settled).state, case_of(not_settled).state) == ("closed", "open")
    assert Place.objects.get(left_at=None).conversation == case_of(not_settled)
    counted = tally(now() - timedelta(hours=1))
    assert (counted.by_assistant, counted.by_people, counted.waiting, counted.missing) == (1, 0, 1, 0)


@pytest.mark.usefixtures("surge", "on_duty")
def test_who_writes_by_mail_is_offered_times_once_and_only_while_the_posture_says_so(
    accept: Accept, triage: Triage, lead: Agent
) -> None:
    receipt = accept("My card has not come", subject="Card")
    triage()
    (text,) = told(receipt)
    assert text.startswith("You stand in line for a person and keep your place.")
    assert len(re.findall(r"/line/\S+/time/", text)) == 4
    assert Delivery.objects.count() == 1
    accept("And what now?", subject="Re: Card")
    triage()
    assert len(told(receipt)) == 1
    change(to=Name.WATCH, by=lead.pk, why="It is better.")
    posture.forget()
    other = accept("My card has not come", email="other@post.example")
    triage()
    assert told(other) == []


@pytest.mark.usefixtures("surge", "on_duty")
def test_opening_the_link_of_a_time_books_nothing_and_its_button_books_it_once(
    accept: Accept, triage: Triage, client: Client
) -> None:
    receipt = accept(LATE)
    triage()
    (text,) = told(receipt)
    assert text.startswith(WORDS)
    link = path_in(text, time=True)
    for _ in range(3):  # a mail scanner
        assert client.get(link).status_code == 200
        assert client.head(link).status_code == 405
    assert not Callback.objects.exists()
    assert client.post(link).status_code == 302
    promise = Callback.objects.get()
    assert (promise.state, promise.how) == ("booked", "write")
    assert client.post(link).status_code == 302, "twice is once"
    page = path_in(text)
    assert "We come back to you between" in client.get(page).content.decode()
    assert client.post(page, {"do": "unbook"}).status_code == 302
    used = client.post(link)
    assert (used.status_code, "That link was used before" in used.content.decode()) == (409, True)
    assert [each.state for each in Callback.objects.all()] == ["cancelled"]


@pytest.mark.usefixtures("surge", "on_duty")
def test_the_link_of_a_time_that_is_full_shows_others(accept: Accept, triage: Triage, client: Client) -> None:
    mine, faster = accept(LATE), accept(LATE, email="other@post.example")
    triage()
    assert client.post(path_in(told(faster)[0], time=True)).status_code == 302
    answer = client.post(path_in(told(mine)[0], time=True))
    assert answer.status_code == 409
    assert "Choose another one" in answer.content.decode()
    assert answer.context["screen"].windows
    assert Callback.objects.count() == 1


def test_made_up_links_are_not_there(db: None, client: Client) -> None:
    assert client.get("/line/made-up/time/").status_code == 404
    assert client.post("/line/made-up/time/").status_code == 404
