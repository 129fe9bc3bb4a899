"""The public help centre: shelves, search, articles, and what readers say of them. No page of it sets a cookie."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language_info
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from holdfast.knowledge import admission, feedback, feeds, queries, unanswered
from holdfast.knowledge.feedback import FeedbackRefused
from holdfast.knowledge.models import Article

SEARCHES_NOTED = 30  # of one address in an hour: what people do not find, not what a machine tries
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
    """The shelves of a language, or what speaks of the words searched for."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:200]
    found = queries.found(text, locale) if text else []
    if text and not found and admission.within("search", request.META.get("REMOTE_ADDR", ""), most=SEARCHES_NOTED):
        unanswered.note(text, locale, where="help")
    return render(
        request,
        "knowledge/home.html",
        {
            "locale": locale,
            "languages": _languages(locale),
            "text": text,
            "found": found,
            "topics": [] if text else [(_TOPIC_NAMES.get(t.slug, t.slug), t.articles) for t in queries.topics(locale)],
            "public_url": settings.PUBLIC_URL,
        },
    )


@require_safe
@cache_control(public=True, max_age=60)
def article(request: HttpRequest, locale: str, slug: str) -> HttpResponse:
    """One published article."""
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
                (code, get_language_info(code)["name_local"], title, feeds.address(code, slug))
                for code, title in queries.published_in(slug).items()
            ],
            "beside": beside.order_by("title")[:6],
            "address": feeds.address(locale, slug),
            "note": feedback.read(shown),
        },
    )


@csrf_exempt  # no session and no cookie to ride on; the signed note says what was read
@require_POST
def said(request: HttpRequest, locale: str, slug: str) -> HttpResponse:
    """What a reader says of an article. An answer that cannot be counted still gets a page."""
    try:
        feedback.record(
            note=request.POST.get("note", "")[:500],
            helped=request.POST.get("helped") == "yes",
            line=request.POST.get("line", ""),
            address=request.META.get("REMOTE_ADDR", ""),
        )
    except FeedbackRefused as refused:
        problem = refused.sentence
    else:
        problem = ""
    context = {"locale": locale, "slug": slug, "helped": request.POST.get("helped") == "yes", "problem": problem}
    return render(request, "knowledge/said.html", context, status=422 if problem else 200)
