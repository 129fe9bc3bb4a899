"""Asking to see a picture somebody sent. Each showing is a reveal of its own, for one look."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from holdfast.conversations import queries
from holdfast.conversations.lookups import access_attachment
from holdfast.conversations.models import Attachment, Conversation
from holdfast.desk import pictures
from holdfast.desk.screens import Choice, PictureShown, Problem, RevealForm
from holdfast.desk.views import by_hand
from holdfast.desk.views.asking import desk_view, words
from holdfast.desk.views.reveals import FIELDS_OF, closed
from holdfast.guard import reveals
from holdfast.guard.fields import Sealed
from holdfast.guard.gate import session_mark
from holdfast.guard.marks.tiles import marks_for
from holdfast.kit.blobs import BlobStore
from holdfast.kit.clock import now
from holdfast.people.permissions import me

_SEALED = Sealed("", "•••")


@desk_view("GET")
def blurred(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    """The picture as a ground nobody can read anything from."""
    _, file = _picture(request, attachment_id)
    try:
        return _jpeg(pictures.blurred(file))
    except pictures.NotShowable as wrong:
        raise Http404 from wrong


@desk_view("GET", "POST")
def picture(request: HttpRequest, number: int, attachment_id: UUID) -> HttpResponseBase:
    """Ask to see a picture; on POST its place on the page, which fetches it once."""
    conversation = queries.access_conversation(me(request), number)
    found, _ = _picture(request, attachment_id)
    if found.message.conversation_id != conversation.id:
        raise Http404
    url = reverse("desk:picture", args=[number, attachment_id])
    answer = asked(request, conversation, found, field="picture", url=url)
    if not isinstance(answer, reveals.Ticket):
        return answer
    shown = PictureShown(
        id=found.id,
        url=reverse("desk:picture-shown", args=[attachment_id, answer.id]),
        seconds=int(reveals.LIFE.total_seconds()),
        until=answer.expires_at,
        purpose=reveals.PURPOSES[words(request.POST.get("purpose"), most=40)],
    )
    return render(request, "desk/_picture.html", {"shown": shown})


@desk_view("GET")
def shown(request: HttpRequest, attachment_id: UUID, ticket: UUID) -> HttpResponseBase:
    """The picture itself, once, for the session that asked, with its mark burnt in."""
    found, file = _picture(request, attachment_id)
    session_key = request.session.session_key or ""
    text = marks_for(session=session_mark(session_key), at=now()).text
    try:
        drawn = pictures.marked(file, text=text)  # before the ticket is spent, since it may fail
        reveals.redeem_file(ticket=ticket, agent_id=me(request).id, session_key=session_key, file=sent(found))
    except (pictures.NotShowable, reveals.Denied) as wrong:
        raise Http404 from wrong
    return _jpeg(drawn)


def _picture(request: HttpRequest, attachment_id: UUID) -> tuple[Attachment, Path]:
    found = access_attachment(me(request), attachment_id)
    if found.refused or not found.digest:
        raise Http404
    file = BlobStore(settings.BLOB_DIR).path(found.digest)
    if not pictures.is_picture(file):
        raise Http404
    return found, file


def sent(found: Attachment) -> reveals.File:
    """Name a file somebody sent as the gate names it."""
    return reveals.File(f"conversations_attachment.digest.{found.id}")


def asked(
    request: HttpRequest, conversation: Conversation, found: Attachment, *, field: str, url: str
) -> reveals.Ticket | HttpResponse:
    """Ask the gate for a file (`field`: picture or file); return the ticket, or what the page shows instead."""
    if request.method == "GET":
        return _form(request, conversation.number, field, url)
    purpose = words(request.POST.get("purpose"), most=40)
    ask = reveals.refuse_as_too_quick if by_hand.is_too_quick(request) else reveals.request
    answer = ask(
        agent_id=me(request).id,
        session_key=request.session.session_key or "",
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        sealed=sent(found),
        field=field,
        purpose=purpose,
        reason=words(request.POST.get("reason"), most=200),
    )
    if isinstance(answer, reveals.Ticket):
        return answer
    fields = FIELDS_OF.get(answer.outcome) if answer.outcome else None
    if fields is not None:
        return _form(request, conversation.number, field, url, Problem(422, answer.sentence, fields))
    return closed(request, label=field.capitalize(), mask=str(_SEALED), denied=answer)


def _jpeg(content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type="image/jpeg")
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _form(request: HttpRequest, number: int, field: str, url: str, problem: Problem | None = None) -> HttpResponse:
    purposes = tuple(Choice(key, label) for key, label in reveals.PURPOSES.items())
    unhurried = by_hand.confirmation(request) if problem else ""
    form = RevealForm(
        number=number, field=field, label=field, value=_SEALED, url=url, purposes=purposes, unhurried=unhurried
    )
    status = problem.status if problem else 200
    return render(request, "desk/_reveal.html", {"form": form, "problem": problem}, status=status)
