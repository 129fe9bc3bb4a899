"""Updates: one draft at a time, written by several, checked, and published in one transaction with its promise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from holdfast.guard.cutoff.states import everybody_cut_off
from holdfast.incidents import components as parts
from holdfast.incidents import roles, states, wording
from holdfast.incidents.changes import done, held, note, tell
from holdfast.incidents.contract import ENDED_STATES, LISTS, PUBLIC, READERS, Checked, Problem, UpdateView
from holdfast.incidents.errors import NotFound, Refused, Stale
from holdfast.incidents.models import (
    Affected,
    Commitment,
    Component,
    ComponentStatus,
    Incident,
    Update,
)
from holdfast.incidents.queries import facts_of, incident_of_id, subject_of
from holdfast.incidents.shown import update_view
from holdfast.incidents.texts import Segments, Templates, Texts, say, writers_of
from holdfast.kit.clock import now
from holdfast.people.queries import names_of
from holdfast.promises import ledger
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind
from holdfast.promises.errors import Refused as PromiseRefused


@transaction.atomic
def draft(
    *,
    incident_id: UUID,
    by: int,
    status: str,
    texts: Texts,
    next_update_due: datetime | None,
    components: Mapping[UUID, str],
    segments: Segments | None = None,
    templates: Templates | None = None,
) -> UpdateView:
    """Begin an update. `texts` are the public's by language, `segments` those of other readers.

    `templates` says of a text, by language and segment, which template it was made from. Raises `NotFound`; `Stale`
    when somebody began one meanwhile, with that one's version; `Refused`.
    """
    incident = held(incident_id)
    other = Update.objects.filter(incident=incident, state=Update.State.DRAFT).first()
    if other is not None:
        raise Stale(other.version)
    moment = now()
    row = Update.objects.create(
        incident=incident, status=incident.status, author_id=by, created_at=moment, updated_at=moment
    )
    _write(row, status=status, next_update_due=next_update_due, components=components)
    say(row, texts=texts, segments=segments or {}, templates=templates or {}, by=by)
    tell(incident.pk, kind="draft", update=row.pk)
    return update_view(row)


@transaction.atomic
def edit(
    *,
    update_id: UUID,
    version: int,
    by: int,
    status: str,
    texts: Texts,
    next_update_due: datetime | None,
    components: Mapping[UUID, str],
    segments: Segments | None = None,
    templates: Templates | None = None,
) -> UpdateView:
    """Change the draft that was on screen with `version`. Without `segments` those stay.

    Raises `NotFound`; `Stale` when somebody changed it since; `Refused`, also when it was published.
    """
    _, row = _draft(update_id, version)
    _write(row, status=status, next_update_due=next_update_due, components=components)
    row.author_id = by
    row.version += 1
    row.save()
    say(row, texts=texts, segments=segments, templates=templates or {}, by=by)
    tell(row.incident_id, kind="draft", update=row.pk)
    return update_view(row)


@transaction.atomic
def discard(*, update_id: UUID, version: int, by: int) -> None:
    """Throw the draft away; its words stay in the database. Raises `NotFound`, `Stale`, `Refused`."""
    incident, row = _draft(update_id, version)
    row.state, row.updated_at, row.version = Update.State.DISCARDED, now(), row.version + 1
    row.save()
    note(incident.pk, kind="draft", what="A draft was discarded.", by=by)
    tell(incident.pk, kind="draft", update=row.pk)


def check(update_id: UUID) -> Checked:
    """Return what stands between a draft and the public. Raises `NotFound`."""
    row = Update.objects.select_related("incident").filter(pk=update_id).first()
    if row is None:
        raise NotFound(update_id)
    return Checked(problems=tuple(_problems(row.incident, row)))


@transaction.atomic
def publish(*, update_id: UUID, version: int, by: int) -> UpdateView:
    """Publish the draft that was on screen with `version`: words, state, components and promise change together.

    Raises `NotFound`; `Stale`; `Refused` with every problem that `check` finds.
    """
    incident, row = _draft(update_id, version)
    return release(incident, row, by=by)


def release(incident: Incident, row: Update, *, by: int | None) -> UpdateView:
    """Inside a verb: let a draft of a locked incident out, if nothing speaks against it. Raises `Refused`."""
    problems = [each for each in _problems(incident, row) if not each.advice]
    if problems:
        more = f" There are {len(problems)} things to mend." if len(problems) > 1 else ""
        raise Refused(f"{problems[0].sentence}{more}", problems)
    moment = now()
    moves = parts.give(incident, {UUID(id_): status for id_, status in row.components.items()}, by=by)
    last = Update.objects.filter(incident=incident).aggregate(last=Max("number"))["last"] or 0
    row.number, row.state, row.version = last + 1, Update.State.PUBLISHED, row.version + 1
    row.moved = [asdict(each) for each in moves]
    row.published_by_id, row.published_at, row.display_at, row.updated_at = by, moment, moment, moment
    row.save()
    _promise(incident, row, by=by)
    _step(incident, row.status, at=moment)
    what = "Holding text went out" if row.holding else f"Update {row.number} went out"
    due = f", next by {row.next_update_due:%H:%M} UTC" if row.next_update_due else ""
    note(incident.pk, kind="holding" if row.holding else "update", what=f"{what}: {row.status}{due}.", by=by)
    done(incident, kind="published", update=row.pk)
    return update_view(row)


@transaction.atomic
def sooner(*, incident_id: UUID, due: datetime, by: int) -> None:
    """Promise the next word earlier than was said. Later is refused: only a new word can say that.

    Raises `NotFound`, `Refused`.
    """
    incident = held(incident_id)
    open_one = promises.open_promise(kind=Kind.UPDATE, subject=subject_of(incident.pk))
    if open_one is None:
        raise Refused("No next update is promised. Publish one that names it.")
    try:
        ledger.shorten(promise_id=open_one.id, due=due, by=by)
    except PromiseRefused as refused:
        raise Refused(refused.sentence) from refused
    newest = Update.objects.filter(incident=incident, state=Update.State.PUBLISHED).order_by("-number").first()
    if newest is not None:
        newest.next_update_due, newest.updated_at = due, now()
        newest.save(update_fields=["next_update_due", "updated_at"])
    note(incident.pk, kind="promise", what=f"The next update comes sooner: by {due:%H:%M} UTC.", by=by)
    done(incident, kind="promise")


def _draft(update_id: UUID, version: int) -> tuple[Incident, Update]:
    incident_id = Update.objects.filter(pk=update_id).values_list("incident_id", flat=True).first()
    if incident_id is None:
        raise NotFound(update_id)
    incident = held(incident_id)
    row = Update.objects.select_for_update().get(pk=update_id)
    if row.state == Update.State.PUBLISHED:
        raise Refused("This update is public already. Write the next one.")
    if row.state == Update.State.DISCARDED or row.version != version:
        raise Stale(row.version)
    return incident, row


def _write(row: Update, *, status: str, next_update_due: datetime | None, components: Mapping[UUID, str]) -> None:
    if status not in Incident.Status.values:
        raise Refused("Choose a state from the list.")
    if any(each not in ComponentStatus.values for each in components.values()):
        raise Refused("Choose one of the five statuses for each component.")
    if next_update_due is not None and next_update_due.tzinfo is None:
        raise Refused("The next update needs a time with its zone.")
    parts.locked(components)  # refuses one that was removed
    row.status, row.next_update_due, row.updated_at = status, next_update_due, now()
    row.components = {str(id_): each for id_, each in components.items()}
    row.save()


def _problems(incident: Incident, row: Update) -> list[Problem]:
    moment = now()
    problems = states.step_problems(incident.status, row.status)
    problems += states.next_word_problems(row.status, row.next_update_due, at=moment)
    if not row.texts.filter(segment=PUBLIC, locale=settings.LANGUAGE_CODE).exists():
        said = f"Write it in the house's own language ({settings.LANGUAGE_CODE}): whoever reads no other gets that one."
        problems.append(Problem(rule="text", sentence=said, where=f"texts:{settings.LANGUAGE_CODE}:{PUBLIC}"))
    problems += _language_problems(row)
    problems += _hands_problems(row)
    problems += _component_problems(row)
    problems += states.ending_problems(
        row.status,
        cause_known=incident.cause_known,
        prevention=Commitment.objects.filter(incident=incident, prevention=True).exclude(state="dropped").exists(),
        not_back=_not_back(incident, row),
    )
    shown = incident_of_id(incident.pk)
    if shown is not None:
        facts = facts_of(incident.pk, public_only=True)
        problems += wording.problems(wording.Outgoing(incident=shown, update=update_view(row), facts=facts))
    return problems


def _language_problems(row: Update) -> list[Problem]:
    """Say which readers have words of their own, and not in a language they may need."""
    house, found = settings.LANGUAGE_CODE, []
    there = set(row.texts.values_list("locale", "segment"))
    for segment in sorted({segment for _, segment in there if segment}):
        words = f"the list of {LISTS[segment]}" if segment in LISTS else f"the words for {READERS[segment]}"
        if (house, segment) not in there:
            said = f"Write {words} in the house's own language ({house}) too, or take the others out."
            found.append(Problem(rule="text", sentence=said, where=f"texts:{house}:{segment}"))
        for locale in sorted({locale for locale, other in there if not other} - {house}):
            if (locale, segment) not in there:
                said = f"There is no version in {locale} of {words}: there it is read in {house}."
                found.append(Problem(rule="text", sentence=said, where=f"texts:{locale}:{segment}", advice=True))
    return found


def _hands_problems(row: Update) -> list[Problem]:
    """Say whose words a draft has who is cut off: whoever publishes it is the second look at them."""
    hands = {hand for each in writers_of(row.pk).values() for hand in each}
    hands |= {row.author_id} if row.author_id is not None else set()
    names = names_of(hands & everybody_cut_off().keys())
    return [
        Problem(rule="cut_off", sentence=f"{name}, who is cut off, had a hand in it. Read it as if new.", advice=True)
        for name in sorted(names.values())
    ]


def _component_problems(row: Update) -> list[Problem]:
    gone = Component.objects.filter(pk__in=list(row.components), removed_at__isnull=False)
    return [
        Problem(rule="components", sentence=f"{name} is not on the page any more. Take it out.", where="components")
        for name in gone.values_list("name", flat=True)
    ]


def _not_back(incident: Incident, row: Update) -> dict[UUID, str]:
    touched = Affected.objects.filter(incident=incident, component__removed_at=None).select_related("component")
    after = {each.component_id: row.components.get(str(each.component_id), each.component.status) for each in touched}
    names = {each.component_id: each.component.name for each in touched}
    return {id_: names[id_] for id_, status in after.items() if status != ComponentStatus.OPERATIONAL}


def _promise(incident: Incident, row: Update, *, by: int | None) -> None:
    subject = subject_of(incident.pk)
    if row.status in ENDED_STATES or row.next_update_due is None:
        ledger.keep(kind=Kind.UPDATE, subject=subject, by=by)
        return
    about = f"Next update on incident {incident.number}: {incident.title}"[:140]
    owner = roles.speaker(incident)
    try:
        ledger.renew(kind=Kind.UPDATE, subject=subject, about=about, due=row.next_update_due, owner=owner, by=by)
    except PromiseRefused as refused:
        raise Refused(refused.sentence) from refused


def _step(incident: Incident, status: str, *, at: datetime) -> None:
    """Let the incident stand where the update says, with since when."""
    incident.status = status
    if status == Incident.Status.IDENTIFIED:
        incident.identified_at = incident.identified_at or at
    elif status == Incident.Status.MONITORING:
        incident.monitoring_at = incident.monitoring_at or at
    if status in {Incident.Status.RESOLVED, Incident.Status.COMPLETED}:
        incident.resolved_at = at
    elif status != Incident.Status.POSTMORTEM:
        incident.resolved_at = None
