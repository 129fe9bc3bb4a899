"""What other rooms get of an incident: frozen, complete, and without anything about a customer.

Times are aware and in UTC. Statuses are the words of Statuspage's interface, version 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

OUTBOX: Final = "incident"
"""Topic of the outbox: `{"kind": …, "incident": id}`, with `"update": id` when the kind is `published`."""

PUBLIC: Final = ""
"""The segment of a text that everybody may read. The others are only sent, never shown on the page."""
READERS: Final = {"affected": "the affected", "unaffected": "the unaffected", "high_value": "high-value customers"}
"""The other kinds of readers, as people call them."""
SEGMENTS: Final = (PUBLIC, *READERS)
LISTS: Final = {"works": "what works", "not_working": "what does not work yet"}
"""Lists that everybody may read beside an update's text, a sentence a line; kept and approved as its texts are."""

OPEN_STATES: Final = ("investigating", "identified", "monitoring")
ENDED_STATES: Final = ("resolved", "postmortem", "completed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentView:
    """A service as the public knows it. `is_group`: others name it as their `group_id`."""

    id: UUID
    name: str
    names: Mapping[str, str]
    description: str
    status: str
    position: int
    showcase: bool
    is_group: bool
    group_id: UUID | None
    only_show_if_degraded: bool
    start_date: date | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentMove:
    """What a published update did to a component; `code` is the component's id."""

    code: str
    name: str
    old_status: str
    new_status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateView:
    """One word to the public. `texts` are the public's, by language; `segments` those of other readers.

    `lists` are what works and what does not, in sentences, by kind (`LISTS`) and language.

    A draft has no number and no `published_at`; `components` are then what it would give each, by id.
    """

    id: UUID
    incident_id: UUID
    number: int | None
    state: str
    status: str
    holding: bool
    texts: Mapping[str, str]
    segments: Mapping[str, Mapping[str, str]]
    lists: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    next_update_due: datetime | None
    components: tuple[ComponentMove, ...]
    planned: Mapping[UUID, str]
    version: int
    author_id: int | None
    published_by_id: int | None
    published_at: datetime | None
    display_at: datetime | None
    created_at: datetime
    updated_at: datetime

    def text_in(self, locale: str, *, default: str, segment: str = PUBLIC) -> str:
        """Return the text for a reader of `locale`: their language, its main language, the default, then any.

        Who has words of their own gets those, rather in another language than what others are told.
        """
        return _for_reader(self.segments.get(segment) or self.texts, locale, default)

    def list_in(self, kind: str, locale: str, *, default: str) -> list[str]:
        """Return the sentences of a list for a reader of `locale`, chosen as `text_in` chooses; empty: none is kept."""
        return [line for line in _for_reader(self.lists.get(kind, {}), locale, default).splitlines() if line]


def _for_reader(said: Mapping[str, str], locale: str, default: str) -> str:
    wanted = locale.lower().replace("_", "-")
    for choice in (wanted, wanted.split("-")[0], default):
        if choice in said:
            return said[choice]
    near = [key for key in sorted(said) if wanted and key.split("-")[0] == wanted.split("-")[0]]
    return said[near[0]] if near else next(iter(said.values()), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """An incident with what it touches and what was published about it, the newest update first."""

    id: UUID
    number: int
    kind: str
    title: str
    titles: Mapping[str, str]
    status: str
    impact: str
    severity: int
    harm: str
    playbook: str
    drill: bool
    started_at: datetime
    declared_at: datetime
    declared_by_id: int
    identified_at: datetime | None
    monitoring_at: datetime | None
    resolved_at: datetime | None
    scheduled_for: datetime | None
    scheduled_until: datetime | None
    cause: str
    cause_known: bool | None
    recurrence_of: int | None
    """The number of the incident this one repeats."""
    version: int
    created_at: datetime
    updated_at: datetime
    components: tuple[ComponentView, ...]
    updates: tuple[UpdateView, ...]

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.resolved_at is None

    @property
    def next_update_due(self) -> datetime | None:
        """When the next public word is due, as the newest update says."""
        return self.updates[0].next_update_due if self.updates and self.is_open else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactView:
    """A dated, sourced statement. It stands unless a newer one took its place or it was withdrawn."""

    id: int
    incident_id: UUID
    key: str
    text: str
    source: str
    as_of: datetime
    public: bool
    stated_at: datetime
    stated_by: str
    superseded: bool
    withdrawn_at: datetime | None
    withdrawn_why: str

    @property
    def stands(self) -> bool:
        """Whether it is what is known now."""
        return not self.superseded and self.withdrawn_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """Who has a role in an incident."""

    role: str
    agent_id: int
    name: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentView:
    """What is done so that it does not happen again."""

    id: int
    incident_id: UUID
    incident: int
    what: str
    prevention: bool
    public: bool
    owner_id: int
    owner: str
    due: datetime
    state: str
    settled_at: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """A line of the timeline: when it happened, who noted it, and of which kind it is."""

    at: datetime
    noted_at: datetime
    who: str
    kind: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why an update cannot go out. `where`: `texts:<locale>:<segment>`, `next`, `components`, `status` or `cause`.

    `advice` stops nothing.
    """

    rule: str
    sentence: str
    where: str = ""
    advice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What stands between a draft and the public."""

    problems: tuple[Problem, ...]

    @property
    def may_go(self) -> bool:
        """Whether nothing does but advice."""
        return all(each.advice for each in self.problems)

    @property
    def lacks_approval(self) -> bool:
        """Whether somebody who signs has to be asked."""
        return any(each.rule == "approval" for each in self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """How many conversations are about an incident, and how far the newest answer has come."""

    total: int
    answered: int
    closed: int
    by_channel: Mapping[str, int]
    by_language: Mapping[str, int]
    by_how: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextWord:
    """The public word that is promised next."""

    incident_id: UUID
    number: int
    title: str
    since: datetime
    due: datetime
    owner: str
