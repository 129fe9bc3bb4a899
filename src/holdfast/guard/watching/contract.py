"""What goes into the signals and what comes out: plain facts with reasons, no models and no scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    """What a signal is about."""

    UNEXPLAINED = "unexplained"
    VALUES = "values"
    PEERS = "peers"
    SURPRISE = "surprise"
    OUTSIDE = "outside"
    OFF_SHIFT = "off_shift"
    APPROVALS = "approvals"
    SEARCHES = "searches"
    RHYTHM = "rhythm"
    DENIALS = "denials"
    MARKS = "marks"
    HONEY = "honey"
    CANARY = "canary"
    CONTACT = "contact"
    REPORTS = "reports"
    MACHINES = "machines"


class Source(StrEnum):
    """Where the evidence of a signal comes from. Two signals are independent when their sources differ."""

    REVEALS = "reveals"
    APPROVALS = "approvals"
    SEARCHES = "searches"
    RHYTHM = "rhythm"
    DENIALS = "denials"
    MARKS = "marks"
    CANARIES = "canaries"
    CONTACTS = "contacts"
    REPORTS = "reports"
    MACHINES = "machines"


SOURCES: dict[Kind, Source] = {
    Kind.UNEXPLAINED: Source.REVEALS,
    Kind.VALUES: Source.REVEALS,
    Kind.PEERS: Source.REVEALS,
    # Whoever helps out in another queue takes cases by hand there, of customers who are new to them: one cause, once.
    Kind.SURPRISE: Source.REVEALS,
    Kind.OUTSIDE: Source.REVEALS,
    Kind.APPROVALS: Source.APPROVALS,
    Kind.SEARCHES: Source.SEARCHES,
    Kind.RHYTHM: Source.RHYTHM,
    # When values are opened, and how fast one after the other: a list that is worked through after hours is one cause.
    Kind.OFF_SHIFT: Source.RHYTHM,
    Kind.DENIALS: Source.DENIALS,
    Kind.MARKS: Source.MARKS,
    Kind.HONEY: Source.CANARIES,
    Kind.CANARY: Source.CANARIES,
    Kind.CONTACT: Source.CONTACTS,
    Kind.REPORTS: Source.REPORTS,
    Kind.MACHINES: Source.MACHINES,
}


@dataclass(frozen=True, slots=True)
class Person:
    """Who could be looked at: an agent by id, with team, vendor and the queues they answer. Never a name."""

    agent_id: int
    team_id: int | None
    vendor_id: int | None
    queues: frozenset[int]
    since: datetime


class Oddity(StrEnum):
    """Why a routed case does not explain an opening. None of them is wrong by itself."""

    NOT_ROUTED = "not_routed"
    SELF_ASSIGNED = "self_assigned"
    SELF_REOPENED = "self_reopened"
    CLOSED_AT_ONCE = "closed_at_once"
    NO_WORD_AFTER = "no_word_after"


ODDITIES: dict[Oddity, str] = {
    Oddity.NOT_ROUTED: "not from a case that was routed to them",
    Oddity.SELF_ASSIGNED: "in a case they gave themselves",
    Oddity.SELF_REOPENED: "in a case they reopened themselves",
    Oddity.CLOSED_AT_ONCE: "in a case that was closed within 90 seconds",
    Oddity.NO_WORD_AFTER: "with no word to the customer after it",
}


class Came(StrEnum):
    """How the case of an opening came to whoever opened it."""

    ROUTED = "routed"
    PICKED = "picked"
    GIVEN = "given"
    NOT_HELD = "not_held"


CAME: dict[Came, str] = {
    Came.PICKED: "in cases they picked by hand",
    Came.GIVEN: "in cases that somebody gave them past the line",
    Came.NOT_HELD: "in cases they never had",
}


@dataclass(frozen=True, slots=True)
class Opening:
    """One value that was opened, with what the house knows of its case. No oddity: a routed case explains it.

    `outside`: what is unusual for the queues of this person in a customer they open for the first time, if anything.
    """

    entry: UUID
    at: datetime
    agent_id: int
    customer_id: UUID
    conversation_id: UUID
    field: str
    queue_id: int | None = None
    oddities: frozenset[Oddity] = frozenset()
    came: Came = Came.ROUTED
    outside: str = ""
    off_shift: bool = False

    @property
    def explained(self) -> bool:
        """Whether a routed case explains it: nothing odd, or only that no word followed."""
        return not self.oddities - {Oddity.NO_WORD_AFTER}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One request that was refused."""

    at: datetime
    agent_id: int
    customer_id: UUID | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Unmarked:
    """One opening whose page said that the marks over it were not whole."""

    at: datetime
    agent_id: int
    entry: UUID


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody approved more for somebody, or gave them a case past the line."""

    at: datetime
    by: int
    for_agent: int


@dataclass(frozen=True, slots=True)
class Lookup:
    """A search: `case` for a case's number, `value` for a reference, address or number typed whole, else `words`."""

    at: datetime
    agent_id: int
    by: str


@dataclass(frozen=True, slots=True)
class Day:
    """One working day of one agent, counted: what the detectors over time read.

    `outside`: customers opened for the first time who are unusual for the own queues. `off_shift`: customers opened
    outside of the own shifts. `came`: customers opened, by eight hours of the day (0 to 2) and how their case came.
    """

    agent_id: int
    day: date
    cases: int
    openings: int
    values: int
    unexplained: int
    searches: int = 0
    outside: int = 0
    off_shift: int = 0
    came: tuple[tuple[int, Came, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a look is made of. `rostered`: of whom the house knows the shifts."""

    at: datetime
    people: tuple[Person, ...]
    days: tuple[Day, ...]
    openings: tuple[Opening, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    unmarked: tuple[Unmarked, ...] = ()
    approvals: tuple[Approval, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    rostered: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that should be looked at by a person: a sentence, its reasons, and what would clear it."""

    kind: Kind
    agent_id: int
    at: datetime
    sentence: str
    reasons: tuple[str, ...]
    clears: tuple[str, ...]
    entries: tuple[UUID, ...] = field(default=())

    @property
    def source(self) -> Source:
        """Where its evidence comes from."""
        return SOURCES[self.kind]


def independent(kinds: Iterable[Kind]) -> int:
    """Count the independent sources among the signals about one person, by their kinds."""
    return len({SOURCES[kind] for kind in kinds})
