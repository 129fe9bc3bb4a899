"""What a customer asks to have done is told from what they only ask about."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.assistant import intents, wish_signs
from holdfast.assistant.contract import Action, Clarify, ForAssistant, HandOver, Held
from holdfast.assistant.respond import respond
from holdfast.assistant.wish_model import NOTHING, WishModel, shipped
from holdfast.drills.tidewater.content import articles
from holdfast.kit.ids import uuid7
from holdfast.knowledge import search
from holdfast.knowledge.models import Article
from holdfast.operations.actions import ACTIONS

HELD = tomllib.loads((Path(__file__).parent / "fixtures" / "wishes.toml").read_text("utf-8"))


@pytest.fixture
def learned(settings: Any, db: None) -> Iterator[None]:
    settings.OPERATIONS_URL = "http://bank.invalid"
    settings.SUPPORT_LANGUAGES = ["en"]
    for each in [each for each in articles() if each.locale == "en"][:12]:
        Article.objects.create(
            slug=each.slug,
            locale="en",
            title=each.title,
            body=each.body,
            asks=list(each.asks),
            topic="cards",
            version=1,
        )
    search.forget()
    intents.warm()
    yield
    search.forget()


@pytest.fixture(scope="module")
def model() -> WishModel:
    return WishModel(shipped())


def _begun(texts: list[str], model: WishModel, locale: str) -> list[str]:
    found = intents.judged(texts, locales=[locale] * len(texts), words=model)
    return [wish.action if wish is not None and wish.sure else NOTHING for wish in found]


@pytest.mark.parametrize(("locale", "least"), [("en", 25), ("id", 26), ("pt-br", 26)])
def test_of_thirty_wishes_in_words_nobody_learned_from_most_are_understood_and_none_as_another(
    model: WishModel, locale: str, least: int
) -> None:
    wished = [(text, action) for action, texts in HELD[locale]["wishes"].items() for text in texts]
    begun = _begun([text for text, _ in wished], model, locale)
    assert sum(action == meant for action, (_, meant) in zip(begun, wished, strict=True)) >= least
    assert [text for action, (text, meant) in zip(begun, wished, strict=True) if action not in {meant, NOTHING}] == []


def test_of_ninety_questions_about_the_same_things_hardly_one_begins_an_action(model: WishModel) -> None:
    begun = [action for locale, about in HELD.items() for action in _begun(about["questions"], model, locale)]
    assert len(begun) == 90
    assert sum(action != NOTHING for action in begun) <= 1


def test_nothing_is_learned_from_what_is_held_out() -> None:
    learned_from = {each.text.casefold() for each in shipped()}
    held = {text for about in HELD.values() for own in [about["questions"], *about["wishes"].values()] for text in own}
    assert learned_from.isdisjoint(text.casefold() for text in held)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Hello, I hope you are well. My wallet is gone since lunch. Please freeze my card.", "freeze_card"),
        ("Freeze my card. And where is my refund?", NOTHING),
        ("pls blokir kartu saya", "freeze_card"),
        ("BLOQUEIA MEU CARTAO", "freeze_card"),
    ],
)
def test_a_wish_is_found_among_sentences_and_two_wishes_are_left_to_a_person(
    model: WishModel, text: str, action: str
) -> None:
    assert _begun([text], model, "en") == [action]


@given(st.text(max_size=300))
def test_any_text_is_judged(text: str) -> None:
    assert set(wish_signs.signs_in(text))
    assert all(isinstance(wish_signs.allows(action, text), bool) for action in ACTIONS)


def _asked(text: str) -> object:
    return respond(ForAssistant(uuid7(), text, locale="en"))


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("please freeze my card now", "freeze_card"),
        ("could you unfreeze the card again", "unfreeze_card"),
        ("I have not got my refund, where is it", "refund_status"),
        ("send me my pin again", "resend_pin"),
    ],
)
@pytest.mark.usefixtures("learned")
@pytest.mark.django_db
def test_a_wish_begins_an_action(text: str, action: str) -> None:
    outcome = _asked(text)
    assert isinstance(outcome, Action)
    assert (outcome.name, outcome.locale) == (action, "en")


@pytest.mark.parametrize(
    "text", ["what is the weather like", "I want to talk to a person about freezing my card", "🙂"]
)
@pytest.mark.usefixtures("learned")
@pytest.mark.django_db
def test_nothing_is_done_that_nobody_asked_for(text: str) -> None:
    assert isinstance(_asked(text), HandOver)


@pytest.mark.usefixtures("learned")
@pytest.mark.django_db
def test_without_the_companys_systems_nothing_is_looked_for(settings: Any) -> None:
    settings.OPERATIONS_URL = ""
    assert not isinstance(_asked("please freeze my card now"), Action)


@pytest.mark.usefixtures("learned")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("locale", "named"),
    [
        ("en", "Freeze a card, done for you now. Payments with it are declined until it is unfrozen."),
        ("id", "Bekukan kartu, langsung dikerjakan sekarang. Pembayaran dengan kartu itu ditolak"),
        ("pt-br", "Bloquear um cartão temporariamente, feito para você agora. Os pagamentos com ele são recusados"),
    ],
)
def test_a_question_back_names_the_action_in_the_customers_language(
    settings: Any, monkeypatch: pytest.MonkeyPatch, locale: str, named: str
) -> None:
    settings.SUPPORT_LANGUAGES = ["en", "id", "pt-br"]
    for number, title in enumerate(("Kartu kartu cartão card", "Cartão kartu"), 1):
        Article.objects.create(
            slug=f"both-{number}", locale=locale, title=title, body="kartu cartão card", topic="cards"
        )
    search.forget()
    unsure = [intents.Wish("freeze_card", sure=False)]
    monkeypatch.setattr("holdfast.assistant.respond.wishes", lambda texts, **_: unsure)
    monkeypatch.setattr("holdfast.assistant.respond.is_clear", lambda found: False)
    outcome = respond(ForAssistant(uuid7(), "kartu cartão card", locale=locale, held=Held(language=locale)))
    assert isinstance(outcome, Clarify)
    assert f"1. {named}" in outcome.text
    assert outcome.options[0].names == "action:freeze_card"


@pytest.mark.usefixtures("learned")
@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        "カードをなくしました。止めてください",
        "我的卡丢了，请帮我冻结",
        "บัตรของฉันหายช่วยอายัดบัตรให้หน่อยครับ",
        "카드를잃어버렸어요정지해주세요",
        "ខ្ញុំបានបាត់កាត",
        "My カード is 紛失 สูญหาย потеряна",
        "кaртa freeze мою",
        "بطاقتي ضاعت أوقفوها",
    ],
)
def test_scripts_without_spaces_and_mixed_ones_go_to_a_person_and_begin_nothing(text: str) -> None:
    outcome = _asked(text)
    assert isinstance(outcome, HandOver)
