"""The words of a text as they are searched for: PostgreSQL's stemmers in 28 languages, pairs of characters where a
script has no spaces.

A word counts by two stems, as it is written and without its accents, so that "devolucao" finds "devolução". Only words
not met before are asked of the database; a process remembers the others.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Sequence

from django.db import connection

from holdfast.kit.locales import base_language

# ISO 639-1 → the Snowball dictionary that PostgreSQL 15 and later bring along.
STEMMERS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali",
    "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
LONGEST = 40  # characters; longer ones are no words
_KEPT = 100_000  # words; all are forgotten beyond

# Han, Kana, Hangul, Thai, Lao, Myanmar, Khmer: written without spaces, or with many endings to a word.
_RUNS = r"\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
# A vowel sign of an Indic or Arabic script is a mark and no letter, but part of its word.
_MARKS = r"\u0300-\u036f\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0962\u0963\u0b82\u0bbe-\u0bcd"
_WORD = re.compile(rf"[{_RUNS}]+|(?:(?![{_RUNS}])[\w{_MARKS}])+")
_RUN = re.compile(rf"[{_RUNS}]")

_lock = threading.Lock()
_known: dict[tuple[str, str], tuple[str, ...]] = {}


def words(text: str) -> list[str]:
    """Return the words of a text in order, in small letters; of a script without spaces its pairs of characters."""
    found: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text.replace("\0", " ")).lower()):
        if not _RUN.match(word):
            found.append(word[:LONGEST].strip("_"))
        elif len(word) == 1:
            found.append(word)
        else:
            found += [word[place : place + 2] for place in range(len(word) - 1)]
    return [word for word in found if word]


def stems_of(asked: Iterable[str], locale: str) -> dict[str, tuple[str, ...]]:
    """Return the one or two stems of each word; none for a word that a language's stop list has."""
    dictionary = STEMMERS.get(base_language(locale), "")
    wanted = dict.fromkeys(asked)
    found = {word: kept for word in wanted if (kept := _known.get((dictionary, word))) is not None}
    missing = [word for word in wanted if word not in found]
    if missing:
        found |= _looked_up(missing, dictionary)
        with _lock:
            if len(_known) + len(missing) > _KEPT:
                _known.clear()
            _known.update({(dictionary, word): found[word] for word in missing})
    return found


def _looked_up(missing: Sequence[str], dictionary: str) -> dict[str, tuple[str, ...]]:
    bare = {word: _bare(word) for word in missing}
    if not dictionary:
        return {word: tuple(dict.fromkeys((word, bare[word]))) for word in missing}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, ts_lexize(%s::regdictionary, word) FROM unnest(%s::text[]) AS word",
            [f"{dictionary}_stem", list({*missing, *bare.values()})],
        )
        stem = dict(cursor.fetchall())
    # A word that the stop list has as it is written stays out; one that it has only without accents is a word.
    return {
        word: tuple(dict.fromkeys([*(stem[word] or ()), *(stem[bare[word]] or ())])) if stem[word] else ()
        for word in missing
    }


def _bare(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word)
    return unicodedata.normalize("NFC", "".join(each for each in decomposed if not "\u0300" <= each <= "\u036f"))
