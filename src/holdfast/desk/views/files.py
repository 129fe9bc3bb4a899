"""Files people sent, and formatted mail: never run, never framed by others, never with a script."""

from __future__ import annotations

from uuid import UUID

from csp.decorators import csp_replace
from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.clickjacking import xframe_options_sameorigin

from holdfast.conversations import queries
from holdfast.conversations.errors import Refused
from holdfast.conversations.lookups import access_attachment
from holdfast.desk.pictures import is_picture
from holdfast.desk.views.asking import desk_view
from holdfast.kit.blobs import BlobStore
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


@desk_view("GET")
def attachment(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    """Download one attachment. The browser is told to save it, not to guess its kind, to trust it with nothing.

    Pictures are not downloaded at all: they are shown, one at a time, with whose screen it is (`pictures`).
    """
    found = access_attachment(me(request), attachment_id)
    if found.refused or not found.digest:
        raise Http404
    try:
        path = BlobStore(settings.BLOB_DIR).path(found.digest)
        if is_picture(path):
            raise Refused("Pictures are shown in the case, not downloaded.")
        file = path.open("rb")
    except (OSError, ValueError) as missing:
        raise Http404 from missing
    response = FileResponse(file, as_attachment=True, filename=found.name, content_type="application/octet-stream")
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
