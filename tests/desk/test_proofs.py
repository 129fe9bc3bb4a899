"""An agent asks who writes; the code goes to what was on file, and who enters it here is that customer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core import mail
from django.test import Client
from tests.desk.conftest import Desk

from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Conversation
from holdfast.desk import routing
from holdfast.guard.keys import blind_index
from holdfast.guard.models import Grant
from holdfast.intake.accept import accept_now
from holdfast.intake.contact import Incoming
from holdfast.kit.clock import now
from holdfast.people.models import Agent, Customer, Identity, ProofCode
from holdfast.triage import loop

pytestmark = pytest.mark.django_db
SignIn = Callable[[Agent], Client]


@pytest.fixture(autouse=True)
def _mail(settings: LazySettings) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    routing.forget()
    yield
    routing.forget()


@pytest.fixture
def maren(desk: Desk) -> Customer:
    """A customer with an account and an address that were there long before."""
    made = Customer.objects.create(reference="TW-100042", name="Maren Quist", city="Cork")
    Identity.objects.create(
        customer=made,
        kind="email",
        value="quist@post.example",
        index=blind_index("email", "quist@post.example"),
        level=1,
        created_at=now() - timedelta(days=30),
    )
    return made


class Chat:
    """A visitor in a chat, of whom nothing is known."""

    def __init__(self) -> None:
        self.session = uuid4().hex

    def say(self, text: str) -> Conversation:
        payload = {"kind": "message", "thread": [f"chat:{self.session}"], "thread_own": [f"chat:{self.session}"]}
        accept_now([Incoming(channel="chat", source="test", sender={"chat": self.session}, text=text, payload=payload)])
        while loop.once():
            pass
        return Conversation.objects.get(thread_keys__key=f"chat:{self.session}")


def code() -> str:
    return "".join(re.findall(r"Your code: (\d{3}) (\d{3})", mail.outbox[-1].body)[0])


def wrong() -> str:
    return f"{(int(code()) + 1) % 10**6:06d}"


def lines(case: Conversation, *, internal: bool) -> list[str]:
    rows = case.messages.filter(author="system", internal=internal, details__kind="proof").order_by("created_at")
    return list(rows.values_list("text", flat=True))


@pytest.fixture
def asked(desk: Desk, maren: Customer, sign_in: SignIn) -> tuple[Chat, Conversation, Client]:
    """A visitor says who they are; the agent who has them asks for proof."""
    chat = Chat()
    case = chat.say("I am TW-100042 and I want to talk about my account with a person please")
    assign(conversation_id=case.pk, to=desk.ana.pk, by=desk.ana.pk)
    client = sign_in(desk.ana)
    response = client.post(f"/desk/c/{case.number}/proof/code/", {"claimed": "tw-100042"})
    assert response.status_code == 204
    return chat, case, client


def test_a_visitor_who_enters_the_code_is_the_customer_from_then_on(
    desk: Desk, maren: Customer, asked: tuple[Chat, Conversation, Client]
) -> None:
    chat, case, client = asked
    earlier = Conversation.objects.create(
        customer=maren,
        channel="email",
        queue_id=desk.cards.pk,
        subject="A letter",
        last_message_at=now(),
        created_at=now(),
    )
    assert [sent.to for sent in mail.outbox] == [["quist@post.example"]]
    assert lines(case, internal=False)[0].startswith("So that we can talk about your account")
    assert "waiting" in client.get(f"/desk/c/{case.number}/proof/").content.decode()
    chat.say(f"{code()[:3]} {code()[3:]}")
    case.refresh_from_db()
    assert case.customer_id == maren.pk
    assert "proven for 30 minutes. This conversation is now that of TW-100042." in lines(case, internal=True)[-1]
    shown = client.get(f"/desk/c/{case.number}/proof/").content.decode()
    assert "Proven by a code at" in shown
    page = client.get(f"/desk/c/{case.number}/").content.decode()
    assert "TW-100042" in page
    assert earlier.subject in page, "what they wrote before is beside it"
    assert Grant.objects.get(conversation_id=case.pk, closed_at=None).customer_id == maren.pk
    again = chat.say("And now?")
    assert (again.pk, again.customer_id) == (case.pk, maren.pk)


def test_wrong_codes_are_counted_said_and_end(desk: Desk, asked: tuple[Chat, Conversation, Client]) -> None:
    chat, case, client = asked
    bad = wrong()
    for _ in range(4):
        chat.say(bad)
    assert "4 wrong" in client.get(f"/desk/c/{case.number}/proof/").content.decode()
    chat.say(bad)
    assert lines(case, internal=True)[-1] == "The code they entered was wrong, and it was the last try."
    assert lines(case, internal=False)[-1].startswith("This code cannot be used any more.")
    chat.say(code())
    case.refresh_from_db()
    assert case.customer is not None
    assert case.customer.reference is None
    assert not hasattr(ProofCode.objects.get(), "proof")


def test_whoever_is_not_on_file_looks_the_same_and_proves_nothing(desk: Desk, maren: Customer, sign_in: SignIn) -> None:
    chat = Chat()
    case = chat.say("a person please")
    assign(conversation_id=case.pk, to=desk.ana.pk, by=desk.ana.pk)
    client = sign_in(desk.ana)
    assert client.post(f"/desk/c/{case.number}/proof/code/", {"claimed": "nobody@post.example"}).status_code == 204
    assert mail.outbox == []
    assert lines(case, internal=False)[0].startswith("So that we can talk about your account")
    assert "waiting" in client.get(f"/desk/c/{case.number}/proof/").content.decode()


def test_a_known_customer_is_asked_on_a_masked_channel_on_file(desk: Desk, sign_in: SignIn) -> None:
    Identity.objects.update(created_at=now() - timedelta(days=9))
    case = desk.talk("Where is my transfer?")
    assign(conversation_id=case.pk, to=desk.ana.pk, by=desk.ana.pk)
    client = sign_in(desk.ana)
    form = client.get(f"/desk/c/{case.number}/proof/code/").content.decode()
    assert "m•••@p" in form
    assert "maren@post" not in form
    channel = str(Identity.objects.get().pk)
    assert client.post(f"/desk/c/{case.number}/proof/code/", {"channel": str(uuid4())}).status_code == 422
    assert client.post(f"/desk/c/{case.number}/proof/code/", {"channel": channel}).status_code == 204
    assert [sent.to for sent in mail.outbox] == [["maren@post.example"]]
    row = ProofCode.objects.get()
    assert (row.asked_by_id, row.sent_at is not None) == (desk.ana.pk, True)
    assert "Ana Test asked them to prove who they are" in lines(case, internal=True)[0]


def test_only_who_has_the_case_asks_and_three_times_a_day(desk: Desk, maren: Customer, sign_in: SignIn) -> None:
    case = Chat().say("a person please")
    client, ben = sign_in(desk.ana), sign_in(desk.ben)
    url = f"/desk/c/{case.number}/proof/code/"
    assert client.get(url).status_code == 422
    assign(conversation_id=case.pk, to=desk.ana.pk, by=desk.ana.pk)
    assert ben.post(url, {"claimed": "TW-100042"}).status_code == 422
    assert "Ask them to prove" not in ben.get(f"/desk/c/{case.number}/proof/").content.decode()
    assert client.post(url, {"claimed": "  "}).status_code == 422
    for _ in range(3):
        assert client.post(url, {"claimed": "TW-100042"}).status_code == 204
    refused = client.post(url, {"claimed": "TW-100042"})
    assert refused.status_code == 422
    assert "three codes of a day" in refused.content.decode()


def test_without_outgoing_mail_nothing_is_said_to_the_customer(
    desk: Desk, sign_in: SignIn, settings: LazySettings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    case = Chat().say("a person please")
    assign(conversation_id=case.pk, to=desk.ana.pk, by=desk.ana.pk)
    response = sign_in(desk.ana).post(f"/desk/c/{case.number}/proof/code/", {"claimed": "TW-100042"})
    assert response.status_code == 422
    assert "No code can leave just now" in response.content.decode()
    assert lines(case, internal=False) == []


def test_words_for_the_code_are_there_in_each_language_and_pass_the_reply_check() -> None:
    from holdfast.assistant.reply_lint import lint
    from holdfast.notify import proof_words

    for words in (proof_words._ASK, proof_words._WRONG, proof_words._OVER):
        assert set(words) == {"en", "id", "pt"}
        for locale, text in words.items():
            assert lint(text, locale=locale, actions=("code",)) == []
