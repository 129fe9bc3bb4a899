"""The encoder of sentences this deployment has, and for which languages: MiniLM for English, or none."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from holdfast.kit.semantic import encoder as semantic
from holdfast.kit.semantic.remembered import Remembered


@cache
def encoder() -> Remembered | None:
    """Return this process's encoder, loaded by the first call, or None where it is not installed or switched off."""
    loaded = semantic.available() if settings.SEMANTIC else None
    return None if loaded is None else Remembered(loaded)


def speaks(locale: str) -> bool:
    """Whether the encoder was made for a language; in any other its vectors say next to nothing."""
    return locale.split("-")[0] in semantic.LANGUAGES
