"""The bridge over HTTP. Everybody at the desk sees it; leads and admins change the posture."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from holdfast.bridge import charts, parts
from holdfast.conversations.lookups import numbers_of
from holdfast.kit import streams
from holdfast.kit.clock import now
from holdfast.posture import changes, playbooks
from holdfast.posture import queries as postures
from holdfast.posture.current import current, forget
from holdfast.posture.effects import Name
from holdfast.posture.errors import PlaybookError, Refused, Stale
from holdfast.shield import declared
from holdfast.shield import queries as shield

if TYPE_CHECKING:
    from holdfast.people.models import Agent

STREAMED = ("posture", "minute")
HOURS = (1, 2, 4, 8, 24)
LASTS = timedelta(hours=24)  # a declared matter, unless somebody says otherwise
View = Callable[..., HttpResponseBase]
Verb = Callable[..., None]


def _seen(view: View) -> View:
    """Signed in; nothing is kept by caches. Who is told of a change asks at once, so the posture is read afresh."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        forget()
        response = view(request, *args, **kwargs)
        patch_cache_control(response, no_store=True)
        return response

    return login_required(guarded)


def _changing(verb: Verb) -> View:
    """For those who may change the posture. A refusal is said on the bridge."""

    @wraps(verb)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not _me(request).leads:
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

    return _seen(require_POST(guarded))


@_seen
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    return _page(request)


@_seen
@require_GET
def deck(request: HttpRequest) -> HttpResponse:
    """What happens, as a part of the page."""
    return render(request, "bridge/_deck.html", _deck(request))


@_seen
@require_GET
def owed(request: HttpRequest) -> HttpResponse:
    """What is owed, as a part of the page."""
    return render(request, "bridge/_owed.html", _owed(request))


@_seen
@require_GET
def band(request: HttpRequest) -> HttpResponse:
    """The band at the top of every page."""
    return render(request, "parts/band.html")


@_seen
@require_GET
def unexplained(request: HttpRequest) -> HttpResponse:
    """Twenty of the contacts that our data does not explain, each with its reasons."""
    found = shield.not_explained()
    numbers = numbers_of([conversation_id for conversation_id, _ in found])
    cases = [(numbers[id_], reasons) for id_, reasons in found if id_ in numbers]
    return render(request, "bridge/unexplained.html", {"cases": cases, "section": "bridge"})


@_changing
def posture(request: HttpRequest) -> None:
    """Change the posture."""
    changes.change(
        to=_name(request.POST.get("to", "")),
        by=_me(request).pk,
        why=request.POST.get("why", ""),
        playbook=request.POST.get("playbook") or None,
        expires_in=_hours(request),
        drill="drill" in request.POST,
        seen_version=_version(request),
    )


@_changing
def proposal(request: HttpRequest, proposal_id: int) -> None:
    """Accept or decline what the system proposes."""
    accept = request.POST.get("decision") == "accept"
    changes.decide(proposal_id=proposal_id, by=_me(request).pk, accept=accept)


@_changing
def matter(request: HttpRequest) -> None:
    """Declare a matter: who writes about it is explained by it."""
    phrases = request.POST.get("phrases", "").replace("\x00", "").split(",")
    declared.declare(phrases=phrases, by=_me(request).pk, lasts=_hours(request) or LASTS)


@_changing
def matter_end(request: HttpRequest, matter_id: int) -> None:
    """End a declared matter."""
    declared.end(matter_id=matter_id)


@_changing
def step(request: HttpRequest, key: str) -> None:
    """Do a step of the playbook."""
    changes.do_step(step=key, by=_me(request).pk)


@_seen
@require_http_methods(["GET", "POST"])
def book_list(request: HttpRequest) -> HttpResponse:
    """All playbooks. A lead begins a new one."""
    faults: tuple[str, ...] = ()
    if request.method == "POST":
        slug, title = request.POST.get("slug", "").strip(), request.POST.get("title", "").strip()
        faults = _keeping(request, lambda: playbooks.begin(slug=slug, title=title, by=_me(request).pk))
        if not faults:
            return redirect("bridge:playbook", slug)
    shown = {
        "playbooks": playbooks.all_playbooks(),
        "faults": faults,
        "may_edit": _me(request).leads,
        "section": "bridge",
    }
    return render(request, "bridge/playbooks.html", shown, status=422 if faults else 200)


