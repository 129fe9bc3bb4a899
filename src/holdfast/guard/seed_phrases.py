"""Recovery phrases of wallets: whoever reads one owns the wallet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files


@cache
def _seed_words() -> frozenset[str]:
    lines = files("holdfast.guard").joinpath("seed_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


_WORD = re.compile(r"[^\W\d_]+")
_FEWEST = 11  # of twelve words; one may be mistyped


def seed_phrases(text: str) -> Iterator[tuple[int, int]]:
    """Yield where recovery phrases of wallets stand: rows of words of BIP-39, numbered or not, some mistyped.

    In prose rows as long do not occur, since the list has no articles and few prepositions.
    """
    known = _seed_words()
    start = end = hits = misses = 0
    before = True  # the word before was none of the list
    for found in _WORD.finditer(text):
        hit = found[0].lower() in known
        if hits and found.start() - end <= 60 and (hit or (not before and misses < 3)):
            hits, misses, before = hits + hit, misses + (not hit), not hit
            end = found.end() if hit else end
            continue
        if hits >= _FEWEST:
            yield start, end
        start, end, hits, misses, before = found.start(), found.end(), int(hit), 0, not hit
    if hits >= _FEWEST:
        yield start, end
