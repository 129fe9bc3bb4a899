"""What is owed: the band at the top of every page, and the right side of the bridge, as plain data."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils import timezone

from holdfast.bridge.next_word import next_word
from holdfast.conversations import callbacks, lookups
from holdfast.desk.queries import queues
from holdfast.incidents import queries as incidents
from holdfast.incidents.contract import NextWord
from holdfast.kit.clock import now
from holdfast.people.queries import name_of
from holdfast.posture import playbooks
from holdfast.posture import queries as postures
from holdfast.posture.current import Current, current
from holdfast.posture.effects import Name
from holdfast.posture.errors import PlaybookError, Refused

if TYPE_CHECKING:
    from holdfast.people.models import Agent

LOGGED = 12
AHEAD = timedelta(hours=2)
"""How far ahead promises are shown."""

BROKEN = timedelta(hours=24)
"""How long a broken promise is shown, unless the case was answered before."""


@dataclass(frozen=True, slots=True)
class Band:
    """What the band at the top of every page says."""

    name: str
    since: datetime | None
    by: str
    headline: str
    """The one thing to say."""
    next_update: datetime | None = None
    next_since: datetime | None = None
    """When that word was promised: what its clock counts from."""
    ends: datetime | None = None
    drill: bool = False


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder of postures."""

    name: str
    label: str
    current: bool


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of the playbook: done by whom and when, or to be done."""

    key: str
    title: str
    what: str
    owner: str
    does: str
    done_at: datetime | None
    done_by: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """Something that happened."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Due:
    """A promise: what, to whom or how many, by when. A broken one names its case."""

    what: str
    detail: str
    since: datetime | None
    due: datetime
    case: int | None = None
    incident: int | None = None
    page: str = ""
    """Where it is worked on, when that is neither a case nor an incident's next update."""


def band() -> Band:
    """Return what the band says; while a playbook cannot be read it says less."""
    found = current()
    say = _say(found) if found.name != Name.CALM else ""
    due, since = _next_word(found)
    by = name_of(found.by_id) if found.by_id is not None else ""
    return Band(found.name, found.since if found.version else None, by, say, due, since, found.expires_at, found.drill)


def ladder() -> Sequence[Rung]:
    """Return the postures in order."""
    here = current().name
    return [Rung(name, name.capitalize(), name == here) for name in Name]


def steps() -> tuple[str, Sequence[StepLine]]:
    """Return the playbook's title and its steps under the posture in force."""
    found = current()
    try:
        book = playbooks.playbook(found.playbook)
    except (PlaybookError, Refused):
        return "This playbook cannot be read", ()
    done = postures.steps_done(found.version)
    return book.title, [
        StepLine(
            step.key,
            step.title,
            step.what,
            step.owner,
            step.does or "",
            done[step.key].at if step.key in done else None,
            _who(done[step.key].by) if step.key in done else "",
        )
        for step in book.steps_in(found.name)
    ]


def promises() -> Sequence[Due]:
    """Return what is promised: first what was broken and is not mended, then by time."""
    late = callbacks.broken(since=now() - BROKEN)
    waiting = lookups.queues_in_line([each.conversation_id for each in late])
    broken = [
        Due(f"{each.how.capitalize()} back", "stands before everybody", each.starts_at, each.ends_at, each.number)
        for each in late
        if each.conversation_id in waiting
    ]
    return [*broken, *sorted(_due(), key=lambda each: each.due)]


def _due() -> Iterator[Due]:
    words = incidents.next_words()
    yield from (_word_due(each) for each in words)
    said = band()
    if said.next_update is not None and not words:
        yield Due("Next public update", "as the playbook says", said.since, said.next_update)
    names = {queue.id: queue.name for queue in queues()}
    booked = callbacks.due(within=AHEAD, limit=1000)
    for (starts_at, ends_at), window in groupby(booked, key=lambda each: (each.starts_at, each.ends_at)):
        first, last = timezone.localtime(starts_at), timezone.localtime(ends_at)
        people = Counter(names.get(each.queue_id, "no queue") for each in window)
        detail = ", ".join(f"{number} {name}" for name, number in people.most_common())
        yield Due(f"Callbacks {first:%H:%M}–{last:%H:%M}", detail, starts_at, ends_at)


def log() -> Sequence[LogLine]:
    """Return what happened lately, the newest first: changes, steps, and proposals that changed nothing."""
    changed = [
        LogLine(each.at, _who(each.by, "The clock"), f"{each.name.capitalize()}. {each.why}")
        for each in postures.changes(LOGGED)
    ]
    done = [
        LogLine(each.at, _who(each.by), f"Done: {_title(each.posture.playbook, each.step)}.")
        for each in postures.steps_lately(LOGGED)
    ]
    declined = [
        LogLine(each.decided_at, _who(each.by), f"{'Declined' if each.by_id else 'Takes back'}: {each.to}.")
        for each in postures.answered_proposals(LOGGED)
        if each.decided_at is not None
    ]
    proposed = [
        LogLine(each.at, "The system", f"Proposes {each.to}. {each.evidence[0]}") for each in postures.open_proposals()
    ]
    lines = [*changed, *done, *declined, *proposed]
    return sorted(lines, key=lambda each: each.at, reverse=True)[:LOGGED]


def _title(slug: str, key: str) -> str:
    try:
        return next((step.title for step in playbooks.playbook(slug).steps if step.key == key), key)
    except (PlaybookError, Refused):
        return key


def _who(agent: Agent | None, otherwise: str = "The system") -> str:
    return agent.get_short_name() if agent is not None else otherwise


def _say(found: Current) -> str:
    try:
        return playbooks.playbook(found.playbook).say.get(found.name, "")
    except (PlaybookError, Refused):
        return ""


def _next_word(found: Current) -> tuple[datetime | None, datetime | None]:
    """Return when the public hears next, and since when that is promised: an incident's word before a playbook's."""
    word = next_word()
    if word is not None:
        return word.due, word.since
    if found.name == Name.CALM or found.effects.update_minutes is None or found.since is None:
        return None, None
    return _next_update(found.since, found.effects.update_minutes), found.since


def _word_due(word: NextWord) -> Due:
    return Due("Next public update", f"{word.title} · {word.owner}", word.since, word.due, incident=word.number)


def _next_update(since: datetime, minutes: int) -> datetime:
    passed = max((now() - since).total_seconds() / 60, 0.0)
    return since + timedelta(minutes=minutes * (math.floor(passed / minutes) + 1))
