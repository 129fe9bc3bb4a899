"""The page where an admin says how long what is kept. A security officer sees it, and may place holds."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from holdfast.desk.views.asking import a_uuid, words
from holdfast.kit.numbers import whole
from holdfast.people.models import Role
from holdfast.people.permissions import me, requires
from holdfast.people.step_up import proves_again
from holdfast.retention import holds, looking, page, plan

SEES = (Role.ADMIN, Role.SECURITY)


@require_safe
@requires(*SEES)
def home(request: HttpRequest) -> HttpResponse:
    """The plan, what runs out by it, what is held, and what went."""
    return _page(request, look_id=a_uuid(request.GET.get("look", "")))


@require_POST
@requires(Role.ADMIN)
def look(request: HttpRequest) -> HttpResponse:
    """Count what would go by the days that were typed (by key of a term). Nothing is removed, nothing changed."""
    typed = {term.key: words(request.POST.get(term.key), most=6) for term in plan.TERMS}
    try:
        made = looking.look(days={key: _days(text) for key, text in typed.items()}, by=me(request).pk)
    except plan.Refused as refused:
        return _page(request, problem=refused.sentence, typed=typed)
    return redirect(f"{reverse('retention:home')}?look={made}#found")


@require_POST
@requires(Role.ADMIN)
@proves_again("POST")
def keep(request: HttpRequest) -> HttpResponse:
    """Put the plan of a look (`look`) in force."""
    look_id = a_uuid(request.POST.get("look", ""))
    try:
        if look_id is None:
            raise plan.Refused("Look first at what would go.")
        kept = plan.keep(look_id=look_id, by=me(request).pk)
    except plan.Refused as refused:
        return _page(request, problem=refused.sentence)
    messages.success(request, f"It is on. Nothing goes before {kept.begins_at:%Y-%m-%d %H:%M} UTC.")
    return redirect("retention:home")


@require_POST
@requires(Role.ADMIN)
def off(request: HttpRequest) -> HttpResponse:
    """Let nothing run out from now on."""
    try:
        plan.turn_off(by=me(request).pk)
    except plan.Refused as refused:
        return _page(request, problem=refused.sentence)
    messages.success(request, "Off. Nothing runs out until it is turned on again.")
    return redirect("retention:home")


@require_POST
@requires(*SEES)
def hold(request: HttpRequest) -> HttpResponse:
    """Hold a case or a customer (`what`: a number, or an account reference; `why`)."""
    what = words(request.POST.get("what"), most=40).removeprefix("#")
    try:
        holds.place(
            number=whole(what, digits=18),
            reference=what,
            why=words(request.POST.get("why"), most=200),
            by=me(request).pk,
        )
    except plan.Refused as refused:
        return _page(request, problem=refused.sentence)
    messages.success(request, "Held. It does not run out until the hold ends.")
    return redirect("retention:home")


@require_POST
@requires(Role.ADMIN)
@proves_again("POST")
def end_hold(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    """End a hold."""
    try:
        holds.end(hold_id, by=me(request).pk)
    except plan.Refused as refused:
        return _page(request, problem=refused.sentence)
    messages.success(request, "The hold has ended. What it held runs out by the plan.")
    return redirect("retention:home")


def _days(text: str) -> int:
    """Return typed days; what is no whole number is out of every term's range, and refused by its name."""
    return whole(text, digits=5) or 0


def _page(
    request: HttpRequest,
    *,
    look_id: UUID | None = None,
    problem: str = "",
    typed: Mapping[str, str] | None = None,
) -> HttpResponse:
    reader = me(request)
    context = {
        "page": page.page(reader=reader.pk, look_id=look_id, typed=typed),
        "problem": problem,
        "changes": reader.role == Role.ADMIN,
        "frame": "settings.html" if reader.role == Role.ADMIN else "security.html",
        "tab": "retention",
        "what": words(request.POST.get("what"), most=40),
        "why": words(request.POST.get("why"), most=200),
    }
    return render(request, "retention/home.html", context, status=422 if problem else 200)
