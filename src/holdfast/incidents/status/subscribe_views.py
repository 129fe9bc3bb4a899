"""Subscribing by mail, text message or webhook, and ending it: small pages without script, cookies or sessions.

Forms here carry no CSRF token: the pages they stand on are the same for everybody and kept by caches, nobody is signed
in, and whatever matters needs a link that was mailed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from holdfast.incidents import queries
from holdfast.incidents.status import hooking, subscribing, texting
from holdfast.incidents.status.models import Subscriber
from holdfast.incidents.status.tasks import prove, send_code, send_link
from holdfast.incidents.status.words import locales, preferred, words_of
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7

ASKED_AN_HOUR = 10
"""Addresses that may be entered from one network address within an hour."""
CHECKED_AN_HOUR = 30
"""How often webhooks may be asked for their proof from one network address within an hour."""
Channel = Subscriber.Channel
_FIELDS: Mapping[str, str] = {Channel.EMAIL: "email", Channel.SMS: "phone", Channel.WEBHOOK: "webhook"}


@csrf_exempt
@never_cache
@require_POST
def subscribe(request: HttpRequest) -> HttpResponse:
    """Take an address. The answer is the same for one that is known, and for one that was never heard of."""
    locale, by = _locale(request), _by(request)
    if not _within(request):
        return _answer(request, locale, "many", status=429)
    wish: dict[str, Any] = {
        "locale": locale,
        "components": request.POST.getlist("component")[:200],
        "incident_id": _uuid(request.POST.get("incident", "")),
        "network": request.META.get("REMOTE_ADDR", ""),
    }
    try:
        if by == Channel.WEBHOOK:
            ticket, secret = hooking.ask(url=_given(request, by), **wish)
            return _hook(request, ticket, secret=secret)
        owed = subscribing.ask(channel=by, address=_given(request, by), **wish)
    except subscribing.Refused as refused:
        return _answer(request, locale, refused.key, status=422)
    return _owed(request, locale, by, owed, "asked")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def manage(request: HttpRequest) -> HttpResponse:
    """Ask for a link or a code with which to change or end it."""
    locale, by = _locale(request), _by(request)
    if request.method != "POST":
        shown = {"form": "manage", "heading": words_of(locale)["manage"], "texts": bool(settings.SMS_URL)}
        return _page(request, locale, shown)
    if not _within(request):
        return _answer(request, locale, "many", status=429)
    # Something is owed either way: how long the answer takes must not tell who is known.
    owed = subscribing.ask_to_change(channel=by, address=_given(request, by)) or uuid7()
    return _owed(request, locale, by, owed, "manage_asked")


@csrf_exempt
@never_cache
@require_POST
def code(request: HttpRequest) -> HttpResponse:
    """Take the code of a text message: it agrees, or leads to the page for changing."""
    locale, ticket = _locale(request), request.POST.get("ticket", "")[:200]
    try:
        token = texting.enter(ticket=ticket, code=request.POST.get("code", "")[:20])
    except subscribing.Refused as refused:
        words = words_of(locale)["sub"]
        shown = {"form": "code", "ticket": ticket, "heading": words["code_heading"], "problem": words[refused.key]}
        return _page(request, locale, shown, status=422)
    return redirect("status:link", token) if token else _answer(request, locale, "agreed_text")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hook(request: HttpRequest, ticket: str) -> HttpResponse:
    """How far a webhook is; a POST has it asked for its proof."""
    if request.method != "POST":
        return _hook(request, ticket)
    if not _within(request, most=CHECKED_AN_HOUR, what="check"):
        return _answer(request, _locale(request), "many", status=429)
    try:
        owed = hooking.want_proof(ticket)
    except subscribing.Refused as refused:
        return _answer(request, _locale(request), refused.key, status=410)
    if owed is not None:
        prove.defer(subscriber=str(owed))
    return redirect("status:hook", ticket)


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
        "channel": choice.channel,
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


def _owed(request: HttpRequest, locale: str, by: str, owed: UUID, key: str) -> HttpResponse:
    """Have the link mailed or the code sent, and say what comes next: the same, whoever was asked for."""
    if by != Channel.SMS:
        send_link.defer(subscriber=str(owed))
        return _answer(request, locale, key)
    send_code.defer(subscriber=str(owed))
    words = words_of(locale)["sub"]
    shown = {"form": "code", "ticket": texting.ticket(owed), "heading": words["code_heading"], "say": words["code"]}
    return _page(request, locale, shown)


def _hook(request: HttpRequest, ticket: str, *, secret: str = "") -> HttpResponse:
    found = hooking.look(ticket)
    if found is None:
        return _answer(request, _locale(request), "no_link", status=410)
    words = words_of(found.locale)["sub"]
    stands = found.stands.value
    shown = {
        "form": "hook",
        "ticket": ticket,
        "heading": words[f"hook_{stands}_heading"],
        "problem": words[f"proof_{found.failed}"] if found.stands is hooking.Stands.FAILED else "",
        "stands": stands,
        "secret": secret,
    }
    answer = _page(request, found.locale, shown)
    if found.stands is hooking.Stands.ASKED:
        answer["Refresh"] = "2"  # looks again by itself, without script
    return answer


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


def _by(request: HttpRequest) -> str:
    asked = request.POST.get("by", "")
    return asked if asked in Channel.values else Channel.EMAIL


def _given(request: HttpRequest, by: str) -> str:
    return request.POST.get(_FIELDS[by], "")[:320]


def _within(request: HttpRequest, *, most: int = ASKED_AN_HOUR, what: str = "") -> bool:
    """Whether this network address may ask once more; counted by a hash that changes every day."""
    address = request.META.get("REMOTE_ADDR", "")
    who = salted_hmac("status.asked", f"{now().date()} {what} {address}").hexdigest()[:32]
    cache.add(f"status:{who}", 0, 3600)
    try:
        return int(cache.incr(f"status:{who}")) <= most
    except ValueError:  # it ran out between the two
        return True
