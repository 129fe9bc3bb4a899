"""Words and tones of the pages about incidents."""

from __future__ import annotations

from collections.abc import Iterable, Sized

from django import template

from holdfast.incidents.contract import LISTS, READERS, IncidentView
from holdfast.incidents.screens import LANGUAGES, WORDS

register = template.Library()
_TONES = {
    "investigating": "amber",
    "identified": "amber",
    "monitoring": "tide",
    "resolved": "kelp",
    "completed": "kelp",
    "degraded_performance": "amber",
    "partial_outage": "amber",
    "major_outage": "coral",
    "under_maintenance": "tide",
}
_PLACES = {"next": "next update", "components": "components", "status": "state", "cause": "cause and prevention"}


@register.filter
def in_words(state: str) -> str:
    """A state or a status as people read it."""
    return WORDS.get(state, state)


@register.filter
def tone(state: str) -> str:
    """The tone of a state's chip."""
    return _TONES.get(state, "")


@register.filter
def place(where: str) -> str:
    """Where a problem is, as the page calls it."""
    if where.startswith("texts:"):
        _, locale, segment = where.split(":")
        if segment in LISTS:
            return f"{language(locale)}, {LISTS[segment]}"
        return f"{language(locale)}, for {reader(segment)}" if segment else language(locale)
    return _PLACES.get(where, "")


@register.filter
def language(locale: str) -> str:
    """A language by its name."""
    return LANGUAGES.get(locale, locale)


@register.filter
def reader(segment: str) -> str:
    """A kind of reader as people call them; everybody for the public."""
    return READERS.get(segment, segment) or "everybody"


@register.filter
def list_name(kind: str) -> str:
    """What a list beside an update says, as people call it."""
    return LISTS.get(kind, kind)


@register.filter
def first_words(texts: Iterable[str]) -> str:
    """The beginning of the first of some texts."""
    text = " ".join(next(iter(texts), "").split())
    return text if len(text) <= 160 else f"{text[:159]}…"


@register.filter
def less(number: int, shown: Sized) -> int:
    """How many are left beside those that are shown."""
    return max(0, number - len(shown))


@register.filter
def number_of(incident: IncidentView) -> int:
    """The number of an incident."""
    return incident.number
