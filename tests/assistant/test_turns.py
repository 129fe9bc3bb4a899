"""Work outside the batch: done once, said only while the assistant has the word, and never hiding a customer."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from django.db import IntegrityError, connection, transaction
from tests.assistant.conftest import Systems, Talk

from holdfast.assistant import speaking, turns
from holdfast.assistant.acting_steps import Done, Pending, Step
from holdfast.assistant.models import Holding, Turn
from holdfast.assistant.turn_rows import claim
from holdfast.conversations.assignments import assign
from holdfast.conversations.closures import close
from holdfast.conversations.messages import post_note, post_reply
from holdfast.conversations.models import Message
from holdfast.conversations.tags import add
from holdfast.intake.models import Receipt
from holdfast.kit.clock import now, set_source
from holdfast.people.models import Agent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house", "freezing")]
ASKS = Pending("freeze_card", "confirm")
FROZEN = Step(say="Your card is frozen.", done=Done("freeze_card", "14:03"))


@pytest.fixture
def later() -> Iterator[Callable[[float], None]]:
    """Move the clock on by so many seconds."""
    moved = timedelta(0)

    def move(seconds: float) -> None:
        nonlocal moved
        moved += timedelta(seconds=seconds)
        set_source(lambda: datetime.now(UTC) + moved)

    yield move
    set_source(None)


def test_an_action_is_begun_outside_the_batch_and_answered(systems: Systems) -> None:
    talk = Talk()
    receipt = talk.say("Freeze my card")
    assert (talk.in_line, talk.said("assistant")) == (False, [])
    assert Receipt.objects.get(pk=receipt).state == "waiting"
    assert talk.turn.deadline - talk.turn.created_at == timedelta(seconds=8)
    systems.answers = [FROZEN]
    assert turns.once(acts=systems) == 1
    assert talk.said("assistant") == ["Your card is frozen."]
    assert (talk.turn.outcome, talk.turn.steps, talk.case.waiting_since) == ("said", 1, None)
    assert Receipt.objects.get(pk=receipt).state == "answered"
    assert [(action, text) for action, text, _ in systems.calls] == [("freeze_card", "Freeze my card")]
    assert turns.once(acts=systems) == 0


def test_by_mail_there_is_more_time() -> None:
    talk = Talk(channel="email")
    talk.say("Freeze my card")
    assert talk.turn.deadline - talk.turn.created_at == timedelta(seconds=60)


def test_an_action_that_asks_back_goes_on_with_the_next_word(systems: Systems) -> None:
    talk = Talk()
    talk.say("Freeze my card")
    systems.answers = [
        Step(say="The one ending 4471?", pending=ASKS),
        FROZEN,
    ]
    turns.once(acts=systems)
    assert Pending.load(Holding.objects.get(pk=talk.case.pk).pending) == ASKS
    talk.say("yes")
    assert talk.turn.work == "go_on"
    turns.once(acts=systems)
    assert talk.said("assistant") == ["The one ending 4471?", "Your card is frozen."]
    assert Holding.objects.get(pk=talk.case.pk).pending is None
    assert not talk.in_line


@pytest.mark.parametrize("words", ["I want to talk to a person", "0", ""])
def test_a_person_is_one_step_away_in_the_middle_of_an_action(systems: Systems, words: str) -> None:
    talk = Talk()
    talk.say("Freeze my card")
    systems.answers = [Step(say="The one ending 4471?", pending=ASKS)]
    turns.once(acts=systems)
    talk.say(words, kind="message" if words else "person_request")
    assert talk.in_line
    assert turns.once(acts=systems) == 0
    assert len(talk.said("system")) == 1
    talk.say("hello?")
    assert (turns.once(acts=systems), talk.said("assistant")) == (0, ["The one ending 4471?"])


def test_a_person_is_one_step_away_while_a_turn_is_running(systems: Systems) -> None:
    talk = Talk()
    talk.say("Freeze my card")

    def meanwhile() -> Step:
        talk.say("A human please")
        return FROZEN

    systems.answers = [meanwhile]
    turns.once(acts=systems)
    assert talk.in_line
    assert talk.said("assistant") == []
    assert len(talk.said("system")) == 1


@pytest.mark.parametrize("what", ["assign", "reply", "close"])
def test_it_says_nothing_when_a_person_acted_while_it_worked(systems: Systems, agent: Agent, what: str) -> None:
    talk = Talk()
    talk.say("Freeze my card")
    case = talk.case.pk

    def meanwhile() -> Step:
        if what == "assign":
            assign(conversation_id=case, to=agent.pk, by=agent.pk)
        elif what == "reply":
            post_reply(conversation_id=case, by=agent.pk, text="I am on it.", client_key="1")
        else:
            close(conversation_id=case, by=agent.pk)
        return FROZEN

    systems.answers = [meanwhile]
    turns.once(acts=systems)
    assert talk.said("assistant") == []
    assert (talk.turn.outcome, talk.in_line) == ("silent", False)


def test_it_makes_no_call_once_a_person_has_it(systems: Systems, agent: Agent) -> None:
    talk = Talk()
    talk.say("Freeze my card")
    (turn,) = claim(1)
    given = speaking.look(turn)
    assert given is not None
    post_reply(conversation_id=talk.case.pk, by=agent.pk, text="I am on it.", client_key="1")
    assert not speaking.step(given)
    assert talk.turn.steps == 0


@pytest.mark.parametrize("what", ["note", "tag"])
def test_anything_else_that_changes_brings_a_person(systems: Systems, agent: Agent, what: str) -> None:
    talk = Talk()
    talk.say("Freeze my card")
    case = talk.case.pk

    def meanwhile() -> Step:
        if what == "note":
            post_note(conversation_id=case, by=agent.pk, text="Careful here.", client_key="1")
        else:
            add(conversation_id=case, name="vip", by=agent.pk)
        return FROZEN

    systems.answers = [meanwhile]
    turns.once(acts=systems)
    assert (talk.in_line, talk.said("assistant")) == (True, [])


def test_what_the_customer_adds_meanwhile_gets_its_own_answer(systems: Systems) -> None:
    talk = Talk()
    talk.say("Freeze my card")

    def meanwhile() -> Step:
        talk.say("And where is my refund?")
        return FROZEN

    systems.answers = [meanwhile]
    turns.once(acts=systems)
    assert talk.said("assistant") == ["Your card is frozen."]
    assert talk.case.waiting_since is not None
    assert talk.turn.outcome == ""
    turns.once(acts=systems)
    assert talk.in_line, "there is no article: a person reads the second one"
    assert Receipt.objects.filter(state="waiting").count() == 1


def test_a_turn_has_three_steps(systems: Systems) -> None:
    talk = Talk()
    talk.say("Freeze my card")
    (turn,) = claim(1)
    given = speaking.look(turn)
    assert given is not None
    assert [speaking.step(given) for _ in range(4)] == [True, True, True, False]
    assert (talk.turn.steps, talk.in_line) == (3, True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Turn.objects.update(steps=4)


def test_a_fault_or_giving_up_brings_a_person_with_the_story(systems: Systems) -> None:
    def broken() -> Step:
        raise RuntimeError("connector fell over")

    first, second = Talk(), Talk()
    first.say("Freeze my card")
    second.say("Freeze my card. I am desperate")
    systems.answers = [broken, Step(say="That did not work.", give_up="The bank refused: the card is blocked.")]
    turns.once(acts=systems)
    assert first.in_line
    assert second.in_line
    assert first.said("assistant") == []
    assert second.said("assistant") == ["That did not work."]
    story = Message.objects.get(conversation=second.case, internal=True).details["lines"]
    by_label = {line["label"]: line["text"] for line in story}
    assert "The bank refused" in by_label["Tried"]
    assert "“I am desperate” A word of worry" in by_label["Worry"]
    assert "Freeze my card" in by_label["Wants"]
    assert "Writes English" in by_label["We know"]


def test_a_killed_worker_hides_nobody(systems: Systems, later: Callable[[float], None]) -> None:
    talk = Talk()
    talk.say("Freeze my card")
    (turn,) = claim(1)  # and this worker is never heard of again
    assert speaking.look(turn) is not None
    later(7)
    assert (speaking.sweep(), talk.in_line) == (0, False)
    later(2)
    assert speaking.sweep() == 1
    assert (talk.in_line, talk.turn.outcome) == (True, "late")
    assert len(talk.said("system")) == 1
    assert talk.case.waiting_since is not None
    assert speaking.sweep() == 0


def test_a_worker_that_wakes_up_late_says_nothing(systems: Systems, later: Callable[[float], None]) -> None:
    talk = Talk(channel="email")
    talk.say("Freeze my card")
    (turn,) = claim(1)
    given = speaking.look(turn)
    later(16)  # its lease is over, the deadline is not
    systems.answers = [FROZEN]
    assert turns.once(acts=systems) == 1
    assert given is not None
    assert not speaking.say(given, speaking.Reply("Your card is frozen, again.", "en"))
    assert talk.said("assistant") == ["Your card is frozen."]


def test_the_database_refuses_what_the_code_would_get_wrong(systems: Systems, agent: Agent) -> None:
    talk = Talk()
    talk.say("Freeze my card")
    post_reply(conversation_id=talk.case.pk, by=agent.pk, text="Hello", client_key="1")
    with pytest.raises(IntegrityError, match="has the word"), transaction.atomic():
        Message.objects.create(conversation=talk.case, author="assistant", text="Me too", created_at=now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Holding.objects.filter(pk=talk.case.pk).update(pending={"action": "freeze_card"})


@pytest.fixture
def hanging() -> Iterator[str]:
    """A connector's server that takes calls and never answers."""
    server = socket.create_server(("127.0.0.1", 0))
    yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    server.close()


