"""Writing: replies, notes, drafts, and the thread as it grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from holdfast.conversations import assignments, closures, drafts, messages, queries
from holdfast.conversations.errors import Stale
from holdfast.conversations.lookups import answers_since, message_with_parts
from holdfast.desk import screens
from holdfast.desk.case import PAGE, customer_name, note_opened
from holdfast.desk.thread import message_views
from holdfast.desk.uploads import Kept, UploadRefused, keep
from holdfast.desk.views.asking import a_uuid, changed, desk_view, problem, words
from holdfast.kit.numbers import whole
from holdfast.notify import replies
from holdfast.people.permissions import me

if TYPE_CHECKING:
    from holdfast.conversations.models import Conversation, Message
    from holdfast.people.models import Agent

LONGEST = 100_000  # characters of one message


@desk_view("GET", "POST")
def thread(request: HttpRequest, number: int) -> HttpResponse:
    """GET: what came `after` a message, or what stands `before` one. POST: say something."""
    agent, conversation = me(request), queries.access_conversation(me(request), number)
    if request.method == "POST":
        return _say(request, agent, conversation)
    before = a_uuid(request.GET.get("before", ""))
    if before is not None:
        found = queries.thread_of(conversation, limit=PAGE, before=before)
        earlier = _earlier_url(number, found) if len(found) == PAGE else ""
    else:
        found, earlier = queries.thread_of(conversation, after=a_uuid(request.GET.get("after", ""))), ""
    return _messages(request, agent, conversation, found, earlier_url=earlier)


@desk_view("PUT", "POST", "DELETE")
def draft(request: HttpRequest, number: int) -> HttpResponse:
    """Keep what is typed, without an event: a draft is nobody else's business."""
    agent, conversation = me(request), queries.access_conversation(me(request), number)
    if request.method == "DELETE":
        kind = request.GET.get("kind", "reply")
        drafts.discard(conversation_id=conversation.id, agent_id=agent.id, internal=kind == "note")
        return HttpResponse(status=204)
    given = QueryDict(request.body) if request.method == "PUT" else request.POST
    kind, text = given.get("kind", "reply"), given.get("text", "")
    if kind not in {"reply", "note"}:
        return problem(request, "A draft is a reply or a note.", status=422, fields=("kind",))
    if len(text) > LONGEST:
        return problem(request, "This is too long to keep: at most 100,000 characters.", status=422, fields=("text",))
    drafts.save(conversation_id=conversation.id, agent_id=agent.id, text=text, internal=kind == "note")
    return HttpResponse(status=204)


def _say(request: HttpRequest, agent: Agent, conversation: Conversation) -> HttpResponse:
    kind, text = request.POST.get("kind", "reply"), request.POST.get("text", "")
    client_key = words(request.POST.get("client_key"), most=64)
    if kind not in {"reply", "note"} or not client_key:
        return problem(request, "This form is out of date. Reload the page; your draft is kept.", status=422)
    if len(text) > LONGEST:
        return problem(request, "This is too long: at most 100,000 characters.", status=422, fields=("text",))
    try:
        files = keep(request.FILES.getlist("files"))
    except UploadRefused as refused:
        return problem(request, refused.sentence, status=422, fields=("files",))
    try:
        message = _posted(request, agent, conversation, kind=kind, text=text, client_key=client_key, files=files)
    except Stale as stale:
        drafts.save(conversation_id=conversation.id, agent_id=agent.id, text=text, internal=False)
        return _stale(request, agent, conversation, stale, text=text)
    response = _messages(
        request,
        agent,
        conversation,
        [shown] if (shown := message_with_parts(conversation, message.id)) else [],
        status=201,
    )
    return changed(response, number=conversation.number)


def _posted(
    request: HttpRequest,
    agent: Agent,
    conversation: Conversation,
    *,
    kind: str,
    text: str,
    client_key: str,
    files: list[Kept],
) -> Message:
    """Say it, take the case when nobody has it, forget the draft, and close when asked to. All of it or nothing."""
    saying: dict[str, Any] = {
        "conversation_id": conversation.id,
        "by": agent.id,
        "text": text,
        "client_key": client_key,
        "attachments": files,
    }
    with transaction.atomic():
        if kind == "note":
            message = messages.post_note(**saying)
        else:
            if conversation.assignee_id is None and conversation.state != "closed":
                assignments.assign(conversation_id=conversation.id, to=agent.id, by=agent.id)
            version = whole(request.POST.get("version", ""), digits=18)
            message = replies.reply(version=version, **saying)
        drafts.discard(conversation_id=conversation.id, agent_id=agent.id, internal=kind == "note")
        if request.POST.get("then") == "close":
            closures.close(conversation_id=conversation.id, by=agent.id)
    return message


def _stale(request: HttpRequest, agent: Agent, conversation: Conversation, stale: Stale, *, text: str) -> HttpResponse:
    seen = whole(request.POST.get("version", ""), digits=18) or 0
    answers = answers_since(conversation, seen)
    theirs = message_views(
        answers, number=conversation.number, agent_id=agent.id, customer_name=customer_name(conversation)
    )
    shown = screens.Stale(
        number=conversation.number,
        by=theirs[-1].name if theirs else "Somebody",
        theirs=theirs,
        version=stale.current_version,
        kind="reply",
        text=text,
        client_key=str(uuid4()),
        messages_url=reverse("desk:messages", args=[conversation.number]),
    )
    return render(request, "desk/_stale.html", {"stale": shown}, status=409)


def _messages(
    request: HttpRequest,
    agent: Agent,
    conversation: Conversation,
    found: list[Message],
    *,
    earlier_url: str = "",
    status: int = 200,
) -> HttpResponse:
    note_opened(agent_id=agent.id, conversation=conversation)
    shown = message_views(
        found, number=conversation.number, agent_id=agent.id, customer_name=customer_name(conversation)
    )
    last_id = str(shown[-1].id) if shown else request.GET.get("after", "")
    context = {"messages": shown, "last_id": last_id, "number": conversation.number, "earlier_url": earlier_url}
    return render(request, "desk/_messages.html", context, status=status)


def _earlier_url(number: int, found: list[Message]) -> str:
    return f"{reverse('desk:messages', args=[number])}?before={found[0].id}"
