"""What the chat widget shows: the session's messages, the place in line, and who is there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from holdfast.channels import chat_sessions
from holdfast.channels.chat_door import KEY
from holdfast.conversations import callbacks, deflections
from holdfast.conversations.callback_windows import Window
from holdfast.conversations.callbacks import Promise
from holdfast.conversations.chats import ChatView, chat_of, conversation_id_of
from holdfast.conversations.errors import Refused
from holdfast.intake.problems import Problem
from holdfast.intake.receipts import statuses

_MOST_KEYS = 50


@require_safe
def state(request: HttpRequest) -> HttpResponse:
    """Return everything the widget shows for its session.

    `keys` (comma separated) names messages that the widget has sent and not seen since: those that were accepted are
    told as `kept`, also while nothing sorts them yet.
    """
    name = chat_sessions.session_of(request.GET.get("token", ""))
    if name is None:
        return _problem(Problem(401, "This chat session has ended. Begin a new one."))
    keys = [key for key in request.GET.get("keys", "").split(",")[:_MOST_KEYS] if re.match(KEY, key)]
    try:
        chat = chat_of(name)
        kept = _kept(name, keys)
    except DatabaseError:
        return _problem(Problem(503, "The conversation cannot be shown now. What was sent is kept."))
    return _open(JsonResponse(_as_json(chat) | {"kept": kept}))


class Wish(BaseModel):
    """A time somebody chooses to be written back, or none any more."""

    model_config = ConfigDict(extra="forbid")

    token: str
    starts_at: AwareDatetime | None = None


@csrf_exempt  # the token in the body is the key; there is no cookie here to misuse
@require_http_methods(["POST", "OPTIONS"])
def callback(request: HttpRequest) -> HttpResponse:
    """Book the window that begins at `starts_at`, or give up what was booked. Answers what was promised."""
    if request.method == "OPTIONS":
        return _open(HttpResponse(status=204))
    try:
        wish = Wish.model_validate_json(request.body)
    except ValidationError:
        return _problem(Problem(422, "This needs a token, and a time with an offset or none."))
    name = chat_sessions.session_of(wish.token)
    conversation_id = conversation_id_of(name) if name is not None else None
    if conversation_id is None:
        return _problem(Problem(401, "This chat session has ended. Begin a new one."))
    try:
        if wish.starts_at is None:
            callbacks.cancel(conversation_id=conversation_id)
            return _open(JsonResponse({"callback": None}))
        promise = callbacks.book(conversation_id=conversation_id, starts_at=wish.starts_at)
    except Refused as refused:
        return _problem(Problem(409, refused.sentence))
    return _open(JsonResponse({"callback": _span(promise)}, status=201))


class Word(BaseModel):
    """A customer's word that a first text answered their matter."""

    model_config = ConfigDict(extra="forbid")

    token: str


@csrf_exempt  # as above
@require_http_methods(["POST", "OPTIONS"])
def answered(request: HttpRequest) -> HttpResponse:
    """Close the matter: its customer says that a playbook's text answered it. Saying it twice changes nothing."""
    if request.method == "OPTIONS":
        return _open(HttpResponse(status=204))
    try:
        word = Word.model_validate_json(request.body)
    except ValidationError:
        return _problem(Problem(422, "This needs a token, and nothing else."))
    name = chat_sessions.session_of(word.token)
    conversation_id = conversation_id_of(name) if name is not None else None
    if conversation_id is None:
        return _problem(Problem(401, "This chat session has ended. Begin a new one."))
    try:
        closed = deflections.answered(conversation_id=conversation_id)
    except Refused as refused:
        return _problem(Problem(409, refused.sentence))
    return _open(JsonResponse({"answered": closed}))


@require_safe
def demo(request: HttpRequest) -> HttpResponse:
    """The fictional bank's account page, with the widget on it. Only where the demo runs."""
    if not settings.DEMO:
        raise Http404
    return render(request, "chat/demo.html")


def _kept(session: str, keys: Sequence[str]) -> list[str]:
    receipts = {chat_sessions.receipt_of(session, key): key for key in keys}
    return [receipts[status.receipt] for status in statuses(list(receipts))] if receipts else []


def _as_json(chat: ChatView) -> dict[str, Any]:
    line = chat.line
    return {
        "number": chat.number,
        "state": chat.state,
        "person": chat.person,
        "messages": [
            {
                "id": str(message.id),
                "key": message.key,
                "kind": message.kind,
                "author": message.author,
                "name": message.name,
                "text": message.text,
                "at": message.at.isoformat(),
                "citations": [{"title": title, "url": url} for title, url in message.citations],
            }
            for message in chat.messages
        ],
        "line": line
        and {
            "place": line.place,
            "joined_as": line.joined_as,
            "joined_at": line.joined_at.isoformat(),
            "low": line.low,
            "high": line.high,
            "callback": line.callback and _span(line.callback),
            "windows": [_span(window) for window in line.windows],
            "deflected": line.deflected,
        },
    }


def _span(span: Promise | Window) -> dict[str, str]:
    return {"starts_at": span.starts_at.isoformat(), "ends_at": span.ends_at.isoformat()}


def _problem(problem: Problem) -> HttpResponse:
    return _open(HttpResponse(problem.body(), status=problem.status, content_type="application/problem+json"))


def _open(response: HttpResponse) -> HttpResponse:
    """Let the widget read this from the company's own pages."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Headers"] = "content-type"
    response["Cache-Control"] = "no-store"
    return response
