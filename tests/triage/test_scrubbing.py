"""What people write reaches messages, lists and search without values; as written it opens through the gate only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.opened import opened

from holdfast.conversations.models import Conversation, Message
from holdfast.desk.sources import own_name, raw_source
from holdfast.people.models import Customer, Identity

from .conftest import Accept

CARD, IBAN = "4111 1111 1111 1111", "NL91 ABNA 0417 1643 00"


@pytest.fixture
def known(db: None) -> Customer:
    """A customer on file, who writes from their address."""
    from holdfast.guard.keys import blind_index

    made = Customer.objects.create(name="Ayu Zuurmarker", birth_date="1990-05-17", address="12 Mill Lane, Leeds")
    index = blind_index("email", "ayu@post.example")
    Identity.objects.create(customer=made, kind="email", value="ayu@post.example", index=index)
    return made


def test_values_are_masked_wherever_a_message_is_kept(
    accept: Accept, triage: Callable[[], int], known: Customer
) -> None:
    accept(
        f"Card {CARD} of Ayu Zuurmarker, born 17.05.1990, 12 Mill Lane.",
        email="ayu@post.example",
        subject=f"Refund to {IBAN}",
        quoted="ring +49 170 555 12 34",
        html="<p>Card <b>4111</b> 1111 1111 1111</p>",
    )
    triage()
    message = Message.objects.get(author="customer")
    conversation = Conversation.objects.get()
    assert message.text == "Card [card •• 1111] of Ayu Z., born [1990-••-••], [address]."
    assert message.quoted == "ring [phone ••• •• 34]"
    assert message.html == "", "a number may be spread over its tags"
    assert conversation.subject == "Refund to [IBAN •• 4300]"
    for kept in (message.text, message.quoted, str(message.search), conversation.preview, conversation.subject):
        assert "4111" not in kept
        assert "zuurmarker" not in kept.lower()
    assert message.details["masked"] == ["IBAN", "name", "address", "birth date", "card number", "phone number"]
    assert "card number" in message.details["warnings"][-1]


def test_what_is_asked_of_the_assistant_has_no_values(
    accept: Accept, triage: Callable[[], int], known: Customer, assistant: list[object]
) -> None:
    accept(f"My card {CARD} is lost, says Zuurmarker", email="ayu@post.example")
    triage()
    asked = repr(assistant[:-1])
    assert "[card •• 1111]" in asked
    assert "4111 1111" not in asked
    assert "Zuurmarker" not in asked


def test_the_words_as_written_open_like_any_source(accept: Accept, triage: Callable[[], int], known: Customer) -> None:
    accept(f"Card {CARD}", email="ayu@post.example", channel="chat")
    triage()
    message = Message.objects.get(author="customer")
    source = raw_source(conversation=message.conversation, message_id=message.pk)
    assert source is not None
    assert source.read(most=1_000) == f"Card {CARD}"
    assert "ayu@post.example" in opened(source.sender), "asking for it is asking for the sender: one gate"


def test_prose_stays_and_says_nothing(accept: Accept, triage: Callable[[], int]) -> None:
    accept("Where is my card? Order 1234567890, 3 items.")
    triage()
    message = Message.objects.get(author="customer")
    assert message.text == "Where is my card? Order 1234567890, 3 items."
    assert "masked" not in message.details


def test_another_customers_name_is_prose(accept: Accept, triage: Callable[[], int], known: Customer) -> None:
    accept("I know a Mrs Zuurmarker.", email="somebody@else.example")
    triage()
    assert Message.objects.get(author="customer").text == "I know a Mrs Zuurmarker."


def test_names_of_files_are_masked_wherever_they_stand(
    accept: Accept, triage: Callable[[], int], known: Customer
) -> None:
    name = "ayu-zuurmarker-passport.pdf"
    accept(
        f"Attached: {name}",
        email="ayu@post.example",
        html=f'<p><img alt="{name}"></p>',
        attachments=[
            {"name": name, "type": "application/pdf", "size": 9, "digest": "d" * 64, "refused": ""},
            {"name": "terms.pdf", "type": "application/pdf", "size": 9, "digest": "e" * 64, "refused": ""},
        ],
        warnings=[f"The attachment {name} is larger than allowed; it is listed without its content."],
    )
    triage()
    message = Message.objects.get(author="customer")
    assert [file.name for file in message.attachments.order_by("name")] == ["Ayu Z. passport.pdf", "terms.pdf"]
    assert message.text == "Attached: Ayu Z. passport.pdf"
    assert message.html == ""
    assert "Ayu Z. passport.pdf" in message.details["warnings"][0]
    assert message.details["masked"] == ["name"]
    assert "zuurmarker" not in f"{message.__dict__} {message.conversation.preview} {message.search}".lower()
    file = message.attachments.get(name__startswith="Ayu")
    assert own_name(file) == name, "whoever takes the file gets its own name"
