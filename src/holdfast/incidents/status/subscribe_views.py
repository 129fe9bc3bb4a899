"""Subscribing and ending it: small pages without script, cookies or sessions.

Forms here carry no CSRF token: the pages they stand on are the same for everybody and kept by caches, nobody is signed
in, and whatever matters needs a link that was mailed.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from holdfast.incidents import queries
from holdfast.incidents.status import subscribing
from holdfast.incidents.status.tasks import send_link
from holdfast.incidents.status.words import locales, preferred, words_of
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7

ASKED_AN_HOUR = 10
"""Addresses that may be entered from one network address within an hour."""


@csrf_exempt
@never_cache
@require_POST
def subscribe(request: HttpRequest) -> HttpResponse:
    """Take an address. The answer is the same for one that is known, and for one that was never heard of."""
    locale = _locale(request)
    if not _within(request):
        return _answer(request, locale, "many", status=429)
    try:
        owed = subscribing.ask(
            address=request.POST.get("email", "")[:320],
            locale=locale,
            components=request.POST.getlist("component")[:200],
            incident_id=_uuid(request.POST.get("incident", "")),
            network=request.META.get("REMOTE_ADDR", ""),
        )
    except subscribing.Refused as refused:
        return _answer(request, locale, refused.key, status=422)
    send_link.defer(subscriber=str(owed))
    return _answer(request, locale, "asked")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def manage(request: HttpRequest) -> HttpResponse:
    """Ask for a link with which to change or end it."""
    locale = _locale(request)
    if request.method != "POST":
        return _page(request, locale, {"form": "manage", "heading": words_of(locale)["manage"]})
    if not _within(request):
        return _answer(request, locale, "many", status=429)
    owed = subscribing.ask_to_change(address=request.POST.get("email", "")[:320])
    # A job is asked for either way: how long the answer takes must not tell who is known.
    send_link.defer(subscriber=str(owed or uuid7()))
    return _answer(request, locale, "manage_asked")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """What a mailed link leads to. Looking changes nothing: mail scanners open links."""
    found = subscribing.opened(token)
    if found is None:
        return _answer(request, _locale(request), "no_link", status=410)
    purpose, choice = found
    if request.method == "POST":
        return _done(request, token, purpose, choice.locale)
    words = words_of(choice.locale)["sub"]
    choices = [
        (str(each.id), each.names.get(choice.locale) or each.name, str(each.id) in choice.components)
        for each in queries.components()
        if not each.is_group
    ]
    shown = {
        "form": purpose,
        "choices": choices,
        "webhook": choice.webhook,
        "heading": words[f"{purpose}_heading"],
        "say": choice.shown,
    }
    return _page(request, choice.locale, shown)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """RFC 8058: a POST ends it, whoever sends it and how often; a GET shows a button and changes nothing."""
    locale = _locale(request)
    if subscribing.unsubscribing(token) is None:
        return _answer(request, locale, "no_link", status=404)
    if request.method != "POST":
        return _page(request, locale, {"form": "unsubscribe", "heading": words_of(locale)["sub"]["end_heading"]})
    subscribing.unsubscribe(token)
    return _answer(request, locale, "ended")


def _done(request: HttpRequest, token: str, purpose: str, locale: str) -> HttpResponse:
    try:
        if purpose == "confirm":
            subscribing.agree(token)
            return _answer(request, locale, "agreed")
        if "end" in request.POST:
            subscribing.end_by_link(token)
            return _answer(request, locale, "ended")
        secret = subscribing.change(
            token,
            components=request.POST.getlist("component")[:200],
            locale=locale,
            webhook=request.POST.get("webhook", "")[:320],
            drop="drop" in request.POST,
        )
        return _answer(request, locale, "changed", secret=secret)
    except subscribing.Refused as refused:
        return _answer(request, locale, refused.key, status=422 if refused.key == "no_webhook" else 410)


def _answer(request: HttpRequest, locale: str, key: str, *, status: int = 200, secret: str = "") -> HttpResponse:
    words = words_of(locale)["sub"]
    shown = {"heading": words[f"{key}_heading"], "say": words[key], "secret": secret}
    return _page(request, locale, shown, status=status)


def _page(request: HttpRequest, locale: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    words = words_of(locale)
    shell = {
        "w": words,
        "locale": locale,
        "root": f"/status/{locale}/",
        "title": f"{context['heading']} · {words['title'].format(company=settings.COMPANY)}",
        "company": settings.COMPANY,
        "languages": [],
        "skip_to": "main",
    }
    return render(request, "status/answer.html", {**shell, **context}, status=status)


def _locale(request: HttpRequest) -> str:
    asked = request.POST.get("locale", "")
    return asked if asked in locales() else preferred(request.headers.get("Accept-Language", ""))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _within(request: HttpRequest) -> bool:
    """Whether this network address may enter one more; counted by a hash that changes every day."""
    who = salted_hmac("status.asked", f"{now().date()} {request.META.get('REMOTE_ADDR', '')}").hexdigest()[:32]
    cache.add(f"status:{who}", 0, 3600)
    try:
        return int(cache.incr(f"status:{who}")) <= ASKED_AN_HOUR
    except ValueError:  # it ran out between the two
        return True
