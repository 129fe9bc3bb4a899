"""WordPiece: what goes in can be put together again, nothing is too long, and control pieces cannot be written."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.kit.semantic.wordpiece import WordPiece, words

LETTERS = [*string.ascii_lowercase, *string.digits, *string.punctuation]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, *(f"##{c}" for c in LETTERS), "card", "##s", "re", "##fund"]
UNKNOWN, BEGIN, END = 1, 2, 3
cut = WordPiece(list(dict.fromkeys(VOCABULARY)))
PIECES = list(dict.fromkeys(VOCABULARY))


def pieces(text: str) -> list[str]:
    return [PIECES[number] for number in cut(text)[1:-1]]


@given(st.text())
def test_any_text_becomes_known_numbers_between_begin_and_end(text: str) -> None:
    numbers = cut(text)
    assert numbers[0] == BEGIN
    assert numbers[-1] == END
    assert not {BEGIN, END, 0} & set(numbers[1:-1])
    assert len(numbers) <= 256


@given(st.lists(st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12), max_size=12))
def test_the_pieces_of_words_put_together_are_the_words(said: list[str]) -> None:
    joined = "".join(
        piece.removeprefix("##") if piece.startswith("##") else f" {piece}" for piece in pieces(" ".join(said))
    )
    assert joined.split() == said


@given(st.text(string.ascii_letters + " .,!?-'", max_size=60))
def test_large_letters_and_spaces_change_nothing(text: str) -> None:
    assert cut(text.upper()) == cut(text.lower()) == cut(f"  {text}\t")


def test_the_longest_piece_is_taken_first() -> None:
    assert pieces("Refunds: 2 CARDS") == ["re", "##fund", "##s", ":", "2", "card", "##s"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Çà l'été", ["ca", "l", "'", "ete"]),
        ("zero\u200dwidth nul\x00l", ["zerowidth", "null"]),
        ("wide\u3000space\u00a0here", ["wide", "space", "here"]),
        ("我的卡card", ["我", "的", "卡", "card"]),
        ("İstanbul", ["istanbul"]),
        ("$5—€6", ["$", "5", "—", "€6"]),
        (" \n\t ", []),
    ],
)
def test_words_are_cut_as_bert_cuts_them(text: str, found: list[str]) -> None:
    assert list(words(text)) == found


def test_a_word_with_a_character_nobody_knows_is_one_unknown() -> None:
    assert cut("card caд card") == [BEGIN, PIECES.index("card"), UNKNOWN, PIECES.index("card"), END]


def test_control_pieces_inside_a_text_are_plain_characters() -> None:
    assert pieces("[SEP]") == ["[", "s", "##e", "##p", "]"]


def test_a_word_of_more_than_100_characters_is_unknown_and_a_long_text_ends() -> None:
    assert cut("a" * 101) == [BEGIN, UNKNOWN, END]
    assert len(cut("card " * 50_000)) == 256
