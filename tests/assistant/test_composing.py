"""A language model in turns: it chooses where the house is not sure, and costs nobody what there was without it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.db import connection
from tests.assistant.conftest import Systems, Talk
from tests.assistant.llm.fake_endpoint import (
    Asked,
    Behaviour,
    FakeEndpoint,
    breaks_off,
    drips_body,
    endless,
    hangs_up,
    in_turn,
    noise,
    says,
    silent,
)
from tests.assistant.llm.test_injection import ATTACKS, HOSTILE, text_of

from holdfast.assistant import handing_over, respond, speaking, spending, turns
from holdfast.assistant.acting_steps import Done, Step
from holdfast.assistant.handing_over import ToHand
from holdfast.assistant.llm.client import endpoint
from holdfast.assistant.models import Turn
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Message
from holdfast.desk import routing
from holdfast.desk.models import Queue
from holdfast.knowledge import retrieval, search
from holdfast.knowledge.models import Article, Unanswered
from holdfast.operations.client import operations
from holdfast.people.models import Agent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house", "articles")]

QUESTION = "Transfers abroad within how many working days?"
ARTICLES = [
    ("speed", "How long money takes", "payments", ["when does my money arrive"],
     "Transfers within the country arrive within 2 working days.\n\nTransfers abroad take 5 working days."),
    ("fees", "What sending money costs", "payments", ["how dear is it to send money"],
     "Transfers in euro are free.\n\nTransfers abroad cost 0.4 %."),
    ("weekend", "Days on which nothing moves", "payments", ["is it open on Sundays"],
     "It depends on the day:\n\n- working days: until 18:00\n- weekends: not at all"),
]  # fmt: skip


@pytest.fixture
def articles() -> Iterator[None]:
    for slug, title, topic, asks, body in ARTICLES:
        Article.objects.create(slug=slug, locale="en", title=title, topic=topic, asks=asks, body=body, summary=title)
    search.forget()
    retrieval.forget()
    yield
    search.forget()
    retrieval.forget()


@pytest.fixture(autouse=True)
def unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    """With three articles nearly everything is a clear match, or one of two: here nothing is."""
    monkeypatch.setattr(respond, "MIN_MARGIN", 2.0)
    monkeypatch.setattr(respond, "MIN_OF_TWO", 2.0)


@pytest.fixture
def acts(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A company whose systems are connected; whatever is begun there was the model's choice."""
    monkeypatch.setattr(respond, "wishes", lambda texts, **_: [None] * len(texts))
    settings.OPERATIONS_URL, settings.OPERATIONS_TOKEN = "http://127.0.0.1:9/", "token"
    operations.cache_clear()
    yield
    operations.cache_clear()


def chooses(**command: Any) -> Behaviour:
    return says(json.dumps(command))


def words(*sentences: tuple[str, str]) -> Behaviour:
    return says(json.dumps({"sentences": [{"text": text, "passages": [of]} for text, of in sentences]}))


ANSWER = chooses(command="answer", passages=["P1"])
DRAFT = words(("Transfers abroad take 5 working days.", "P1"))


def test_without_a_model_nothing_waits_for_one() -> None:
    talk = Talk()
    talk.say(QUESTION)
    assert talk.in_line
    assert not Turn.objects.exists()


def test_a_draft_that_holds_is_sent_with_the_passage_it_stands_on(fake: FakeEndpoint, systems: Systems) -> None:
    fake.behave = in_turn([ANSWER, DRAFT])
    talk = Talk()
    talk.say(QUESTION)
    assert (talk.in_line, talk.said("assistant")) == (False, [])
    assert turns.once(acts=systems) == 1
    (said,) = talk.said("assistant")
    assert said.startswith("Transfers abroad take 5 working days.\n\n")
    assert "/help/en/speed/" in said
    assert "a person reads it" in said
    (cited,) = Message.objects.get(conversation=talk.case, author="assistant").details["citations"]
    body = Article.objects.get(pk=cited["article_id"]).body
    assert (cited["version"], body[cited["start"] : cited["end"]]) == (1, "Transfers abroad take 5 working days.")
    assert (talk.turn.outcome, talk.turn.steps) == ("said", 2)
    talk.say("that does not help")
    assert talk.in_line, "an answer that did not help brings a person"


