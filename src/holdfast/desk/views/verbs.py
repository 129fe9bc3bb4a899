"""What can be done with a case besides writing: take, hand over, put off, close, tag, merge. One verb each."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from holdfast.conversations import assignments, closures, merges, queries, snoozes, tags
from holdfast.conversations.errors import NotFound, Refused
from holdfast.conversations.lookups import access_merge
from holdfast.desk import snooze_times
from holdfast.desk.case import tags_view
from holdfast.desk.handing_over import agent_choices, queue_choices, receiver
from holdfast.desk.look_alikes import look_alikes
from holdfast.desk.reach import Reach, reach_of
from holdfast.desk.screens import MergeForm, Problem, SnoozeForm, TransferForm
from holdfast.desk.views.asking import changed, desk_view, done, problem, words
from holdfast.kit.clock import now
from holdfast.kit.numbers import whole
from holdfast.people.permissions import me

if TYPE_CHECKING:
    from holdfast.conversations.models import Conversation
    from holdfast.people.models import Agent


@desk_view("POST")
def assignment(request: HttpRequest, number: int) -> HttpResponse:
    """Take a case, give it back to its line, or (leads) give it to somebody."""
    agent, conversation = me(request), queries.access_conversation(me(request), number)
    given = request.POST.get("to", "")
    to = {"me": agent.id, "nobody": None}.get(given, whole(given, digits=18))
    if to is None and given != "nobody":
        return problem(request, "Choose who should have this case.", status=422, fields=("to",))
    _must_hold(agent, conversation)
    if to not in {agent.id, None} and not agent.leads:
        raise Refused("Hand it over with a line on what the next person needs to know.")
    assignments.assign(
        conversation_id=conversation.id, to=to, by=agent.id, epoch=whole(request.POST.get("epoch", ""), digits=18)
    )
    return done(number=number)


@desk_view("GET", "POST")
def transfers(request: HttpRequest, number: int) -> HttpResponse:
    """Hand a case to another line or person, with the summary that travels with it."""
    agent, conversation = me(request), queries.access_conversation(me(request), number)
    reach = reach_of(agent)
    if request.method == "GET":
        return _transfer_form(request, conversation, reach)
    _must_hold(agent, conversation)
    to_queue, to_agent = receiver(request.POST.get("to_queue", ""), request.POST.get("to_agent", ""))
    summary = words(request.POST.get("summary"), most=2_000)
    try:
        assignments.transfer(
            conversation_id=conversation.id, by=agent.id, summary=summary, to_queue=to_queue, to_agent=to_agent
        )
    except Refused as refused:
        fields = ("summary",) if not summary or len(summary) > assignments.SUMMARY_LIMIT else ("to",)
        return _transfer_form(request, conversation, reach, Problem(422, refused.sentence, fields))
    return done(number=number, gone=not _still_reached(agent, number))


@desk_view("GET", "POST", "DELETE")
def snooze(request: HttpRequest, number: int) -> HttpResponse:
    """Put a case off until a time, or wake it."""
    agent, conversation = me(request), queries.access_conversation(me(request), number)
    if request.method == "GET":
        form = SnoozeForm(
            number=number,
            url=reverse("desk:snooze", args=[number]),
            presets=snooze_times.presets(at=now(), zone=_zone(request)),
            snoozed_until=conversation.snoozed_until,
        )
        return render(request, "desk/_snooze.html", {"form": form})
    _must_hold(agent, conversation)
    if request.method == "DELETE":
        snoozes.wake(conversation_id=conversation.id, by=agent.id)
        return done(number=number)
    until = snooze_times.read(request.POST.get("until", ""), at=now())
    if until is None:
        return problem(request, "Choose a time from now on, at most a year ahead.", status=422, fields=("until",))
    snoozes.snooze(conversation_id=conversation.id, by=agent.id, until=until)
    return done(number=number)


@desk_view("POST", "DELETE")
def closure(request: HttpRequest, number: int) -> HttpResponse:
    """Close a case, or open it again."""
    agent, conversation = me(request), queries.access_conversation(me(request), number)
    _must_hold(agent, conversation)
    if request.method == "DELETE":
        closures.reopen(conversation_id=conversation.id, by=agent.id)
    else:
        closures.close(conversation_id=conversation.id, by=agent.id)
    return done(number=number)


@desk_view("POST", "DELETE")
def tagging(request: HttpRequest, number: int) -> HttpResponse:
    """Add a tag, or take one off."""
    agent, conversation = me(request), queries.access_conversation(me(request), number)
    if request.method == "DELETE":
        names = tags.remove(conversation_id=conversation.id, name=request.GET.get("name", ""), by=agent.id)
    else:
        names = tags.add(conversation_id=conversation.id, name=request.POST.get("name", ""), by=agent.id)
    shown = tags_view(conversation, names)
    return changed(render(request, "desk/_tags.html", {"tags": shown}), number=number)


@desk_view("GET", "POST")
def merge(request: HttpRequest, number: int) -> HttpResponse:
    """Put this case into another one of the same customer."""
    agent, conversation = me(request), queries.access_conversation(me(request), number)
    if request.method == "GET":
        form = MergeForm(
            number=number,
            url=reverse("desk:merge", args=[number]),
            candidates=look_alikes(agent=agent, conversation=conversation),
        )
        return render(request, "desk/_merge.html", {"form": form})
    _must_hold(agent, conversation)
    into = whole(request.POST.get("into", "").lstrip("#"), digits=18)
    if into is None or into == number:
        return problem(request, "Choose the conversation this one belongs to.", status=422, fields=("into",))
    try:
        target = queries.access_conversation(agent, into)
    except NotFound:
        return problem(request, f"You have no conversation #{into}.", status=422, fields=("into",))
    merges.merge(source_id=conversation.id, target_id=target.id, by=agent.id)
    return done(number=into)


@desk_view("DELETE")
def unmerge(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Take a merged case out again, with its own messages."""
    agent = me(request)
    merged = access_merge(agent, merge_id)
    merges.unmerge(merge_id=merged.pk, by=agent.id)
    return done(number=merged.target.number)


def _must_hold(agent: Agent, conversation: Conversation) -> None:
    """A case in somebody's hands is moved by them, or by a lead."""
    if conversation.assignee_id in {None, agent.id} or agent.leads:
        return
    holder = conversation.assignee.name if conversation.assignee else "Somebody"
    raise Refused(f"{holder} has this conversation. Ask them or a lead to hand it over.")


def _transfer_form(
    request: HttpRequest, conversation: Conversation, reach: Reach, problem: Problem | None = None
) -> HttpResponse:
    form = TransferForm(
        number=conversation.number,
        url=reverse("desk:transfer", args=[conversation.number]),
        queues=queue_choices(reach=reach, current=conversation.queue_id),
        agents=agent_choices(current=conversation.assignee_id, queue_id=conversation.queue_id),
        summary_limit=assignments.SUMMARY_LIMIT,
    )
    context = {
        "form": form,
        "problem": problem,
        "summary": request.POST.get("summary", ""),
        "chosen": request.POST.get("to_queue") or request.POST.get("to_agent") or "",
    }
    return render(request, "desk/_transfer.html", context, status=problem.status if problem else 200)


def _still_reached(agent: Agent, number: int) -> bool:
    try:
        queries.access_conversation(agent, number)
    except NotFound:
        return False
    return True


def _zone(request: HttpRequest) -> ZoneInfo:
    """The reader's time zone as their browser says it; UTC without."""
    try:
        return ZoneInfo(request.GET.get("tz", "UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
