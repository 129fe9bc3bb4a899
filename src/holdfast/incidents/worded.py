"""The check of words, plugged into publishing: an update and its ledger as the room of words understands them.

What may be claimed is what stands in the ledger as public, and what the page says anyway: the title, the components,
the times of the incident and of its updates, and public commitments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from holdfast.incidents import queries
from holdfast.incidents.contract import (
    ENDED_STATES,
    LISTS,
    PUBLIC,
    CommitmentView,
    FactView,
    IncidentView,
    Problem,
    UpdateView,
)
from holdfast.incidents.errors import Refused
from holdfast.incidents.models import Incident
from holdfast.incidents.texts import writers_of
from holdfast.incidents.wording import HoldingAsked, HoldingText, Outgoing
from holdfast.incidents.words import approvals, forbidden, library
from holdfast.incidents.words.contract import Claim, Missing, Occasion, OutgoingText, Role, Rule, Use
from holdfast.incidents.words.errors import NotFound
from holdfast.incidents.words.lint import lint_all
from holdfast.incidents.words.readers import reader_problems
from holdfast.kit.clock import now

_BREACH = {"affected": Use.BREACH_AFFECTED, "unaffected": Use.BREACH_UNAFFECTED}


def check(outgoing: Outgoing) -> Sequence[Problem]:
    """Return what is wrong with the words of an update. Inside a verb, approvals that count are held until its end."""
    at, texts = now(), texts_of(outgoing.update)
    facts = outgoing.facts
    ledger = claims(outgoing.incident, facts)
    found = []
    for segment in dict.fromkeys(each.segment for each in texts):
        here = [each for each in texts if each.segment == segment]
        on = occasion(outgoing.incident, outgoing.update, segment=segment)
        found += lint_all(here, ledger=ledger, occasion=on, bans=forbidden.in_force(at), at=at)
    due, zone = outgoing.update.next_update_due, timezone.get_default_timezone()
    told = [each for each in texts if each.segment not in LISTS]
    found += reader_problems(told, ledger=ledger, next_due=due, zone=zone, at=at)
    problems = [
        Problem(rule=each.rule.value, sentence=each.sentence, where=each.where, advice=each.advice) for each in found
    ]
    return [*(_lacking(each) for each in missing(outgoing.incident, outgoing.update, facts=facts, at=at)), *problems]


def missing(
    incident: IncidentView, update: UpdateView, *, facts: Sequence[FactView], at: datetime | None = None
) -> list[Missing]:
    """Return which approvals the texts of an update lack."""
    subject, found = queries.subject_of(incident.id), []
    values = known(incident, update, facts)
    for text in texts_of(update):
        needed = approvals.needs(
            harm=incident.harm,
            severity=incident.severity,
            segment=PUBLIC if text.segment in LISTS else text.segment,
            jurisdictions=approvals.reach_of(subject),
        )
        found += approvals.standing([text], needed=needed, at=at or now(), values=values)
    return found


def ask(incident: IncidentView, update: UpdateView, *, by: int) -> int:
    """Ask for every approval that the texts of a draft lack; return how many were asked for. Raises `Refused`."""
    facts = queries.facts_of(incident.id, public_only=True)
    lacking = [each for each in missing(incident, update, facts=facts) if not each.nobody]
    if not lacking:
        raise Refused("No approval is missing that somebody could give.")
    about = f"Incident {incident.number}: {incident.title}"
    subject, hands = queries.subject_of(incident.id), writers_of(update.id)
    return approvals.ask(subject=subject, about=about, missing=lacking, by=by, writers=hands)


def holding_texts(asked: HoldingAsked) -> Mapping[str, HoldingText]:
    """Return the approved holding text in each language that has one, filled in with what is known."""
    facts = queries.facts_of(asked.incident.id, public_only=True)
    since = asked.since.published_at
    values = {
        "next": [_time(asked.next_update_due)],
        "since": [_time(since)] if since else [],
        **_always(asked.incident, facts),
    }
    return {
        locale: HoldingText(said.text, said.template)
        for locale, said in library.approved_fillings(Use.HOLDING, values=values, at=now()).items()
    }


def from_template(
    incident: IncidentView, slug: str, *, next_due: datetime | None, locales: Sequence[str]
) -> dict[str, HoldingText]:
    """Return a template begun in each of `locales` that it has, with what is known of the incident filled in.

    Raises `Refused` when there is no such template.
    """
    facts = queries.facts_of(incident.id, public_only=True)
    said = [each.published_at for each in incident.updates if each.published_at]
    always = {name: known[0] for name, known in _always(incident, facts).items() if known}
    if next_due is not None:
        always["next"] = _time(next_due)
    if said:
        always["since"] = _time(said[0])
    values = {}
    for locale in locales:
        names = [each.names.get(locale, each.name) for each in incident.components]
        values[locale] = {**always, **({"service": names[0]} if names else {})}
    try:
        begun = library.beginnings(slug, values=values)
    except NotFound as error:
        raise Refused("Choose a template from the list.") from error
    return {locale: HoldingText(each.text, each.template) for locale, each in begun.items() if locale in locales}


def texts_of(update: UpdateView) -> list[OutgoingText]:
    """Return the texts of an update, those in the house's own language first: the others are held against them."""
    said = {PUBLIC: update.texts, **update.segments, **update.lists}
    found = [
        OutgoingText(locale=locale, text=text, segment=segment)
        for segment, texts in said.items()
        for locale, text in texts.items()
    ]
    return sorted(found, key=lambda each: (each.segment, each.locale != settings.LANGUAGE_CODE, each.locale))


