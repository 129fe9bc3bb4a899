"""Rosters and the reserve over HTTP, for leads and admins: load, look, take back, call in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from holdfast.bridge.gate import View, seen
from holdfast.desk.queries import queues
from holdfast.kit.clock import now
from holdfast.kit.numbers import whole
from holdfast.people.permissions import me
from holdfast.people.queries import answers, colleagues
from holdfast.staffing import queries as staffing
from holdfast.staffing import reserve, rosters
from holdfast.staffing.reserve import Refused
from holdfast.staffing.roster_file import LONGEST_FILE, Sheet, Unreadable

NOTICES = (15, 30, 60, 120, 240, 480)
SHOWN_FAULTS = 50
CALLED_SINCE = timedelta(days=7)


def leading(view: Callable[..., HttpResponseBase]) -> View:
    """For those who lead."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not me(request).leads:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return seen(guarded)


@leading
@require_http_methods(["GET", "POST"])
def roster(request: HttpRequest) -> HttpResponse:
    """The week, what was loaded, and a file to check and then to load."""
    if request.method == "GET":
        return _roster(request)
    try:
        name, text = _file(request)
        if request.POST.get("act") != "load":
            return _roster(request, sheet=rosters.check(text, skills=_slugs()), name=name, text=text)
        loaded = rosters.load(
            text=text, name=name, by=me(request).pk, skills=_slugs(), leave_out="leave_out" in request.POST
        )
    except Unreadable as problem:
        return _roster(request, problem=str(problem), status=422)
    except Refused as problem:
        sheet = rosters.check(text, skills=_slugs())
        return _roster(request, problem=str(problem), sheet=sheet, name=name, text=text, status=422)
    messages.success(request, f"Loaded {len(loaded.shifts):,} shifts of {loaded.people:,} people.")
    return redirect(f"{request.path}?week={loaded.shifts[0].begins:%Y-%m-%d}")


@leading
@require_POST
def roster_removal(request: HttpRequest, load_id: int) -> HttpResponse:
    """Take a roster back."""
    gone = rosters.take_back(load_id=load_id)
    messages.success(request, f"Taken back: {gone:,} shifts that had not begun are gone. Those that began stay.")
    return redirect("bridge:roster")


@leading
@require_http_methods(["GET", "POST"])
def on_reserve(request: HttpRequest) -> HttpResponse:
    """The reserve: who is on it, who may be called now, who was called. POST puts somebody on it, or changes them."""
    if request.method == "GET":
        return _reserve(request)
    agent_id, notice = whole(request.POST.get("agent", "")), whole(request.POST.get("notice", ""))
    skills = [slug for slug in request.POST.getlist("skills") if slug in _slugs()]
    try:
        if agent_id is None or not answers(agent_id):
            raise Refused("Choose somebody who works here and answers customers.")
        if notice is None or notice > 10_080:
            raise Refused("Notice is from the call until they can begin: minutes, at most a week of them.")
        if not skills:
            raise Refused("Choose at least one queue that they can help with.")
        away = _moment(request.POST.get("away", ""))
    except Refused as problem:
        return _reserve(request, str(problem), 422)
    reserve.join(agent_id=agent_id, skills=skills, notice=timedelta(minutes=notice))
    reserve.step_away(agent_id=agent_id, until=away)
    return redirect("bridge:reserve")


@leading
@require_POST
def reserve_removal(request: HttpRequest, agent_id: int) -> HttpResponse:
    """Take somebody off the reserve."""
    reserve.leave(agent_id=agent_id)
    return redirect("bridge:reserve")


@leading
@require_POST
def reserve_call(request: HttpRequest, agent_id: int) -> HttpResponse:
    """Write down that somebody was called in and agreed."""
    try:
        begins = _moment(request.POST.get("begins", ""))
        hours = whole(request.POST.get("hours", ""))
        if begins is None or begins < now() - timedelta(minutes=5):
            raise Refused("Say when they begin; that is now or later.")
        if hours is None:
            raise Refused("Say for how many hours they come.")
        reserve.call_in(agent_id=agent_id, begins_at=begins, hours=hours, by=me(request).pk)
    except Refused as problem:
        return _reserve(request, str(problem), 422)
    return redirect("bridge:reserve")


def _roster(
    request: HttpRequest,
    *,
    problem: str = "",
    sheet: Sheet | None = None,
    name: str = "",
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    today = timezone.localdate()
    try:
        day = date.fromisoformat(request.GET.get("week", ""))
        earlier, later = day - timedelta(days=7), day + timedelta(days=7)
    except (ValueError, OverflowError):
        day, earlier, later = today, today - timedelta(days=7), today + timedelta(days=7)
    shown = {
        "section": "bridge",
        "part": "roster",
        "problem": problem,
        "sheet": sheet,
        "faults": sheet.faults[:SHOWN_FAULTS] if sheet else (),
        "more_faults": max(len(sheet.faults) - SHOWN_FAULTS, 0) if sheet else 0,
        "wrong": sheet.count("wrong") if sheet else 0,
        "unknown": sheet.count("unknown") if sheet else 0,
        "overlaps": sheet.count("overlap") if sheet else 0,
        "name": name,
        "text": text,
        "week": rosters.week(day),
        "today": today,
        "earlier": earlier,
        "later": later,
        "loads": rosters.loads(),
        "slugs": ", ".join(sorted(_slugs())),
    }
    return render(request, "bridge/roster.html", shown, status=status)


def _reserve(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    moment = now()
    people = staffing.on_reserve(moment)
    there = {one.person.id for one in people}
    shown = {
        "section": "bridge",
        "part": "reserve",
        "problem": problem,
        "people": people,
        "ready": sum(one.why_not is None for one in people),
        "others": [one for one in colleagues(limit=1000) if one.id not in there],
        "queues": queues(),
        "notices": NOTICES,
        "called": staffing.called_in(moment - CALLED_SINCE),
        "moment": moment,
    }
    return render(request, "bridge/reserve.html", shown, status=status)


def _file(request: HttpRequest) -> tuple[str, str]:
    """Return the name and the text of what was sent: a file, or the text of one that was checked before."""
    sent = request.FILES.get("file")
    if sent is None:
        if not (text := request.POST.get("text", "").replace("\x00", "")):
            raise Unreadable("Choose a file first.")
        return request.POST.get("name", "")[:120], text
    if sent.size is None or sent.size > LONGEST_FILE:
        raise Unreadable("The file is larger than 1 MB. Load it in parts, a week each.")
    try:
        return (sent.name or "")[:120], sent.read().decode("utf-8-sig").replace("\x00", "")
    except UnicodeDecodeError:
        raise Unreadable("The file is not UTF-8 text. Save it as CSV (UTF-8).") from None


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else timezone.make_aware(moment)
    except (ValueError, OverflowError):
        raise Refused(f"{text[:40]} is not a time.") from None


def _slugs() -> frozenset[str]:
    return frozenset(queue.slug for queue in queues())
