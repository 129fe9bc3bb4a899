"""What if: other numbers of people, first texts, callbacks, a second site, shorter handling. Everybody may ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from holdfast.bridge import happens
from holdfast.bridge.gate import seen
from holdfast.bridge.outlook import Outlook, outlook
from holdfast.desk.queries import QueueInfo, queues, queues_of_teams
from holdfast.kit.clock import now
from holdfast.people.queries import workforce
from holdfast.staffing.ahead import ASSUMED_AHT, target
from holdfast.staffing.planning import HOUR, Load, Measures, WhatIf
from holdfast.staffing.planning import what_if as answer
from holdfast.staffing.queries import on_reserve
from holdfast.staffing.wording import duration, percent


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form holds: contacts in an hour, minutes for each, people there, and measures (shares in per cent)."""

    contacts: float = 0.0
    minutes: float = ASSUMED_AHT / 60
    people: float = 0.0
    add: float = 0.0
    second_site: float = 0.0
    deflect: float = 0.0
    callbacks: float = 0.0
    shorter: float = 0.0


_MOST: Mapping[str, tuple[str, float]] = {
    "contacts": ("Contacts in an hour", 1_000_000),
    "minutes": ("Minutes for each", 600),
    "people": ("People there", 100_000),
    "add": ("People added", 100_000),
    "second_site": ("People of a second site", 100_000),
    "deflect": ("The share of first texts", 100),
    "callbacks": ("The share of callbacks", 100),
    "shorter": ("The share of shorter handling", 99),
}
_WHOLE = frozenset({"people", "add", "second_site"})


@seen
@require_GET
def what_if(request: HttpRequest) -> HttpResponse:
    """The form, filled in from the next hour of the house or of one queue, and its answer. htmx asks for the answer."""
    known = queues()
    queue = next((each for each in known if each.slug == request.GET.get("queue")), None)
    live = _live(outlook(happens.lines()), queue)
    asked, problem = _read(request, live)
    found = None
    if not problem:
        try:
            found = _answered(asked, queue)
        except ValueError as fault:
            problem = str(fault)
    shown = {
        "section": "bridge",
        "part": "what-if",
        "queues": known,
        "queue": queue,
        "asked": asked,
        "live": live,
        "found": found,
        "rows": _rows(found) if found else (),
        "fault": problem,
        "target": target(),
    }
    template = "bridge/_what_if.html" if request.headers.get("HX-Request") else "bridge/what_if.html"
    return render(request, template, shown, status=422 if problem and template == "bridge/what_if.html" else 200)


def _live(ahead: Outlook, queue: QueueInfo | None) -> Asked:
    """Return the next hour as it looks now: what comes, how long it takes, and who is there."""
    lines = [line for line in ahead.ahead.lines if queue is None or line.queue_id == queue.id]
    contacts = sum(need.interval.contacts for line in lines for need in line.needs[:2])
    work = sum(line.aht * need.interval.contacts for line in lines for need in line.needs[:2])
    aht = work / contacts if contacts else ASSUMED_AHT
    if ahead.ahead.roster:
        there = ahead.ahead.on_duty if queue is None else sum(line.worst.scheduled or 0 for line in lines)
    else:
        serving = queues_of_teams()
        there = sum(queue is None or queue.id in serving.get(one.team_id, ()) for one in workforce())
    return Asked(contacts=round(contacts), minutes=round(aht / 60, 1), people=there)


def _read(request: HttpRequest, live: Asked) -> tuple[Asked, str]:
    """Return what was asked, and a sentence where a number is none."""
    asked = live
    for name in (each.name for each in fields(Asked)):
        text = request.GET.get(name, "").strip().replace(",", ".")
        if not text:
            continue
        label, most = _MOST[name]
        try:
            value = float(text)
        except ValueError:
            return asked, f"{label}: {text[:20]} is not a number."
        if not 0 <= value <= most:
            return asked, f"{label} is between 0 and {most:,.0f}."
        asked = replace(asked, **{name: float(round(value)) if name in _WHOLE else value})
    return asked, "" if asked.minutes > 0 else "Minutes for each are more than none."


def _answered(asked: Asked, queue: QueueInfo | None) -> WhatIf:
    ready = [one for one in on_reserve(now()) if one.why_not is None]
    return answer(
        Load(per_hour=asked.contacts, aht=asked.minutes * 60),
        agents=int(asked.people),
        target=target(),
        measures=Measures(
            agents=int(asked.add),
            second_site=int(asked.second_site),
            deflected=asked.deflect / 100,
            called_back=asked.callbacks / 100,
            shorter_handling=asked.shorter / 100,
        ),
        callable_agents=sum(queue is None or queue.slug in one.skills for one in ready),
    )


def _rows(found: WhatIf) -> Sequence[tuple[str, str, str]]:
    before, after = found.before, found.after
    return [
        (f"Answered within {duration(target().within)}", percent(before.service_level), percent(after.service_level)),
        ("Mean wait", _wait(before.asa), _wait(after.asa)),
        ("People needed", f"{found.required_before:,}", f"{found.required_after:,}"),
        ("People there", f"{before.agents:,}", f"{after.agents:,}"),
        ("Work, in people kept busy", f"{before.offered:,.1f}", f"{after.offered + found.callback_work:,.1f}"),
    ]


def _wait(seconds: float | None) -> str:
    """Write a wait; beyond an hour a formula for a constant load says nothing more."""
    if seconds is None:
        return "grows without end"
    return duration(seconds) if seconds <= HOUR else "over an hour"
