"""What the pages about whereabouts show, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from holdfast.desk.whereabouts.forms import DAYS, whom
from holdfast.guard.watching.budgets import HOUSE
from holdfast.guard.whereabouts import leaves, rules
from holdfast.guard.whereabouts.leaves import Asked
from holdfast.guard.whereabouts.rules import SENTENCES, Stopped, Wanted
from holdfast.people import sign_ins
from holdfast.people.models import Agent, Role, Vendor
from holdfast.people.queries import names_of

_WHY = {"elsewhere": "outside the networks", "off_hours": "outside the hours", "new_machine": "machine not known yet"}
_NEW_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule in force."""

    id: UUID
    who: str
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoppedRow:
    """Somebody signed in for whom nothing opens now."""

    who: str
    why: str
    address: str


@dataclass(frozen=True, slots=True)
class Home:
    """The rules, whom they stop now, and how many sign-ins came from something new this week."""

    rules: tuple[RuleRow, ...]
    stopped: tuple[StoppedRow, ...]
    new: int


@dataclass(frozen=True, slots=True)
class LeaveRow:
    """A request for leave; `mine`: the reader may decide it."""

    asked: Asked
    who: str
    vendor: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Own:
    """How the reader stands in this session: `why` in a sentence, empty when values open."""

    why: str
    machine: bool
    asked: tuple[Asked, ...]
    to_decide: tuple[LeaveRow, ...]
    hours: int


def home() -> Home:
    """Return the page for admins and security."""
    return Home(
        tuple(RuleRow(kept.id, who_in_words(kept.wanted), in_words(kept.wanted)) for kept in rules.rules()),
        stopped_rows(rules.stopped()),
        sign_ins.lately_new(_NEW_WITHIN),
    )


def stopped_rows(found: list[Stopped]) -> tuple[StoppedRow, ...]:
    """Return whom a rule stops, by name, each once a reason."""
    names = names_of([each.agent_id for each in found])
    rows = [StoppedRow(names.get(s.agent_id, "Somebody"), _WHY.get(s.why, s.why), s.address) for s in found]
    return tuple(sorted(dict.fromkeys(rows), key=lambda row: (row.who, row.why)))


def who_in_words(wanted: Wanted) -> str:
    """Return whom a rule means."""
    return dict(whom()).get(f"{wanted.scope}:{wanted.target}", "Nobody any more")


def in_words(wanted: Wanted) -> tuple[str, ...]:
    """Return what a rule asks, a line each."""
    said = []
    if wanted.networks:
        said.append(f"from {', '.join(wanted.networks)}")
    if wanted.hours:
        days = ", ".join(name for number, name in DAYS if int(number) in wanted.hours.days)
        said.append(f"{days} {wanted.hours.opens:%H:%M} to {wanted.hours.closes:%H:%M}, {wanted.hours.zone}")
    if wanted.known_machine:
        said.append("on known machines")
    return tuple(said)


def own(agent: Agent, *, session_key: str) -> Own:
    """Return how the reader stands, what they asked, and what they may decide."""
    why = rules.why_not(agent_id=agent.pk, session_key=session_key)
    decides = agent.leads or agent.role == Role.SECURITY
    return Own(
        SENTENCES.get(why, why),
        why == "new_machine",
        tuple(leaves.requests(agents=[agent.pk], limit=5)),
        tuple(row for row in _requests(agent) if row.mine) if decides else (),
        leaves.LONGEST,
    )


def vendor_of(agent: Agent) -> int | None:
    """Return who employs somebody; `None`: the house itself."""
    return agent.team.vendor_id if agent.team else None


def _requests(reader: Agent) -> list[LeaveRow]:
    asked = leaves.requests(open_only=True)
    names = names_of([each.agent_id for each in asked])
    vendors = dict(Vendor.objects.filter(pk__in={each.vendor_id for each in asked}).values_list("id", "name"))
    mine = vendor_of(reader) or HOUSE
    return [
        LeaveRow(
            each,
            names.get(each.agent_id, "Somebody"),
            vendors.get(each.vendor_id, "the house"),
            each.vendor_id != mine and each.agent_id != reader.pk,
        )
        for each in asked
    ]
