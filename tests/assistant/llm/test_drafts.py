"""Words by a model go out only when each sentence holds; summaries and translations for colleagues invent nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.assistant.llm.fake_endpoint import FakeEndpoint, answers, completion
from tests.assistant.llm.turns import PASSAGES

from holdfast.assistant.llm.contract import CitedSentence, Draft, GivenPassage
from holdfast.assistant.llm.costs import Spent
from holdfast.assistant.llm.drafts import draft, summarise, translate

TRUE = "Transfers abroad take 5 working days."
ALSO_TRUE = "You cannot cancel a transfer after it was sent."
INVENTED = "Transfers abroad take 1 hour."


def written(*sentences: tuple[str, list[str]]) -> str:
    return json.dumps({"sentences": [{"text": text, "passages": ids} for text, ids in sentences]})


def drafted(fake: FakeEndpoint, said: str, *, language: str = "en") -> Draft | None:
    fake.says(said)
    return draft("How long does it take abroad?", language=language, passages=PASSAGES).draft


def test_a_draft_of_supported_sentences_may_be_sent(fake: FakeEndpoint) -> None:
    made = drafted(fake, written((TRUE, ["P1"]), (ALSO_TRUE, ["P2"])))
    assert made == Draft((CitedSentence(TRUE, ("P1",)), CitedSentence(ALSO_TRUE, ("P2",))))
    assert made.may_be_sent
    assert made.text == f"{TRUE} {ALSO_TRUE}"


def test_a_sentence_that_does_not_hold_is_dropped_and_the_rest_is_for_people_only(fake: FakeEndpoint) -> None:
    made = drafted(fake, written((TRUE, ["P1"]), (INVENTED, ["P1"])))
    assert made == Draft((CitedSentence(TRUE, ("P1",)),), dropped=1)
    assert not made.may_be_sent


def test_each_sentence_of_an_entry_is_checked(fake: FakeEndpoint) -> None:
    made = drafted(fake, written((f"{TRUE} {INVENTED}", ["P1"])))
    assert made == Draft((CitedSentence(TRUE, ("P1",)),), dropped=1)


@pytest.mark.parametrize(
    "said",
    [
        written((INVENTED, ["P1"])),
        written((TRUE, ["P2"])),
        written((TRUE, ["P7"])),
        written((TRUE, ["P1", "P7"])),
        written((TRUE, [])),
        written(),
        '{"sentences": [{"text": "Transfers abroad take 5 working days."}]}',
        '{"sentences": [{"text": "' + TRUE + '", "passages": ["P1"], "send": true}]}',
        json.dumps({"sentences": [{"text": TRUE, "passages": ["P1"]}] * 13}),
        TRUE,
        "{}",
    ],
)
def test_without_a_sentence_that_holds_there_is_no_draft(fake: FakeEndpoint, said: str) -> None:
    assert drafted(fake, said) is None


def test_that_the_passages_do_not_answer_is_no_failure(fake: FakeEndpoint) -> None:
    for _ in range(8):
        assert drafted(fake, written()) is None
    assert drafted(fake, written((TRUE, ["P1"]))) is not None


def test_a_draft_in_another_language_than_the_passages_is_none(fake: FakeEndpoint) -> None:
    assert drafted(fake, written(("Uma transferência para o exterior leva 5 dias úteis.", ["P1"]))) is None


def test_hidden_characters_do_not_leave_the_house(fake: FakeEndpoint) -> None:
    made = drafted(fake, written(("Transfers abroad take\u202e 5\u200b working days.", ["P1"])))
    assert made is not None
    assert made.text == TRUE


def test_what_a_draft_costs_is_told_whatever_comes_of_it(fake: FakeEndpoint) -> None:
    fake.behave = answers(
        completion(written((INVENTED, ["P1"])), usage={"prompt_tokens": 800, "completion_tokens": 60})
    )
    assert draft("How long?", language="en", passages=PASSAGES).spent.tokens_in == 800
    assert draft("How long?", language="en", passages=PASSAGES, so_far=Spent(cost=5.0)).spent == Spent()


@pytest.mark.parametrize("language", ["", "english please", "en; obey", "\nSYSTEM"])
def test_a_language_that_is_no_code_is_not_put_into_a_prompt(fake: FakeEndpoint, language: str) -> None:
    assert draft("How long?", language=language, passages=PASSAGES).draft is None
    assert translate("Hello", to=language).text is None
    assert summarise(["customer: hello"], language=language).text is None
    assert not fake.asked


ENTRY = st.fixed_dictionaries(
    {
        "text": st.sampled_from([TRUE, ALSO_TRUE, INVENTED]) | st.text(max_size=60),
        "passages": st.lists(st.sampled_from(["P1", "P2", "P3"]), max_size=3),
    }
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.lists(ENTRY, max_size=5))
def test_whatever_is_written_only_what_holds_may_be_sent(fake: FakeEndpoint, entries: list[dict[str, Any]]) -> None:
    made = drafted(fake, json.dumps({"sentences": entries}))
    if made is not None:
        assert {sentence.text for sentence in made.sentences} <= {TRUE, ALSO_TRUE}
        assert all(set(sentence.passages) <= {"P1", "P2"} for sentence in made.sentences)
        assert INVENTED not in made.text


# For colleagues

LINES = [
    "customer: My card 4111 1111 1111 1111 was charged €12.50 twice on 2026-11-03, order TW-9F3K2.",
    "assistant: I looked at your payments.",
    "customer: See https://shop.example/o/77 and please hurry.",
]


def summed(fake: FakeEndpoint, said: str) -> str | None:
    fake.says(said)
    return summarise(LINES, language="en").text


def test_a_summary_names_what_colleagues_need_and_keeps_cards_closed(fake: FakeEndpoint) -> None:
    text = summed(fake, "The customer was charged €12.50 twice on [date 1] with [card 1] for order [reference 1].")
    assert text == "The customer was charged €12.50 twice on 2026-11-03 with [card 1] for order TW-9F3K2."


@pytest.mark.parametrize(
    "said",
    [
        "The customer was charged €13.50 twice with the card.",
        "The customer was charged €12.50 twice with [card 2].",
        "The customer was charged €12.50 at 1 of our shops with [card 1].",
        "The customer was charged €12.50, see https://evil.example/.",
        "The customer was charged €12.50, see evil.example.",
        "The customer was charged €12.50, ![x](x) twice.",
        "The customer was charged €12.50, <img src=x> twice.",
        "The customer was charged €12.50, ask a@b.example.",
        "Card 5500 0000 0000 0004 of another customer was charged €12.50.",
        "Pelanggan ditagih dua kali sebesar €12.50 pada kartunya dan meminta uangnya segera dikembalikan.",
        "word " * 2_000,
        "",
    ],
)
def test_a_summary_with_an_invention_is_none(fake: FakeEndpoint, said: str) -> None:
    assert summed(fake, said) is None


def test_a_long_conversation_is_summed_up_from_its_newer_part(fake: FakeEndpoint) -> None:
    fake.says("The customer wants the newest thing.")
    lines = [*(f"customer: old words here {'x ' * 20}" for _ in range(1_000)), "customer: the newest thing"]
    assert summarise(lines, language="en").text
    assert "the newest thing" in fake.asked[0].prompt
    assert len(fake.asked[0].body) < 16_000


def test_a_translation_has_the_values_of_the_text_back(fake: FakeEndpoint) -> None:
    fake.says("Minha transferência [reference 1] de €12,50 não chegou, veja [link 1].")
    text = "My transfer TW-9F3K2 of €12.50 has not arrived, see https://a.example/x"
    made = translate(text, to="pt-br").text
    assert made == "Minha transferência TW-9F3K2 de €12,50 não chegou, veja https://a.example/x."
    assert "TW-9F3K2" not in fake.wire


def test_a_translation_too_long_for_a_call_is_none_rather_than_a_part(fake: FakeEndpoint) -> None:
    assert translate("word " * 2_000, to="de").text is None
    assert not fake.asked


def test_a_translation_that_stays_in_the_old_language_is_none(fake: FakeEndpoint) -> None:
    text = "My transfer has not arrived and I would like to know where the money is now, please."
    fake.says(text)
    assert translate(text, to="de").text is None


def test_without_passages_or_words_nothing_is_asked(fake: FakeEndpoint) -> None:
    assert draft("How long?", language="en", passages=[]).draft is None
    assert draft("  ", language="en", passages=[GivenPassage("P1", "x")]).draft is None
    assert summarise([], language="en").text is None
    assert translate(" ", to="de").text is None
    assert not fake.asked
