"""The first assistant: exact quotes with a link on a clear match, otherwise a person."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.assistant.contract import Answer, ForAssistant, HandOver, Held, Reason
from holdfast.assistant.respond import respond, respond_many
from holdfast.kit.ids import uuid7
from holdfast.knowledge import search
from holdfast.knowledge.models import Article

pytestmark = pytest.mark.django_db

ARTICLES = [
    ("activate-card", "en", "Activate your card", "cards", ["how do I activate my card", "switch on my new card"],
     "A card leaves us switched off.\n\n1. Open **Cards**.\n2. Choose **Activate**."),
    ("activate-card", "id", "Aktifkan kartu Anda", "cards", ["bagaimana cara mengaktifkan kartu saya"],
     "Kartu kami kirim dalam keadaan mati.\n\nBuka **Kartu**, lalu pilih **Aktifkan**."),
    ("top-up", "id", "Isi saldo dengan transfer bank", "payments", ["cara isi saldo lewat transfer bank"],
     "Kirim uang ke nomor rekening Anda di aplikasi."),
    ("pin", "en", "Change your PIN", "cards", ["how can I change my PIN", "set a new PIN number"],
     "Change the PIN at any cash machine.\n\nThe app shows the PIN too."),
    ("phishing", "en", "A message that looks false", "fraud", ["I got a strange text message from you with a link"],
     "Do not open the link. We never ask for your passcode."),
    ("fees", "en", "What a transfer costs", "payments", ["how much is a bank transfer", "fee for sending money abroad"],
     "Transfers in euro are free.\n\nOther currencies cost 0.4 %."),
]  # fmt: skip


@pytest.fixture(autouse=True)
def articles(db: None) -> None:
    search.forget()
    Article.objects.bulk_create(
        Article(slug=slug, locale=locale, title=title, topic=topic, asks=asks, body=body, summary=title)
        for slug, locale, title, topic, asks, body in ARTICLES
    )


def asked(text: str) -> ForAssistant:
    return ForAssistant(conversation_id=uuid7(), text=text, channel="chat")


def test_a_clear_question_is_answered_with_the_articles_own_words() -> None:
    answer = respond(asked("How do I activate my card please?"))
    assert isinstance(answer, Answer)
    assert answer.citations[0].slug == "activate-card"
    assert "/help/en/activate-card/" in answer.text
    body = Article.objects.get(slug="activate-card", locale="en").body
    for citation in answer.citations:
        quoted = body[citation.start : citation.end].replace("**", "")
        assert quoted in answer.text


def test_a_sentence_that_announces_a_list_takes_the_list_along() -> None:
    Article.objects.filter(slug="fees").update(
        version=2, body="It depends on where it goes:\n\n- euro: free\n- else: 0.4 %\n\nMore."
    )
    search.forget()
    answer = respond(asked("How much is a bank transfer?"))
    assert isinstance(answer, Answer)
    assert "It depends on where it goes:\n\n- euro: free" in answer.text


def test_the_answer_is_in_the_customers_language() -> None:
    answer = respond(asked("Halo, bagaimana cara mengaktifkan kartu saya yang baru?"))
    assert isinstance(answer, Answer)
    assert answer.locale == "id"
    assert "Buka Kartu, lalu pilih Aktifkan." in answer.text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I want to talk to a person about activating my card", Reason.PERSON_ASKED),
        ("The ferry to the islands was late and my bicycle is wet", Reason.NOT_SURE),
        ("I got a strange text message from you with a link", Reason.NEEDS_A_PERSON),
        ("How do I activate my card? " * 60, Reason.NEEDS_A_PERSON),
        ("Ich habe gestern eine Überweisung gemacht und sie ist immer noch nicht angekommen.", Reason.UNKNOWN_LANGUAGE),
    ],
)
def test_everything_else_goes_to_a_person_with_the_reason(text: str, reason: Reason) -> None:
    outcome = respond(asked(text))
    assert isinstance(outcome, HandOver)
    assert outcome.reason == reason


def test_it_is_silent_once_a_person_has_it_or_the_customer_came_back() -> None:
    clear = asked("How do I activate my card please?")
    outcomes = respond_many(
        [
            replace(clear, assigned=True),
            replace(clear, person_asked=True),
            replace(clear, held=Held(answered=True)),
            clear,
        ]
    )
    assert [getattr(o, "reason", None) for o in outcomes[:3]] == [
        Reason.WITH_A_PERSON,
        Reason.PERSON_ASKED,
        Reason.CAME_BACK,
    ]
    assert isinstance(outcomes[3], Answer)


def test_without_articles_everything_goes_to_a_person() -> None:
    Article.objects.update(published=False)
    search.forget()
    outcome = respond(asked("How do I activate my card?"))
    assert isinstance(outcome, HandOver)
    assert outcome.reason == Reason.NO_ARTICLE


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=300), min_size=1, max_size=5))
def test_any_text_gets_an_answer_or_a_person(texts: list[str]) -> None:
    outcomes = respond_many([asked(text) for text in texts])
    assert len(outcomes) == len(texts)
    assert all(isinstance(outcome, Answer | HandOver) for outcome in outcomes)
