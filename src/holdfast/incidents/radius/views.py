"""Blast radius on screen, for security and admins: ask, read, hold a sample against it, hand it on.

Leads are not let in: whose accounts are asked about may be their own team's, or theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from holdfast.guard.field_words import in_words
from holdfast.guard.radius import keeping, reconciling
from holdfast.guard.radius.contract import Class, Question, Refused
from holdfast.guard.radius.known import known
from holdfast.guard.radius.reconciling import Evidence, Held, Source
from holdfast.incidents import gate, queries
from holdfast.incidents.errors import Refused as IncidentRefused
from holdfast.incidents.radius import choosing, handing, making, tracing
from holdfast.incidents.radius.choosing import Meant
from holdfast.kit.clock import now
from holdfast.kit.numbers import whole
from holdfast.people.at_work import at_work
from holdfast.people.models import Role
from holdfast.people.permissions import me, requires
from holdfast.people.queries import name_of, names_of
from holdfast.people.step_up import proves_again

View = Callable[..., HttpResponseBase]
_MOST_BYTES = 40_000_000
_SOURCES = {str(each): each for each in Source}
_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8", "note": "text/plain; charset=utf-8"}


def for_security(view: View) -> View:
    """For admins and security; nothing is kept by caches."""

    @wraps(view)
    def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        patch_cache_control(response, no_store=True)
        return response

    guarded: View = requires(Role.SECURITY, Role.ADMIN)(told)
    return guarded


@for_security
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Ask a question; and the reports that were made."""
    problem = ""
    if request.method == "POST":
        try:
            made = making.make(_question(request), by=me(request).pk, places=_places(request))
            return redirect("radius:report", made.id)
        except (Refused, IncidentRefused) as refused:
            problem = refused.sentence
    meant = _meant(request)
    ticked = {name: set(request.POST.getlist(name)) for name in ("vendor", "team", "agent", "field")}
    ticked["agent"] |= {str(each) for each in meant.agents} if meant else set()
    vendors, newest = choosing.everybody(), keeping.newest()
    names = names_of([each.made_by_id for each in newest if each.made_by_id is not None])
    context = {
        "vendors": vendors,
        "opened": {each.id for each in vendors if len(vendors) == 1 or _any_of(each, ticked["agent"])},
        "fields": {each: in_words(each) for each in choosing.FIELDS},
        "reports": [(each, names.get(each.made_by_id or 0, "The command line")) for each in newest],
        "sent": _sent_or(request, meant),
        "meant": meant,
        "ticked": ticked,
        "problem": problem,
    }
    return render(request, "radius/home.html", context, status=422 if problem else 200)


