"""A customer's own page, opened by the token in a message to them: a place and times, and nothing of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from holdfast.conversations import callbacks, deflections
from holdfast.conversations.callback_windows import LENGTH, Window
from holdfast.conversations.callbacks import OfferTaken
from holdfast.conversations.errors import ConversationError
from holdfast.conversations.lookups import spoken_in
from holdfast.conversations.places import open_place, standing
from holdfast.conversations.told import tell
from holdfast.shield import friction, times
from holdfast.shield.appeals import appeal, appealed
from holdfast.shield.words import page_words


@dataclass(frozen=True, slots=True)
class LineScreen:
    """What the page shows, in the customer's language. Empty where there is nothing to say."""

    language: str
    words: dict[str, str]
    place: str
    wait: str
    booked: bool
    windows: tuple[Window, ...]
    question: bool
    appealed: bool
    deflected: bool


@dataclass(frozen=True, slots=True)
class TimeScreen:
    """One time somebody was offered by mail, for them to take. `own` is the address of their page."""

    language: str
    words: dict[str, str]
    asked: str
    own: str


@never_cache
@require_http_methods(["GET", "POST"])
def line(request: HttpRequest, token: str) -> HttpResponse:
    """Show somebody their place; take an answer, a time, an appeal. Doing it twice changes nothing."""
    conversation_id = friction.conversation_of(token)
    if conversation_id is None or spoken_in(conversation_id) is None:
        raise Http404
    if request.method == "GET":
        return render(request, "shield/line.html", {"screen": _screen(conversation_id)})
    try:
        _act(conversation_id, request.POST.get("do", ""), parse_datetime(request.POST.get("at", "") or "-"))
    except (ConversationError, ValueError):
        screen = _screen(conversation_id)
        return render(request, "shield/line.html", {"screen": screen, "note": screen.words["taken"]}, status=422)
    return redirect("shield:line", token=token)


@never_cache
@require_http_methods(["GET", "POST"])
def time(request: HttpRequest, token: str) -> HttpResponse:
    """Show the one time a link in a mail offers, and book it on POST. Programs that open every link book nothing."""
    offered = times.offered(token)
    spoken = spoken_in(offered.conversation_id) if offered is not None else None
    if offered is None or spoken is None:
        raise Http404
    language, words = page_words(spoken.locale)
    if request.method == "GET":
        start = timezone.localtime(offered.starts_at)
        asked = words["time"].format(start=f"{start:%H:%M}", end=f"{start + LENGTH:%H:%M}")
        own = friction.link(offered.conversation_id)
        return render(request, "shield/time.html", {"screen": TimeScreen(language, words, asked, own)})
    try:
        callbacks.book(conversation_id=offered.conversation_id, starts_at=offered.starts_at, offer=offered.key)
    except ConversationError as error:
        note = words["used"] if isinstance(error, OfferTaken) else words["taken"]
        screen = _screen(offered.conversation_id)
        return render(request, "shield/line.html", {"screen": screen, "note": note}, status=409)
    return redirect("shield:line", token=friction.token_of(offered.conversation_id))


def _act(conversation_id: UUID, what: str, at: datetime | None) -> None:
    if what in {"yes", "no"}:
        friction.answer(conversation_id=conversation_id, yes=what == "yes")
    elif what == "appeal":
        appeal(conversation_id=conversation_id)
    elif what == "book" and at is not None and at.tzinfo is not None:
        callbacks.book(conversation_id=conversation_id, starts_at=at)
    elif what == "unbook":
        callbacks.cancel(conversation_id=conversation_id)
    elif what == "answered":
        deflections.answered(conversation_id=conversation_id)
    elif what == "person":
        deflections.wants_person(conversation_id=conversation_id)


def _screen(conversation_id: UUID) -> LineScreen:
    spoken = spoken_in(conversation_id)
    language, words = page_words(spoken.locale if spoken is not None else "")
    place, booked = open_place(conversation_id), callbacks.callback_of(conversation_id)
    where, wait = words["settled" if deflections.was_answered(conversation_id) else "gone"], ""
    if place is not None:
        stands, told = standing(conversation_id=conversation_id), tell(place)
        where = words["place"].format(place=stands.place, waiting=stands.waiting) if stands is not None else ""
        wait = words["wait"].format(low=max(told.low, 1), high=told.high) if told is not None else words["unknown"]
    if booked is not None:
        start, end = timezone.localtime(booked.starts_at), timezone.localtime(booked.ends_at)
        where, wait = words["booked"].format(start=f"{start:%H:%M}", end=f"{end:%H:%M}"), ""
    return LineScreen(
        language=language,
        words=words,
        place=where,
        wait=wait,
        booked=booked is not None,
        windows=tuple(callbacks.offer(conversation_id=conversation_id)),
        question=friction.question_of(conversation_id) is not None,
        appealed=bool(appealed([conversation_id])),
        deflected=place is not None and deflections.waits_for_word(conversation_id),
    )
