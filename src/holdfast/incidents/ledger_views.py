"""What is known, who does what, what happened, who asks and what is committed: small forms of an incident's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from holdfast.conversations.lookups import id_of_number
from holdfast.incidents import causes, commitments, declaring, facts, gate, links, roles, screens, timeline
from holdfast.incidents.contract import IncidentView
from holdfast.incidents.errors import NotFound, Refused, Stale
from holdfast.incidents.models import Commitment, Fact, Matcher
from holdfast.kit.clock import now
from holdfast.kit.numbers import whole
from holdfast.people.permissions import me

Verb = Callable[..., None]
LOOKED_BACK = timedelta(hours=24)


def _verb(view: Verb) -> gate.View:
    """Do one thing to the incident of the address and show its page; a refusal is said on it."""

    @wraps(view)
    def guarded(request: HttpRequest, number: int, **kwargs: int) -> HttpResponseBase:
        shown = gate.numbered(number)
        try:
            view(request, shown, **kwargs)
        except Refused as refused:
            problem = refused.sentence
        except Stale as stale:
            problem = str(stale)
        else:
            return redirect("incidents:incident", number)
        context = {**screens.workspace(request, gate.numbered(number)), "problem": problem, "sent": request.POST}
        return render(request, "incidents/incident.html", context, status=422)

    return gate.worked_on(require_POST(guarded))


@_verb
def fact(request: HttpRequest, shown: IncidentView) -> None:
    """State a fact."""
    facts.state(
        incident_id=shown.id,
        text=gate.line(request, "text"),
        source=gate.line(request, "source"),
        as_of=gate.moment(gate.line(request, "as_of"), what="The time of the fact") or now(),
        by=me(request).pk,
        public="public" in request.POST,
        key=gate.line(request, "key").strip(),
    )


@_verb
def fact_withdrawal(request: HttpRequest, shown: IncidentView, *, fact_id: int) -> None:
    """Take a fact back."""
    _belongs(Fact.objects.filter(pk=fact_id, incident_id=shown.id).exists())
    facts.withdraw(fact_id=fact_id, why=gate.line(request, "why"), by=me(request).pk)


@_verb
def note(request: HttpRequest, shown: IncidentView) -> None:
    """Note what happened."""
    at = gate.moment(gate.line(request, "at"), what="When it happened")
    timeline.note(incident_id=shown.id, by=me(request).pk, what=gate.line(request, "what"), at=at)


@_verb
def role(request: HttpRequest, shown: IncidentView) -> None:
    """Give a role to somebody."""
    agent_id = whole(request.POST.get("agent"))
    if agent_id is None:
        raise Refused("Choose somebody who is here.")
    roles.give(incident_id=shown.id, role=gate.line(request, "role"), agent_id=agent_id, by=me(request).pk)


@_verb
def amendment(request: HttpRequest, shown: IncidentView) -> None:
    """Say better what it is."""
    declaring.amend(
        incident_id=shown.id,
        version=whole(request.POST.get("version")) or 0,
        by=me(request).pk,
        title=gate.line(request, "title"),
        severity=whole(request.POST.get("severity")) or 0,
        impact=gate.line(request, "impact") or shown.impact,
        harm=gate.line(request, "harm"),
    )


@_verb
def ending(request: HttpRequest, shown: IncidentView) -> None:
    """Say the cause, or that nobody knows it yet, and what is done so that it does not happen again."""
    known = gate.line(request, "known")
    if known not in {"yes", "no"}:
        raise Refused("Say whether the cause is known.")
    with transaction.atomic():
        causes.say(
            incident_id=shown.id,
            known=known == "yes",
            cause=gate.line(request, "cause") if known == "yes" else "",
            by=me(request).pk,
        )
        if gate.line(request, "what").strip():
            _commit(request, shown, prevention=True)


@_verb
def commitment(request: HttpRequest, shown: IncidentView) -> None:
    """Commit somebody to something."""
    _commit(request, shown, prevention="prevention" in request.POST)


@_verb
def commitment_end(request: HttpRequest, shown: IncidentView, *, commitment_id: int) -> None:
    """Say that it is done, or given up."""
    _belongs(Commitment.objects.filter(pk=commitment_id, incident_id=shown.id).exists())
    words = gate.line(request, "outcome")
    if gate.line(request, "as") == "dropped":
        commitments.drop(commitment_id=commitment_id, why=words, by=me(request).pk)
    else:
        commitments.done(commitment_id=commitment_id, outcome=words, by=me(request).pk)


@_verb
def link(request: HttpRequest, shown: IncidentView) -> None:
    """Link conversations: by words, by look-alikes of one, or one alone."""
    since, by = now() - LOOKED_BACK, me(request).pk
    if "phrases" in request.POST:
        phrases = [each for each in gate.line(request, "phrases").split(",") if each.strip()]
        links.link_words(incident_id=shown.id, phrases=phrases, since=min(since, shown.started_at), by=by)
        return
    number = whole(gate.line(request, "conversation").strip().lstrip("#"))
    conversation_id = id_of_number(number) if number is not None else None
    if conversation_id is None:
        raise Refused("There is no conversation with this number.")
    if "alike" in request.POST:
        links.link_cluster(incident_id=shown.id, sample=conversation_id, since=min(since, shown.started_at), by=by)
    else:
        links.link_person(incident_id=shown.id, conversation_id=conversation_id, by=by)


@_verb
def matcher_end(request: HttpRequest, shown: IncidentView, *, matcher_id: int) -> None:
    """Let nothing more be linked by this."""
    _belongs(Matcher.objects.filter(pk=matcher_id, incident_id=shown.id).exists())
    links.stop_matching(matcher_id=matcher_id, by=me(request).pk)


@_verb
def recurrence(request: HttpRequest, shown: IncidentView) -> None:
    """Say which earlier incident it repeats."""
    text = gate.line(request, "of").strip().lstrip("#")
    of = whole(text)
    if text and of is None:
        raise Refused("Give the number of the earlier incident.")
    declaring.say_recurrence(incident_id=shown.id, of=of, by=me(request).pk)


def _commit(request: HttpRequest, shown: IncidentView, *, prevention: bool) -> None:
    due = gate.moment(gate.line(request, "due"), what="The date")
    if due is None:
        raise Refused("Say by when.")
    commitments.promise(
        incident_id=shown.id,
        what=gate.line(request, "what"),
        owner=whole(request.POST.get("owner")) or 0,
        due=due,
        by=me(request).pk,
        prevention=prevention,
        public="public" in request.POST,
    )


def _belongs(found: bool) -> None:
    if not found:
        raise NotFound
