"""BERT's WordPiece, uncased: a text becomes numbers of pieces in a fixed vocabulary.

As published with BERT (https://github.com/google-research/bert, tokenization.py), with one difference from common
libraries: `[CLS]` and the like inside a text are plain characters there, so that nobody can write a control piece.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

_LONGEST_WORD = 100  # characters; a longer one is unknown, as in the original
_LONGEST_TEXT = 10_000  # characters that are looked at; MOST_PIECES end sooner in any language
_KEPT_WORDS = 50_000

# Blocks of Han characters, each of which is a word of its own.
_HAN = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class WordPiece:
    """Cuts texts. `vocabulary` is the list of pieces in order; a piece that goes on within a word begins with `##`."""

    def __init__(self, vocabulary: Sequence[str], *, most_pieces: int = 256) -> None:
        self._numbers = {piece: number for number, piece in enumerate(vocabulary)}
        self._begin, self._end, self._unknown = (self._numbers[name] for name in ("[CLS]", "[SEP]", "[UNK]"))
        self._most = most_pieces
        self._pieces = lru_cache(maxsize=_KEPT_WORDS)(self._pieces_of)

    def __call__(self, text: str) -> list[int]:
        """Return the numbers of a text's pieces between begin and end, at most `most_pieces` in all."""
        numbers = [self._begin]
        for word in words(text[:_LONGEST_TEXT]):
            numbers += self._pieces(word) if len(word) <= _LONGEST_WORD else (self._unknown,)
            if len(numbers) >= self._most:
                break
        return [*numbers[: self._most - 1], self._end]

    def _pieces_of(self, word: str) -> tuple[int, ...]:
        """Return the longest known piece from the left, again and again; one unknown where a rest fits nothing."""
        pieces: list[int] = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                number = self._numbers.get(("##" if start else "") + word[start:end])
                if number is not None:
                    pieces.append(number)
                    start = end
                    break
            else:
                return (self._unknown,)
        return tuple(pieces)


def words(text: str) -> Iterator[str]:
    """Return the words and marks of a text in order, in small letters without accents or control characters."""
    spaced = "".join(_spaced(character) for character in text)
    bare = "".join(c for c in unicodedata.normalize("NFD", spaced) if unicodedata.category(c) != "Mn")
    for word in bare.lower().split():
        start = 0
        for place, character in enumerate(word):
            if _is_mark(character):
                if place > start:
                    yield word[start:place]
                yield character
                start = place + 1
        if start < len(word):
            yield word[start:]


@lru_cache(maxsize=4096)
def _spaced(character: str) -> str:
    if character in "\t\n\r" or unicodedata.category(character) == "Zs":
        return " "
    if character == "\ufffd" or unicodedata.category(character)[0] == "C":
        return ""
    code = ord(character)
    return f" {character} " if any(first <= code <= last for first, last in _HAN) else character


@lru_cache(maxsize=4096)
def _is_mark(character: str) -> bool:
    code = ord(character)
    symbol = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return symbol or unicodedata.category(character)[0] == "P"
