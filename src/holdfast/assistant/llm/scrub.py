"""Taking values out of what a model gets to see, and putting them back where only the house looks.

Stricter than `guard.redaction`, which leaves operators their figures: here every number of four digits or more goes,
and whatever else might be a value of somebody. A placeholder costs the model little; a leaked value is gone for good.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping

from holdfast.assistant.llm import scrub_patterns as patterns
from holdfast.guard.redaction import iban_holds, luhn_holds
from holdfast.guard.seed_phrases import seed_phrases

_MARKS = 0xF0000  # one private character stands for a value until all patterns have run, so none looks inside another
PLACEHOLDER = re.compile(r"\[[a-z]+(?: [a-z]+)? [0-9]{1,5}\]")
_UNREAD = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|template)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_LIKE_ONE = re.compile(r"\[([^\W\d_]+(?: [^\W\d_]+)? ?\d+)\]")


class Scrubber:
    """Scrubs the texts of one turn with the same placeholders, and knows what each stands for."""

    def __init__(self, *, known: Mapping[str, str] | None = None) -> None:
        self._known = dict(known or {})
        self._marks: dict[tuple[str, str], str] = {}
        self._values: dict[str, str] = {}
        self._value_of_mark: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def scrubbed(self, text: str) -> str:
        """Return `text` without values: `[card 1]` for the first card number, and again wherever it comes back.

        Hidden characters are dropped and digits of all scripts become ASCII, so that nothing hides between them.
        """
        text = _LIKE_ONE.sub(r"(\1)", cleaned(text))  # a customer's own "[card 1]" is no placeholder
        text = self._known_masks(text)
        for kind, pattern in patterns.WHOLE:
            text = pattern.sub(self._replacing(kind), text)
        for kind, pattern in patterns.AFTER_A_WORD:
            text = pattern.sub(self._group(kind), text)
        text = self._spans("secret", seed_phrases(text), text)
        text = patterns.IBAN.sub(self._account, text)
        for kind, pattern in patterns.PLACES:
            text = pattern.sub(self._replacing(kind), text)
        text = patterns.MIXED.sub(self._mixed, text)
        text = patterns.DIGITS.sub(self._number, text)
        text = patterns.SPELLED.sub(self._replacing("number"), text)
        for pattern in patterns.NAMED:
            text = pattern.sub(self._name, text)
        text = self._known_name(text)
        text = self._names_again(text)
        shown = {chr(_MARKS + n): placeholder for n, placeholder in enumerate(self._values)}
        return "".join(shown.get(each, each) for each in text)

    def restored(self, text: str, *, kept: frozenset[str] = frozenset()) -> str | None:
        """Return `text` with values for placeholders; `None` when it has one that was never given out.

        Placeholders of the kinds `kept` stay.
        """
        if not set(PLACEHOLDER.findall(text)) <= self.placeholders:
            return None

        def value(found: re.Match[str]) -> str:
            kind = found[0].strip("[]").rpartition(" ")[0]
            return found[0] if kind in kept else self._values[found[0]]

        return PLACEHOLDER.sub(value, text)

    @property
    def placeholders(self) -> frozenset[str]:
        """All given out so far."""
        return frozenset(self._values)

    def _put(self, kind: str, value: str) -> str:
        value = "".join(self._value_of_mark.get(each, each) for each in value)  # a value may hold another one
        key = (kind, "".join(filter(str.isalnum, value)).casefold() or value)
        if key not in self._marks:
            placeholder = f"[{kind} {1 + sum(known == kind for known, _ in self._marks)}]"
            self._marks[key] = chr(_MARKS + len(self._values))
            self._values[placeholder] = value
            self._value_of_mark[self._marks[key]] = value
        return self._marks[key]

    def _replacing(self, kind: str) -> Callable[[re.Match[str]], str]:
        return lambda found: self._put(kind, found[0])

    def _group(self, kind: str) -> Callable[[re.Match[str]], str]:
        """Replace the group `value` only."""
        return lambda found: found[0][: found.start("value") - found.start()] + self._put(kind, found["value"])

    def _spans(self, kind: str, spans: Iterator[tuple[int, int]], text: str) -> str:
        for start, end in reversed(list(spans)):
            text = text[:start] + self._put(kind, text[start:end]) + text[end:]
        return text

    def _known_masks(self, text: str) -> str:
        for kind, mask in self._known.items():
            if len(mask) >= 3:
                text = re.sub(re.escape(mask), self._replacing(kind.replace("_", " ")), text, flags=re.IGNORECASE)
        return text

    def _known_name(self, text: str) -> str:
        """Find a name of which only the mask is known: the given name, and a word with the initial after it."""
        given, _, initial = cleaned(self._known.get("name", "")).partition(" ")
        if len(given) >= 2 and given.isalpha():
            family = rf"(?:\s+{re.escape(initial[0])}\w+)?" if initial else ""
            text = re.sub(rf"\b{re.escape(given)}{family}\b", self._replacing("name"), text, flags=re.IGNORECASE)
        return text

    def _account(self, found: re.Match[str]) -> str:
        written = found[0]
        end = len(written)
        while end > 0:
            if iban_holds(written[:end].replace("-", "")):
                return self._put("account", written[:end]) + written[end:]
            end = max(written.rfind(" ", 0, end), written.rfind("-", 0, end))
        return written

    def _mixed(self, found: re.Match[str]) -> str:
        word = found[0]
        digits, letters = sum(map(str.isdigit, word)), sum(map(str.isalpha, word))
        if len(word) >= 20 and (digits or not (word.islower() or word.istitle())):
            return self._put("secret", word)
        return self._put("reference", word) if digits >= 3 and letters else word

    def _number(self, found: re.Match[str]) -> str:
        written = found[0]
        digits = re.sub(r"\D", "", written)
        if len(digits) > 16 and (end := patterns.card_end(written)):
            return f"{self._put('card', written[:end])} {self._put('number', written[end:].strip())}"
        if len(digits) < 4 or patterns.is_amount(found):
            return written
        if 13 <= len(digits) <= 19 and luhn_holds(digits):
            return self._put("card", written)
        if patterns.DATE.fullmatch(written):
            return self._put("date", written)
        phone = 7 <= len(digits) <= 15 and written.startswith(("+", "0", "("))
        return self._put("phone" if phone else "number", written)

    def _name(self, found: re.Match[str]) -> str:
        before = found[0][: found.start("value") - found.start()]
        words = found["value"].split()
        any_case = found.re in patterns.NAMED_ANY_CASE
        named = words[: 1 if words[-1].lower() in patterns.NO_NAMES else 2] if any_case else _capitalised(words)
        if not named:
            return found[0]
        name = " ".join(named)
        mark = self._put("name", name)
        self._names |= {word: mark for word in named if len(word) >= 3 and word.isalpha()}
        return before + mark + found["value"][found["value"].rindex(named[-1]) + len(named[-1]) :]

    def _names_again(self, text: str) -> str:
        for word, mark in self._names.items():
            text = re.sub(rf"\b{re.escape(word)}\b", mark, text, flags=re.IGNORECASE)
        return text


def cleaned(text: str) -> str:
    """Return `text` in compatibility form (NFKC) with ASCII digits and without characters that nobody sees."""
    return "".join(_visible(character) for character in unicodedata.normalize("NFKC", text))


def readable(text: str) -> str:
    """Return what a reviewer of an article sees: `cleaned`, and without comments, scripts and styles of HTML."""
    return _UNREAD.sub(" ", cleaned(text))


def _visible(character: str) -> str:
    if character.isascii():
        return character if character >= " " or character in "\n\t" else ""
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category in {"Cf", "Cc", "Co", "Cs", "Cn"} or 0xFE00 <= ord(character) <= 0xFE0F:
        return ""
    return "\n" if category in {"Zl", "Zp"} else character


def _capitalised(words: list[str]) -> list[str]:
    named = []
    for word in words:
        if not word[0].isupper():
            break
        named.append(word.rstrip("."))
        if word.endswith(".") and len(word) > 2:
            break  # a sentence ends here; "B." would be an initial
    return named
