"""The public help centre: shelves, search, articles, and what readers say of them. No page of it sets a cookie."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import get_language_info
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from holdfast.knowledge import admission, feedback, feeds, queries, unanswered
from holdfast.knowledge.feedback import FeedbackRefused
from holdfast.knowledge.help_words import language_of_words, topic_name, words_of
from holdfast.knowledge.models import Article

SEARCHES_NOTED = 30  # of one address in an hour: what people do not find, not what a machine tries


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
    words = words_of(locale)
    heading = words["found_none" if not found else "found_one" if len(found) == 1 else "found_many"]
    shelves = [] if text else queries.topics(locale)
    context = {
        "languages": _languages(locale),
        "text": text,
        "searched": words["searched"].format(text=text),
        "heading": heading.format(text=text, count=len(found)),
        "found": found,
        "topics": [(topic_name(each.slug, locale), each.articles) for each in shelves],
        "public_url": settings.PUBLIC_URL,
    }
    return _page(request, "home", locale, context)


@require_safe
@cache_control(public=True, max_age=60)
def article(request: HttpRequest, locale: str, slug: str) -> HttpResponse:
    """One published article; where there is none, the way on: a search, and the languages that have it."""
    translations = [
        (code, get_language_info(code)["name_local"], title, feeds.address(code, slug))
        for code, title in queries.published_in(slug).items()
    ]
    shown = Article.objects.filter(slug=slug, locale=locale, published=True).first()
    if shown is None:
        return _page(request, "missing", locale, {"slug": slug, "translations": translations}, status=404)
    beside = Article.objects.filter(topic=shown.topic, locale=locale, published=True).exclude(pk=shown.pk)
    words = words_of(locale)
    context = {
        "article": shown,
        "body": queries.rendered(shown),
        "topic": topic_name(shown.topic, locale),
        "version": words["version"].format(number=shown.version),
        "checked": words["checked"].format(day=_day(shown.reviewed_on, locale)) if shown.reviewed_on else "",
        "translations": translations,
        "beside": beside.order_by("title")[:6],
        "address": feeds.address(locale, slug),
        "note": feedback.read(shown),
    }
    return _page(request, "article", locale, context)


@csrf_exempt  # no session and no cookie to ride on; the signed note says what was read
@require_POST
def said(request: HttpRequest, locale: str, slug: str) -> HttpResponse:
    """What a reader says of an article. An answer that cannot be counted still gets a page."""
    problem = ""
    try:
        feedback.record(
            note=request.POST.get("note", "")[:500],
            helped=request.POST.get("helped") == "yes",
            line=request.POST.get("line", ""),
            address=request.META.get("REMOTE_ADDR", ""),
        )
    except FeedbackRefused as refused:
        problem = str(words_of(locale)[f"refused_{refused.why}"])
    context = {"slug": slug, "helped": request.POST.get("helped") == "yes", "problem": problem}
    return _page(request, "said", locale, context, status=422 if problem else 200)


def _page(
    request: HttpRequest, name: str, locale: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    """Return a page that is in the language of its address, whatever the browser asks for."""
    speaks = language_of_words(locale)
    with translation.override(speaks):
        shell = {"locale": locale, "words": words_of(locale), "LANGUAGE_CODE": speaks}
        response = render(request, f"knowledge/{name}.html", {**context, **shell}, status=status)
    response.headers["Content-Language"] = speaks
    return response


def _day(at: date, locale: str) -> str:
    with translation.override(language_of_words(locale)):
        return date_format(at, "j F Y" if locale.startswith(("en", "id")) else "DATE_FORMAT")
