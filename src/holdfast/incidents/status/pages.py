"""The public pages as HTML, per language, without script and without anything of the one who reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import get_language_info

from holdfast.incidents.contract import ComponentView, IncidentView, UpdateView
from holdfast.incidents.status.documents import indicator
from holdfast.incidents.status.picture import Picture, Record, zone
from holdfast.incidents.status.uptime import Uptime
from holdfast.incidents.status.words import length_in_words, locales, words_of

_TONES = {"none": "kelp", "maintenance": "plum", "minor": "amber", "major": "amber", "critical": "coral"}
_PART_TONES = {
    "operational": ("", "check"),
    "under_maintenance": ("plum", "wrench"),
    "degraded_performance": ("amber", "clock"),
    "partial_outage": ("coral", "circle-alert"),
    "major_outage": ("coral", "circle-alert"),
}
_BARS = {"operational": "u", "under_maintenance": "m", "degraded_performance": "a"}
_BEFORE = 4  # past incidents on the first page


@dataclass(frozen=True, slots=True)
class Said:
    """An update as a page shows it."""

    time: str
    state: str
    number: str
    text: str


Kept = dict[str, tuple[Any, str]]
"""Pages by their path with what each was made from: what did not change is not made again."""


def pages(picture: Picture, *, live: bool = True, kept: Kept | None = None) -> Mapping[str, str]:
    """Return every page by its path. Those without a language in it are in the house's own.

    Not `live`: for a copy that is not made anew each minute, so that nothing on it counts down.
    """
    kept = {} if kept is None else kept
    made: dict[str, str] = {}
    for locale in locales():
        with translation.override(locale):
            found = {"": home(picture, locale, live=live), "history/": _history(picture, locale, kept)}
            for incident in (*picture.incidents, *picture.maintenances):
                found[f"incidents/{incident.id}/"] = _one(picture, incident, locale, kept)
        made |= {f"/status/{locale}/{path}": page for path, page in found.items()}
        if locale == settings.LANGUAGE_CODE:
            made |= {f"/status/{path}": page for path, page in found.items()}
    return made


def home(picture: Picture, locale: str, *, live: bool = True) -> str:
    """Return the first page in a language, whose numbers and names are active while it is made."""
    words, found = words_of(locale), indicator(picture)
    going_on = picture.open_incidents
    head = going_on[0] if going_on else None
    shown = [each for each in picture.components if not each.is_group]
    context = {
        "state": words[f"indicator_{found}"],
        "tone": _TONES[found],
        "head": _shown(head, locale, picture) if head else None,
        "first": _said(head.updates[0], locale) if head else None,
        "rest": [_said(each, locale) for each in head.updates[1:]] if head else [],
        "others": [_shown(each, locale, picture) for each in going_on[1:]],
        "calm": _calm(picture, words) if head is None else "",
        "promise": _promise(picture.records.get(head.id), picture.at, words, live=live) if head else None,
        "works": [_name(each, locale) for each in shown if each.status == "operational" and each.showcase],
        "said_works": _listed(head, "works", locale),
        "said_not": _listed(head, "not_working", locale),
        "not_working": [_component(each, locale) for each in shown if each.status != "operational"],
        "services": [
            _component(each, locale) | _uptime(each, picture.uptimes[each.id], locale)
            for each in shown
            if not each.only_show_if_degraded or each.status != "operational"
        ],
        "choices": [(str(each.id), _name(each, locale)) for each in shown],
        "under_way": [_planned(each, locale) for each in picture.under_way],
        "upcoming": [_planned(each, locale) for each in picture.upcoming],
        "past": [_past(each, locale, picture) for each in picture.incidents if not each.is_open][:_BEFORE],
        "talk": _talk(picture, words),
        "care": _care(picture, locale) if head else None,
        "skip_to": "updates" if head else "services",
    }
    title = f"{_title(head, locale)} · " if head else ""
    return _page("home", picture, locale, "", title, context | {"as_of": words["as_of"].format(when=_when(picture.at))})


def _listed(incident: IncidentView | None, kind: str, locale: str) -> list[str]:
    """The incident's own sentences about what works, of its newest word that is no holding text."""
    newest = next((each for each in incident.updates if not each.holding), None) if incident else None
    return newest.list_in(kind, locale, default=settings.LANGUAGE_CODE) if newest else []


