"""Which language a customer writes in, among the ones this desk answers."""

from __future__ import annotations

from functools import cache
from typing import Protocol, cast

from django.conf import settings

from holdfast.kit.locales import base_language

# Languages that short texts are mistaken for, and the one then meant if it is configured.
_RELATIVES = {"ms": "id", "jv": "id", "su": "id", "gl": "pt"}


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...
    def rank(self, text: str) -> list[tuple[str, float]]: ...


@cache
def _identifier() -> _Identifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # takes 0.4 s: only when first needed

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return cast(_Identifier, identifier)


def supported(locale: str) -> str | None:
    """Return the configured language that serves `locale` (`pt` and `pt-PT` are served by `pt-br`), or `None`."""
    wanted = locale.lower().replace("_", "-")
    for code in settings.SUPPORT_LANGUAGES:
        if code == wanted:
            return str(code)
    return (
        next((str(code) for code in settings.SUPPORT_LANGUAGES if base_language(code) == base_language(wanted)), None)
        if wanted
        else None
    )


def clearly_another(text: str, locale: str) -> bool:
    """Whether `text` is without doubt in another language than that of `locale`. Short texts never are."""
    if sum(map(str.isalpha, text)) < 40:
        return False
    wanted = base_language(locale)
    ranked = _identifier().rank(text[:1000])
    return sum(share for code, share in ranked if wanted in {code, _RELATIVES.get(code)}) < 0.02


def language_of(text: str, *, hint: str = "") -> str | None:
    """Return the configured language of `text`, or `None` when it is clearly in one that is not configured.

    Very short texts take `hint` (the customer's locale), then the first configured language.
    """
    fallback = supported(hint) or str(settings.SUPPORT_LANGUAGES[0])
    letters = sum(map(str.isalpha, text))
    if letters < 12:
        return fallback
    code, probability = _identifier().classify(text[:1000])
    known = supported(code) or supported(_RELATIVES.get(code, ""))
    if known is not None:
        return known
    if probability >= 0.98 and letters >= 40:
        return None
    # Doubtful: the likeliest of the languages we write in.
    ranked = _identifier().rank(text[:1000])
    return next((found for code, _ in ranked if (found := supported(code)) is not None), fallback)
