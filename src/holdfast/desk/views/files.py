"""Files people sent, and formatted mail: never run, never framed by others, never with a script.

A file is a reveal like any other: asked for with a purpose, in the log, downloaded once within a minute.
"""

from __future__ import annotations

import io
from uuid import UUID

from csp.decorators import csp_replace
from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.clickjacking import xframe_options_sameorigin

from holdfast.conversations import queries, scanning
from holdfast.conversations.errors import Refused
from holdfast.conversations.lookups import access_attachment
from holdfast.conversations.models import Attachment
from holdfast.desk.pictures import is_picture
from holdfast.desk.screens import FileOffered
from holdfast.desk.sources import own_name
from holdfast.desk.views.asking import desk_view, words
from holdfast.desk.views.pictures import asked, sent
from holdfast.guard import reveals
from holdfast.guard.gate import session_mark
from holdfast.guard.marks import codes, copies
from holdfast.kit.blobs import BlobStore
from holdfast.kit.clock import now
from holdfast.people.permissions import me

_SANDBOX = "sandbox; default-src 'none'"
_FORMATTED = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "script-src": None,
    "font-src": None,
    "connect-src": None,
    "manifest-src": None,
    "object-src": None,
    "form-action": ["'none'"],
    "frame-ancestors": ["'self'"],
    "sandbox": [""],
}


@desk_view("GET", "POST")
def file(request: HttpRequest, number: int, attachment_id: UUID) -> HttpResponseBase:
    """Ask for a file that is no picture; on POST the link that gives it once."""
    conversation = queries.access_conversation(me(request), number)
    found, _ = _file(request, attachment_id)
    if found.message.conversation_id != conversation.id:
        raise Http404
    url = reverse("desk:file", args=[number, attachment_id])
    answer = asked(request, conversation, found, field="file", url=url)
    if not isinstance(answer, reveals.Ticket):
        return answer
    offered = FileOffered(
        id=found.id,
        name=found.name,
        url=reverse("desk:file-taken", args=[attachment_id, answer.id]),
        seconds=int(reveals.LIFE.total_seconds()),
        until=answer.expires_at,
        purpose=reveals.PURPOSES[words(request.POST.get("purpose"), most=40)],
    )
    return render(request, "desk/_file.html", {"file": offered})


@desk_view("GET")
def taken(request: HttpRequest, attachment_id: UUID, ticket: UUID) -> HttpResponseBase:
    """The file, once, for the session that asked, with its mark in it where its kind has a place for one.

    The browser is told to save it, not to guess its kind, to trust it with nothing.
    """
    found, content = _file(request, attachment_id)
    session_key = request.session.session_key or ""
    try:
        reveals.redeem_file(ticket=ticket, agent_id=me(request).id, session_key=session_key, file=sent(found))
    except reveals.Denied as denied:
        raise Http404 from denied
    code = codes.code_for(session=session_mark(session_key), minute=codes.minute_of(now()))
    copy = io.BytesIO(copies.marked(content, code))
    response = FileResponse(copy, as_attachment=True, filename=own_name(found), content_type="application/octet-stream")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _SANDBOX
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@xframe_options_sameorigin
@csp_replace(_FORMATTED)  # type: ignore[arg-type]
@desk_view("GET")
def formatted(request: HttpRequest, number: int, message_id: UUID) -> HttpResponseBase:
    """The HTML of a mail as a document of its own, for a sandboxed frame. It was sanitised when it arrived."""
    conversation = queries.access_conversation(me(request), number)
    message = conversation.messages.filter(pk=message_id).first()
    if message is None or not message.html:
        raise Http404
    html = mark_safe(message.html)  # noqa: S308 - sanitised by channels (nh3) and shown where nothing can run
    return render(request, "desk/_formatted.html", {"html": html, "subject": conversation.subject})


def _file(request: HttpRequest, attachment_id: UUID) -> tuple[Attachment, bytes]:
    """A kept file and its bytes, 10 MB at most. Pictures are shown (`pictures`), never handed out."""
    found = access_attachment(me(request), attachment_id)
    if found.refused or not found.digest:
        raise Http404
    try:
        path = BlobStore(settings.BLOB_DIR).path(found.digest)
        if is_picture(path):
            raise Refused("Pictures are shown in the case, not downloaded.")
        content = path.read_bytes()
    except (OSError, ValueError) as missing:
        raise Http404 from missing
    if why := scanning.why_held(found.digest, content):
        raise Refused(why)
    return found, content
