"""Rules for where values open (admins; security reads), one's own standing, and leave from another organisation."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from holdfast.desk.views.asking import words
from holdfast.desk.whereabouts import page
from holdfast.desk.whereabouts.forms import DAYS, RuleForm
from holdfast.guard.whereabouts import leaves, rules
from holdfast.guard.whereabouts.errors import Refused
from holdfast.kit.numbers import whole
from holdfast.people.models import Role
from holdfast.people.permissions import me, requires
from holdfast.people.step_up import proves_again


@require_safe
@requires(Role.ADMIN, Role.SECURITY)
def home(request: HttpRequest) -> HttpResponse:
    """The rules, and whom they keep from opening values now."""
    return _home(request, RuleForm())


@require_POST
@requires(Role.ADMIN)
@proves_again("POST")
def rule(request: HttpRequest) -> HttpResponse:
    """Try a rule, which changes nothing; or, with `keep`, put it in force.

    Nobody is locked out by it, this page included: it stands against opening values and nothing else.
    """
    form = RuleForm(request.POST)
    if not form.is_valid():
        return _home(request, form, status=422)
    by = me(request).pk
    try:
        if "keep" not in request.POST:
            return _home(request, form, tried=page.stopped_rows(rules.try_out(form.wanted, by=by)))
        rules.keep(form.wanted, by=by)
    except Refused as refused:
        form.add_error(None, refused.sentence)
        return _home(request, form, status=422)
    messages.success(request, f"In force for: {page.who_in_words(form.wanted)}.")
    return redirect("whereabouts:home")


@require_POST
@requires(Role.ADMIN)
@proves_again("POST")
def removal(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """End a rule."""
    try:
        rules.remove(rule_id, by=me(request).pk)
        messages.success(request, "The rule has ended.")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("whereabouts:home")


@login_required
@require_http_methods(["GET", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """Whether values open here and now, and why not; a POST asks for leave."""
    agent = me(request)
    if request.method == "POST":
        try:
            leaves.ask(
                agent_id=agent.pk,
                vendor_id=page.vendor_of(agent),
                hours=whole(request.POST.get("hours"), digits=2) or 0,
                reason=words(request.POST.get("reason"), most=200),
            )
        except Refused as refused:
            messages.error(request, refused.sentence)
        else:
            messages.success(request, "Asked. A lead of another organisation, or security, decides it.")
        return redirect("whereabouts:own")
    shown = page.own(agent, session_key=request.session.session_key or "")
    response = render(request, "desk/whereabouts/own.html", {"own": shown})
    patch_cache_control(response, no_store=True)
    return response


@require_POST
@requires(Role.LEAD, Role.ADMIN, Role.SECURITY)
def decide(request: HttpRequest, leave_id: UUID) -> HttpResponse:
    """Give leave to somebody of another organisation, or not."""
    reader, give = me(request), request.POST.get("give") == "yes"
    try:
        leaves.decide(leave_id, by=reader.pk, of_vendor=page.vendor_of(reader), give=give)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "Given, until the time that was asked for." if give else "Not given.")
    return redirect("whereabouts:own")


def _home(
    request: HttpRequest, form: RuleForm, *, tried: tuple[page.StoppedRow, ...] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "home": page.home(),
        "form": form,
        "tried": tried,
        "days": DAYS,
        "may_set": me(request).role == Role.ADMIN,
    }
    return render(request, "desk/whereabouts/home.html", context, status=status)
