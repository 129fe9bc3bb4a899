"""The chat over real HTTP: sessions, messages, what the widget is shown, and live notices."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from pytest_django import DjangoDbBlocker
from tests.desk.conftest import Desk, make_desk
from tests.intake.serving import Answer, WebProcess, web_process

from holdfast.assistant import holding
from holdfast.assistant.contract import NOTHING_HELD
from holdfast.channels import chat_sessions
from holdfast.conversations.assignments import assign
from holdfast.conversations.closures import close
from holdfast.conversations.merges import merge, unmerge
from holdfast.conversations.messages import post_assistant, post_note
from holdfast.conversations.models import Conversation, Place
from holdfast.desk import routing
from holdfast.desk.models import Queue
from holdfast.intake.models import Contact
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.notify.replies import reply
from holdfast.posture import current as posture
from holdfast.posture.changes import change
from holdfast.posture.effects import Name
from holdfast.triage import loop


@pytest.fixture(scope="module")
def running_web(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebProcess]:
    # The keys are this process's own: the conversations are triaged here.
    with web_process(tmp_path_factory.mktemp("chat"), HOLDFAST_DATA=str(settings.DATA_DIR)) as web:
        yield web


@dataclass
class Chat:
    """What a widget does, in one session."""

    web: WebProcess
    token: str = ""

    def begin(self) -> Chat:
        answer = self.web.request("POST", "/chat/session", body=b"{}")
        assert answer.status == 201, answer
        return Chat(self.web, answer.json["token"])

    def say(self, text: str, key: str = "", **more: Any) -> Answer:
        return self.post("/chat/messages", token=self.token, key=key or uuid4().hex, text=text, **more)

    def ask_for_person(self) -> Answer:
        return self.post("/chat/person", token=self.token, key=uuid4().hex)

    def post(self, path: str, **body: Any) -> Answer:
        return self.web.request("POST", path, body=json.dumps(body).encode())

    def state(self, keys: str = "") -> dict[str, Any]:
        answer = self.web.get(f"/chat/state?token={self.token}&keys={keys}")
        assert answer.status == 200, answer
        return dict(answer.json)

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.state()["messages"]]

    @property
    def conversation(self) -> Conversation:
        name = chat_sessions.session_of(self.token)
        return Conversation.objects.get(thread_keys__key=f"chat:{name}")

    @contextmanager
    def events(self, after: str = "") -> Iterator[Events]:
        with self.web.connect() as connection:
            head = f"GET /chat/events?token={self.token} HTTP/1.1\r\nhost: localhost\r\n"
            head += f"last-event-id: {after}\r\n" if after else ""
            connection.sendall(f"{head}\r\n".encode())
            events = Events(connection)
            events.until("event: ready")
            yield events


@dataclass
class Events:
    """An open stream of events."""

    connection: socket.socket
    heard: str = ""

    def until(self, *words: str, start: int | None = None) -> None:
        """Read until one of `words` has been heard after what was read before, or after `start`."""
        start = len(self.heard) if start is None else start
        while not any(each in self.heard[start:] for each in words):
            more = self.connection.recv(65536)
            assert more, self.heard
            self.heard += more.decode()

    @property
    def topics(self) -> set[str]:
        return set(re.findall(r'"topic":"([^"]+)"', self.heard))

    @property
    def position(self) -> str:
        return re.findall(r"id: (\S+)", self.heard)[-1]


@pytest.fixture
def desk(transactional_db: None) -> Iterator[Desk]:
    routing.forget()
    yield make_desk()
    routing.forget()


@pytest.fixture
def chat(running_web: WebProcess, desk: Desk) -> Chat:
    return Chat(running_web).begin()


def test_a_message_is_kept_before_it_is_acknowledged_and_shown_once(chat: Chat) -> None:
    answer = chat.say("My card was declined", key="first-message")
    assert answer.status == 202
    assert answer.headers["access-control-allow-origin"] == "*"
    assert Contact.objects.get(pk=answer.json["receipt"]).text == "My card was declined"
    assert loop.once() == 1
    (message,) = (each for each in chat.state()["messages"] if each["author"] == "customer")
    assert (message["key"], message["text"]) == ("first-message", "My card was declined")
    again = chat.say("My card was declined", key="first-message")
    assert again.json == answer.json
    assert loop.once() == 0
    assert chat.texts.count("My card was declined") == 1


def test_messages_stay_in_the_order_in_which_they_were_sent(chat: Chat) -> None:
    sent = [f"line {number}" for number in range(6)]
    for text in sent:
        assert chat.say(text).status == 202
    loop.once()
    assert [text for text in chat.texts if text.startswith("line")] == sent


def test_one_key_posted_by_twenty_at_once_is_one_message(chat: Chat) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: chat.say("Hello?", key="the-same-key"), range(20)))
    assert {answer.status for answer in answers} == {202}
    assert len({answer.json["receipt"] for answer in answers}) == 1
    loop.once()
    assert chat.texts.count("Hello?") == 1


def test_another_session_sees_nothing_and_may_use_the_same_key(chat: Chat) -> None:
    other = chat.begin()
    assert chat.say("Mine", key="a-shared-key").status == other.say("Theirs", key="a-shared-key").status == 202
    assert other.state("a-shared-key")["kept"] == ["a-shared-key"]
    loop.once()
    assert "Mine" in chat.texts
    assert "Theirs" not in chat.texts
    assert "Mine" not in other.texts
    assert chat.conversation != other.conversation


@pytest.mark.parametrize("token", ["", "forged", "ImFiYyI:1tAAAA:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"])
def test_a_forged_token_opens_nothing(chat: Chat, token: str) -> None:
    forged = Chat(chat.web, token)
    answers = [forged.say("Hello"), forged.ask_for_person()]
    answers += [chat.web.get(f"/chat/{what}?token={token}") for what in ("state", "events")]
    for answer in answers:
        assert answer.status == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "ended" in answer.json["detail"]
    assert not Contact.objects.exists()


def test_a_token_ends_after_a_month(time_machine_past: str, chat: Chat) -> None:
    old = Chat(chat.web, time_machine_past)
    assert old.say("Hello").status == 401
    assert chat.web.get(f"/chat/state?token={old.token}").status == 401


@pytest.fixture
def time_machine_past() -> str:
    """A token that was given out 31 days ago."""
    import time_machine

    with time_machine.travel(now() - timedelta(days=31)):
        return chat_sessions.begin()[1]


@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        (b"", 400, ["body"]),
        (b"not json", 400, ["body"]),
        (b"\xff\xfe", 400, ["body"]),
        (b"[]", 422, ["body"]),
        (b'{"token": "TOKEN", "key": "abcdefgh", "text": "   \\n "}', 422, ["text"]),
        (b'{"token": "TOKEN", "key": "abcdefgh", "text": "a\\u0000b"}', 422, ["text"]),
        (b'{"token": "TOKEN", "key": "abcdefgh", "text": "a\\ud800b"}', 422, ["text"]),
        (b'{"token": "TOKEN", "key": "abcdefgh", "text": "' + b"x" * 8001 + b'"}', 422, ["text"]),
        (b'{"token": "TOKEN", "key": "short", "text": "hi"}', 422, ["key"]),
        (b'{"token": "TOKEN", "text": "hi"}', 422, ["key"]),
        (b'{"token": "TOKEN", "key": "abcdefgh", "text": 7}', 422, ["text"]),
        (b'{"token": "TOKEN", "key": "abcdefgh", "text": "hi", "colour": "red"}', 422, ["colour"]),
        (b'{"token": "TOKEN", "key": "abcdefgh", "text": "hi", "locale": "../etc"}', 422, ["locale"]),
        (b'{"token": "TOKEN", "text": "' + b"x" * 70_000 + b'"}', 413, []),
    ],
)
def test_a_bad_body_is_a_problem_that_names_the_field(chat: Chat, body: bytes, status: int, fields: list[str]) -> None:
    answer = chat.web.request("POST", "/chat/messages", body=body.replace(b"TOKEN", chat.token.encode()))
    assert (answer.status, answer.fields) == (status, fields)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert not Contact.objects.exists()


@pytest.mark.parametrize("locale", ["en", "pt-BR", "es-419", "zh-Hant-TW"])
def test_every_usual_locale_is_taken(chat: Chat, locale: str) -> None:
    assert chat.say("Hello", locale=locale).status == 202


@pytest.mark.parametrize(
    "path", ["/chat/messages", "/chat/person", "/chat/session", "/chat/events", "/chat/callback", "/chat/answered"]
)
def test_a_page_of_another_origin_may_ask(chat: Chat, path: str) -> None:
    asked = {
        "origin": "https://bank.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    answer = chat.web.request("OPTIONS", path, asked)
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "content-type" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers


def test_only_what_is_meant_is_answered(chat: Chat) -> None:
    assert chat.web.get("/chat/messages").status == 405
    assert chat.web.get("/chat/person").status == 405
    assert chat.web.get("/chat/session").status == 405


def test_a_request_for_a_person_joins_the_line_at_once(chat: Chat) -> None:
    assert chat.ask_for_person().status == 202
    loop.once()
    state = chat.state()
    assert state["state"] == "line"
    assert state["number"] == chat.conversation.number
    assert (state["line"]["place"], state["line"]["joined_as"]) == (1, 1)
    assert state["line"]["low"] is state["line"]["high"] is None, "too few were served to say"
    assert [message["kind"] for message in state["messages"]] == ["person_request", "in_line"]


def test_while_nothing_is_sorted_the_state_says_what_is_kept(chat: Chat) -> None:
    assert chat.say("Is anybody there?", key="kept-message").status == 202
    assert chat.post("/chat/person", token=chat.token, key="kept-request").status == 202
    state = chat.state("kept-message,kept-request,never-sent-one,../../bad")
    assert sorted(state["kept"]) == ["kept-message", "kept-request"]
    assert (state["state"], state["messages"]) == ("new", [])
    loop.once()
    assert chat.state()["state"] == "line"
    assert chat.texts[0] == "Is anybody there?"


def test_the_wait_is_told_once_the_line_moves(chat: Chat, desk: Desk) -> None:
    chat.ask_for_person()
    loop.once()
    queue = chat.conversation.queue_id
    for minutes in range(3, 45, 3):
        other = desk.talk(in_line=False)
        moment = now() - timedelta(minutes=minutes)
        Place.objects.create(
            conversation=other,
            queue_id=queue,
            joined_at=moment,
            fair_at=moment,
            joined_as=1,
            left_at=moment,
            left_because="assigned",
        )
    line = chat.state()["line"]
    assert 0 <= line["low"] < line["high"] <= 12


def test_a_first_text_is_answered_with_one_word_and_only_by_its_customer(chat: Chat, desk: Desk) -> None:
    change(to=Name.SURGE, by=desk.lead.pk, why="Payments are late.", playbook="payments-degraded")
    posture.forget()
    chat.say("Where is my transfer?")
    loop.once()
    shown = eventually(chat.state, lambda state: state["line"])
    assert shown["messages"][-1]["kind"] == "deflection"
    assert shown["line"]["deflected"]
    for token, more, status in (("forged", {}, 401), (chat.token, {"text": "x"}, 422), (chat.begin().token, {}, 401)):
        assert chat.post("/chat/answered", token=token, **more).status == status
    assert chat.state()["state"] == "line"
    assert chat.post("/chat/answered", token=chat.token).json == {"answered": True}
    assert chat.post("/chat/answered", token=chat.token).json == {"answered": False}
    assert chat.state()["state"] == "closed"


def test_a_time_to_be_written_back_is_chosen_in_the_chat(chat: Chat, desk: Desk) -> None:
    chat.ask_for_person()
    loop.once()
    assert chat.state()["line"]["windows"] == [], "in calm nothing is offered"
    other = desk.talk(queue=Queue.objects.get(pk=chat.conversation.queue_id))
    assign(conversation_id=other.pk, to=desk.lead.pk, by=desk.lead.pk)
    change(to=Name.SURGE, by=desk.lead.pk, why="Payments fail.")
    line = eventually(lambda: chat.state()["line"], lambda line: line["windows"])
    first = line["windows"][0]
    answer = chat.post("/chat/callback", token=chat.token, starts_at=first["starts_at"])
    assert (answer.status, answer.json["callback"]) == (201, first)
    line = chat.state()["line"]
    assert line["callback"] == first
    assert line["windows"], "it can be changed"
    assert first not in line["windows"]
    other_time = line["windows"][0]
    assert chat.post("/chat/callback", token=chat.token, starts_at=other_time["starts_at"]).status == 201
    assert chat.state()["line"]["callback"] == other_time
    assert chat.state()["messages"][-1]["kind"] == "callback"
    assert chat.post("/chat/callback", token=chat.token, starts_at="2001-01-01T00:00:00Z").status == 409
    assert chat.post("/chat/callback", token=chat.token, starts_at="soon").status == 422
    assert chat.post("/chat/callback", token="forged", starts_at=None).status == 401
    assert chat.post("/chat/callback", token=chat.token).json == {"callback": None}
    assert chat.state()["line"]["callback"] is None


def eventually(look: Callable[[], Any], fits: Callable[[Any], Any]) -> Any:
    """Look until it fits: another process reads the posture once a second."""
    until = time.monotonic() + 10
    while not fits(seen := look()):
        assert time.monotonic() < until, seen
    return seen


def test_a_reply_is_shown_and_announced_without_its_words(chat: Chat, desk: Desk) -> None:
    chat.say("My card was declined")
    loop.once()
    conversation = chat.conversation
    with chat.events() as events:
        assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.ana.pk)
        events.until("event: chat")
        reply(conversation_id=conversation.pk, by=desk.ana.pk, text="I look at it now.", client_key="agent-key-1")
        events.until('"kind":"message"')
        assert "I look at it now" not in events.heard, "events carry no words"
    state = chat.state()
    assert (state["state"], state["person"], state["line"]) == ("person", "Ana", None)
    last = state["messages"][-1]
    assert (last["author"], last["name"], last["text"], last["key"]) == ("agent", "Ana", "I look at it now.", "")


def test_what_happened_during_a_drop_is_heard_after_it(chat: Chat, desk: Desk) -> None:
    chat.say("Hello")
    loop.once()
    with chat.events() as events:
        position = events.position
    reply(conversation_id=chat.conversation.pk, by=desk.ana.pk, text="While you were away", client_key="k" * 8)
    with chat.events(after=position) as events:
        # The position may be older than the oldest event that is kept: then the chat is told to look at everything.
        events.until("event: chat", "event: resync", start=0)
    assert "While you were away" in chat.texts


def test_a_session_hears_only_itself(chat: Chat, desk: Desk) -> None:
    other = chat.begin()
    for each in (chat, other):
        each.say("Hello")
    loop.once()
    with other.events() as theirs, chat.events() as ours:
        reply(conversation_id=chat.conversation.pk, by=desk.ana.pk, text="For one only", client_key="k" * 8)
        ours.until("event: chat")
        reply(conversation_id=other.conversation.pk, by=desk.ana.pk, text="For the other", client_key="k" * 8)
        theirs.until("event: chat")
        assert len(theirs.topics) == len(ours.topics) == 1
        assert theirs.topics != ours.topics


def test_notes_and_what_the_system_tells_agents_stay_inside(chat: Chat, desk: Desk) -> None:
    chat.say("Hello")
    loop.once()
    post_note(conversation_id=chat.conversation.pk, by=desk.ana.pk, text="Sounds upset", client_key="n" * 8)
    answer = chat.web.get(f"/chat/state?token={chat.token}")
    assert b"upset" not in answer.body
    internal = chat.conversation.messages.filter(internal=True).values_list("text", flat=True)
    assert len(internal) >= 1
    assert not set(internal) & set(chat.texts)


def test_the_customers_record_is_not_in_the_state(chat: Chat, desk: Desk) -> None:
    chat.say("Hello")
    loop.once()
    customer = chat.conversation.customer
    assert customer is not None
    for field in ("name", "address", "iban"):
        setattr(customer, field, f"MARKER {field}")
    customer.save()
    assert b"MARKER" not in chat.web.get(f"/chat/state?token={chat.token}").body
    assert desk.ana.email.encode() not in chat.web.get(f"/chat/state?token={chat.token}").body


def test_citations_come_with_the_assistants_answer(chat: Chat) -> None:
    chat.say("Hello")
    loop.once()
    holding.keep(chat.conversation.pk, NOTHING_HELD)  # it has the word
    cited = {"title": "A card payment was declined", "url": "https://bank.example/help/declined/"}
    post_assistant(conversation_id=chat.conversation.pk, text="See our article.", details={"citations": [cited]})
    assert chat.state()["messages"][-1]["citations"] == [cited]


def test_closed_is_told_and_writing_again_opens_it(chat: Chat, desk: Desk) -> None:
    chat.say("Hello")
    loop.once()
    conversation = chat.conversation
    close(conversation_id=conversation.pk, by=desk.ana.pk)
    assert chat.state()["state"] == "closed"
    assert chat.state()["line"] is None
    chat.say("One more thing")
    loop.once()
    assert chat.state()["state"] == "line"
    assert chat.conversation == conversation
    assert chat.texts.count("One more thing") == 1


def test_a_merged_chat_goes_on_where_it_went_and_comes_back(chat: Chat, desk: Desk) -> None:
    chat.say("From the chat")
    loop.once()
    source = chat.conversation
    target = desk.talk("Said before", customer=source.customer)
    merged = merge(source_id=source.pk, target_id=target.pk, by=desk.ana.pk)
    assert chat.state()["number"] == target.number
    assert "From the chat" in chat.texts
    reply(conversation_id=target.pk, by=desk.ana.pk, text="Answered there", client_key=str(uuid7()))
    assert "Answered there" in chat.texts
    unmerge(merge_id=merged.pk, by=desk.ana.pk)
    assert chat.state()["number"] == source.number
    assert "Said before" not in chat.texts


def test_a_state_without_a_database_is_a_problem_not_a_page(chat: Chat) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE conversations_threadkey RENAME TO conversations_threadkey_away")
    try:
        answer = chat.web.get(f"/chat/state?token={chat.token}")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE conversations_threadkey_away RENAME TO conversations_threadkey")
    assert answer.status == 503
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.fields == []
