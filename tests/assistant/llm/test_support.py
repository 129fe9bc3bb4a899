"""A sentence stays when its facts stand in what it cites; figures, names, links and negations cannot be invented."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.assistant.llm.support import digits, links, sentences, supported

EN = [
    "Transfers within the country arrive within 2 working days. Transfers abroad take 5 working days.",
    "You cannot cancel a transfer after it was sent. Ask us within 24 hours and we try to call it back for €10. "
    "The form is at https://help.tidewater.example/recall and in the Tidewater app.",
    "Write to care@tidewater.example. Refunds reach your card on 3 March at 1.5% of the price.",
]
DE = ["Eine Überweisung ins Ausland dauert fünf Werktage. Eine gesendete Überweisung kann nicht storniert werden."]
ID = ["Transfer ke luar negeri memakan waktu 5 hari kerja. Transfer yang sudah dikirim tidak dapat dibatalkan."]
PT = ["Uma transferência para o exterior leva 5 dias úteis. Não é possível cancelar uma transferência enviada."]
ZH = ["国际转账需要5个工作日。已发送的转账无法取消。"]


@pytest.mark.parametrize(
    ("sentence", "passages", "language"),
    [
        ("Transfers abroad take 5 working days.", EN, "en"),
        ("Transfers abroad take five working days.", EN, "en"),
        ("A transfer within the country arrives within 2 working days.", EN, "en"),
        ("You cannot cancel a transfer after it was sent.", EN, "en"),
        ("We try to call it back for €10 within 24 hours.", EN, "en"),
        ("The form is in the Tidewater app.", EN, "en"),
        ("The form is at https://help.tidewater.example/recall.", EN, "en"),
        ("Refunds reach your card on 3 March.", EN, "en"),
        ("Eine Überweisung ins Ausland dauert 5 Werktage.", DE, "de"),
        ("Eine gesendete Überweisung kann nicht storniert werden.", DE, "de-AT"),
        ("Transfer ke luar negeri memakan waktu 5 hari kerja.", ID, "id"),
        ("Transfer yang sudah dikirim tidak dapat dibatalkan.", ID, "id"),
        ("Uma transferência para o exterior leva cinco dias úteis.", PT, "pt-br"),
        ("国际转账需要5个工作日。", ZH, "zh"),
    ],
)
def test_what_the_passages_say_is_supported(sentence: str, passages: list[str], language: str) -> None:
    assert supported(sentence, passages, language=language)


@pytest.mark.parametrize(
    ("sentence", "passages", "language"),
    [
        ("Transfers abroad take 7 working days.", EN, "en"),
        ("Transfers abroad take seven working days.", EN, "en"),
        ("Transfers abroad take 5 working hours and 2 days.", EN, "en"),
        ("Ask us within 24 days and we try to call it back.", EN, "en"),
        ("We try to call it back for $10 within 24 hours.", EN, "en"),
        ("We try to call it back for 10 within 24 hours.", EN, "en"),
        ("We try to call it back for €100 within 24 hours.", EN, "en"),
        ("Refunds reach your card on 3 April.", EN, "en"),
        ("Refunds reach your card at 15% of the price.", EN, "en"),
        ("You can cancel a transfer after it was sent.", EN, "en"),
        ("Transfers within the country do not arrive within 2 working days.", EN, "en"),
        ("The form is at https://help.tidewater.example.evil.example/recall.", EN, "en"),
        ("The form is at https://evil.example/recall.", EN, "en"),
        ("The form is at evil.example and in the app.", EN, "en"),
        ("The form is at https://help.tidewater.example/recall?card=4111.", EN, "en"),
        ("The form is in the Moonbeam app.", EN, "en"),
        ("The form is in the PayTidal app.", EN, "en"),
        ("You cannot cancel a transfer after Moonbeam sent it.", EN, "en"),
        ("You cannot cancel a transfer after it was sent by EZP.", EN, "en"),
        ("Write to refunds@tidewater.example.", EN, "en"),
        ("Write to @tidewater_help about refunds.", EN, "en"),
        ("The form is ![here](https://help.tidewater.example/recall).", EN, "en"),
        ("The form is in the <b>Tidewater</b> app.", EN, "en"),
        ("The form is in the Tidewater app for [card 1].", EN, "en"),
        ("Refunds are paid instantly.", EN, "en"),
        ("Our chief executive promises a gift to every customer.", EN, "en"),
        ("Yes.", EN, "en"),
        ("", EN, "en"),
        ("🙂", EN, "en"),
        ("Transfers abroad take 5 working days. " * 20, EN, "en"),
        ("Eine Überweisung ins Ausland dauert 6 Werktage.", DE, "de"),
        ("Eine gesendete Überweisung kann storniert werden.", DE, "de"),
        ("Transfer yang sudah dikirim dapat dibatalkan.", ID, "id"),
        ("É possível cancelar uma transferência enviada.", PT, "pt-br"),
        ("国际转账需要7个工作日。", ZH, "zh"),
        ("我们的总裁保证每位客户都会收到礼物。", ZH, "zh"),
        ("Uma transferência para o exterior leva 5 dias úteis.", EN, "pt-br"),
    ],
)
def test_what_they_do_not_say_is_not(sentence: str, passages: list[str], language: str) -> None:
    assert not supported(sentence, passages, language=language)


@pytest.mark.parametrize("passages", [EN, DE, ID, PT, ZH])
def test_each_sentence_of_a_passage_supports_itself(passages: list[str]) -> None:
    language = {id(EN): "en", id(DE): "de", id(ID): "id", id(PT): "pt", id(ZH): "zh"}[id(passages)]
    for passage in passages:
        for sentence in sentences(passage):
            if "care@" not in sentence:
                assert supported(sentence, passages, language=language), sentence


@settings(deadline=None)
@given(number=st.integers(0, 10**9).filter(lambda n: str(n) not in {"2", "5"}))
def test_no_other_number_is_supported(number: int) -> None:
    assert not supported(f"Transfers abroad take {number} working days.", EN[:1], language="en")


@settings(deadline=None)
@given(st.text(max_size=500))
def test_any_text_is_judged_without_a_fault(text: str) -> None:
    supported(text, [*EN, text[::-1]], language="en")
    links(text)
    digits(text)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_without_passages_nothing_is_supported(text: str) -> None:
    assert not supported(text, [], language="en")


def test_links_are_found_in_all_their_shapes() -> None:
    text = "See https://a.example/x?y=1. Or www.b.example, c.example/d; mail e@f.example or @gee_h; javascript:alert(1)"
    assert links(text) == {
        "https://a.example/x?y=1",
        "www.b.example",
        "c.example/d",
        "e@f.example",
        "@gee_h",
        "javascript:alert(1",
    }
