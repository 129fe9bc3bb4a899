"""The public help centre: shelves, search, articles."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language_info
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from holdfast.knowledge import queries
from holdfast.knowledge.models import Article

_TOPIC_NAMES = {
    "cards": "Cards",
    "payments": "Payments and transfers",
    "access": "Your account",
    "fraud": "Fraud and safety",
    "care": "Extra help",
    "other": "Everything else",
}


def _languages(current: str) -> list[tuple[str, str, bool]]:
    return [(code, get_language_info(code)["name_local"], code == current) for code in settings.SUPPORT_LANGUAGES]


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Send a visitor to the help centre in the language their browser asks for, if we write in it."""
    wanted = getattr(request, "LANGUAGE_CODE", "en")
    return redirect(
        "help:home", locale=wanted if wanted in settings.SUPPORT_LANGUAGES else settings.SUPPORT_LANGUAGES[0]
    )


@require_safe
@cache_control(public=True, max_age=60)
def home(request: HttpRequest, locale: str) -> HttpResponse:
    text = request.GET.get("q", "").replace("\0", "").strip()[:200]
    return render(
        request,
        "knowledge/home.html",
        {
            "locale": locale,
            "languages": _languages(locale),
            "text": text,
            "found": queries.found(text, locale) if text else [],
            "topics": [] if text else [(_TOPIC_NAMES.get(t.slug, t.slug), t.articles) for t in queries.topics(locale)],
        },
    )


@require_safe
@cache_control(public=True, max_age=60)
def article(request: HttpRequest, locale: str, slug: str) -> HttpResponse:
    shown = get_object_or_404(Article, slug=slug, locale=locale, published=True)
    beside = Article.objects.filter(topic=shown.topic, locale=locale, published=True).exclude(pk=shown.pk)
    return render(
        request,
        "knowledge/article.html",
        {
            "article": shown,
            "body": queries.rendered(shown),
            "topic": _TOPIC_NAMES.get(shown.topic, shown.topic),
            "translations": [
                (code, get_language_info(code)["name_local"], title) for code, title in queries.translations(shown)
            ],
            "beside": beside.order_by("title")[:6],
        },
    )
