"""The one question that may be asked back: which of two things is meant. And reading the answer to it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from holdfast.assistant.contract import Clarify, Option
from holdfast.kit.plain_text import plain_text

_TEXTS = {
    "en": (
        "I want to get this right. Which is it?",
        "Answer with 1 or 2. If it is something else, say so: a person reads it.",
    ),
    "id": (
        "Saya ingin memastikan. Yang mana yang Anda maksud?",
        "Jawab dengan 1 atau 2. Jika bukan keduanya, katakan saja: petugas akan membacanya.",
    ),
    "pt": (
        "Quero ter certeza. Qual das duas é?",
        "Responda com 1 ou 2. Se for outra coisa, diga: uma pessoa vai ler.",
    ),
    "es": (
        "Quiero estar seguro. ¿Cuál de las dos es?",
        "Responda con 1 o 2. Si es otra cosa, dígalo: lo leerá una persona.",
    ),
    "de": (
        "Ich möchte es richtig verstehen. Was davon ist es?",
        "Antworten Sie mit 1 oder 2. Ist es etwas anderes, schreiben Sie es: Ein Mensch liest es.",
    ),
    "fr": (
        "Je veux bien comprendre. De quoi s’agit-il ?",
        "Répondez par 1 ou 2. Si c’est autre chose, dites-le : une personne le lira.",
    ),
}
_ORDINALS = (
    {"1", "first", "former", "pertama", "primeira", "primeiro", "primera", "primero", "erste", "erstes", "premier"},
    {"2", "second", "latter", "kedua", "segunda", "segundo", "zweite", "zweites", "deuxieme", "seconde"},
)
_NUMBERS = (
    {"one", "satu", "um", "uma", "uno", "una", "eins", "un"},
    {"two", "dua", "dois", "duas", "dos", "zwei", "deux"},
)
_FEW = 6  # words; in a longer answer a number may be about anything
_WORD = re.compile(r"\w{3,}")


def question(options: Sequence[Option], *, locale: str, explained: Sequence[str] = ()) -> Clarify:
    """Ask which of two options is meant, in the customer's language. Raises `ValueError` for other numbers of them.

    `explained` are sentences beside them, in order; where one is missing or empty, the option stands alone.
    """
    if len(options) != 2:
        raise ValueError("A question names two options.")
    opening, closing = _TEXTS.get(locale.split("-")[0].lower(), _TEXTS["en"])
    lines = [f"{number}. {option.label}" for number, option in enumerate(options, 1)]
    for place, sentence in enumerate(explained[:2]):
        lines[place] += f". {sentence}" if sentence else ""
    return Clarify("\n\n".join([opening, "\n".join(lines), closing]), tuple(options), locale)


def chosen(text: str, options: Sequence[Option]) -> Option | None:
    """Return the option that an answer names, by number or by words that only one of them has; `None` when unclear."""
    if len(options) != 2:
        return None
    words = plain_text(text).split()
    if len(words) <= _FEW:
        # "One" alone is an answer; "the other one" is not.
        first, second = (
            bool(_ORDINALS[i].intersection(words)) or (len(words) == 1 and words[0] in _NUMBERS[i]) for i in (0, 1)
        )
        if first != second:
            return options[0] if first else options[1]
    own = [set(_WORD.findall(plain_text(option.label))) for option in options]
    hits = [len((own[i] - own[1 - i]).intersection(words)) for i in (0, 1)]
    if bool(hits[0]) == bool(hits[1]):
        return None
    return options[0] if hits[0] else options[1]
