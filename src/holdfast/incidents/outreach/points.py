"""What may be said in a call: talking points that are approved for this incident, or plainly that none are."""

from __future__ import annotations

from django.conf import settings

from holdfast.incidents import worded
from holdfast.incidents.contract import IncidentView
from holdfast.incidents.outreach.contract import Points
from holdfast.incidents.queries import subject_of
from holdfast.incidents.words import approvals, library
from holdfast.incidents.words.contract import Need, OutgoingText, Role, Use, VersionView
from holdfast.incidents.words.errors import Refused
from holdfast.incidents.words.filling import filled
from holdfast.kit.clock import now

_NONE = "No talking points are approved. Say only what is public, and that you write down what you cannot answer."
_NO_FACT = "Talking points are approved, but what they name is not known yet: {why} Until then say only what is public."


def points_for(incident: IncidentView, *, locale: str) -> Points:
    """Return the approved talking points by language, filled in with what is known; that of the person comes first."""
    known, texts, why = worded.known_now(incident), {}, ""
    values = {name: said[0] for name, said in known.items() if said}
    for version in _approved(incident):
        try:
            texts[version.locale] = filled(version.body, values=values)
        except Refused as refused:
            why = refused.sentence
    lacking = "" if texts else (_NO_FACT.format(why=why) if why else _NONE)
    public = dict(incident.updates[0].texts) if incident.updates else {}
    return Points(texts=_first(texts, locale), lacking=lacking, public=_first(public, locale))


def _approved(incident: IncidentView) -> list[VersionView]:
    """Return the versions that everybody stands for who has to, by the rules for texts to people of high value."""
    needed = approvals.needs(
        harm=incident.harm,
        severity=incident.severity,
        segment="high_value",
        jurisdictions=approvals.reach_of(subject_of(incident.id)),
    )
    # What is said aloud is approved by somebody in any case, also where nobody holds the role yet.
    needed = [Need(role=Role.COMMUNICATIONS), *(each for each in needed if each.role != Role.COMMUNICATIONS)]
    found = []
    for template in library.templates():
        if template.use != Use.OUTREACH:
            continue
        for version in template.versions.values():
            text = OutgoingText(locale=version.locale, text=version.body)
            if not approvals.standing([text], needed=needed, at=now(), values={}):
                found.append(version)
    return found


def _first(texts: dict[str, str], locale: str) -> dict[str, str]:
    wanted = [locale.lower(), locale.lower().split("-")[0], settings.LANGUAGE_CODE]
    order = sorted(texts, key=lambda each: (wanted.index(each) if each in wanted else len(wanted), each))
    return {each: texts[each] for each in order}