@_seen
@require_http_methods(["GET", "POST"])
def book(request: HttpRequest, slug: str) -> HttpResponse:
    """One playbook as TOML, to read and, for leads, to edit. `?version=` shows an earlier one; POST puts one back."""
    try:
        text, version = playbooks.text_of(slug)
        shown_text, shown_version = playbooks.text_of(slug, _number(request.GET.get("version", "")))
    except Refused as refused:
        raise Http404 from refused
    faults: tuple[str, ...] = ()
    if request.method == "POST":
        shown_text = request.POST.get("toml", text).replace("\r\n", "\n")
        faults = _keeping(request, lambda: _keep(request, slug, shown_text))
        if not faults:
            return redirect("bridge:playbook", slug)
    shown = {
        "slug": slug,
        "toml": shown_text,
        "version": version,
        "shown_version": shown_version,
        "faults": faults,
        "history": playbooks.history(slug),
        "shipped": slug in playbooks.shipped(),
        "may_edit": _me(request).leads,
        "section": "bridge",
    }
    return render(request, "bridge/playbook.html", shown, status=422 if faults else 200)


def _keep(request: HttpRequest, slug: str, toml: str) -> playbooks.Playbook:
    seen, by = _version(request) or 0, _me(request).pk
    back = _number(request.POST.get("back", ""))
    if back is not None:
        return playbooks.revert(slug=slug, to_version=back, by=by, seen_version=seen)
    return playbooks.edit(slug=slug, toml=toml, by=by, seen_version=seen)


def _keeping(request: HttpRequest, verb: Callable[[], playbooks.Playbook]) -> tuple[str, ...]:
    """Keep a playbook for those who may. Return what is wrong with it, as sentences."""
    if not _me(request).leads:
        raise PermissionDenied
    try:
        verb()
    except PlaybookError as error:
        return error.faults
    except Refused as refused:
        return (refused.sentence,)
    return ()


def _page(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    context = {
        **_deck(request),
        **_owed(request),
        "problem": problem,
        "section": "bridge",
        "stream": f"/events?ticket={streams.ticket(agent=_me(request).pk, topics=STREAMED)}",
    }
    return render(request, "bridge/home.html", context, status=status)


def _deck(request: HttpRequest) -> dict[str, object]:
    points, tally, mix = parts.rate(), parts.today(), parts.mix()
    sizes = [
        ("p", tally.by_people),
        ("b", tally.by_assistant),
        ("w", tally.waiting),
        ("u", tally.parked),
        ("r", tally.refused),
    ]
    lines = parts.lines()
    load, people = parts.load()
    here, matters = current(), declared.matters()
    return {
        "tally": tally,
        "tally_bar": charts.bar(sizes, "tally-bar"),
        "points": points,
        "chart": charts.rate_chart(points, parts.marks()),
        "mix": mix,
        "stormy": here.name != Name.CALM or bool(matters) or (mix is not None and (mix.surge or mix.flood)),
        "mix_bar": mix and charts.bar([("ex", mix.explained), ("un2", mix.undecided), ("u", mix.not_explained)], "mix"),
        "asked": [(row, charts.spark(row.lately)) for row in parts.asked()],
        "lines": lines,
        "waiting": sum(line.number for line in lines),
        "oldest": max((line.oldest for line in lines if line.oldest), default=None),
        "load": load,
        "people": people,
        "marks": charts.people_marks(people.free, people.busy, people.full),
        "rate_in_words": parts.rate_in_words(points),
        "silent_since": parts.silent_since(points),
        "matters": matters,
        "may_change": _me(request).leads,
        "here": here,
        "moment": now(),
    }


def _owed(request: HttpRequest) -> dict[str, object]:
    title, steps = parts.steps()
    return {
        "here": current(),
        "ladder": parts.ladder(),
        "proposals": postures.open_proposals(),
        "playbook_title": title,
        "steps": steps,
        "log": parts.log(),
        "playbooks": playbooks.all_playbooks(),
        "hours": HOURS,
        "may_change": _me(request).leads,
    }


def _me(request: HttpRequest) -> Agent:
    return cast("Agent", request.user)


def _hours(request: HttpRequest) -> timedelta | None:
    hours = request.POST.get("hours", "")
    return timedelta(hours=int(hours)) if hours.isascii() and hours.isdigit() and len(hours) < 5 else None


def _name(text: str) -> Name:
    try:
        return Name(text)
    except ValueError:
        raise Refused("Choose one of the five postures.") from None


def _version(request: HttpRequest) -> int | None:
    return _number(request.POST.get("version", ""))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