@pytest.mark.parametrize(
    "draft",
    [
        words(("Transfers abroad take 3 working days.", "P1")),  # invented
        words(("Transfers abroad take 5 working days.", "P9")),  # a source nobody gave
        words(("Transfers abroad take 5 working days.", "P1"), ("Ask at https://evil.example.", "P1")),  # half holds
        says("Sure! Here you go."),
        silent,
    ],
)
def test_a_draft_that_does_not_hold_is_replaced_by_the_passage(
    fake: FakeEndpoint, systems: Systems, settings: LazySettings, draft: Behaviour
) -> None:
    settings.LLM_DEADLINE = 0.4
    fake.behave = in_turn([ANSWER, draft])
    talk = Talk()
    talk.say(QUESTION)
    turns.once(acts=systems)
    (said,) = talk.said("assistant")
    assert said.startswith("This is from our help article “How long money takes”:\n\nTransfers abroad take 5")
    assert talk.turn.tokens_in > 0


def test_what_a_colon_announces_is_quoted_with_it(fake: FakeEndpoint, systems: Systems) -> None:
    fake.behave = in_turn([ANSWER, says("no")])
    talk = Talk()
    talk.say("weekends: not at all?")
    turns.once(acts=systems)
    (said,) = talk.said("assistant")
    assert "It depends on the day:\n\n- working days: until 18:00" in said
    assert len(Message.objects.get(conversation=talk.case, author="assistant").details["citations"]) == 2


@pytest.mark.usefixtures("acts")
def test_an_action_is_begun_with_the_customers_own_words(fake: FakeEndpoint, systems: Systems) -> None:
    """Allowed is what the customer's level allows; the form asks the rest, and for a yes."""
    fake.behave = chooses(command="act", action="freeze_card", arguments={"card": "[number 1]"})
    talk = Talk(channel="email")
    talk.say("My bag with the thing ending 4471 is gone, please see to it")
    Message.objects.filter(author="customer").update(details={"level": 1})
    systems.answers = [Step(say="Freeze the card ending 4471?", done=Done("freeze_card", "14:03"))]
    turns.once(acts=systems)
    assert [action for action, _, _ in systems.calls] == ["freeze_card"]
    assert "4471" in systems.calls[0][1]
    assert talk.said("assistant") == ["Freeze the card ending 4471?"]
    assert talk.turn.steps == 2
    offered = fake.asked[0].prompt
    assert '"name": "freeze_card"' in offered
    assert '"name": "unfreeze_card"' not in offered, "that takes proof"


@pytest.mark.usefixtures("acts")
@pytest.mark.parametrize("action", ["freeze_card", "unfreeze_card", "change_address", "send_money"])
def test_what_is_not_allowed_cannot_be_begun(fake: FakeEndpoint, systems: Systems, action: str) -> None:
    fake.behave = chooses(command="act", action=action, arguments={})
    talk = Talk()
    talk.say("My bag is gone, please see to it")
    turns.once(acts=systems)
    assert systems.calls == []
    assert talk.in_line


@pytest.mark.parametrize("behave", [chooses(command="ask", question=1), chooses(command="hand_over"), silent])
def test_the_question_which_of_two_is_asked_when_it_has_nothing_better(
    fake: FakeEndpoint, systems: Systems, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, behave: Behaviour
) -> None:
    settings.LLM_DEADLINE = 0.4
    monkeypatch.setattr(respond, "MIN_OF_TWO", 0.0)
    fake.behave = behave
    talk = Talk()
    talk.say(QUESTION)
    assert talk.said("assistant") == []
    turns.once(acts=systems)
    (said,) = talk.said("assistant")
    assert "Which is it?" in said
    assert not talk.in_line


def useless() -> list[Any]:
    # Calls of tools, many choices at once, a choice the house did not give.
    tool = {"role": "assistant", "tool_calls": [{"function": {"name": "send", "arguments": "{}"}}]}
    made: list[tuple[str, Behaviour]] = [
        ("hand_over", chooses(command="hand_over")),
        ("unknown passage", chooses(command="answer", passages=["P1", "P7"])),
        ("a question of its own", chooses(command="ask", question=1)),
        ("prose", says("I have sent it for you.")),
        ("tools", says(json.dumps(tool))),
        ("two at once", says('{"command": "hand_over"}{"command": "answer", "passages": ["P1"]}')),
        *((each.__name__, each) for each in (silent, drips_body, endless, hangs_up, breaks_off, noise)),
    ]
    return [pytest.param(behave, id=name) for name, behave in made]


