"""The check of words, plugged into campaigns: what is sent to people one by one about an incident.

A text that an update said is looked at as that update's, and its approvals count. Another one is looked at beside the
newest update. What was public or stood in the ledger then may not any more: a campaign begins only with what stands.
While it is sent an approval that lapses and a new ban stop it; a newer fact does not, or half of the people would hear
one thing and half of them nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from holdfast.incidents import queries, worded
from holdfast.incidents.contract import PUBLIC, FactView, IncidentView, UpdateView
from holdfast.incidents.texts import writers_of
from holdfast.incidents.words import approvals, forbidden
from holdfast.incidents.words.contract import Missing, Need, OutgoingText
from holdfast.incidents.words.contract import Problem as WordsProblem
from holdfast.incidents.words.filling import PERSONAL
from holdfast.incidents.words.lint import forbidden_problems, lint_all
from holdfast.kit.clock import now
from holdfast.notify.campaigns.checking import Finding, Outgoing
from holdfast.notify.campaigns.contract import Refused, Text

_BRACE = re.compile("|".join(rf"\{{{name}\}}" for name in sorted(PERSONAL)) + r"|[{}]")


@dataclass(frozen=True, slots=True)
class _Said:
    """One text of a campaign, and the update it is looked at with; `hands` had a hand in it."""

    text: OutgoingText
    update: UpdateView
    hands: Collection[int] = ()


def sent(text: str) -> str:
    """Return a text of an update as a campaign says it.

    Braces are words in an update, but for what is the reader's own; in a campaign all of them would be variables.
    """
    return _BRACE.sub(lambda match: {"{": "(", "}": ")"}.get(match[0], match[0]), text)


def check(outgoing: Outgoing) -> Finding:
    """Return what stands between a campaign and its people. Inside a verb, approvals that count hold until its end."""
    incident = _incident(outgoing.about)
    if incident is None or not incident.updates:
        return Finding(problems=["Publish an update on the incident first: people one by one hear what it says."])
    at, facts = now(), queries.facts_of(incident.id, public_only=True)
    said = list(_said(incident, outgoing))
    lacking = [each for one in said for each in _missing(incident, one, facts, at)]
    problems = [worded.lacking_sentence(each) for each in lacking]
    problems += [each.sentence for each in _linted(incident, said, facts, at, sending=outgoing.sending)]
    return Finding(
        problems=list(dict.fromkeys(problems)),
        lacks_approval=any(not each.nobody for each in lacking),
        until=min((end for one in said if (end := _until(incident, one, facts, at)) is not None), default=None),
        writers={hand for one in said for hand in one.hands},
    )


def ask(outgoing: Outgoing, by: int) -> int:
    """Ask for every approval the texts of a campaign lack; return how many were asked for. Raises `Refused`."""
    incident = _incident(outgoing.about)
    if incident is None:
        raise Refused("There is no such incident.")
    at, facts = now(), queries.facts_of(incident.id, public_only=True)
    said = list(_said(incident, outgoing))
    lacking = [each for one in said for each in _missing(incident, one, facts, at) if not each.nobody]
    if not lacking:
        raise Refused("No approval is missing that somebody could give.")
    return approvals.ask(
        subject=f"{outgoing.about}:campaign",
        about=f"Campaign on incident {incident.number}: {incident.title}",
        missing=lacking,
        by=by,
        writers={(one.text.locale, one.text.segment): one.hands for one in said},
    )


def _incident(about: str) -> IncidentView | None:
    kind, _, rest = about.partition(":")
    return queries.incident_of_id(UUID(rest)) if kind == "incident" else None


def _said(incident: IncidentView, outgoing: Outgoing) -> Iterator[_Said]:
    titles = {incident.title, *incident.titles.values()}
    hands = {update.id: writers_of(update.id) for update in incident.updates}
    for (locale, segment), text in sorted(outgoing.texts.items(), key=_house_first):
        update, found = _of_update(incident, text, segment=segment, titles=titles)
        if update is not None and found is not None:
            yield _Said(found, update, hands[update.id].get((found.locale, found.segment), ()))
            continue
        whole = text.body if text.subject in titles else f"{text.subject}\n\n{text.body}"
        yield _Said(OutgoingText(locale=locale, text=whole, segment=segment), incident.updates[0])


def _house_first(each: tuple[tuple[str, str], Text]) -> tuple[str, bool, str]:
    (locale, segment), _ = each
    return segment, locale != settings.LANGUAGE_CODE, locale


def _of_update(
    incident: IncidentView, text: Text, *, segment: str, titles: Collection[str]
) -> tuple[UpdateView | None, OutgoingText | None]:
    """Return the update that said this to these readers, or to everybody, with its own words."""
    if text.subject not in {sent(each) for each in titles}:
        return None, None
    for update in incident.updates:
        for reader in dict.fromkeys((segment, PUBLIC)):
            texts = update.segments.get(reader, {}) if reader else update.texts
            for locale, words in texts.items():
                if sent(words) == text.body:
                    return update, OutgoingText(locale=locale, text=words, segment=reader)
    return None, None


def _needed(incident: IncidentView, one: _Said) -> list[Need]:
    reach = approvals.reach_of(queries.subject_of(incident.id))
    return approvals.needs(
        harm=incident.harm, severity=incident.severity, segment=one.text.segment, jurisdictions=reach
    )


def _missing(incident: IncidentView, one: _Said, facts: Sequence[FactView], at: datetime) -> list[Missing]:
    values = worded.known(incident, one.update, facts)
    return approvals.standing([one.text], needed=_needed(incident, one), at=at, values=values)


def _until(incident: IncidentView, one: _Said, facts: Sequence[FactView], at: datetime) -> datetime | None:
    values = worded.known(incident, one.update, facts)
    return approvals.good_until([one.text], needed=_needed(incident, one), at=at, values=values)


def _linted(
    incident: IncidentView, said: Sequence[_Said], facts: Sequence[FactView], at: datetime, *, sending: bool
) -> Iterator[WordsProblem]:
    together: dict[tuple[UUID, str], list[_Said]] = defaultdict(list)
    for one in said:
        together[one.update.id, one.text.segment].append(one)
    bans, ledger = forbidden.in_force(at), worded.claims(incident, facts)
    for (_, segment), group in together.items():
        on = worded.occasion(incident, group[0].update, segment=segment)
        texts = [one.text for one in group]
        if sending:
            found = [each for text in texts for each in forbidden_problems(text, on, bans, at)]
        else:
            found = lint_all(texts, ledger=ledger, occasion=on, bans=bans, at=at)
        yield from (each for each in found if not each.advice)