@pytest.mark.django_db(transaction=True)
def test_a_connector_that_hangs_does_not_keep_a_customer_from_people(
    hanging: str, systems: Systems, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ASSISTANT_DEADLINE_CHAT = 1.0  # type: ignore[attr-defined]

    def hang() -> Step:
        httpx.get(hanging, timeout=6.0, trust_env=False)
        return FROZEN

    systems.answers = [hang, hang, FROZEN]
    talks = [Talk(), Talk()]
    for talk in talks:
        talk.say("Freeze my card")
    stop = threading.Event()
    parts = [
        threading.Thread(target=turns.run, args=(stop,), kwargs={"acts": systems, "places": 2}, daemon=True),
        threading.Thread(target=turns.deadlines, args=(stop,), daemon=True),
    ]
    for part in parts:
        part.start()
    until = time.monotonic() + 10
    while not all(talk.in_line for talk in talks) and time.monotonic() < until:
        time.sleep(0.05)
    stop.set()
    for part in parts:
        part.join(5)
    assert all(talk.in_line for talk in talks)
    assert [talk.turn.outcome for talk in talks] == ["late", "late"]
    assert all((talk.turn.ended_at - talk.turn.created_at).total_seconds() < 4 for talk in talks)  # type: ignore[operator]
    for thread in threading.enumerate():
        if thread.name.startswith("turn-"):
            thread.join(10)
    assert [talk.said("assistant") for talk in talks] == [[], []]
    connection.close()
