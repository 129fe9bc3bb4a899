"""The customers' form in the visitor's language (`report_words.toml`), in English where we have none of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language_info

from holdfast.kit.locales import base_language

_DATA: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("report_words.toml").read_text("utf-8"))


def language_of(request: HttpRequest) -> str:
    """Return the language the visitor chose, or their browser asks for, of those the help centre is written in."""
    asked = request.POST.get("lang") or request.GET.get("lang") or getattr(request, "LANGUAGE_CODE", "en")
    offered: list[str] = settings.SUPPORT_LANGUAGES
    return asked if asked in offered and base_language(asked) in _DATA else _fallback(offered)


def words_of(language: str) -> Mapping[str, Any]:
    """Return the sentences by name."""
    found: Mapping[str, Any] = _DATA.get(base_language(language), _DATA["en"])
    return found


def languages(current: str) -> list[tuple[str, str, bool]]:
    """Return code, own name, and whether it is shown, of each language there is."""
    offered = [code for code in settings.SUPPORT_LANGUAGES if base_language(code) in _DATA]
    return [(code, get_language_info(code)["name_local"], code == current) for code in offered]


def _fallback(offered: list[str]) -> str:
    return next((code for code in offered if base_language(code) in _DATA), "en")
