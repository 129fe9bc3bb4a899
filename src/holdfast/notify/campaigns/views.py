"""Where leads and admins look at a campaign before it goes, let it go, watch it, and stop it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET, require_POST

from holdfast.guard.radius import sightings
from holdfast.guard.radius.sightings import How
from holdfast.kit import streams
from holdfast.kit.numbers import whole
from holdfast.notify.campaigns import campaigns, dry_running, queries, settling
from holdfast.notify.campaigns.contract import NotFound, Refused
from holdfast.people.models import Role
from holdfast.people.permissions import me, requires

KEEPERS = (Role.LEAD, Role.ADMIN)
SHOWN = 8  # people of one kind


@require_GET
@requires(*KEEPERS)
def home(request: HttpRequest) -> HttpResponse:
    """The newest campaigns and how far each is."""
    return render(request, "campaigns/home.html", {"listed": queries.latest(), "tab": "campaigns"})


@require_GET
@requires(*KEEPERS)
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One campaign: what would happen before it starts, how far it is from then on."""
    context = _context(pk) | _ended(request, pk)
    dry = None if context["campaign"].started_at is not None else dry_running.dry_run(pk)
    _note(request, [sample.person_key for sample in dry.samples] if dry else [])
    context |= {
        "dry": dry,
        "finding": queries.finding(pk),
        "texts": queries.texts_of(pk),
        "stream": f"/events?ticket={streams.ticket(agent=me(request).pk, topics=(campaigns.TOPIC,))}",
        "tab": "campaigns",
    }
    return render(request, "campaigns/one.html", context)


@require_GET
@requires(*KEEPERS)
def progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far it is, as a part of the page."""
    return _part(request, "campaigns/_progress.html", _context(pk))


@require_GET
@requires(*KEEPERS)
def ended(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who was not reached, left out or is not known, as a part of the page. Reads all rows, so it is asked for less."""
    return _part(request, "campaigns/_ended.html", _context(pk) | _ended(request, pk))


def _part(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    response = render(request, template, context)
    patch_cache_control(response, no_store=True)
    return response


@require_POST
@requires(*KEEPERS)
def standing(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Approve, start, pause, go on, cancel; decide about those of whom it is not known."""
    verb = _VERBS.get(request.POST.get("to", ""))
    try:
        if verb is None:
            raise Refused("Choose what becomes of it with one of its buttons.")
        said = verb(pk, me(request).pk, request.POST)
        messages.success(request, said)
    except Refused as refused:
        messages.error(request, str(refused))
    except NotFound as error:
        raise Http404 from error
    return redirect("campaigns:one", pk)


def _context(pk: UUID) -> dict[str, Any]:
    try:
        found = queries.campaign(pk)
        return {"campaign": found, "progress": queries.progress(pk), "second_look": queries.second_look_at(pk)}
    except NotFound as error:
        raise Http404 from error


def _ended(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    far = queries.progress(pk)
    unknown = queries.people(pk, state="unknown", limit=SHOWN) if far.unknown else []
    failed = queries.people(pk, state="failed", limit=SHOWN) if far.failed else []
    _note(request, [each.person_key for each in (*unknown, *failed)])
    return {
        "reasons": queries.reasons(pk) if far.failed or far.unknown or far.suppressed else [],
        "unknown": unknown,
        "failed": failed,
        "repeats": queries.repeats(pk),
    }


def _note(request: HttpRequest, keys: Sequence[str]) -> None:
    """Whose masked values the page shows, for a blast radius."""
    customers = queries.customers_in(keys)
    sightings.note_people(agent_id=me(request).pk, how=How.LISTED, customers=customers)


Verb = Callable[[UUID, int, Mapping[str, str]], str]


def _approve(pk: UUID, by: int, posted: Mapping[str, str]) -> str:
    campaigns.approve(campaign_id=pk, by=by, seen=whole(posted.get("seen", "")))
    return "Approved for 24 hours. Nothing is sent before somebody starts it."


def _take_back(pk: UUID, by: int, _: Mapping[str, str]) -> str:
    campaigns.take_back(campaign_id=pk, by=by)
    return "The approval is taken back. It can be changed now."


def _start(pk: UUID, by: int, _: Mapping[str, str]) -> str:
    campaigns.start(campaign_id=pk, by=by)
    return "It is on its way."


def _pause(pk: UUID, by: int, _: Mapping[str, str]) -> str:
    campaigns.pause(campaign_id=pk, by=by)
    return "Paused. What is being handed over now still leaves."


def _resume(pk: UUID, by: int, _: Mapping[str, str]) -> str:
    campaigns.resume(campaign_id=pk, by=by)
    return "It goes on where it stopped."


def _again(pk: UUID, by: int, _: Mapping[str, str]) -> str:
    campaigns.again(campaign_id=pk, by=by)
    return "The approval is renewed for 24 hours."


def _cancel(pk: UUID, by: int, _: Mapping[str, str]) -> str:
    campaigns.cancel(campaign_id=pk, by=by)
    return "Cancelled. Who was not reached yet is not."


def _ask(pk: UUID, by: int, _: Mapping[str, str]) -> str:
    number = campaigns.ask(campaign_id=pk, by=by)
    return f"Asked for {number} approval{'' if number == 1 else 's'}." if number else "It is asked about already."


def _send_again(pk: UUID, by: int, posted: Mapping[str, str]) -> str:
    number = settling.send_again(campaign_id=pk, by=by, seen=whole(posted.get("seen", "")) or 0)
    return f"Sent once more to {number:,}."


def _leave_it(pk: UUID, by: int, _: Mapping[str, str]) -> str:
    number = settling.leave_it(campaign_id=pk, by=by)
    return f"{number:,} are taken as not reached."


_VERBS: dict[str, Verb] = {
    "approved": _approve,
    "draft": _take_back,
    "running": _start,
    "paused": _pause,
    "resumed": _resume,
    "renewed": _again,
    "asked": _ask,
    "cancelled": _cancel,
    "again": _send_again,
    "left": _leave_it,
}
