"""A text without what only changes its looks: case, accents, width, hidden characters, punctuation, look-alike letters.

Steps after Unicode TR 15 (NFKC) and, for the look-alikes that matter here, TR 39 (confusables).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_REPEATED = re.compile(r"([^\W\d])\1{2,}")
_LETTERS_APART = re.compile(r"(?<!\S)(?:[^\W\d] ){2,}[^\W\d](?!\S)")
_MIXED = re.compile(r"[^\W\d]\S*[0-9@$!|]|[0-9@$!|]\S*[^\W\d]")

# Cyrillic and Greek letters that look like Latin ones.
_LOOK_ALIKES = str.maketrans(
    "авеԁһіјкӏмнорԛѕтуѵԝхґѓѐёїαβγεηικνορτυχωϲ",
    "abedhijklmhopqstuvwxrreeiabyenikvoptuxwc",
)
_LEET = str.maketrans("013457@$!|", "oieastasil")
_LATIN_EXTRA = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ħ": "h", "ŋ": "n"}
)
_ARABIC = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ـ": None})
_ASCII_PUNCTUATION = str.maketrans(
    {chr(each): " " for each in range(128) if not chr(each).isalnum()} | {"#": "#", "*": "*"}
)


def plain_text(text: str) -> str:
    """Return `text` in lower case without accents, hidden characters and punctuation; `#` and `*` stay."""
    ascii_only = text.isascii()
    plain = text.lower().translate(_ASCII_PUNCTUATION) if ascii_only else "".join(map(_plain, folded(text)))
    return _REPEATED.sub(r"\1", plain)


def folded(text: str) -> str:
    """Return `text` in lower case and without accents; punctuation stays."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold().translate(_LATIN_EXTRA).translate(_ARABIC)
    return unicodedata.normalize("NFC", "".join(map(_unmarked, unicodedata.normalize("NFD", text))))


def unmasked(plain: str) -> str:
    """Return what `plain` looks like to a reader: look-alike letters, digits for letters and letters set apart."""
    words = plain.split()
    if not plain.isascii():
        words = [_as_latin(word) for word in words]
    words = [word.translate(_LEET) if _MIXED.search(word) else word for word in words]
    return _LETTERS_APART.sub(lambda found: found[0].replace(" ", ""), " ".join(words))


def _as_latin(word: str) -> str:
    latin = word.translate(_LOOK_ALIKES)
    return latin if latin.isascii() else word


@lru_cache(maxsize=8192)
def _unmarked(character: str) -> str:
    """Drop what has no width, and accents of scripts that are read without them."""
    if character.isascii():
        return character
    category = unicodedata.category(character)
    if category in {"Cf", "Cc"} and character not in "\t\n\r":
        return ""
    point = ord(character)
    return "" if 0x300 <= point <= 0x36F or 0x64B <= point <= 0x65F or 0xFE00 <= point <= 0xFE0F else character


@lru_cache(maxsize=8192)
def _plain(character: str) -> str:
    if character in "#*":
        return character
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    return character if category[0] in "LMN" or character == "ー" else " "
