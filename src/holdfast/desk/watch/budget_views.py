"""One's own budget, asking for more, and giving it to somebody of another organisation; and the customers' form."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_POST

from holdfast.desk.views.asking import words
from holdfast.desk.watch import page, report_words, reporting
from holdfast.guard.watching import budgets
from holdfast.guard.watching.errors import Refused
from holdfast.kit.clock import now
from holdfast.kit.numbers import whole
from holdfast.people.models import Role
from holdfast.people.permissions import me, requires


@login_required
@require_http_methods(["GET", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """What one opened and may still open; a POST asks for more."""
    agent = me(request)
    if request.method == "POST":
        try:
            budgets.ask_for_more(
                agent_id=agent.id,
                vendor_id=page.vendor_of(agent),
                customers=whole(request.POST.get("customers"), digits=4) or 0,
                reason=words(request.POST.get("reason"), most=200),
                by=agent.id,
            )
        except Refused as refused:
            messages.error(request, refused.sentence)
        else:
            messages.success(request, "Asked. A lead of another organisation, or security, decides it.")
        return redirect("budget:own")
    response = render(request, "desk/watch/own.html", {"own": page.own(agent)})
    patch_cache_control(response, no_store=True)
    return response


@require_POST
@requires(Role.LEAD, Role.ADMIN, Role.SECURITY)
def decide(request: HttpRequest, widening_id: UUID) -> HttpResponse:
    """Give more to somebody of another organisation, or not."""
    reader = me(request)
    give = request.POST.get("give") == "yes"
    try:
        budgets.decide(widening_id, by=reader.id, of_vendor=page.vendor_of(reader), give=give)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "Given, until the time that was asked for." if give else "Not given.")
    return redirect("watch:home" if reader.role == Role.SECURITY else "budget:own")


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """The form for customers: somebody who knew me got in touch."""
    problem, taken, language = "", False, report_words.language_of(request)
    if request.method == "POST":
        try:
            reporting.report(
                account=words(request.POST.get("account"), most=254),
                contact=words(request.POST.get("contact"), most=254),
                knew=request.POST.getlist("knew"),
                happened_on=_day(request.POST.get("day", "")),
                words=(request.POST.get("words") or "").replace("\x00", "")[: reporting.LONGEST],
                counts=ratelimit.consume(request, action="reported"),
                language=language,
            )
            taken = True
        except Refused as refused:
            problem = refused.sentence
    context = {
        "problem": problem,
        "taken": taken,
        "today": now().date(),
        "typed": request.POST,
        "own": report_words.words_of(language),
        "languages": report_words.languages(language),
        "LANGUAGE_CODE": language,
    }
    return render(request, "desk/watch/report.html", context, status=422 if problem else 200)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
