"""Photographs, files and codes that turned up, on screen, for security and admins: have one read, see whose it was."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from holdfast.conversations.scanning import why_held
from holdfast.guard.marks import photos, reading, tasks, traces
from holdfast.guard.marks.models import What
from holdfast.guard.marks.photos import NotReadable
from holdfast.guard.radius.contract import Refused
from holdfast.incidents import gate
from holdfast.incidents.errors import Refused as IncidentRefused
from holdfast.incidents.radius import tracing
from holdfast.incidents.radius.views import for_security
from holdfast.people.at_work import at_work
from holdfast.people.permissions import me
from holdfast.people.step_up import proves_again


@for_security
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Bring one; and what came of the others."""
    problem = ""
    if request.method == "POST":
        try:
            return redirect("radius:trace", _begun(request))
        except (NotReadable, IncidentRefused) as wrong:
            problem = str(wrong) if isinstance(wrong, NotReadable) else wrong.sentence
    context = {
        "traces": [tracing.shown(each) for each in traces.newest()],
        "underway": traces.all_underway(),
        "sent": request.POST,
        "problem": problem,
    }
    return render(request, "radius/traces.html", context, status=422 if problem else 200)


@for_security
@require_safe
def one(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """What came of one, or how far it is."""
    return _page(request, trace_id)


@for_security
@require_POST
def again(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """Ask a worker once more, when the first one went away."""
    found = traces.underway(trace_id)
    if found is None and traces.trace(trace_id) is None:
        raise Http404
    if found is not None and found.stuck:
        tasks.read_photograph.defer(reading_id=str(trace_id))
    return redirect("radius:trace", trace_id)


@for_security
@require_POST
def count(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """Count what the named account could know while its session showed this."""
    try:
        return redirect("radius:report", tracing.count(trace_id, by=me(request).pk))
    except Refused as refused:
        return _page(request, trace_id, problem=refused.sentence, status=422)


@for_security
@require_safe
@proves_again("GET")
@at_work
def photograph(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """The file, byte for byte as it was brought. Who takes it out is on record."""
    kept = traces.trace(trace_id)
    content = reading.photograph(trace_id, by=me(request).pk) if kept is not None else None
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="trace-{trace_id}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@for_security
@require_POST
def throw_away(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """Remove the file for good; what was read of it stays."""
    if traces.trace(trace_id) is None:
        raise Http404
    if reading.throw_away(trace_id, by=me(request).pk):
        messages.success(request, "The file is gone. Its hash and what was read of it stay.")
    return redirect("radius:trace", trace_id)


def _page(request: HttpRequest, trace_id: UUID, *, problem: str = "", status: int = 200) -> HttpResponse:
    underway = traces.underway(trace_id)
    kept = traces.trace(trace_id)  # looked for last: a worker makes one of the other at any moment
    if kept is None and underway is None:
        raise Http404
    context = {
        "trace": tracing.shown(kept) if kept is not None else None,
        "underway": underway,
        "percent": round(100 * underway.step / underway.steps) if underway and underway.steps else 0,
        "has_file": kept is not None and traces.has_file(trace_id),
        "problem": problem,
    }
    return render(request, "radius/trace.html", context, status=status)


def _begun(request: HttpRequest) -> UUID:
    """Put down what was sent, for a worker. Raises `NotReadable`, `IncidentRefused`."""
    asked = tracing.asked(
        case=gate.line(request, "case"),
        customer=gate.line(request, "customer"),
        since=gate.moment(gate.line(request, "since"), what="From"),
        until=gate.moment(gate.line(request, "until"), what="To"),
        corners=gate.line(request, "corners"),
        size=gate.line(request, "size"),
        code=gate.line(request, "code"),
    )
    content, keep = None if asked.code else _sent(request), "keep" in request.POST
    if content is None and not asked.code:
        raise NotReadable("Choose the photograph or the file, or type a code that you can read in one.")
    if content is not None:
        _looked_through(content, keep=keep)
    begun = reading.begin(content, asked, by=me(request).pk, keep=keep)
    tasks.read_photograph.defer(reading_id=str(begun))
    return begun


def _sent(request: HttpRequest) -> bytes | None:
    sent = request.FILES.get("file")
    if not isinstance(sent, UploadedFile):
        return None
    content: bytes = sent.read(photos.MOST_BYTES + 1)
    if len(content) > photos.MOST_BYTES:
        raise NotReadable("The file is larger than 40 MB. Make it smaller, or read it at the terminal.")
    return content


def _looked_through(content: bytes, *, keep: bool) -> None:
    """A photograph is decoded here, whole, before a worker takes it up; another file is kept only if a scanner may."""
    if reading.what_it_is(content) is What.PHOTO:
        photos.read(content)
    elif keep and (held := why_held(reading.digest(content), content)):
        raise NotReadable(f"{held} It can be read without being kept.")
