"""What the shield keeps of a contact: no text and no name, only what is counted. The same evidence, the same traits."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from zlib import crc32

import numpy as np

from holdfast.shield.evidence import Challenge, Evidence

PERMUTATIONS = 32
TERM_BITS = 18
"""Terms are hashed to this many bits: enough to tell topics apart, and no way back to the words but guessing."""

_READ = 4_000
"""Characters of a text that are looked at. A longer one says what it wants before that."""
_TERMS = 48
_ASSISTANTS = frozenset({"assistant", "alexa", "siri", "google", "bixby", "mcp", "a2a"})
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_DIGITS = re.compile(r"\d+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_TENURES = (30, 180, 730, 1825)

_chance = np.random.default_rng(0x5EA)  # fixed for good: stored signatures must stay comparable
_FACTORS = (_chance.integers(1, 2**32, PERMUTATIONS, dtype=np.uint32) | np.uint32(1))[:, None]
_OFFSETS = _chance.integers(0, 2**32, PERMUTATIONS, dtype=np.uint32)[:, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """One contact as it is counted. `None` is unknown."""

    id: str
    at: datetime
    stratum: str
    """`assistant` or `person`: both have the same right, so each is compared with its own kind."""
    channel: str
    verification: int
    account: int | None
    """A hash: enough to count an account once."""
    operator: str | None
    source: str | None
    region: str | None
    tenure: int | None
    """0 under a month, 1 under half a year, 2 under two years, 3 under five, 4 above."""
    open_case: bool | None
    need: bool | None
    challenge: Challenge | None
    intent: str | None
    language: str | None
    words: int
    terms: tuple[int, ...]
    """Hashed words and pairs of words, each once, in order."""
    signature: tuple[int, ...]
    """MinHash (Broder 1997) of the words and pairs; empty without any."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads back to the same traits."""
        given = {name: getattr(self, name) for name in self.__slots__}
        return given | {"at": self.at.isoformat(), "terms": list(self.terms), "signature": list(self.signature)}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Traits:
        """Read what `to_json` wrote."""
        return cls(
            **{
                **given,
                "at": datetime.fromisoformat(given["at"]),
                "terms": tuple(given["terms"]),
                "signature": tuple(given["signature"]),
            }
        )


def traits_of(evidence: Evidence) -> Traits:
    """Return what is counted of a contact. Pure, and about 0.1 ms for a text of 40 words."""
    words = list(_words(evidence.text))
    terms = terms_of(words)
    assistant = evidence.operator is not None or evidence.channel.lower() in _ASSISTANTS
    return Traits(
        id=evidence.id,
        at=evidence.at,
        stratum="assistant" if assistant else "person",
        channel=evidence.channel,
        verification=evidence.verification,
        account=None if evidence.account is None else account_hash(evidence.account),
        operator=evidence.operator,
        source=evidence.source,
        region=evidence.region,
        tenure=None if evidence.tenure_days is None else sum(evidence.tenure_days >= days for days in _TENURES),
        open_case=evidence.open_case,
        need=evidence.need,
        challenge=evidence.challenge,
        intent=evidence.intent,
        language=evidence.language,
        words=len(words),
        terms=terms[:_TERMS],
        signature=_signature(terms),
    )


def terms_of(words: Iterable[str]) -> tuple[int, ...]:
    """Hash words and pairs of neighbours, each once, in order."""
    seen: dict[int, None] = {}
    before = ""
    for word in words:
        seen[_hashed(word)] = None
        if before:
            seen[_hashed(f"{before} {word}")] = None
        before = word
    return tuple(seen)


def phrase_terms(phrase: str) -> tuple[int, ...]:
    """Return the terms that a text naming `phrase` has: its word, or each pair of neighbours in it."""
    words = list(_words(phrase))
    if len(words) == 1:
        return (_hashed(words[0]),)
    return tuple(_hashed(f"{first} {second}") for first, second in itertools.pairwise(words))


@dataclass(frozen=True, slots=True)
class TextTraits:
    """What is counted of a text alone: every term in it, and its signature."""

    terms: frozenset[int]
    signature: tuple[int, ...]


def text_traits(text: str) -> TextTraits:
    """Return what is counted of a text, the same as of a contact with it, but all of its terms."""
    terms = terms_of(_words(text))
    return TextTraits(frozenset(terms), _signature(terms))


def account_hash(account: str) -> int:
    """Return 32 bits for an account, the same in every process."""
    return int.from_bytes(blake2b(account.encode("utf-8", "surrogatepass"), digest_size=4).digest())


def _words(text: str) -> Iterator[str]:
    """Give the words of a text in lower case, numbers as `0`; scripts without spaces give a character at a time."""
    plain = unicodedata.normalize("NFKC", text[:_READ]).casefold()
    for word in _WORD.findall(plain):
        if _UNSPACED.search(word):
            yield from word
        else:
            yield _DIGITS.sub("0", word)


@lru_cache(maxsize=65_536)
def _hashed(term: str) -> int:
    return crc32(term.encode("utf-8", "surrogatepass")) >> (32 - TERM_BITS)


def _signature(terms: tuple[int, ...]) -> tuple[int, ...]:
    if not terms:
        return ()
    mixed = np.asarray(terms, dtype=np.uint32) * _FACTORS + _OFFSETS  # modulo 2^32
    # The low bits of a product say little; the high ones carry every bit of the term.
    return tuple((mixed.min(axis=1) >> np.uint32(8)).tolist())