def _history(picture: Picture, locale: str, kept: Kept) -> str:
    told = sorted((*picture.incidents, *picture.maintenances), key=lambda each: each.started_at, reverse=True)

    def make() -> str:
        context = {"past": [_past(each, locale, picture) for each in told], "skip_to": "main"}
        return _page("history", picture, locale, "history/", f"{words_of(locale)['history']} · ", context)

    return _again(kept, f"{locale}/history/", (told, picture.prevention, _zone_words(picture.at)), make)


def _one(picture: Picture, incident: IncidentView, locale: str, kept: Kept) -> str:
    now, prevention = _now(incident, picture), picture.prevention.get(incident.id, ())
    made_from = (incident, [(each.names, each.name, each.status) for each in now], prevention, _zone_words(picture.at))
    return _again(kept, f"{locale}/{incident.id}", made_from, lambda: _one_made(picture, incident, locale))


def _again(kept: Kept, key: str, made_from: Any, make: Callable[[], str]) -> str:
    known = kept.get(key)
    if known is None or known[0] != made_from:
        known = kept[key] = made_from, make()
    return known[1]


def _one_made(picture: Picture, incident: IncidentView, locale: str) -> str:
    context = {
        "incident": _shown(incident, locale, picture),
        "incident_id": str(incident.id),
        "updates": [_said(each, locale) for each in incident.updates],
        "components": [_component(each, locale) for each in _now(incident, picture)],
        "prevention": picture.prevention.get(incident.id, ()),
        "planned": _planned(incident, locale) if incident.kind == "maintenance" else None,
        "skip_to": "updates",
    }
    return _page("one", picture, locale, f"incidents/{incident.id}/", f"{_title(incident, locale)} · ", context)


def _page(name: str, picture: Picture, locale: str, path: str, title: str, context: Mapping[str, Any]) -> str:
    words = words_of(locale)
    shell = {
        "LANGUAGE_CODE": locale,
        "w": words,
        "locale": locale,
        "root": f"/status/{locale}/",
        "languages": [
            (each, get_language_info(each)["name_local"], f"/status/{each}/{path}", each == locale)
            for each in locales()
        ],
        "title": title + words["title"].format(company=settings.COMPANY),
        "company": settings.COMPANY,
        "demo": settings.DEMO,
        "texts": bool(settings.SMS_URL),
        "zone": words["zone"].format(zone=_zone_words(picture.at)),
    }
    return render_to_string(f"status/{name}.html", {**shell, **context})


def _calm(picture: Picture, words: Mapping[str, Any]) -> str:
    if picture.under_way:
        return str(words["maintenance_now"])
    return str(words["all_well"] if indicator(picture) == "none" else words["not_best"])


