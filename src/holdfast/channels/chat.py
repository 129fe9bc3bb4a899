"""What the chat widget shows: the session's messages, the place in line, and who is there."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from holdfast.channels import chat_sessions
from holdfast.conversations.chats import ChatView, chat_of


@csrf_exempt  # no cookie is read: a session begins empty, and its token is the only key to it
@require_http_methods(["POST", "OPTIONS"])
def session(request: HttpRequest) -> HttpResponse:
    """Begin a session."""
    if request.method == "OPTIONS":
        return _open(HttpResponse(status=204))
    name, token = chat_sessions.begin()
    return _open(JsonResponse({"session": name, "token": token}, status=201))


@require_safe
def state(request: HttpRequest) -> HttpResponse:
    """Return everything the widget shows for its session."""
    name = chat_sessions.session_of(request.GET.get("token", ""))
    if name is None:
        problem = {
            "type": "about:blank",
            "title": "Unauthorized",
            "status": 401,
            "detail": "This chat session has ended.",
        }
        return _open(JsonResponse(problem, status=401, content_type="application/problem+json"))
    return _open(JsonResponse(_as_json(chat_of(name))))


@require_safe
def demo(request: HttpRequest) -> HttpResponse:
    """The fictional bank's account page, with the widget on it."""
    return render(request, "chat/demo.html")


def _as_json(chat: ChatView) -> dict[str, Any]:
    line = chat.line
    return {
        "state": chat.state,
        "person": chat.person,
        "messages": [
            {
                "id": str(message.id),
                "key": message.key,
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
        },
    }


def _open(response: HttpResponse) -> HttpResponse:
    """Let the widget read this from the company's own pages."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Headers"] = "content-type"
    response["Cache-Control"] = "no-store"
    return response
