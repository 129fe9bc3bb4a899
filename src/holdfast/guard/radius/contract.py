"""What is asked, and what is found: ids, never a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from holdfast.guard.marks.traces import Kept


class Class(StrEnum):
    """How an account came near a customer's data. The first five are the ledger's own, and provable from it."""

    RELEASED = "released"  # a value was opened on a granted request
    GRANTED = "granted"  # a request was allowed; whether it was opened is told by `released`
    COMPARED = "compared"  # typed characters were compared, nothing was shown
    REFUSED = "refused"  # asked, and denied
    ACTED = "acted"  # an act about this customer, such as an export
    CASE = "case"  # a case of theirs was this account's: its whole thread could be read
    OPENED = "opened"  # a page showed the case, values masked
    FOUND = "found"  # a search listed it, values masked
    LISTED = "listed"  # a list had a row of it, values masked


PROVABLE = (Class.RELEASED, Class.GRANTED, Class.COMPARED, Class.REFUSED, Class.ACTED)


class Refused(Exception):  # noqa: N818 - part of the room's language
    """It makes no sense so. `sentence` says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which accounts, from `since` to before `until`, and which fields; no field means all of them."""

    agents: tuple[int, ...]
    since: datetime
    until: datetime
    fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.agents:
            raise Refused("Name at least one account.")
        if self.since.tzinfo is None or self.until.tzinfo is None:
            raise Refused("Give times with their zone, such as 2026-03-02T09:00Z.")
        if self.since >= self.until:
            raise Refused("The interval ends before it begins. Give the earlier time first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """How the rooms above call customers and cases: SELECTs of theirs, which the count joins. Never of anybody's input.

    `accounts` gives `id` and `reference`, `cases` gives `id` and `number`. Whom they leave out stands by id alone.
    """

    accounts: str = "SELECT NULL::uuid AS id, NULL::text AS reference WHERE false"
    cases: str = "SELECT NULL::uuid AS id, NULL::bigint AS number WHERE false"


Person = tuple[str, str | None, str, str]
"""One customer: id, account reference, their touches as they stand in the JSON, and as lines of the table.

A touch is a class and, for what the log has, a field: the first time and the last, how often, in which cases. The
database writes them, since it has them in order: to make objects of hundreds of thousands took longer than counting.
Each line begins with a tab, where the customer's own cells go.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """How the log stood when it was counted: what a reader has to know to judge the list."""

    origin: str
    size: int = 0
    root: str = ""
    signed_at: datetime | None = None
    begins_at: datetime | None = None
    pages_since: datetime | None = None
    waiting: int = 0
    nameless: int = 0
    """Requests of these accounts that name no customer."""
    whole_exports: int = 0
    """Acts of these accounts that name no customer, such as an export of the log itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Radius:
    """The answer. `named` has the customers of each class, in the order of their ids.

    `by_field`: of how many customers a value of each field was shown, most first.
    """

    question: Question
    made_at: datetime
    named: Mapping[Class, Sequence[str]]
    by_field: Mapping[str, int]
    log: Log
    traces: Sequence[Kept] = ()
    """Photographs, files and codes that were read as being of one of these accounts: evidence, no class of its own."""

    @property
    def totals(self) -> dict[Class, int]:
        """How many customers are in each class."""
        return {kind: len(ids) for kind, ids in self.named.items()}

    def customers(self, *kinds: Class) -> set[UUID]:
        """Return whom any of these classes names."""
        return {UUID(id_) for kind in kinds for id_ in self.named[kind]}
