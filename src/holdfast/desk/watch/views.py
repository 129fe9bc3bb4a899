"""Pages for security: who to look at and why, made-up customers, customers' reports, how much may be opened."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from holdfast.desk.views.asking import words
from holdfast.desk.watch import page, planting, reporting
from holdfast.desk.watch.looking import look
from holdfast.guard.watching import budgets, canaries, notices, restraints
from holdfast.guard.watching.budgets import Allowance
from holdfast.guard.watching.errors import Refused
from holdfast.kit.numbers import whole
from holdfast.people.models import Customer, Role
from holdfast.people.permissions import me, requires

_MOST_BYTES = 2_000_000


@require_safe
@requires(Role.SECURITY)
def home(request: HttpRequest) -> HttpResponse:
    """Everybody about whom something is open, under an alias."""
    return _page(request, "home", {"home": page.home(me(request)), "words": page.RESTRAINTS})


@require_POST
@requires(Role.SECURITY)
def look_now(request: HttpRequest) -> HttpResponse:
    """Look without waiting for the night."""
    new = len(look().new)
    messages.success(request, f"Looked: {new} new signal{'s' * (new != 1)}." if new else "Looked: nothing new.")
    return redirect("watch:home")


@require_safe
@requires(Role.SECURITY)
def person(request: HttpRequest, alias: str) -> HttpResponse:
    """One person's signals, with what would clear each."""
    found = page.person(alias)
    if found is None:
        raise Http404
    return _page(request, "person", {"person": found})


@require_POST
@requires(Role.SECURITY)
def decide(request: HttpRequest, alias: str, notice_id: UUID) -> HttpResponse:
    """Find one signal explained, or watch on."""
    verb = notices.explain if request.POST.get("verdict") == "explained" else notices.watch_on
    said = words(request.POST.get("words"), most=300)
    done = _tried(request, lambda: verb(notice_id, words=said, by=me(request).id), "Kept.")
    gone = done and notices.dossier(alias) is None
    return redirect("watch:home") if gone else redirect("watch:person", alias=alias)


@require_POST
@requires(Role.SECURITY)
def name(request: HttpRequest, alias: str) -> HttpResponse:
    """Decide that the name is shown."""
    said = words(request.POST.get("words"), most=300)
    _tried(request, lambda: notices.name(alias, words=said, by=me(request).id), "The name is shown from now on.")
    return redirect("watch:person", alias=alias)


@require_POST
@requires(Role.SECURITY)
def give_less(request: HttpRequest, alias: str) -> HttpResponse:
    """Give less for a week, or end that."""
    found = notices.dossier(alias)
    if found is None:
        raise Http404
    agent, by, kind = found.agent_id, me(request).id, request.POST.get("kind", "")
    said = words(request.POST.get("words"), most=200) or "Decided by security"
    lifted = next((each for each in restraints.in_force([agent]) if str(each.id) == request.POST.get("lift")), None)
    if lifted is not None:
        _tried(request, lambda: restraints.lift(lifted.id, by=by), "Ended.")
    else:
        _tried(request, lambda: restraints.restrain(agent_id=agent, kind=kind, why=said, by=by), "In force for a week.")
    return redirect("watch:person", alias=alias)


@require_http_methods(["GET", "POST"])
@requires(Role.SECURITY)
def made_up(request: HttpRequest) -> HttpResponse:
    """The list of made-up customers, and making one up."""
    if request.method == "POST":
        given = {name: words(request.POST.get(name), most=1_000) for name in ("kind", "subject", "text")}
        _tried(request, lambda: planting.plant(by=me(request).id, **given), "Made up. Their mail is on its way in.")
        return redirect("watch:made-up")
    rows = canaries.planted()
    references = dict(Customer.objects.filter(pk__in=[row.customer_id for row in rows]).values_list("id", "reference"))
    shown = [(row, references.get(row.customer_id)) for row in rows]
    return _page(request, "made_up", {"rows": shown, "first": not shown})


@require_http_methods(["GET", "POST"])
@requires(Role.SECURITY)
def reports(request: HttpRequest) -> HttpResponse:
    """Customers' reports: how many, and bringing a list in."""
    if request.method == "POST":
        try:
            content = _content(request)
            calls = reporting.tells_of_calls(content)
            brought = (reporting.bring_in_calls if calls else reporting.bring_in)(content, by=me(request).id)
        except Refused as refused:
            messages.error(request, refused.sentence)
        else:
            messages.success(
                request,
                f"{brought.taken} calls taken. {brought.unknown} lines name a number that is no viewer's own."
                if calls
                else f"{brought.taken} reports taken. {brought.unknown} lines name an account nobody has,"
                f" {brought.known_already} were there already.",
            )
        return redirect("watch:reports")
    return _page(request, "reports", {"days": page.reports_by_week(), "knew": reporting.KNEW})


@require_http_methods(["GET", "POST"])
@requires(Role.SECURITY)
def limits(request: HttpRequest) -> HttpResponse:
    """How much everybody may open."""
    names = ("customers_hour", "customers_day", "values_hour", "values_day", "vendor_hour")
    if request.method == "POST":
        given = Allowance(*(whole(request.POST.get(name), digits=5) or 0 for name in names))
        _tried(request, lambda: budgets.set_allowance(given, by=me(request).id), "In force from the next opening on.")
        return redirect("watch:limits")
    return _page(request, "limits", {"allowance": budgets.allowance()})


def _content(request: HttpRequest) -> str:
    file = request.FILES.get("file")
    if file is None:
        raise Refused("Choose a file to bring in.")
    if (file.size or 0) > _MOST_BYTES:
        raise Refused("The file is larger than 2 MB. Bring it in by parts.")
    try:
        return bytes(file.read()).decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("The file is not text in UTF-8. Save it as CSV in UTF-8.") from None


def _tried(request: HttpRequest, verb: Callable[[], object], good: str) -> bool:
    """Do it and say so, or say why not."""
    try:
        verb()
    except Refused as refused:
        messages.error(request, refused.sentence)
        return False
    messages.success(request, good)
    return True


def _page(request: HttpRequest, name: str, context: dict[str, object]) -> HttpResponse:
    response = render(request, f"desk/watch/{name}.html", context)
    patch_cache_control(response, no_store=True)
    return response
