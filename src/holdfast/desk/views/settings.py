"""Pages to keep queues and canned replies. Ordinary forms that need no script; previews come by htmx."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from holdfast.desk import canned, canned_keeping, queue_keeping
from holdfast.desk.canned_keeping import CannedRefused
from holdfast.desk.forms import CannedForm, QueueForm, languages
from holdfast.desk.models import CannedReply, Queue
from holdfast.desk.queue_keeping import QueueRefused
from holdfast.desk.views.asking import words
from holdfast.people.models import Role
from holdfast.people.permissions import me, requires

LEADS = (Role.LEAD, Role.ADMIN)


@require_GET
@requires(*LEADS)
def home(request: HttpRequest) -> HttpResponse:
    """Where the word "Settings" leads: to the page that is opened most."""
    return redirect("settings:canned")


@require_GET
@requires(Role.ADMIN)
def queues(request: HttpRequest) -> HttpResponse:
    """Every queue in its order."""
    shown = [(queue, sum(map(len, queue.keywords.values()))) for queue in queue_keeping.all_queues()]
    return render(request, "desk/settings/queues.html", {"queues": shown, "tab": "queues"})


@require_http_methods(["GET", "POST"])
@requires(Role.ADMIN)
def new_queue(request: HttpRequest) -> HttpResponse:
    """A queue to be."""
    form = QueueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            queue = queue_keeping.add_queue(slug=form.cleaned_data["slug"], content=form.content(), by=me(request).id)
        except QueueRefused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            messages.success(request, f"{queue.name} is there. New conversations reach it within ten seconds.")
            return redirect("settings:queues")
    return _queue_page(request, form, None)


@require_http_methods(["GET", "POST"])
@requires(Role.ADMIN)
def queue(request: HttpRequest, pk: int) -> HttpResponse:
    """One queue, to be changed."""
    kept = get_object_or_404(Queue, pk=pk)
    form = QueueForm(request.POST or None, queue=kept)
    if request.method == "POST" and form.is_valid():
        try:
            queue_keeping.change_queue(queue_id=pk, content=form.content(), by=me(request).id)
        except QueueRefused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            messages.success(request, f"{form.cleaned_data['name']} is saved. It counts within ten seconds.")
            return redirect("settings:queues")
    return _queue_page(request, form, kept)


@require_GET
@requires(*LEADS)
def canned_replies(request: HttpRequest) -> HttpResponse:
    """Every canned reply, or those of one language or with some words."""
    text, locale = words(request.GET.get("q"), most=80), words(request.GET.get("locale"), most=10)
    found = canned_keeping.all_replies()
    if locale:
        found = found.filter(locale=locale)
    shown = [reply for reply in found if text.lower() in f"{reply.title} {reply.shortcut} {reply.body}".lower()]
    context = {"replies": shown, "text": text, "locale": locale, "languages": languages(), "tab": "canned"}
    return render(request, "desk/settings/canned.html", context)


@require_http_methods(["GET", "POST"])
@requires(*LEADS)
def new_canned_reply(request: HttpRequest) -> HttpResponse:
    """A canned reply to be."""
    form = CannedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reply = canned_keeping.add_reply(content=form.content(), by=me(request).id)
        except CannedRefused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            messages.success(request, f"/{reply.shortcut} is at hand from now on.")
            return redirect("settings:canned")
    return _canned_page(request, form, None)


@require_http_methods(["GET", "POST"])
@requires(*LEADS)
def canned_reply(request: HttpRequest, pk: int) -> HttpResponse:
    """One canned reply, to be changed."""
    kept = get_object_or_404(CannedReply, pk=pk)
    form = CannedForm(request.POST or None, reply=kept)
    if request.method == "POST" and form.is_valid():
        try:
            canned_keeping.change_reply(
                reply_id=pk, content=form.content(), seen=form.cleaned_data["seen"], by=me(request).id
            )
        except CannedRefused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            messages.success(request, f"/{form.cleaned_data['shortcut']} is saved.")
            return redirect("settings:canned")
    return _canned_page(request, form, kept)


@require_POST
@requires(*LEADS)
def canned_removal(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a canned reply."""
    kept = get_object_or_404(CannedReply, pk=pk)
    canned_keeping.remove_reply(reply_id=pk, by=me(request).id)
    messages.success(request, f"/{kept.shortcut} is deleted. What was sent with it stays.")
    return redirect("settings:canned")


@require_POST
@requires(*LEADS)
def canned_preview(request: HttpRequest) -> HttpResponse:
    """How a reply would read to a made-up customer."""
    return render(request, "desk/settings/_canned_preview.html", _preview(request, request.POST.get("body", "")))


def _queue_page(request: HttpRequest, form: QueueForm, kept: Queue | None) -> HttpResponse:
    context = {"form": form, "queue": kept, "tab": "queues"}
    return render(request, "desk/settings/queue.html", context, status=422 if form.errors else 200)


def _canned_page(request: HttpRequest, form: CannedForm, kept: CannedReply | None) -> HttpResponse:
    shown = _preview(request, form["body"].value() or "")
    context = {"form": form, "reply": kept, "variables": canned.VARIABLES, "tab": "canned", **shown}
    return render(request, "desk/settings/canned_reply.html", context, status=422 if form.errors else 200)


def _preview(request: HttpRequest, body: str) -> dict[str, object]:
    values = canned_keeping.EXAMPLE | {
        "queue.name": "Cards",
        "agent.name": me(request).name,
        "agent.first_name": me(request).get_short_name(),
        "company": settings.COMPANY,
    }
    body = body.replace("\x00", "")[:20_000]
    return {"shown": canned.render(body, values=values).text, "unknown": canned_keeping.unknown_variables(body)}
