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

from holdfast.conversations import callbacks
from holdfast.conversations.callback_windows import Window
from holdfast.conversations.errors import ConversationError
from holdfast.conversations.lookups import spoken_in
from holdfast.conversations.places import open_place, standing
from holdfast.conversations.told import tell
from holdfast.shield import friction
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


@never_cache
@require_http_methods(["GET", "POST"])
def line(request: HttpRequest, token: str) -> HttpResponse:
    """Show somebody their place; take an answer, a time, an appeal. Doing it twice changes nothing."""
    conversation_id = friction.conversation_of(token)
    if conversation_id is None or spoken_in(conversation_id) is None:
        raise Http404
    if request.method == "GET":
        return render(request, "shield/line.html", {"screen": _screen(conversation_id), "taken": False})
    try:
        _act(conversation_id, request.POST.get("do", ""), parse_datetime(request.POST.get("at", "") or "-"))
    except (ConversationError, ValueError):
        return render(request, "shield/line.html", {"screen": _screen(conversation_id), "taken": True}, status=422)
    return redirect("shield:line", token=token)


def _act(conversation_id: UUID, what: str, at: datetime | None) -> None:
    if what in {"yes", "no"}:
        friction.answer(conversation_id=conversation_id, yes=what == "yes")
    elif what == "appeal":
        appeal(conversation_id=conversation_id)
    elif what == "book" and at is not None and at.tzinfo is not None:
        callbacks.book(conversation_id=conversation_id, starts_at=at, how="write")
    elif what == "unbook":
        callbacks.cancel(conversation_id=conversation_id)


def _screen(conversation_id: UUID) -> LineScreen:
    spoken = spoken_in(conversation_id)
    language, words = page_words(spoken.locale if spoken is not None else "")
    place, booked = open_place(conversation_id), callbacks.callback_of(conversation_id)
    where, wait = words["gone"], ""
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
        windows=tuple(callbacks.offer(conversation_id=conversation_id)) if booked is None else (),
        question=friction.question_of(conversation_id) is not None,
        appealed=bool(appealed([conversation_id])),
    )