def occasion(incident: IncidentView, update: UpdateView, *, segment: str = PUBLIC) -> Occasion:
    """Return on what occasion an update leaves. The page, feeds and mails print when the next one comes."""
    use = _BREACH.get(segment) if incident.harm == Incident.Harm.DATA else None
    return Occasion(
        use=None if segment in LISTS else use or _use(incident, update),
        harm=incident.harm,
        severity=incident.severity,
        next_due=update.next_update_due,
        next_beside=True,
        zone=timezone.get_default_timezone(),
        jurisdictions=approvals.reach_of(queries.subject_of(incident.id)),
        drill=incident.drill,
    )


def claims(incident: IncidentView, facts: Sequence[FactView]) -> list[Claim]:
    """Return what may be said about an incident."""
    times = [incident.started_at, incident.scheduled_for, incident.scheduled_until, incident.identified_at]
    said = [each.published_at for each in incident.updates]
    names = [name for each in incident.components for name in (each.name, *each.names.values())]
    found = [Claim(text=each) for each in [incident.title, *incident.titles.values(), *names]]
    found += [Claim(text=each.text, moments=[each.as_of]) for each in facts]
    found.append(Claim(text="", moments=[each for each in [*times, *said] if each is not None]))
    return [*found, *(Claim(text=each.what, moments=[each.due]) for each in _public_commitments(incident))]


def known(incident: IncidentView, update: UpdateView, facts: Sequence[FactView]) -> dict[str, list[str]]:
    """Return what the variables of a template may hold in this update."""
    said = [each.published_at for each in incident.updates if each.published_at and each.id != update.id]
    return {
        "next": [_time(update.next_update_due)] if update.next_update_due else [],
        "since": [_time(each) for each in said],
        **_always(incident, facts),
    }


def known_now(incident: IncidentView) -> dict[str, list[str]]:
    """Return what the variables of a template may hold now, for what is said besides updates."""
    said = [each.published_at for each in incident.updates if each.published_at]
    return {
        "next": [_time(incident.next_update_due)] if incident.next_update_due else [],
        "since": [_time(each) for each in said],
        **_always(incident, queries.facts_of(incident.id, public_only=True)),
    }


def _always(incident: IncidentView, facts: Sequence[FactView]) -> dict[str, list[str]]:
    return {
        "began": [_time(incident.started_at)],
        "from": [_moment(incident.scheduled_for)] if incident.scheduled_for else [],
        "until": [_moment(incident.scheduled_until)] if incident.scheduled_until else [],
        "service": [name for each in incident.components for name in (each.name, *each.names.values())],
        "fact": [each.text for each in facts],
        "cause": [each.text for each in facts if each.key == "cause"],
        "prevention": [each.what for each in _public_commitments(incident)],
    }


def _public_commitments(incident: IncidentView) -> list[CommitmentView]:
    return [each for each in queries.commitments(incident_id=incident.id) if each.public and each.state != "dropped"]


def _use(incident: IncidentView, update: UpdateView) -> Use:
    if update.holding:
        return Use.HOLDING
    if incident.kind == Incident.Kind.MAINTENANCE:
        return Use.MAINTENANCE
    if update.status == Incident.Status.RESOLVED:
        return Use.RESOLVED
    if update.status in ENDED_STATES or any(each.id != update.id for each in incident.updates):
        return Use.UPDATE
    return Use.FIRST


def lacking_sentence(each: Missing) -> str:
    """Say which approval a text lacks, and what to do."""
    role, place = Role(each.need.role).label, f" for {each.need.jurisdiction}" if each.need.jurisdiction else ""
    if each.nobody:
        return f"{role} has to approve it{place}, and nobody is named for that. An admin names somebody under Words."
    if each.lapsed:
        return f"The approval by {role.lower()}{place} does not stand any more. {each.lapsed} Ask again."
    return f"{role} has not approved this text{place}. Ask for it; any edit makes it another text."


def _lacking(each: Missing) -> Problem:
    return Problem(rule=Rule.APPROVAL.value, sentence=lacking_sentence(each), where=each.text.where)


def _time(moment: datetime) -> str:
    return f"{timezone.localtime(moment, timezone.get_default_timezone()):%H:%M}"


def _moment(moment: datetime) -> str:
    return f"{timezone.localtime(moment, timezone.get_default_timezone()):%Y-%m-%d %H:%M}"
