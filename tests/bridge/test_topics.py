"""Topics from words: each message counts once, the name is what several people wrote, and nothing private is in it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from holdfast.bridge import topics
from holdfast.bridge.topics import Counted, Numbered, Topic


def heard(*texts: str, numbers: Numbered, intent: int = 0) -> Counted:
    return topics.counted(
        (float(n), intent, [numbers.of(word) for word in sorted(topics.words_of(text))]) for n, text in enumerate(texts)
    )


def test_what_many_ask_in_other_words_is_one_topic_and_the_rest_is_everything_else() -> None:
    numbers = Numbered()
    said = [
        *("Why was my card declined?", "My card was declined at the shop", "declined again, the card", "Card declines"),
        *("Where is my transfer?", "my transfer did not arrive", "Transferred on Monday, where is it"),
        "How do I change my address",
    ]
    messages = heard(*said, numbers=numbers)
    found = topics.find(messages)
    assert [{numbers.name(word) for word in each.words} for each in found] == [{"card", "declin"}, {"transf"}]
    assert topics.assigned(messages, found).tolist() == [0, 0, 0, 0, 1, 1, 1, -1]


def test_a_topic_is_named_by_the_phrase_that_several_use() -> None:
    texts = ["Hello, where is my transfer?", "Where is my transfer of Monday", "Where is my transfer!", "transfer late"]
    assert topics.name_of(["transf"], texts) == "Where is my transfer"
    assert topics.name_of(["card", "declin"], ["card declined", "CARD declines", "card was decline"]) == "Card"


def test_a_name_holds_no_numbers_no_addresses_and_nothing_that_fewer_than_three_wrote() -> None:
    texts = [f"My card 4111 1111 1111 1111 of Maren, a{n}@b.example, IE29AIBK93115212345678" for n in range(2)]
    named = topics.name_of(["card"], [*texts, "Where is the card 55 of Ada"])
    assert named == "Card"
    assert topics.words_of("a.b@c.example +49 30 1234567 DE89370400440532013000 4111111111111111") == set()


def test_intents_come_before_words_and_their_messages_are_not_judged_by_words() -> None:
    numbers = Numbered()
    known = heard(*["card declined"] * 4, numbers=numbers, intent=7)
    free = heard(*["card stolen"] * 3, numbers=numbers)
    messages = topics.joined([known, free])
    found = topics.find(messages)
    assert found[0] == Topic(intent=7)
    assert topics.assigned(messages, found).tolist() == [0] * 4 + [1] * 3


def test_small_words_of_eight_languages_are_no_topic() -> None:
    for text in (
        "Can you please help me with this",
        "Ich habe eine Frage, bitte",
        "Tolong bantu saya",
        "Por favor ajuda",
    ):
        assert topics.words_of(text) == set()


WORDS = st.lists(st.sampled_from(["card", "declined", "transfer", "loan", "app", "password"]), max_size=4)


@given(st.lists(st.tuples(WORDS, st.integers(0, 2)), max_size=60), st.floats(0, 60))
def test_every_message_is_counted_exactly_once_whatever_was_said(said: list[tuple[list[str], int]], at: float) -> None:
    numbers = Numbered()
    rows = [
        (float(n), intent, [numbers.of(word) for word in topics.words_of(" ".join(words))])
        for n, (words, intent) in enumerate(said)
    ]
    messages = topics.joined([topics.counted(rows[:20]), topics.counted(rows[20:])])
    found = topics.find(messages)
    assert len(found) <= topics.MOST
    places = topics.assigned(messages, found)
    assert len(places) == len(said)
    assert all((places == place).sum() >= topics.FEWEST for place in range(len(found)))
    late = messages.since(at)
    assert np.array_equal(topics.assigned(late, found), places[messages.at >= at])
