"""The pages where an admin or a security officer cuts somebody off, sees the end of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from holdfast.desk import cut_off_page, cutting_off
from holdfast.desk.cutting_off import SURGE, Kind, Refused, Scope, Target, What
from holdfast.guard.cutoff import queries
from holdfast.kit.numbers import whole
from holdfast.people import cutting_off as ends
from holdfast.people.at_work import at_work
from holdfast.people.cutting_off import MAY
from holdfast.people.permissions import me, requires
from holdfast.people.step_up import proves_again

_OWN = "own"  # the cases go back to their own lines


@require_safe
@requires(*MAY)
def home(request: HttpRequest) -> HttpResponse:
    """What can be cut off, what is, and what was."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:80]
    return render(request, "desk/cut_off/home.html", {"page": cut_off_page.home(text=text)})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MAY)
@proves_again("POST")
def target(request: HttpRequest, scope: str, pk: int) -> HttpResponse:
    """The dry run; on POST the cut-off (`kind`, `pool`, `why`)."""
    if scope not in Scope.values or pk >= 2**63:
        raise Http404
    meant = Target(Scope(scope), pk)
    if request.method != "POST":
        return _dry_run(request, meant)
    kind, pool = request.POST.get("kind", Kind.OUT), request.POST.get("pool", SURGE)
    queue_id = whole(pool, digits=18)
    if kind not in Kind.values or (queue_id is None and pool not in (SURGE, _OWN)):
        return _dry_run(request, meant, "Choose one of the listed kinds, and where the cases go.")
    try:
        begun = cutting_off.cut_off(
            target=meant,
            kind=Kind(kind),
            why=request.POST.get("why", ""),
            by=me(request).pk,
            pool=queue_id if queue_id is not None else None if pool == _OWN else SURGE,
        )
    except Refused as refused:
        return _dry_run(request, meant, refused.sentence)
    return redirect("cut-off:one", begun.number)


@require_safe
@requires(*MAY)
def one(request: HttpRequest, number: int) -> HttpResponse:
    """One cut-off: what ended, where the cases are, what is frozen, and how it is taken back."""
    return _one(request, number)


@require_POST
@requires(*MAY)
@proves_again("POST")
def back(request: HttpRequest, number: int) -> HttpResponse:
    """Ask to take something back (`what`, `why`), agree to it, or withdraw the request: `act`."""
    what, act, reader = request.POST.get("what", ""), request.POST.get("act", ""), me(request).pk
    if what not in What.values or act not in _ACTS or queries.cut_off(number) is None:
        return _one(request, number, "Choose what is to be taken back, and whether you ask, agree or withdraw.")
    try:
        if act == "ask":
            ends.ask_back(number=number, what=What(what), why=request.POST.get("why", ""), by=reader)
        elif act == "agree":
            cutting_off.agree(number=number, what=What(what), by=reader)
        else:
            ends.withdraw(number=number, what=What(what), by=reader)
    except Refused as refused:
        return _one(request, number, refused.sentence)
    messages.success(request, _ACTS[act])
    return redirect("cut-off:one", number)


@require_safe
@requires(*MAY)
@proves_again("GET")
@at_work
def evidence(request: HttpRequest, number: int) -> HttpResponse:
    """The manifest of what was frozen, byte for byte as its digest is of."""
    frozen = queries.evidence_of(number)
    if frozen is None:
        raise Http404
    response = HttpResponse(frozen[2], content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="cut-off-{number}.json"'
    return response


_ACTS = {
    "ask": "Asked. A second person has 24 hours to agree.",
    "agree": "Done, by the two of you.",
    "withdraw": "Withdrawn. Nothing was changed.",
}


def _dry_run(request: HttpRequest, meant: Target, problem: str = "") -> HttpResponse:
    try:
        found = cutting_off.dry_run(meant)
    except Refused as refused:
        raise Http404(refused.sentence) from refused
    context = {
        "dry": found,
        "problem": problem,
        "chosen_kind": request.POST.get("kind", Kind.OUT),
        "chosen_pool": request.POST.get("pool", SURGE),
        "why": request.POST.get("why", ""),
        "mine": me(request).pk in found.meant.agent_ids,
    }
    return render(request, "desk/cut_off/dry_run.html", context, status=422 if problem else 200)


def _one(request: HttpRequest, number: int, problem: str = "") -> HttpResponse:
    page = cut_off_page.one(number, reader=me(request).pk) if number < 2**63 else None
    if page is None:
        raise Http404
    context = {"page": page, "problem": problem, "why": request.POST.get("why", "")}
    return render(request, "desk/cut_off/one.html", context, status=422 if problem else 200)