def _promise(record: Record | None, at: datetime, words: Mapping[str, Any], *, live: bool) -> dict[str, Any] | None:
    if record is None or record.due is None:
        return None
    left = record.due - at
    whole = record.due - record.since if record.since and record.since < record.due else timedelta(minutes=30)
    late = left <= timedelta(0)
    time = _clock(record.due, at)
    return {
        "late": late,
        "heading": words["next_late" if late else "next_by"].format(time=time),
        "say": words["next_late_say" if late else "next_say"],
        "time": time,
        "minutes": max(1, -(-int(left.total_seconds()) // 60)) if live and not late and left < _DIAL else None,
        "share": f"{100 * min(1.0, max(0.0, left / whole)):.0f} 100",
        "marks": record.marks[-12:],
        "on_time": words["on_time"].format(kept=record.kept, all=len(record.marks)) if record.marks else "",
    }


_DIAL = timedelta(minutes=100)  # two digits


def _shown(incident: IncidentView, locale: str, picture: Picture) -> dict[str, Any]:
    words = words_of(locale)
    return {
        "title": _title(incident, locale),
        "state": words["states"][incident.status],
        "since": words["since"].format(when=_long(incident.started_at)),
        "say": _said(incident.updates[0], locale).text,
        "href": f"/status/{locale}/incidents/{incident.id}/",
        "open": incident.is_open,
        "prevention": picture.prevention.get(incident.id, ()),
    }


def _past(incident: IncidentView, locale: str, picture: Picture) -> dict[str, Any]:
    ended = incident.resolved_at
    length = length_in_words(ended - incident.started_at, words_of(locale)) if ended else ""
    return _shown(incident, locale, picture) | {
        "day": date_format(incident.started_at.astimezone(zone()), "j M Y"),
        "lasted": words_of(locale)["lasted"].format(length=length) if length and incident.kind == "incident" else "",
    }


def _planned(incident: IncidentView, locale: str) -> dict[str, Any]:
    words = words_of(locale)
    start, end = incident.scheduled_for, incident.scheduled_until
    return {
        "title": _title(incident, locale),
        "href": f"/status/{locale}/incidents/{incident.id}/",
        "span": words["from_until"].format(start=_when(start), end=_when(end)) if start and end else "",
        "say": _said(incident.updates[0], locale).text,
    }


def _said(update: UpdateView, locale: str) -> Said:
    words = words_of(locale)
    return Said(
        time=_when(update.display_at or update.published_at or update.created_at),
        state=words["states"][update.status],
        number=words["update_number"].format(number=update.number),
        text=update.text_in(locale, default=settings.LANGUAGE_CODE),
    )


def _now(incident: IncidentView, picture: Picture) -> Sequence[ComponentView]:
    known: Mapping[UUID, ComponentView] = {each.id: each for each in picture.components}
    return [known[each.id] for each in incident.components if each.id in known]


def _component(component: ComponentView, locale: str) -> dict[str, Any]:
    tone, picture = _PART_TONES[component.status]
    return {
        "name": _name(component, locale),
        "state": words_of(locale)["components"][component.status],
        "tone": tone,
        "icon": picture,
    }


def _uptime(component: ComponentView, uptime: Uptime, locale: str) -> dict[str, Any]:
    words = words_of(locale)
    share = _percent(uptime.share)
    if not uptime.lost:
        trouble = words["no_trouble"]
    else:
        kind = "slow" if uptime.worst == "degraded_performance" else "lost"
        trouble = words[kind].format(length=length_in_words(uptime.lost, words))
    return {
        "share": share,
        "trouble": trouble,
        "alt": words["days_alt"].format(name=_name(component, locale), share=share, trouble=trouble),
        "bars": _bars(uptime),
    }


def _bars(uptime: Uptime) -> list[tuple[str, str]]:
    """One path for all days of a kind: ninety shapes of their own make the page five times as long."""
    found: dict[str, list[str]] = {}
    for place, day in enumerate(uptime.days):
        kind = _BARS.get(day.worst, "r") if day.worst else "n"
        found.setdefault(kind, []).append(f"M{7 * place} 0h5v28h-5z")
    return [(kind, "".join(shapes)) for kind, shapes in found.items()]


def _percent(share: float) -> str:
    """Two digits behind the point; rounded down, since 99.999 is not 100."""
    whole = int(share * 10_000)
    return "100" if whole == 10_000 else f"{whole / 100:.2f}"


def _talk(picture: Picture, words: Mapping[str, Any]) -> dict[str, str]:
    talk = picture.talk
    wait = ""
    if talk.low is not None and talk.high is not None:
        if talk.high < 2:
            wait = words["wait_short"]
        elif talk.low >= 60:
            wait = words["wait_long"]
        else:
            wait = words["wait_range"].format(low=max(1, talk.low), high=max(1, talk.high))
    call = words["call_from"].format(time=_clock(talk.call_from, picture.at)) if talk.call_from else ""
    return {"wait": wait, "call": call}


def _care(picture: Picture, locale: str) -> dict[str, str] | None:
    care = picture.care
    words = care.words.get(locale) or care.words.get(settings.LANGUAGE_CODE)
    if not care or not words:
        return None
    return {"words": words, "phone": care.phone, "dial": "".join(each for each in care.phone if each in "+0123456789")}


def _name(component: ComponentView, locale: str) -> str:
    return component.names.get(locale) or component.names.get(locale.split("-")[0]) or component.name


def _title(incident: IncidentView, locale: str) -> str:
    return incident.titles.get(locale) or incident.titles.get(locale.split("-")[0]) or incident.title


def _when(moment: datetime) -> str:
    return date_format(moment.astimezone(zone()), "j M, H:i")


def _long(moment: datetime) -> str:
    return date_format(moment.astimezone(zone()), "H:i, l j F")


def _clock(moment: datetime, at: datetime) -> str:
    local, today = moment.astimezone(zone()), at.astimezone(zone())
    return date_format(local, "H:i" if local.date() == today.date() else "j M, H:i")


def _zone_words(at: datetime) -> str:
    offset = at.astimezone(zone()).utcoffset() or timedelta(0)
    minutes = int(offset.total_seconds() // 60)
    sign, hours, rest = "-" if minutes < 0 else "+", abs(minutes) // 60, abs(minutes) % 60
    shift = f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")
    name = settings.CUSTOMERS_ZONE.rpartition("/")[2].replace("_", " ")
    return "UTC" if name == "UTC" else f"{name}, {shift}"