@pytest.mark.parametrize("behave", useless())
def test_whatever_it_does_the_same_turn_brings_what_there_was_without_it(
    fake: FakeEndpoint,
    systems: Systems,
    settings: LazySettings,
    behave: Behaviour,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.LLM_DEADLINE = 0.4
    fake.behave = behave
    talk = Talk()
    talk.say(QUESTION)
    assert not talk.in_line
    with django_capture_on_commit_callbacks(execute=True):
        assert turns.once(acts=systems) == 1
    assert (talk.in_line, talk.said("assistant"), talk.turn.outcome) == (True, [], "handed_over")
    story = Message.objects.get(conversation=talk.case, internal=True).details
    assert story["reason"] in {"not_sure", "no_article"}
    assert Unanswered.objects.exists(), "nobody had an article for it"
    assert len(fake.asked) == 1, "no loop: one call, then people"


def test_who_waited_for_a_model_stands_where_they_would_have_stood_without_it(
    fake: FakeEndpoint, systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the queue of the nearest article, and by mail as new as they are: offered times, and told nothing twice."""
    routing.forget()
    Queue.objects.create(slug="payments", name="Payments", position=3)
    handed: list[ToHand] = []

    def hand_over_many(these: list[ToHand]) -> list[UUID]:
        handed.extend(these)
        return handing_over.hand_over_many(these)

    monkeypatch.setattr(speaking, "hand_over_many", hand_over_many)
    fake.behave = chooses(command="hand_over")
    talk = Talk(channel="email")
    talk.say(QUESTION)
    turns.once(acts=systems)
    assert (talk.in_line, Queue.objects.get(pk=talk.case.queue_id).slug) == (True, "payments")
    assert [(each.is_new, each.held.busy) for each in handed] == [(True, False)]
    assert talk.said("system") == [], "as little as without a model, when no times are offered"


def test_it_is_asked_no_more_than_its_tier_has_room_for(fake: FakeEndpoint, systems: Systems) -> None:
    fake.behave = chooses(command="hand_over")
    talks = [Talk() for _ in range(12)]
    for talk in talks:
        talk.say(QUESTION)
    assert [talk.in_line for talk in talks] == [False] * 8 + [True] * 4
    while turns.once(acts=systems):
        pass
    assert all(talk.in_line for talk in talks)


def test_a_breaker_that_is_open_costs_no_call(fake: FakeEndpoint, systems: Systems) -> None:
    model = endpoint()
    assert model is not None
    for _ in range(5):
        model.breaker.failed()
    talk = Talk()
    talk.say(QUESTION)
    turns.once(acts=systems)
    assert (talk.in_line, fake.asked) == (True, [])


def test_its_cost_is_counted_by_turn_and_limited_by_conversation(
    fake: FakeEndpoint, systems: Systems, settings: LazySettings
) -> None:
    fake.behave = in_turn([ANSWER, DRAFT])
    talk = Talk()
    talk.say(QUESTION)
    turns.once(acts=systems)
    turn = talk.turn
    assert (turn.tokens_in, turn.tokens_out) == (400, 40)
    assert turn.cost == pytest.approx(400 * 2e-6 + 40 * 10e-6)
    spent = spending.spent_on(talk.case.pk)
    assert (spent.tokens_in, spent.cost) == (400, pytest.approx(turn.cost))
    settings.LLM_MAX_COST = 1e-6
    other = Talk()
    other.say(QUESTION)
    turns.once(acts=systems)
    assert other.in_line
    assert other.turn.cost == 0
    assert len(fake.asked) == 2


def test_an_attempt_that_has_no_step_left_gets_what_there_was_without_it(fake: FakeEndpoint, systems: Systems) -> None:
    fake.behave = in_turn([ANSWER, DRAFT])
    talk = Talk()
    talk.say(QUESTION)
    Turn.objects.update(steps=2)  # an earlier attempt was killed
    turns.once(acts=systems)
    assert (talk.in_line, fake.asked) == (True, [])
    assert Message.objects.get(conversation=talk.case, internal=True).details["reason"] == "not_sure"


def test_a_turn_near_its_deadline_does_not_ask(fake: FakeEndpoint, systems: Systems, settings: LazySettings) -> None:
    settings.ASSISTANT_DEADLINE_CHAT = 1.2
    fake.behave = silent
    talk = Talk()
    talk.say(QUESTION)
    turns.once(acts=systems)
    assert (talk.in_line, talk.turn.outcome, fake.asked) == (True, "handed_over", [])


@pytest.mark.parametrize("who", ["agent", "customer"])
@pytest.mark.parametrize("during", ["choice", "draft"])
def test_it_is_silent_when_a_person_spoke_or_was_asked_for_meanwhile(
    fake: FakeEndpoint, systems: Systems, agent: Agent, monkeypatch: pytest.MonkeyPatch, who: str, during: str
) -> None:
    talk = Talk()
    talk.say(QUESTION)
    case = talk.case.pk

    def interrupted(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **given: Any) -> Any:
            brought = call(*args, **given)
            if who == "agent":
                post_reply(conversation_id=case, by=agent.pk, text="I am on it.", client_key="1")
            else:
                talk.say("I want to talk to a person")
            return brought

        return called

    from holdfast.assistant import composing

    name = "propose" if during == "choice" else "draft"
    monkeypatch.setattr(composing, name, interrupted(getattr(composing, name)))
    fake.behave = in_turn([ANSWER, DRAFT])
    turns.once(acts=systems)
    assert talk.said("assistant") == []
    assert len(fake.asked) == (1 if during == "choice" else 2), "no call after a person"
    assert talk.turn.tokens_in > 0, "what was paid for is counted all the same"
    if who == "customer":
        assert talk.in_line


SEALED = ["4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "maren.quist@mail.example", "+49 170 5551234", "Maren"]


@pytest.mark.usefixtures("acts")
@pytest.mark.parametrize("number", range(len(SEALED)))
def test_no_value_of_a_customer_is_in_a_prompt(fake: FakeEndpoint, systems: Systems, number: int) -> None:
    fake.behave = in_turn([ANSWER, DRAFT])
    talk = Talk()
    talk.say(f"My name is Maren Quist. {QUESTION} It is about {SEALED[number]}")
    Message.objects.filter(author="customer").update(details={"level": 2})
    turns.once(acts=systems)
    assert fake.asked
    flat = fake.wire.replace(" ", "")
    assert [value for value in SEALED if value.replace(" ", "") in flat] == []


@pytest.mark.usefixtures("acts")
@pytest.mark.parametrize("place", ["customer", "article"])
@pytest.mark.parametrize("attack", ATTACKS[::4], ids=lambda attack: attack["name"])
def test_who_writes_orders_gets_no_right_and_no_foreign_word(
    fake: FakeEndpoint, systems: Systems, attack: dict[str, str], place: str
) -> None:
    """In a mail or in an article; and the endpoint obeys to the letter, in the choice and in the draft."""
    if place == "article":
        Article.objects.create(
            slug="evil", locale="en", title="Transfers abroad", topic="payments", body=text_of(attack)
        )
        retrieval.forget()
    for said in (attack["obeyed"], *HOSTILE[:3]):
        fake.behave = in_turn([says(said), says(attack["obeyed"]), silent])
        talk = Talk(channel="email")
        talk.say(f"{QUESTION} {text_of(attack) if place == 'customer' else ''}")
        turns.once(acts=systems)
        assert systems.calls == [], "nobody here is known well enough to have anything done"
        for sent in talk.said("assistant"):
            assert "evil.example" not in sent or place == "article"
            assert "5500" not in sent


@pytest.mark.django_db(transaction=True)
def test_a_slow_model_hides_nobody_and_says_nothing_after_a_takeover(
    fake: FakeEndpoint, systems: Systems, agent: Agent, settings: LazySettings
) -> None:
    """Real threads: the model answers seconds later, when a person has long written."""
    settings.LLM_DEADLINE = 3.0
    let_go = threading.Event()

    def slow(asked: Asked, wire: socket.socket) -> None:
        let_go.wait(5)
        ANSWER(asked, wire)

    fake.behave = slow
    taken, waits = Talk(), Talk()
    for talk in (taken, waits):
        talk.say(QUESTION)
    stop = threading.Event()

    def work() -> None:
        turns.run(stop, acts=systems, places=2)
        connection.close()

    part = threading.Thread(target=work, daemon=True)
    part.start()
    _until(lambda: len(fake.asked) == 2)
    post_reply(conversation_id=taken.case.pk, by=agent.pk, text="I am on it.", client_key="1")
    let_go.set()
    _until(lambda: not Turn.objects.filter(ended_at=None).exists())
    stop.set()
    part.join(5)
    for thread in threading.enumerate():
        if thread.name.startswith("turn-"):
            thread.join(5)
    assert (taken.said("assistant"), taken.turn.outcome) == ([], "silent")
    assert len(waits.said("assistant")) == 1


def _until(true: Callable[[], bool], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.02)
