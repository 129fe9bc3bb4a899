"""The bridge over HTTP. Everybody at the desk sees it; leads and admins change the posture."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from holdfast.bridge import asking, charts, happens, ledger, sighted
from holdfast.bridge import owed as owing
from holdfast.bridge.gate import View, seen, version
from holdfast.bridge.outlook import outlook
from holdfast.bridge.promise_views import sees_legal
from holdfast.conversations import deflections
from holdfast.conversations.lookups import numbers_of
from holdfast.incidents import matching
from holdfast.incidents import queries as incidents
from holdfast.kit import streams
from holdfast.kit.clock import now
from holdfast.kit.numbers import whole
from holdfast.notify import held
from holdfast.notify.campaigns import second_look
from holdfast.people.permissions import me
from holdfast.posture import changes, playbooks
from holdfast.posture import queries as postures
from holdfast.posture.current import current
from holdfast.posture.effects import Name
from holdfast.posture.errors import PlaybookError, Refused, Stale
from holdfast.shield import declared
from holdfast.shield import queries as shield

STREAMED = ("posture", "minute", "incident", "promise")
HOURS = (1, 2, 4, 8, 24)
LASTS = timedelta(hours=24)  # a declared matter, unless somebody says otherwise


def _changing(verb: Callable[..., None]) -> View:
    """For those who may change the posture. A refusal is said on the bridge."""

    @wraps(verb)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not me(request).leads:
            raise PermissionDenied
        try:
            verb(request, *args, **kwargs)
        except Stale:
            return _page(request, "Somebody changed the posture in the meantime. Look again, then repeat it.", 409)
        except Refused as refused:
            return _page(request, refused.sentence, 422)
        except PlaybookError as error:
            return _page(request, str(error), 422)
        return redirect("bridge:home")

    return seen(require_POST(guarded))


@seen
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    return _page(request)


@seen
@require_GET
def deck(request: HttpRequest) -> HttpResponse:
    """What happens, as a part of the page."""
    return render(request, "bridge/_deck.html", _deck(request))


@seen
@require_GET
def owed(request: HttpRequest) -> HttpResponse:
    """What is owed, as a part of the page."""
    return render(request, "bridge/_owed.html", _owed(request))


@seen
@require_GET
def band(request: HttpRequest) -> HttpResponse:
    """The band at the top of every page."""
    return render(request, "parts/band.html")


@seen
@require_GET
def unexplained(request: HttpRequest) -> HttpResponse:
    """Twenty of the contacts that our data does not explain, each with its reasons."""
    found = shield.not_explained()
    numbers = numbers_of([conversation_id for conversation_id, _ in found])
    cases = [(numbers[id_], reasons) for id_, reasons in found if id_ in numbers]
    sighted.note(agent_id=me(request).pk, numbers=(number for number, _ in cases))
    return render(request, "bridge/unexplained.html", {"cases": cases, "section": "bridge"})


@_changing
def posture(request: HttpRequest) -> None:
    """Change the posture."""
    changes.change(
        to=_name(request.POST.get("to", "")),
        by=me(request).pk,
        why=request.POST.get("why", ""),
        playbook=request.POST.get("playbook") or None,
        expires_in=_hours(request),
        drill="drill" in request.POST,
        seen_version=version(request),
    )


@_changing
def proposal(request: HttpRequest, proposal_id: int) -> None:
    """Accept or decline what the system proposes."""
    accept = request.POST.get("decision") == "accept"
    changes.decide(proposal_id=proposal_id, by=me(request).pk, accept=accept)


@_changing
def matter(request: HttpRequest) -> None:
    """Declare a matter: who writes about it is explained by it."""
    phrases = request.POST.get("phrases", "").replace("\x00", "").split(",")
    declared.declare(phrases=phrases, by=me(request).pk, lasts=_hours(request) or LASTS)


@_changing
def matter_end(request: HttpRequest, matter_id: int) -> None:
    """End a declared matter."""
    declared.end(matter_id=matter_id)


@_changing
def step(request: HttpRequest, key: str) -> None:
    """Do a step of the playbook."""
    changes.do_step(step=key, by=me(request).pk)


def _page(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    context = {
        **_deck(request),
        **_owed(request),
        "problem": problem,
        "section": "bridge",
        "stream": f"/events?ticket={streams.ticket(agent=me(request).pk, topics=STREAMED)}",
    }
    return render(request, "bridge/home.html", context, status=status)


def _deck(request: HttpRequest) -> dict[str, object]:
    points, tally, mix = happens.rate(), happens.today(), happens.mix()
    sizes = [
        ("p", tally.by_people),
        ("b", tally.by_assistant),
        ("w", tally.waiting),
        ("u", tally.parked),
        ("r", tally.refused),
    ]
    lines = happens.lines()
    load, people = happens.load()
    asked_about = asking.page()
    here, matters, broken = current(), declared.matters(), incidents.current_incidents()
    stormy = here.name != Name.CALM or bool(matters) or (mix is not None and (mix.surge or mix.flood))
    return {
        "incident": broken[0] if broken else None,
        "incidents_open": len(broken),
        "tally": tally,
        "tally_bar": charts.bar(sizes, "tally-bar"),
        "points": points,
        "chart": charts.rate_chart(points, happens.marks()),
        "mix": mix,
        "stormy": stormy,
        "mix_bar": mix and charts.bar([("ex", mix.explained), ("un2", mix.undecided), ("u", mix.not_explained)], "mix"),
        "asked": [(row, charts.spark(row.lately)) for row in happens.asked()],
        "asking": asked_about,
        "topics": asked_about
        and [
            (line, charts.spark(line.asked.lately, line.tone), matching.about(line.asked.title))
            for line in happens.topic_lines(asked_about, judged=stormy)
        ],
        "lines": lines,
        "waiting": sum(line.number for line in lines),
        "oldest": max((line.oldest for line in lines if line.oldest), default=None),
        "held": happens.held(),
        "cost": happens.cost(),
        "changed": happens.changed(),
        "outlook": outlook(lines),
        "load": load,
        "people": people,
        "marks": charts.people_marks(people.few, people.some, people.many),
        "rate_in_words": happens.rate_in_words(points),
        "silent_since": happens.silent_since(points),
        "matters": matters,
        "may_change": me(request).leads,
        "here": here,
        "moment": now(),
    }


def _owed(request: HttpRequest) -> dict[str, object]:
    title, steps = owing.steps()
    promised = ledger.due(legal=sees_legal(request))
    sighted.note(agent_id=me(request).pk, numbers=(each.case for each in promised))
    return {
        "here": current(),
        "ladder": owing.ladder(),
        "proposals": postures.open_proposals(),
        "playbook_title": title,
        "steps": steps,
        "promises": promised,
        "second_looks": second_look.waiting(),
        "held_replies": held.not_looked_at(),
        "log": owing.log(),
        "first_texts": deflections.counts(since=happens.day_began()),
        "playbooks": playbooks.all_playbooks(),
        "hours": HOURS,
        "may_change": me(request).leads,
    }


def _hours(request: HttpRequest) -> timedelta | None:
    hours = whole(request.POST.get("hours", ""))
    return None if hours is None else timedelta(hours=min(hours, 10_000))


def _name(text: str) -> Name:
    try:
        return Name(text)
    except ValueError:
        raise Refused("Choose one of the five postures.") from None
