"""Words that everybody who knows the house would try in a password: its name, its addresses, its town, its products."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

_LEFT = 12  # characters that a password must have besides such words, as many as any password must have
_SHORTEST = 4  # letters of a word that counts
_ANYWHERE = frozenset({"support", "help", "mail", "desk", "localhost", "example", "www", "service"})
_LOOKS_LIKE = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}


def words_of_the_house() -> list[str]:
    """Return them in lower case, the longest first: what is set, and what follows from other settings."""
    domains = [settings.MAIL_DOMAIN, urlsplit(settings.PUBLIC_URL).hostname or ""]
    labels = [label for domain in domains for label in domain.split(".")[:-1]]
    said = ["holdfast", *settings.PASSWORD_WORDS, settings.COMPANY, *settings.COMPANY.split(), *labels]
    plain = {re.sub(r"[\W_]+", "", each).lower() for each in said}
    return sorted((each for each in plain - _ANYWHERE if len(each) >= _SHORTEST), key=lambda each: (-len(each), each))


class NoWordsOfTheHouse:
    """Django's contract of a password validator: what is left without such words has to be long enough by itself."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise `ValidationError` with a sentence that names the word."""
        left, found = password, []
        for word in words_of_the_house():
            # Each letter may be written as what looks like it, and signs may stand between.
            pattern = r"[\W_]*".join(map(_spelled, word))
            left, times = re.subn(pattern, "", left, flags=re.IGNORECASE)
            if times:
                found.append(word)
        if found and len(left) < _LEFT:
            raise ValidationError(
                f"“{found[0]}” is a word of this house, so it is tried first. Leave it out, or have {_LEFT} characters"
                " besides it.",
                code="word_of_the_house",
            )

    def get_help_text(self) -> str:
        """Say the rule before somebody meets it."""
        return "Words of this house, such as the company's name, do not count."


def _spelled(letter: str) -> str:
    alike = [sign for sign, of in _LOOKS_LIKE.items() if of == letter]
    signs = "".join(re.escape(sign) for sign in alike)
    return f"[{re.escape(letter)}{signs}]"