@for_security
@require_safe
def report(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """One report: the classes, the sentences, its files, and what to do with it."""
    return _page(request, report_id)


@for_security
@require_safe
@proves_again("GET")
@at_work
def file(request: HttpRequest, report_id: UUID, form: str) -> HttpResponse:
    """A file of a report, byte for byte as it was signed."""
    files = keeping.files_of(report_id)
    if files is None or form not in _TYPES:
        raise Http404
    content = {"json": files.as_json, "csv": files.as_csv, "note": files.note.encode()}[form]
    response = HttpResponse(content, content_type=_TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="radius-{report_id}.{form}"'
    return response


@for_security
@require_POST
def sample(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Hold references that are known to have got out against a report. Nothing of the file is kept."""
    files = keeping.files_of(report_id)
    if files is None:
        raise Http404
    try:
        accounts = reconciling.references(_sent(request, "file") or gate.line(request, "references"))
        evidence = Evidence(source=_SOURCES.get(gate.line(request, "source"), Source.SAMPLE), accounts=accounts)
        return _page(request, report_id, held=reconciling.reconcile(files.as_json, [evidence]))
    except Refused as refused:
        return _page(request, report_id, problem=refused.sentence, status=422)


@for_security
@require_POST
def hand(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Give an incident a group for its audience and the figures; propose that the house became aware."""
    try:
        incident = queries.incident(whole(request.POST.get("incident"), digits=9) or 0)
        if incident is None:
            raise Refused("Choose the incident it belongs to. Declare one first if there is none.")
        aware_at = None
        if "aware" in request.POST:
            aware_at = gate.moment(gate.line(request, "aware_at"), what="The time of awareness") or now()
        done = handing.hand(
            report_id,
            incident_id=incident.id,
            classes=[each for each in Class if each in request.POST.getlist("class")],
            by=me(request).pk,
            aware_at=aware_at,
        )
    except (Refused, IncidentRefused) as refused:
        return _page(request, report_id, problem=refused.sentence, status=422)
    said = f"{done.people:,} customers are a group of incident {incident.number}."
    if done.without_account:
        said += f" {done.without_account:,} have no account reference and are only in the report."
    if done.proposed:
        said += " Awareness is proposed on its legal page; a person declares it there."
    messages.success(request, said)
    return redirect("radius:report", report_id)


def _page(
    request: HttpRequest, report_id: UUID, *, held: Sequence[Held] = (), problem: str = "", status: int = 200
) -> HttpResponse:
    kept, files = keeping.kept(report_id), keeping.files_of(report_id)
    if kept is None or files is None:
        raise Http404
    names = names_of(kept.agents)
    context = {
        "report": kept,
        "fields": [in_words(each) for each in kept.fields],
        "by_field": [(in_words(each), number) for each, number in kept.by_field.items()],
        "by": name_of(kept.made_by_id) if kept.made_by_id is not None else "the command line",
        "accounts": sorted(names.get(each, f"No. {each}") for each in kept.agents),
        "classes": [(each, handing.WORDS[each], kept.totals.get(each, 0)) for each in Class],
        "allowed": kept.totals.get(Class.GRANTED, 0),
        "held": held,
        "known": known(kept, files.as_json),
        "incidents": queries.current_incidents(),
        "earliest": keeping.earliest_recorded(kept.agents),
        "sent": request.POST,
        "problem": problem,
        "moment": now(),
    }
    return render(request, "radius/report.html", context, status=status)


def _meant(request: HttpRequest) -> Meant | None:
    """What the page of a cut-off or of a trace leads to ask."""
    if request.method == "POST":
        return None
    number = whole(request.GET.get("cut"), digits=9)
    if number is not None:
        return choosing.meant_by_cut_off(number)
    try:
        return tracing.meant(UUID(request.GET["trace"])) if "trace" in request.GET else None
    except ValueError:
        return None


def _sent_or(request: HttpRequest, meant: Meant | None) -> Mapping[str, str]:
    """The times as fields of a browser take them."""
    if meant is None:
        return request.POST.dict()
    times = {"since": meant.since, "until": meant.until}
    return {name: f"{timezone.localtime(at):%Y-%m-%dT%H:%M}" for name, at in times.items()}


def _any_of(vendor: choosing.VendorOf, ticked: Collection[str]) -> bool:
    return any(str(account.id) in ticked for team in vendor.teams for account in team.accounts)


def _question(request: HttpRequest) -> Question:
    agents = choosing.chosen(
        vendors=_ids(request, "vendor"), teams=_ids(request, "team"), agents=_ids(request, "agent")
    )
    if not agents:
        raise Refused("Choose whose accounts: an employer, a team, or single people.")
    fields = tuple(each for each in choosing.FIELDS if each in request.POST.getlist("field"))
    return Question(
        agents=tuple(agents),
        since=_moment(request, "since", "From"),
        until=_moment(request, "until", "To"),
        fields=fields,
    )


def _moment(request: HttpRequest, name: str, label: str) -> datetime:
    found = gate.moment(gate.line(request, name), what=label)
    if found is None:
        raise Refused(f"“{label}” is empty. Give the time.")
    return found


def _ids(request: HttpRequest, name: str) -> list[int]:
    return [found for each in request.POST.getlist(name) if (found := whole(each, digits=18)) is not None]


def _places(request: HttpRequest) -> dict[str, str] | None:
    text = _sent(request, "places")
    return making.read_places(text) if text else None


def _sent(request: HttpRequest, name: str) -> str:
    """What a file that was sent holds, empty when none was. Raises `Refused`."""
    sent = request.FILES.get(name)
    if not isinstance(sent, UploadedFile):
        return ""
    data = sent.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise Refused("The file has more than 40 MB. Send it in parts.")
    try:
        return str(data, "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("The file cannot be read. Save it as CSV in UTF-8.") from error
